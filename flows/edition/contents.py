"""Reads report.json: the figures, verdicts and words of an edition, whichever program of this format made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pydantic import AliasChoices, Field, ValidationError

from expectations.vocabulary import Reason, Sex, Verdict
from flows.edition.manifest import Read
from flows.places import MendableError
from flows.wording import say

NAME = "report.json"
FORMAT = "plan-monitor edition 3"
"""The number changes when a key or a code is renamed or removed, and not when something is added."""
OF_UNITS = "plan-monitor edition 2"
"""The format in which an institution was called a unit. Of what is read here only `Value.institution` had another name."""
WITHOUT_PLAN = "plan-monitor edition 1"
"""The format in which a target's id began with women or children in place of its plan's folder. It is read as well: what
it printed has been published.
"""


class Head(Read):
    """Which edition it is."""

    title: str
    district: str
    year: int
    published: date
    audience: str
    simulated: bool = False


class EditionWords(Read):
    """The Chinese words of this edition for its codes."""

    states: Mapping[str, str]
    verdicts: Mapping[str, str]
    sexes: Mapping[str, str]
    parts: Mapping[str, str] = Field(default_factory=dict)


class Value(Read):
    """One figure of an indicator: a row of `out_indicators`, as far as the edition shows it."""

    year: int
    area: str
    institution: str = Field(validation_alias=AliasChoices("institution", "unit"))
    """Empty if the figure is of none."""
    sex: Sex
    part: str = ""
    """A part of a dimension; empty if the figure is of all, as in editions that had no dimensions."""
    value: float | None
    state: Reason
    numerator: float | None
    denominator: float | None
    caliber: int


class PrintedIndicator(Read):
    name: str
    unit: str
    decimals: int
    values: Sequence[Value]


class PrintedPoint(Read):
    """The compared figure of a target in one year, and how it was printed."""

    value: float | None
    state: Reason
    printed: str


class Judged(Read):
    """The verdict on a target in one year, and the value that was compared."""

    verdict: Verdict
    reason: Reason | None
    value: float | None


class PrintedTarget(Read):
    """One target, with its assessment of the edition's own year."""

    id: str
    plan: str
    """The plan's folder."""
    clause: str
    name: str
    indicator: str | None
    than: str | None
    sex: Sex
    part: str | None = None
    decimals: int
    met: bool | None
    change_previous: float | None
    change_baseline: float | None
    projection: float | None
    trend: float | None
    outlook_low: float | None
    outlook_high: float | None
    series: Mapping[int, PrintedPoint]
    verdicts: Mapping[int, Judged]


class Contents(Read):
    """The whole edition, as far as other modules read it."""

    form: str = Field(alias="format")
    head: Head
    words: EditionWords
    targets: Sequence[PrintedTarget]
    indicators: Mapping[str, PrintedIndicator]
    areas: Mapping[str, str]
    institutions: Mapping[str, str]


class _Form(Read):
    form: str = Field(alias="format")


def unread(folder: Path) -> str:
    """Why an edition, or its public part, cannot be read as data, in Chinese; empty if it can."""
    path = folder / NAME
    return _unlike(path.read_bytes(), str(path)) if path.is_file() else say("messages/edition/older", path=path)


def _unlike(text: bytes, path: str) -> str:
    try:
        form = _Form.model_validate_json(text).form
    except ValidationError:
        return say("messages/edition/unreadable", path=path)
    return (
        ""
        if form in (FORMAT, OF_UNITS, WITHOUT_PLAN)
        else say("messages/edition/form", path=path, found=form, known=FORMAT)
    )


def read(folder: Path) -> Contents:
    """Read an edition or its public part; raises `MendableError` if that is impossible."""
    path = folder / NAME
    if not path.is_file():
        raise MendableError(f"{unread(folder)}。{say(CURE)}")
    found = parse(path.read_bytes(), str(path))
    return _with_plans(found) if found.form == WITHOUT_PLAN else found


def parse(text: bytes, path: str) -> Contents:
    """Read the same from its text, with the ids that it has; `path` is its name in messages."""
    if why := _unlike(text, path):
        raise MendableError(f"{why}。{say(CURE)}")
    try:
        return Contents.model_validate_json(text)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        unlike = say("messages/edition/unlike", path=path, where=where, known=FORMAT)
        raise MendableError(unlike + say(CURE)) from None


def _with_plans(told: Contents) -> Contents:
    """The same edition with the ids of today."""
    targets = [t.model_copy(update={"id": f"{t.plan}.{t.id.partition('.')[2]}"}) for t in told.targets]
    return told.model_copy(update={"form": FORMAT, "targets": targets})


CURE = "messages/edition/cure"
