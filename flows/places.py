"""The folders of a run: the project's own ones, or those below PLAN_MONITOR_HOME."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path


class MendableError(Exception):
    """Something that the user can put right. The command line prints the message, in Chinese, without a stack trace."""

    code = 2
    """The exit code of the command."""


class RefusedError(MendableError):
    """Something that the senders of a file can put right."""

    code = 3


PROJECT = Path(__file__).resolve().parents[1]


def default_district() -> str:
    """The district of a run that names none (pyproject.toml)."""
    with (PROJECT / "pyproject.toml").open("rb") as file:
        district: str = tomllib.load(file)["tool"]["plan-monitor"]["district"]
    return district


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
    def warehouse(self) -> Path:
        return self.home / "warehouse"

    @property
    def output(self) -> Path:
        """The editions."""
        return self.home / "output"

    @property
    def log(self) -> Path:
        """The log: how long the stages took, and what went wrong; nothing that a report contains."""
        return self.output / "log"

    @property
    def prefect(self) -> Path:
        return self.home / ".prefect"


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
