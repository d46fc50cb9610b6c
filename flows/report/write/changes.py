"""Compares two editions of one report: every figure and verdict that moved, its old and new value, and the cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from expectations.vocabulary import ChangeCause, Reason, Verdict, told_sex
from flows.edition import DIGITS, contents, manifest
from flows.edition.contents import Contents, Judged, PrintedTarget, Value
from flows.edition.manifest import Depends, Manifest
from flows.press.bound import Name, Word
from flows.press.numbers import Figure, count, figure, rounded
from flows.wording import day, headings, say

NONE = "—"
MOST_DECIMALS = 12
"""Two different figures are printed with as many decimals as they need to look different, but never with more than
these.
"""

MOST_PRINTED = 200


class Spot(NamedTuple):
    """Where a figure stands."""

    indicator: str
    year: int
    area: str
    institution: str
    sex: str
    part: str


class JudgedSpot(NamedTuple):
    """Which verdict it is."""

    target: str
    year: int


@dataclass(frozen=True)
class Change:
    """One figure that moved, or one verdict; the values of a verdict are the compared figures."""

    of: Spot | JudgedSpot
    clause: Name
    name: Name
    year: int
    place: str
    sex: str
    old: Figure | str
    new: Figure | str
    before: Word | str
    after: Word | str
    causes: tuple[ChangeCause, ...]

    @property
    def cause(self) -> str:
        return "、".join(cause.word for cause in self.causes)

    def cells(self) -> list[object]:
        return [
            self.clause,
            self.name,
            self.year,
            self.place,
            self.sex,
            self.old,
            self.new,
            self.before,
            self.after,
            self.cause,
        ]


@dataclass(frozen=True)
class Changes:
    """What moved since the edition that `previous` describes; `previous` is None if there is none to compare with."""

    previous: Manifest | None
    verdicts: Sequence[Change] = ()
    figures: Sequence[Change] = ()

    @property
    def all(self) -> list[Change]:
        return [*self.verdicts, *self.figures]

    @property
    def run(self) -> Name:
        """The id of the previous edition's run, as its folder is called."""
        assert self.previous is not None
        return Name(self.previous.run[:DIGITS], "previous/run")

    @property
    def published(self) -> Name:
        assert self.previous is not None and self.previous.published is not None
        return Name(day(self.previous.published), "previous/published")

    @property
    def shown(self) -> list[Change]:
        """As many changes as a printed annex has room for."""
        return self.all[:MOST_PRINTED]

    @property
    def left(self) -> Figure:
        return count(len(self.all) - len(self.shown), "changes/left")

    @property
    def moved(self) -> Figure:
        return count(len(self.figures), "changes/figures")

    @property
    def judged(self) -> Figure:
        return count(len(self.verdicts), "changes/verdicts")

    @cached_property
    def by_cause(self) -> list[tuple[str, Figure]]:
        """Every change under its cause or causes, once: the counts add up to the number of changes."""
        found = Counter(c.cause for c in self.all)
        return [(cause, count(n, f"changes/cause/{cause}")) for cause, n in found.most_common()]

    def table(self) -> tuple[Sequence[str], list[list[object]]]:
        return headings("changes"), [change.cells() for change in self.all]


UNCOMPARED = Changes(None)


def since(previous: Path | None, staging: Path) -> Changes:
    """Compare report.json and manifest.json of two editions, or of their public parts.

    Without a previous edition, or with one that cannot be read as data, nothing is compared.
    """
    if previous is None or contents.unread(previous) or (then := manifest.inputs(previous)) is None:
        return UNCOMPARED
    now, head = manifest.inputs(staging), manifest.read(previous)
    assert now is not None, staging
    comparison = _Comparison(contents.read(previous), contents.read(staging), _Causes(then, now))
    return Changes(head, list(comparison.verdicts()), list(comparison.figures()))


Fed = Literal["indicators", "targets"]
"""Parts that name what they depend on."""


class _Causes:
    """The parts in which two manifests differ."""

    def __init__(self, old: Depends, new: Depends) -> None:
        self.old, self.new = old, new

    def figure(self, indicator: str, year: int) -> set[ChangeCause]:
        """What could have moved an indicator's figures of a year."""
        datasets = self._feeding("indicators", indicator)
        found = self._deliveries(datasets, year)
        if (
            self._differs("indicators", indicator)
            or any(self._differs("datasets", name) for name in datasets)
            or self.old.reading != self.new.reading
            or self.old.places != self.new.places
        ):
            found.add(ChangeCause.CATALOGUE)
        return found | self._program()

    def verdict(self, target: str, year: int) -> set[ChangeCause]:
        """What could have moved a verdict, beside the figures that it rests on."""
        found = self._deliveries(self._feeding("targets", target), year)
        if self._differs("targets", target) or self.old.judging != self.new.judging:
            found.add(ChangeCause.CATALOGUE)
        return found | self._program()

    def _program(self) -> set[ChangeCause]:
        return {ChangeCause.PROGRAM} if self.old.program != self.new.program else set()

    def _differs(self, part: Fed | Literal["datasets"], key: str) -> bool:
        return bool(getattr(self.old, part).get(key) != getattr(self.new, part).get(key))

    def _feeding(self, part: Fed, key: str) -> set[str]:
        found = (getattr(side, part).get(key) for side in (self.old, self.new))
        return {name for record in found if record is not None for name in record.datasets}

    def _deliveries(self, datasets: Iterable[str], year: int) -> set[ChangeCause]:
        found = set()
        for form in (f"{year}/{name}" for name in datasets):
            before, after = self.old.deliveries.get(form) or [], self.new.deliveries.get(form) or []
            then, now = self.old.unfiled.get(form), self.new.unfiled.get(form)
            if before != after and then != now and (last := now or then):
                found.add(ChangeCause.EXPLAINED if last.explained else ChangeCause.UNFILED)
            before, after = then.filed if then else before, now.filed if now else after
            if list(before) != list(after):
                sent = ChangeCause.SENT_SINCE if after else ChangeCause.WITHDRAWN
                found.add(ChangeCause.CORRECTED if before and after else sent)
            if self.old.corrections.get(form) != self.new.corrections.get(form):
                found.add(ChangeCause.CORRECTION)
        return found


class _Comparison:
    """Compares both editions in the order of the new one."""

    def __init__(self, old: Contents, new: Contents, causes: _Causes) -> None:
        self.old, self.new, self.causes = old, new, causes
        self.indicators = {**old.indicators, **new.indicators}
        self.places = {**old.areas, **old.institutions, **new.areas, **new.institutions}
        self.targets = {t.id: t for t in (*old.targets, *new.targets)}
        self.clauses: dict[str, list[str]] = {}
        for target in self.targets.values():
            for key in dict.fromkeys(filter(None, (target.indicator, target.than))):
                self.clauses.setdefault(key, []).append(target.clause)

    @cached_property
    def moved(self) -> dict[Spot, tuple[Value | None, Value | None]]:
        """Every figure whose value, state or counts are not what they were."""
        old, new = _figures(self.old), _figures(self.new)
        keys = [*new, *(spot for spot in old if spot not in new)]
        return {spot: (old.get(spot), new.get(spot)) for spot in keys if _seen(old.get(spot)) != _seen(new.get(spot))}

    @cached_property
    def moved_in(self) -> dict[str, dict[int, set[ChangeCause]]]:
        """Indicator → year → what moved its figures."""
        found: dict[str, dict[int, set[ChangeCause]]] = {}
        for spot, rows in self.moved.items():
            causes = found.setdefault(spot.indicator, {}).setdefault(spot.year, set())
            causes |= self.causes.figure(spot.indicator, spot.year) | _protection(*rows)
        return found

    def figures(self) -> Iterator[Change]:
        for spot, (old, new) in self.moved.items():
            if old and new and (old.value, old.state) == (new.value, new.state):
                continue  # only a count behind it moved
            indicator = self.indicators[spot.indicator]
            decimals = _enough(old, new, indicator.decimals)
            fact = "/".join(map(str, spot if spot.part else spot[:-1]))
            clause = Name(
                "、".join(dict.fromkeys(self.clauses.get(spot.indicator, [NONE]))), f"clause/{spot.indicator}"
            )
            causes = self.causes.figure(spot.indicator, spot.year) | _protection(old, new)
            yield Change(
                spot,
                clause,
                Name(f"{indicator.name}（{indicator.unit}）", f"name/{spot.indicator}"),
                spot.year,
                self.places.get(spot.institution or spot.area, spot.institution or spot.area),
                self._group(spot.sex, spot.part),
                _printed(old, decimals, f"previous/{fact}"),
                _printed(new, decimals, fact),
                NONE,
                NONE,
                _ordered(causes),
            )

    def _group(self, sex: str, part: str | None) -> str:
        """合计, 女; 农村, 农村女 of a part."""
        if not part:
            return self.new.words.sexes[sex]
        words = {**self.old.words.parts, **self.new.words.parts}
        return words.get(part, part) + told_sex(sex)

    def verdicts(self) -> Iterator[Change]:
        old, new = _verdicts(self.old), _verdicts(self.new)
        for key in [*new, *(k for k in old if k not in new)]:
            before, after = old.get(key), new.get(key)
            if before and after and (before.verdict, before.reason) == (after.verdict, after.reason):
                continue
            identity, year = spot = JudgedSpot(*key)
            target, fact = self.targets[identity], f"{identity}/{year}"
            decimals = _enough(before, after, target.decimals)
            yield Change(
                spot,
                Name(target.clause, f"clause/{identity}"),
                Name(target.name, f"name/{identity}"),
                year,
                self.places[self.new.head.district],
                self._group(target.sex, target.part),
                _compared(self.old, spot, before, decimals, f"previous/{fact}/value"),
                _compared(self.new, spot, after, decimals, f"{fact}/value"),
                _judged(before, f"previous/{fact}/verdict"),
                _judged(after, f"{fact}/verdict"),
                _ordered(self._why(target, year, before, after)),
            )

    def _why(self, target: PrintedTarget, year: int, *rows: Judged | None) -> set[ChangeCause]:
        """What moved the figures that a verdict rests on, up to its year; if none moved, what could have moved the
        verdict.
        """
        keys = [k for k in (target.indicator, target.than) if k in self.indicators]
        found = {c for k in keys for y, causes in self.moved_in.get(k, {}).items() if y <= year for c in causes}
        found |= self.causes.verdict(target.id, year) | _protection(*rows)
        if not found:
            years = {v.year for k in keys for v in self.indicators[k].values if v.year <= year}
            found = {c for k in keys for y in years for c in self.causes.figure(k, y)}
        return found


def _figures(edition: Contents) -> dict[Spot, Value]:
    return {
        Spot(key, v.year, v.area, v.institution, v.sex, v.part): v
        for key, indicator in edition.indicators.items()
        for v in indicator.values
    }


def _verdicts(edition: Contents) -> dict[tuple[str, int], Judged]:
    return {(t.id, year): judged for t in edition.targets for year, judged in t.verdicts.items()}


def _seen(row: Value | None) -> tuple[object, ...] | None:
    return None if row is None else (row.value, row.state, row.numerator, row.denominator, row.caliber)


def _protection(old: Value | Judged | None, new: Value | Judged | None) -> set[ChangeCause]:
    """Whether a figure or verdict is suppressed in only one of the editions."""
    kept = [row is not None and Reason.SUPPRESSED in dict(row).values() for row in (old, new)]
    return {ChangeCause.PROTECTION} if kept[0] != kept[1] else set()


def _ordered(causes: set[ChangeCause]) -> tuple[ChangeCause, ...]:
    """The causes in their order; that none is found is an error of this module."""
    return tuple(c for c in ChangeCause if c in causes) or (ChangeCause.NOT_KNOWN,)


def _enough(old: Value | Judged | None, new: Value | Judged | None, decimals: int) -> int:
    """The decimals with which two different values look different in print."""
    if old and new and old.value is not None and new.value is not None and old.value != new.value:
        while decimals < MOST_DECIMALS and rounded(old.value, decimals) == rounded(new.value, decimals):
            decimals += 1
    return decimals


def _printed(row: Value | None, decimals: int, fact: str) -> Figure | str:
    if row is None:
        return say("labels/cell/unlisted")
    return row.state.word if row.value is None else figure(row.value, decimals, fact)


def _compared(edition: Contents, spot: JudgedSpot, row: Judged | None, decimals: int, fact: str) -> Figure | str:
    """The compared value as its edition has it, or the word with which that edition says why it has none."""
    if row is None:
        return say("labels/cell/unlisted")
    target = next(one for one in edition.targets if one.id == spot.target)
    if target.indicator is None:  # there is nothing to compare
        return NONE
    if row.value is not None:
        return figure(row.value, decimals, fact)
    if (point := target.series.get(spot.year)) is not None and point.value is None:
        return point.state.word
    return Reason.of_compared(row.reason, kept_back=edition.head.audience != "internal").word


def _judged(row: Judged | None, fact: str) -> Word | str:
    if row is None:
        return say("labels/cell/unlisted")
    reason = f"（{row.reason.word}）" if row.verdict == Verdict.UNKNOWN and row.reason else ""
    return Word(row.verdict.word + reason, fact, row.verdict)
