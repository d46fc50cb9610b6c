"""Changes words of others so that neither a terminal nor a spreadsheet obeys them.

Words of a department or a catalogue reach people in three ways: on the terminal (`shown`), in a CSV file that is opened
in a spreadsheet (`cell`), and as the name of a file (`called`).
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""Signs at the beginning of a cell that make it a formula; a Chinese system takes the full-width ones
for the others.
"""

BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
"""Signs that end a line, and the tab, which ends a cell."""
ROWS_OF_BREAKS = re.compile(rf"({BREAKS.pattern}{{1,4}}?)\1*")


def is_formula(text: str) -> bool:
    return text.startswith(FORMULA)


def cell(text: str) -> str:
    """Text for a CSV file: a text that a spreadsheet would run as a formula gets a quotation mark before it."""
    return f"'{text}" if is_formula(text) else text


def shown(text: str) -> str:
    """Text for a terminal: invisible characters and commands are replaced by their code points; lines stay lines."""
    return "".join(c if _is_seen(c) else _named(c) for c in text)


def shown_cell(text: str) -> str:
    """Text for a CSV file that is written to the terminal."""
    return cell(shown(text))


def escaped(json: str) -> str:
    """JSON with the same meaning, in which invisible characters are written as JSON escapes."""
    return re.sub(r"[^\x20-\x7e\n]", lambda found: found[0] if _is_seen(found[0]) else _in_json(found[0]), json)


def called(path: Path) -> str:
    """The name of a file, in one line: one of two lines could look like two files in a list. Many line breaks in a row are
    counted, or a name of 255 would fill a page.

    A name in the encoding of a Chinese Windows, as archives bring it, is decoded as such.
    """
    name = path.name
    try:
        name.encode()
    except UnicodeEncodeError:
        try:
            name = os.fsencode(name).decode("gb18030")
        except UnicodeError:
            name = shown(name)
    return ROWS_OF_BREAKS.sub(_counted, name)


def _counted(found: re.Match[str]) -> str:
    """Some line breaks by their code points, and how often they stand there."""
    times = len(found[0]) // len(found[1])
    return "".join(map(_named, found[1])) + (f"×{times}" if times > 1 else "")


def point(character: str) -> str:
    """The name of its place in Unicode."""
    return f"U+{ord(character):04X}"


def _is_seen(character: str) -> bool:
    return character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"


def _named(character: str) -> str:
    code = ord(character)
    return f"⟨0x{code - 0xDC00:02X}⟩" if 0xDC80 <= code <= 0xDCFF else f"⟨{point(character)}⟩"


def _in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
