"""Every form of a sentence with three fillings, for an editor to read; the list says which of them were read."""

from __future__ import annotations

from pathlib import Path

from flows.wording import read
from tests.fixtures.homes import GOLDEN
from tests.fixtures.sentences import Filled, forms

LIST = GOLDEN / "expected" / "sentences.txt"
READ, UNREAD = "✓", "□"
HEAD = """# 报告正文的全部句式，各填入三次随机抽取的数字和名称。--renew 重写本表。
# ✓ 已由编辑逐句审读；□ 句式是新的或改过的，尚未审读：读过、改好后，把 □ 改为 ✓。随机填入的数字只看语句，不看是否合理。
"""


def marks() -> dict[str, str]:
    """Line of each form → its mark, as the list has it now."""
    lines = LIST.read_text(encoding="utf-8").splitlines() if LIST.is_file() else []
    return {line[2:]: line[0] for line in lines if line[:1] in (READ, UNREAD)}


def listed(known: dict[str, str]) -> str:
    words, told = read("wording"), [HEAD]
    for place, form in forms(words):
        line = f"{place}：{form}"
        fillings = dict.fromkeys(Filled(words, place, turn).text(form, place) for turn in range(3))
        told.append(f"{known.get(line, UNREAD)} {line}\n" + "".join(f"    {text}\n" for text in fillings))
    return "".join(told)


def test_every_form_can_be_read_with_three_fillings(renew: bool) -> None:
    found = listed(marks())
    if renew:
        LIST.write_text(found, encoding="utf-8")
    assert found == LIST.read_text(encoding="utf-8")


def test_every_form_has_been_read_by_an_editor() -> None:
    assert [line for line, mark in marks().items() if mark == UNREAD] == []


def test_a_form_that_is_changed_is_to_be_read_again(tmp_path: Path) -> None:
    known = dict.fromkeys(marks(), READ)
    assert UNREAD not in listed(known).replace(HEAD, "")
    first = next(iter(known))
    assert listed({line: mark for line, mark in known.items() if line != first}).count(f"\n{UNREAD} ") == 1
