"""The program as one calls it, `python -m flows.run`: the first page of help, or else the command line (flows/run/cli.py).

Typer and what describes the commands take five times as long to import as Python takes to start, for a page that is always the
same. So the page is kept beside this file; tests/unit/test_first_page.py holds it against what typer says, and writes it.
"""

import os
import sys

PAGE = os.path.join(os.path.dirname(__file__), "help.txt")  # noqa: PTH118, PTH120  (pathlib costs as much as all of this)
ASKED: tuple[list[str], ...] = ([], ["--help"], ["-h"])
"""What is typed for the first page."""
WIDTH = 80
"""The columns that the page is written for. Typer writes it the same way for more, and breaks its lines for fewer."""


def page(arguments: list[str]) -> bytes | None:
    """The first page, as the standard output shows it; None if it is not asked for, or would look otherwise there."""
    if arguments not in ASKED or sys.stdout is None or _is_narrow(sys.stdout.fileno()):
        return None
    with open(PAGE, encoding="utf-8") as file:  # noqa: PTH123
        return file.read().encode(sys.stdout.encoding, "backslashreplace")


def _is_narrow(terminal: int) -> bool:
    if "COLUMNS" in os.environ:  # typer asks it first
        return True
    try:
        return 0 < os.get_terminal_size(terminal).columns < WIDTH
    except OSError:  # no terminal
        return False


def is_told(text: bytes) -> bool:
    """Write to the standard output; False if that fails, which the command line tells with its reason."""
    try:
        while text:
            text = text[os.write(sys.stdout.fileno(), text) :]
    except OSError:
        return False
    return True


def main() -> None:
    text = page(sys.argv[1:])
    if text is None or not is_told(text):
        from flows.run import cli

        cli.main()


if __name__ == "__main__":
    main()
