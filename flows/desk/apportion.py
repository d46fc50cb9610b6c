"""Says how much each of several causes moved a figure: every cause that can be undone alone is undone, and the figures are
computed again without it.

What departments sent, and corrections that were entered since, can be undone: the files are still there. An earlier
catalogue or program is not; what they moved, or what several causes moved together, is what is left over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from expectations.records import Catalog
from expectations.vocabulary import ChangeCause, Reason, Verdict
from flows import pipeline
from flows.absence import Absence
from flows.desk import filing, trial
from flows.edition.manifest import Depends
from flows.ingest import filed, register
from flows.ingest.register import Entry
from flows.journal import CutOff, Journal, Recorded
from flows.places import MendableError, Places
from flows.report.write.changes import Change, Changes, JudgedSpot, Spot
from flows.wording import say

MOST = 12
"""The number of causes that are undone, each by computing every figure again."""
SAME = 1e-9
"""Two computed figures that differ by less are the same."""


@dataclass(frozen=True)
class CauseUndone:
    """What came since the older edition and can be undone alone: the files of one form of a year, or its corrections."""

    form: str
    """<year>/<dataset>[@<department>], as in a manifest."""
    cause: ChangeCause
    files: frozenset[str] = frozenset()
    """The beginnings of the hashes of files that only the newer edition has."""


@dataclass(frozen=True)
class JudgedWarehouse:
    """The figures and verdicts of one computation."""

    figures: Mapping[Spot, tuple[float | None, str]]
    """Value, and why there is none."""
    verdicts: Mapping[JudgedSpot, str]


@dataclass(frozen=True)
class ApportionedChange:
    """One change, what each cause did to it, and what is left over; in words."""

    change: Change
    shares: Sequence[str]
    rest: str


def _of(cause: CauseUndone, catalog: Catalog, year: int, entry: Entry) -> bool:
    """Whether an entry of a register is one that a cause brought. A workbook has several forms in one file."""
    dataset = catalog.datasets.get(entry.dataset)
    form = dataset and filed.stem(dataset, entry.dataset, filed.sender(catalog, entry, year), year)
    return form == cause.form and entry.sha256.startswith(tuple(cause.files))


def take_away(cause: CauseUndone, catalog: Catalog, raw: Path) -> None:
    """Take what a cause brought out of a copy of the deliveries. Raises `CatalogError` if the register cannot be read."""
    year = int(cause.form.partition("/")[0])
    path = raw / catalog.district.code / str(year) / register.REGISTER
    found = register.read(path, raw)
    gone = [entry for entry in found.deliveries if _of(cause, catalog, year, entry)]
    kept = [entry for entry in found.deliveries if entry not in gone]
    left = {entry.file for entry in kept}
    kept = [entry if entry.replaces in left else entry.model_copy(update={"replaces": None}) for entry in kept]
    told = {**filed.head(found), "district": found.district, "year": found.year}
    told["deliveries"] = [filed.told(entry) for entry in kept]
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    for name in {entry.file for entry in gone} - left:
        (path.parent / name).unlink(missing_ok=True)


@dataclass(frozen=True)
class JournalWithout(Journal):
    """A journal that has never heard of what a cause brought: else its absence would be a change without a filing."""

    cause: CauseUndone
    catalog: Catalog

    def events(self) -> tuple[Recorded, ...]:
        return tuple(event for known in super().events() if (event := self._without(known)) is not None)

    def _without(self, event: Recorded) -> Recorded | None:
        of = event.of
        if "entry" in of:
            return None if self._gone(of["year"], of["entry"]) else event
        if "entries" not in of:
            return event
        kept = [entry for entry in of["entries"] if not self._gone(of["year"], entry)]
        return dataclasses.replace(event, of={**of, "entries": kept})

    def _gone(self, year: Any, entry: Any) -> bool:
        return _of(self.cause, self.catalog, int(year), Entry.model_validate(entry))


class Apportioned:
    """The changes between two editions, each cause undone for itself. Raises `MendableError` if what lies in the home is not
    what the newer edition was made of, or if more causes than `MOST` would have to be undone.
    """

    def __init__(
        self,
        changes: Changes,
        old: Depends,
        new: Depends,
        catalog: Catalog,
        home: Places,
        year: int,
        as_of: date | None = None,
    ) -> None:
        self.changes, self.old, self.new = changes, old, new
        self.catalog, self.raw, self.year, self.as_of = catalog, home.raw, year, as_of
        self.journal = Journal(home.journal / catalog.district.code)
        if len(self.causes) > MOST:
            raise MendableError(say("messages/apportion/many", number=len(self.causes), most=MOST))

    @cached_property
    def causes(self) -> list[CauseUndone]:
        found = []
        for form in sorted({*self.old.deliveries, *self.new.deliveries}):
            before, after = self.old.deliveries.get(form) or (), self.new.deliveries.get(form) or ()
            if before != after and {*before} <= {*after}:
                cause = ChangeCause.CORRECTED if before else ChangeCause.SENT_SINCE
                found.append(CauseUndone(form, cause, frozenset(f for f in after if f and f not in before)))
        entered = sorted(form for form in self.new.corrections if form not in self.old.corrections)
        return found + [CauseUndone(form, ChangeCause.CORRECTION) for form in entered]

    @cached_property
    def told(self) -> list[ApportionedChange]:
        """Every change, in the order of the comparison."""
        with TemporaryDirectory() as folder:
            whole = self._computed(self.catalog, self.raw, self.journal)
            self._check(whole)
            without = [(cause, self._without(cause, Path(folder) / str(n))) for n, cause in enumerate(self.causes)]
        return [self._apportioned(change, whole, without) for change in self.changes.all]

    def _check(self, whole: JudgedWarehouse) -> None:
        """That the home still has what the newer edition was made of."""
        for change in self.changes.figures:
            assert isinstance(change.of, Spot)
            value, state = whole.figures.get(change.of, (None, Reason.NOT_ASKED))
            printed = Reason.of(state).word if value is None else None
            if printed != change.new and (value is None or not _rounds_to(value, change)):
                raise MendableError(say("messages/apportion/moved_on", name=change.name, year=change.year))

    def _computed(self, catalog: Catalog, raw: Path, journal: Journal) -> JudgedWarehouse:
        with trial.judged(catalog, raw, self.year, CutOff(journal=journal, as_of=self.as_of)) as con:
            figures = con.execute(
                "select indicator, year, area, institution, sex, part, value, state from out_indicators"
            ).fetchall()
            absent = Absence(con, catalog)
            told = {Spot(*row[:6]): (row[6], absent.of(row[0], row[1], row[7])) for row in figures}
            verdicts = con.execute("select target, year, verdict from out_assessments").fetchall()
        return JudgedWarehouse(
            told,
            {JudgedSpot(target, year): verdict for target, year, verdict in verdicts},
        )

    def _without(self, cause: CauseUndone, folder: Path) -> JudgedWarehouse:
        if cause.cause == ChangeCause.CORRECTION:
            return self._computed(self._uncorrected(cause.form), self.raw, self.journal)
        raw = filing.shadow(self.raw, folder, self.catalog, pipeline.years(self.catalog, self.year))
        take_away(cause, self.catalog, raw)
        return self._computed(self.catalog, raw, JournalWithout(self.journal.folder, cause, self.catalog))

    def _uncorrected(self, form: str) -> Catalog:
        exemptions = self.catalog.exemptions
        kept = [c for c in exemptions.corrections if f"{c.year}/{c.dataset}" != form.partition("@")[0]]
        return dataclasses.replace(self.catalog, exemptions=exemptions.model_copy(update={"corrections": tuple(kept)}))

    # --- in words ---

    def _apportioned(
        self, change: Change, whole: JudgedWarehouse, without: Sequence[tuple[CauseUndone, JudgedWarehouse]]
    ) -> ApportionedChange:
        if isinstance(change.of, Spot):
            return self._of_figure(change, change.of, whole, without)
        return self._of_verdict(change, change.of, whole, without)

    def _of_figure(
        self, change: Change, spot: Spot, whole: JudgedWarehouse, without: Sequence[tuple[CauseUndone, JudgedWarehouse]]
    ) -> ApportionedChange:
        value, state = whole.figures.get(spot, (None, Reason.NOT_ASKED))
        shares, left = [], _difference(change)
        for cause, other in without:
            before, why = other.figures.get(spot, (None, Reason.NOT_ASKED))
            if value is not None and before is not None:
                if abs(value - before) > SAME:
                    shares.append(say("messages/apportion/by", cause=self._named(cause), by=_signed(value - before)))
                    left = None if left is None else left - (value - before)
            elif (value, state) != (before, why):
                was = Reason.of(why).word if before is None else _plain(before)
                shares.append(say("messages/apportion/was", cause=self._named(cause), was=was))
                left = None
        rest = ""
        if not shares:
            rest = say("messages/apportion/none")
        elif left is not None and abs(left) > SAME:
            rest = say("messages/apportion/rest", by=_signed(left))
        return ApportionedChange(change, shares, rest)

    def _of_verdict(
        self,
        change: Change,
        key: JudgedSpot,
        whole: JudgedWarehouse,
        without: Sequence[tuple[CauseUndone, JudgedWarehouse]],
    ) -> ApportionedChange:
        now = whole.verdicts.get(key)
        shares = [
            say("messages/apportion/was", cause=self._named(cause), was=_verdict(other.verdicts.get(key)))
            for cause, other in without
            if other.verdicts.get(key) != now
        ]
        return ApportionedChange(change, shares, "" if shares else say("messages/apportion/none"))

    def _named(self, cause: CauseUndone) -> str:
        year, _, form = cause.form.partition("/")
        dataset, _, department = form.partition("@")
        return say(
            "messages/apportion/cause",
            year=year,
            department=self.catalog.department(department or self.catalog.sender(dataset, int(year))),
            title=self.catalog.datasets[dataset].title,
            cause=cause.cause.word,
        )


def lines(found: ApportionedChange) -> Iterator[str]:
    """What is told below a change."""
    yield from found.shares
    if found.rest:
        yield found.rest


def _difference(change: Change) -> float | None:
    """How far a figure moved, as computed; None where one of the editions has none."""
    old, new = (getattr(side, "value", None) for side in (change.old, change.new))
    return None if old is None or new is None else float(new) - float(old)


def _rounds_to(value: float, change: Change) -> bool:
    new = getattr(change.new, "value", None)
    return new is not None and abs(float(new) - value) <= SAME


def _signed(by: float) -> str:
    return f"{'+' if by > 0 else '−'}{_plain(abs(by))}"


def _plain(value: float) -> str:
    return f"{Decimal(repr(round(value, 6))).normalize():f}"


def _verdict(found: str | None) -> str:
    return say("labels/cell/unlisted") if found is None else Verdict.of(found).word
