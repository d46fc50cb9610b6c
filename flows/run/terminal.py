"""What the terminal shows of a run: a line a stage with its seconds, and a short summary."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import perf_counter
from typing import ParamSpec, TypeVar

from rich.cells import cell_len

from flows import kept, machine
from flows.console import line_console
from flows.pipeline import Made
from flows.places import places
from flows.wording import say

P = ParamSpec("P")
T = TypeVar("T")

WIDTH = 16
TITLES = {"deliveries": "报送", "findings": "核查结果", "targets": "目标", "warnings": "预警"}
"""What is counted in the summary of a run → its title."""


class RunProgress:
    """Runs stages, prints the name of each on the terminal, and stores its seconds.

    `live`: the name is printed when the stage begins; else the line is printed whole, as in a log.
    """

    def __init__(self, live: bool = True) -> None:
        self.console = line_console()
        self.live = live
        self.seconds: dict[str, float] = {}
        self.taken: dict[str, str] = {}
        """Stage → what of it was taken over from an earlier run, and what was made anew and why."""

    def __call__(self, title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        named = title + " " * (WIDTH - cell_len(title))
        if self.live:
            self.console.print(named, end="")
        before, start = "" if self.live else named, perf_counter()
        try:
            result = stage(*args, **kwargs)
        except BaseException:
            self.console.print(f"{before}没有完成", style="red")
            raise
        self.seconds[title] = perf_counter() - start
        taken = kept.told()
        self.console.print(f"{before}{self.seconds[title]:5.1f} 秒{'　' if taken else ''}{taken}", markup=False)
        if taken:
            self.taken[title] = taken
        return result

    def finish(self, made: Made) -> None:
        """Print the result of the run, and write the seconds to the log."""
        self.console.print()
        for line in summary(made):
            self.console.print(line)
        self.console.print(f"报告：{made.report}", style="bold")
        if made.noted:
            self.console.print(made.noted)
        if made.unpublished:
            self.console.print(made.unpublished, style="red")
        timed = {"district": made.district, "year": made.year, "seconds": self.seconds, "kept": self.taken}
        try:
            log = places().log / "seconds.jsonl"
            log.parent.mkdir(parents=True, exist_ok=True)
            with machine.about(log), log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(timed, ensure_ascii=False) + "\n")
        except OSError as error:  # the report stands
            self.console.print(f"没有记下各步用时：{machine.told(error) or error}", style="red")


def summary(made: Made) -> list[str]:
    """What was counted, a line a subject, and that nothing had to be made, if so."""
    counted = [
        f"{TITLES[subject]}：{'，'.join(f'{name} {n}' for name, n in counts.items()) or '无'}"
        for subject, counts in made.counts.items()
    ]
    return [*counted, say("messages/kept/unchanged")] if made.unchanged else counted
