"""The folders of a run: the project's own ones, or those below PLAN_MONITOR_HOME."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from expectations.catalog import Source
    from expectations.records import Home


class MendableError(Exception):
    """Something that the user can put right. The command line prints the message, in Chinese, without a stack trace."""

    code = 2
    """The exit code of the command."""


class RefusedError(MendableError):
    """Something that the senders of a file can put right: `told` says how. What only who runs the command can do, such as an option
    of it, stands behind in the whole message.
    """

    code = 3

    def __init__(self, told: str, here: str = "") -> None:
        super().__init__(told + here)
        self.told, self.here = told, here


PROJECT = Path(__file__).resolve().parents[1]
TEMPLATES = PROJECT / "report_templates"


SETTINGS = "plan-monitor.yml"
CHOSEN = "PLAN_MONITOR_DISTRICT"


@dataclass(frozen=True)
class Places:
    home: Path

    @property
    def raw(self) -> Path:
        """What departments delivered; it is only read."""
        return self.home / "raw"

    @property
    def expectations(self) -> Path:
        """The catalogue; a home may bring its own."""
        own = self.home / "expectations"
        return own if own.is_dir() else PROJECT / "expectations"

    @property
    def settings(self) -> Path:
        """What the home says of itself; one that uses the project's catalogue may leave it to the project."""
        own = self.home / SETTINGS
        return own if own.exists() or self.expectations.parent == self.home else PROJECT / SETTINGS

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse"

    @property
    def output(self) -> Path:
        """The editions."""
        return self.home / "output"

    @property
    def journal(self) -> Path:
        """What was done by whom, and what was published: no program can make it again (flows/journal.py)."""
        return self.home / "journal"

    @property
    def log(self) -> Path:
        """The log: how long the stages took, and what went wrong; nothing that a report contains."""
        return self.output / "log"

    @property
    def prefect(self) -> Path:
        return self.home / ".prefect"

    @property
    def keys(self) -> Path:
        """The office's key, and those that it accepts (flows/edition/signature.py)."""
        return self.home / ".keys"


def places() -> Places:
    """The folders in use. Raises if PLAN_MONITOR_HOME names no folder: a new one beside the real data
    would be empty.
    """
    home = os.environ.get("PLAN_MONITOR_HOME")
    found = Path(home).resolve() if home else PROJECT
    if not found.is_dir():
        raise MendableError(
            f"PLAN_MONITOR_HOME 指定的 {found} {'不是文件夹' if found.exists() else '不存在'}；"
            "请改正这个环境变量，或先建好该文件夹并放入 raw"
        )
    return Places(found)


def run_minutes() -> float:
    """How long a run of the server may take."""
    from expectations.records import Home

    told = told_home(places())
    return float(Home.model_fields["run_minutes"].default if told is None else told[0].run_minutes)


def told_home(here: Places) -> tuple[Home, Source] | None:
    """What a home says of itself, and its file; None if it has none."""
    from expectations.catalog import Source
    from expectations.records import Home

    if not here.settings.exists():
        return None
    source = Source(here.settings, here.settings.parent / "expectations")
    return source.read(Home, source.data), source


def default_district(home: Path | None = None) -> str:
    """The district of a run that names none: the one of PLAN_MONITOR_DISTRICT, or of the home's plan-monitor.yml, or the
    only one of the catalogue; the home is the one in use, if no other is given.

    Raises `MendableError` or `CatalogError` if nothing tells, or if the catalogue does not have the one that is told.
    """
    from expectations.catalog import CatalogError

    here = Places(home.resolve()) if home else places()
    known = sorted(path.stem for path in (here.expectations / "districts").glob("*.yml"))
    listed = "、".join(known) or "—"
    if chosen := os.environ.get(CHOSEN):
        if chosen in known:
            return chosen
        raise MendableError(f"环境变量 {CHOSEN} 写的地区是“{chosen}”，目录中没有；现有：{listed}。请改正或删去这个变量")
    if told := told_home(here):
        district, source = told[0].district, told[1]
        if district in known:
            return district
        raise CatalogError([source.problem(("district",), f"目录中没有地区 {district!r}；现有：{listed}")])
    if len(known) == 1:
        return known[0]
    raise MendableError(
        f"没有说明是哪个地区；目录中有：{listed}。请在命令后写 --district 代码，或在 {here.home / SETTINGS} 中写一行"
        f' district: "代码"，或设环境变量 {CHOSEN}'
    )
