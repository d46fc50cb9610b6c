"""Says where a figure comes from: its definition and formula, what is added up, and each cell of a file that it is made of,
as it was written, with what was found in it, corrected and decided.

It reads the warehouse of the last run. That the cells add up to the figure is computed here once more, on purpose: where
they do not, that is told.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TextIO

import duckdb

from expectations.records import Catalog, Indicator
from expectations.requirement import demand
from expectations.vocabulary import DeliveryStatus, Reason, Severity, Sex, Verdict
from flows import inert
from flows.absence import Absence
from flows.edition import approved, contents
from flows.journal import Journal
from flows.letters import REST, is_rest
from flows.places import TEMPLATES, MendableError
from flows.press.numbers import rounded
from flows.report.kinds import KINDS
from flows.warehouse import is_current, rows
from flows.wording import day, read, say

TraceForm = Literal["text", "json", "page"]
WORDS: Mapping[str, str] = read("labels")["trace"]
"""The headings of the page."""


@dataclass(frozen=True)
class FigureAsked:
    """A figure."""

    indicator: str
    year: int
    area: str
    """Of an institution, the area in which it is."""
    sex: str = Sex.TOTAL
    part: str = ""
    institution: str = ""


@dataclass(frozen=True)
class SourceCell:
    """A cell of a delivered file that a figure is made of."""

    measure: str
    """What it counts, in the words of the form."""
    place: str
    sex: str
    value: str
    """As it is used; the word of its state where there is none."""
    file: str
    sha256: str
    sheet: str
    line: int
    column: str
    """As printed in the file."""
    written: str
    """What stands there."""
    factor: str
    """What one of the file's unit is in the agreed one; 1 where they are the same."""


@dataclass(frozen=True)
class Addition:
    """Numerator or denominator; or a figure that came ready-made, to which nothing was added."""

    name: str
    value: str
    agrees: bool | None
    """Whether the cells add up to it, or the cell is it; None where there is no number that they could make."""
    cells: Sequence[SourceCell]
    refused: Sequence[str]
    """The cells that were delivered for it and cannot be used, one sentence each."""
    ready_made: bool = False


@dataclass(frozen=True)
class Circumstances:
    """What happened to the files and cells behind a figure, one sentence each."""

    deliveries: Sequence[str]
    findings: Sequence[str]
    corrections: Sequence[str]
    targets: Sequence[str]
    approvals: Sequence[str]
    """The approved editions that have it, and whether they have the same."""


@dataclass(frozen=True)
class Trace:
    """Everything behind one figure."""

    name: str
    year: int
    place: str
    sex: str
    value: str
    unrounded: float | None
    state: str
    definition: str
    caliber: str
    formula: str
    sides: Sequence[Addition]
    told: Circumstances
    simulated: str
    """What the register says of its simulated data; empty if they are real."""


def trace(warehouse: Path, catalog: Catalog, asked: FigureAsked, history: Journal | None = None) -> Trace:
    """Follow a figure back to the cells, and forth to the approved editions that the journal tells of. Raises `MendableError`
    if there is no warehouse of this program, or no such figure in it.
    """
    if not warehouse.is_file():
        raise MendableError(say("messages/trace/no_warehouse", path=warehouse))
    try:
        con = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.IOException:
        raise MendableError(say("messages/trace/in_use", path=warehouse)) from None
    with con:
        if not is_current(con):
            raise MendableError(say("messages/trace/outdated", path=warehouse))
        return _Tracer(con, catalog, asked, history).trace()


class _Tracer:
    def __init__(
        self, con: duckdb.DuckDBPyConnection, catalog: Catalog, asked: FigureAsked, history: Journal | None
    ) -> None:
        self.con, self.catalog, self.asked, self.history = con, catalog, asked, history
        self.indicator: Indicator = catalog.indicators[asked.indicator]
        self.home = catalog.district.code
        self.lines: set[tuple[str, int]] = set()
        """Delivery and line of every cell."""

    def trace(self) -> Trace:
        a, indicator = self.asked, self.indicator
        found = rows(
            self.con,
            "select * from out_indicators where indicator = ? and year = ? and area = ? and institution = ? and sex = ? and part = ?",
            a.indicator, a.year, a.area, a.institution, a.sex, a.part,
        )  # fmt: skip
        if not found:
            raise MendableError(self._no_figure())
        row = Absence(self.con, self.catalog).of_row(found[0])
        sides = list(self._sides(row))
        since, *_ = indicator.caliber(a.year)
        note = next((v.note for v in indicator.calibers if v.since == since), "")
        return Trace(
            indicator.name,
            a.year,
            self._place(a.area, a.institution),
            self._group(a.sex, a.part),
            self._printed(row["value"], row["state"]),
            row["value"],
            Reason.of(row["state"]).word,
            indicator.definition,
            say("messages/trace/caliber", since=since, note=note) if since else "",
            self._formula(a.year, ready_made=all(side.ready_made for side in sides)),
            sides,
            Circumstances(
                list(self._deliveries()),
                list(self._findings(row["state"])),
                list(self._corrections()),
                list(self._targets()),
                list(self._approvals(row)),
            ),
            self._simulated(),
        )

    def _no_figure(self) -> str:
        """Why there is no such row: the year has none, or the indicator is not told for this place, sex or part at all."""
        a, name, district = self.asked, self.indicator.name, self.catalog.district
        found = rows(
            self.con,
            "select distinct year, area, institution, sex, part from out_indicators where indicator = ? and (institution = '') = ?",
            a.indicator, not a.institution,
        )  # fmt: skip
        mine = [r for r in found if (r["area"], r["institution"]) == (a.area, a.institution)]
        years = sorted({r["year"] for r in mine if (r["sex"], r["part"]) == (a.sex, a.part)})
        if years:
            return say("messages/trace/no_figure", name=name, year=a.year, years="、".join(map(str, years)))
        place = self._place(a.area, a.institution)
        if mine:
            groups = "、".join(sorted({self._group(r["sex"], r["part"]) for r in mine}))
            return say(
                "messages/trace/no_group", name=name, place=place, group=self._group(a.sex, a.part), groups=groups
            )
        if a.institution:
            told = {r["institution"] for r in found}
            listed = "、".join(dict.fromkeys(n for key, n in district.members.items() if key in told)) or "—"
            return say("messages/trace/not_of_institution", name=name, place=place, institutions=listed)
        told = {r["area"] for r in found}
        areas = [n for code, n in ((district.code, district.name), *district.names.items()) if code in told]
        return say("messages/trace/not_of_area", name=name, place=place, areas="、".join(dict.fromkeys(areas)) or "—")

    @property
    def _is_of_the_district(self) -> bool:
        return self.asked.area == self.home and not self.asked.institution

    def _group(self, sex: str, part: str) -> str:
        return f"{self.catalog.part_names.get(part, part)}{Sex.of(sex).word}"

    def _printed(self, value: float | None, state: str) -> str:
        if value is None:
            return Reason.of(state).word
        return f"{rounded(value, self.indicator.decimals)}{self.indicator.unit}"

    def _place(self, area: str, institution: str) -> str:
        district = self.catalog.district
        names = {district.code: district.name, **district.names}
        return district.members.get(institution, institution) or names.get(area, area)

    def _formula(self, year: int, *, ready_made: bool) -> str:
        """The formula in the words of the forms; of a figure that came ready-made, that nothing was computed."""
        indicator = self.indicator
        if ready_made:
            return say("messages/trace/formula/ready_made")
        _, above, below = indicator.caliber(year)
        over, under = ("＋".join(map(self.catalog.measured, side)) for side in (above, below))
        per = f"{indicator.per.normalize():f}"
        form = f"messages/trace/formula/{indicator.kind}"
        return say(form, above=over, below=under, per=per, unit=indicator.unit)

    def _simulated(self) -> str:
        found = self.con.execute(
            "select coalesce(note, '') from meta_register where year = ? and simulated", [self.asked.year]
        ).fetchone()
        return "" if found is None else found[0] or say("labels/simulated")

    # --- the cells ---

    def _sides(self, row: dict[str, Any]) -> Iterator[Addition]:
        """Numerator and denominator with their cells; of a figure that came ready-made, the figure itself. One that is not there
        could have come either way: what came for it is told.
        """
        a, indicator = self.asked, self.indicator
        is_computed = row["numerator"] is not None or row["denominator"] is not None
        _, above, below = indicator.caliber(a.year)
        if not is_computed:
            taken = self._taken(row)
            if indicator.kind == "published" or row["value"] is not None:
                yield taken
                return
            counted = a.indicator in {*above, *below}  # a column of that name: told below
            if not counted and (taken.cells or taken.refused):
                yield taken
        share = indicator.kind == "share"
        for name, measures, sex in (
            ("numerator", above, Sex.FEMALE if share else a.sex),
            ("denominator", above if share else below, a.sex),
        ):
            if measures:
                cells, agrees = self._summed(measures, row[name], sex)
                refused = list(self._refused(measures, sex, row["state"]))
                yield Addition(say(f"messages/trace/side/{name}"), _number(row[name]), agrees, cells, refused)

    def _taken(self, row: dict[str, Any]) -> Addition:
        """A figure that came ready-made, and the cell in which it stands: it was not added up, also not from women and men."""
        a, value = self.asked, row["value"]
        found = self._observed([a.indicator], [a.area], [a.sex], whole=True)
        if value is not None:
            found = [r for r in found if r["value"] == _exact(value)]
        refused = list(self._refused([a.indicator], a.sex, row["state"]))
        name, agrees = say("messages/trace/side/value"), None if value is None else bool(found)
        return Addition(name, _number(value), agrees, [self._cell(r) for r in found], refused, ready_made=True)

    def _refused(self, measures: Sequence[str], sex: str, state: str) -> Iterator[str]:
        """The delivered cells of the measures, of this place or its parts, that no figure is made of. Those of a row whose
        place is not known may be of any place: they are told of the district, and of a figure that is not there.
        """
        a = self.asked
        whole = self._is_of_the_district
        places = [a.area, *(x.code for x in self.catalog.district.areas)] if whole else [a.area]
        found = rows(
            self.con,
            """select r.*, d.file from core_rejections r join meta_deliveries d using (delivery) where d.year = ?
            and list_contains(?, r.measure) and (list_contains(?, r.area) or (r.area is null and ?))
            and (? = '' or r.institution = ? or (r.institution is null and ?))
            and (? = 'total' or r.sex is null or r.sex in (?, 'total')) order by r.delivery, r.line, r.column_name""",
            a.year, [*measures], places, whole or state != Reason.OK, a.institution, a.institution, state != Reason.OK, sex, sex,
        )  # fmt: skip
        self.lines |= {(row["delivery"], row["line"]) for row in found}
        for row in found:
            yield say(
                "messages/trace/refused_cell",
                file=row["file"],
                line=row["line"],
                column=row["column_name"],
                written=row["value"] or "",
                why=row["message"],
            )

    def _summed(
        self, measures: Sequence[str], value: Decimal | float | None, sex: str
    ) -> tuple[list[SourceCell], bool | None]:
        """The cells that make a sum. A row of the whole place counts before its parts, and both sexes make the total: the
        first of these ways that gives the sum is the one; if none does, all cells are shown.
        """
        a, district = self.asked, self.catalog.district
        parts = [x.code for x in district.areas] if self._is_of_the_district else []
        ways = [([a.area], True), (parts, True), ([a.area], False), ([*parts, a.area], False)]
        ways = ways[:1] if a.institution else ways
        each = [Sex.FEMALE, Sex.MALE, Sex.NOT_STATED] if sex == Sex.TOTAL else []
        every: list[dict[str, Any]] = []
        for areas, whole in ways:
            for sexes in ([sex], each):
                if not areas or not sexes:
                    continue
                found = self._observed(measures, areas, sexes, whole)
                told = [r for r in found if r["value"] is not None]
                if value is not None and told and sum(r["value"] for r in told) == _exact(value):
                    return [self._cell(r) for r in found], True
                every = found if len(found) > len(every) else every
        return [self._cell(r) for r in every], None if value is None else False

    def _observed(
        self, measures: Sequence[str], areas: Sequence[str], sexes: Sequence[str], whole: bool
    ) -> list[dict[str, Any]]:
        """The observations of some places and sexes; with `whole`, those of the places themselves: of areas, or of the institution
        that is asked for, and not of the institutions in an area.
        """
        return rows(
            self.con,
            """select o.*, d.file, d.sha256, d.sheet, d.dataset from core_observations o
            join meta_deliveries d using (delivery) where o.year = ? and o.part = ? and list_contains(?, o.measure)
            and list_contains(?, o.area) and list_contains(?, o.sex) and (not ? or o.institution = ?)
            order by o.measure, o.area, o.institution, o.sex""",
            self.asked.year, self.asked.part, [*measures], [*areas], [*map(str, sexes)], whole, self.asked.institution,
        )  # fmt: skip

    def _cell(self, row: dict[str, Any]) -> SourceCell:
        self.lines.add((row["delivery"], row["line"]))
        used = self.con.execute(
            "select printed, header, factor from meta_columns where delivery = ? and (measure = ? or header in ('@value', ?)) "
            "and sex in ('', ?) and part in ('', ?) order by header = '@value', sex desc, part desc limit 1",
            [row["delivery"], row["measure"], self._value(row), row["sex"], row["part"]],
        ).fetchone()
        column, header, factor = used or ("—", "", Decimal(1))
        value = _number(row["value"]) if row["value"] is not None else Reason.of(row["state"]).word
        return SourceCell(
            self.catalog.measured(row["measure"]),
            self._place(row["area"], row["institution"]),
            Sex.of(row["sex"]).word,
            value,
            row["file"] or "—",
            row["sha256"] or "—",
            row["sheet"] or "",
            row["line"],
            column,
            self._written(row, header),
            f"{Decimal(factor).normalize():f}",
        )

    def _value(self, row: dict[str, Any]) -> str:
        """The column of figures that come ready-made, if the form has one."""
        return self.catalog.datasets[row["dataset"]].form(self.asked.year).roles.get("value", "")

    def _written(self, row: dict[str, Any], header: str) -> str:
        """The text of the cell in the file; a line of a wide file is several rows, of which the one of its sex is taken."""
        dataset = self.catalog.datasets[row["dataset"]]
        header = dataset.measures.get(row["measure"]) or self._value(row) or header
        if header not in dataset.columns:
            return "—"
        quoted = header.replace('"', '""')
        found = self.con.execute(
            f'select r."{quoted}" from "raw_{row["dataset"]}" r join "stg_{row["dataset"]}" s using (delivery, row) '  # noqa: S608
            "where r.delivery = ? and r.line = ? order by s.sex = ? desc, s.area = ? desc limit 1",
            [row["delivery"], row["line"], row["sex"], row["area"]],
        ).fetchone()
        return "—" if found is None or found[0] is None else str(found[0])

    # --- what happened to them ---

    def _deliveries(self) -> Iterator[str]:
        """Every version of the files, and what was decided of one that came late."""
        stems = sorted({delivery.rpartition("/")[0] for delivery, _ in self.lines})
        for stem in stems:
            found = rows(
                self.con,
                "select d.*, l.decided_by, l.decided_on, l.why from meta_deliveries d left join meta_late l "
                "on (l.dataset, l.department, l.file) = (d.dataset, d.department, d.file) "
                "where starts_with(d.delivery, ?) order by d.version",
                f"{stem}/",
            )
            for row in found:
                told = say(
                    "messages/trace/delivery",
                    department=self.catalog.department(row["department"]),
                    title=self.catalog.datasets[row["dataset"]].title,
                    version=row["version"],
                    file=row["file"],
                    received=row["received"],
                    status=DeliveryStatus.of(row["status"]).word,
                    sha256=row["sha256"],
                )
                if row["reason"]:
                    told += say("messages/trace/reason", reason=row["reason"])
                if row["decided_by"]:
                    told += say("messages/trace/admitted", by=row["decided_by"], on=row["decided_on"], why=row["why"])
                yield told

    def _findings(self, state: str) -> Iterator[str]:
        """What the checks found in these lines, or of the figure itself: not of the same indicator of another place. What is not listed
        may be of it, too: what makes data unusable only if it was refused, and of a place only if nothing alike is told of it.
        """
        a, deliveries = self.asked, sorted({delivery for delivery, _ in self.lines})
        _, above, below = self.indicator.caliber(a.year)
        of_it, told = {a.indicator, *above, *below}, set[tuple[Any, ...]]()
        found = rows(
            self.con,
            f"select * from out_findings where year = ? and (list_contains(?, delivery) or indicator = ?) order by {REST}, line",  # noqa: S608
            a.year, deliveries, a.indicator,
        )  # fmt: skip
        for row in found:
            alike = tuple(row[key] for key in ("delivery", "rule", "column_name", "measure", "indicator"))
            if is_rest(row):
                fits = row["delivery"] in deliveries and not of_it.isdisjoint((row["measure"], row["indicator"]))
                is_open = row["severity"] != Severity.CRITICAL or state == Reason.REJECTED
                if fits and is_open and (self._is_of_the_district or alike not in told):
                    yield say("messages/trace/unlisted", word=Severity.of(row["severity"]).word, message=row["message"])
                continue
            here = (row["area"], row["institution"] or "") == (a.area, a.institution) or self._is_of_the_district
            if (row["indicator"] == a.indicator and here) or (row["delivery"], row["line"]) in self.lines:
                told.add(alike)
                override = say("messages/trace/override", override=row["override"]) if row["override"] else ""
                yield f"{Severity.of(row['severity']).word}：{row['message']}{override}"

    def _corrections(self) -> Iterator[str]:
        for delivery, line in sorted(self.lines):
            for row in rows(
                self.con,
                "select * from meta_corrections where state = 'applied' and delivery = ? and line = ?",
                delivery,
                line,
            ):
                yield say("messages/trace/correction", **row)

    def _targets(self) -> Iterator[str]:
        """The targets that the figure of the district judges."""
        if not self._is_of_the_district:
            return
        for promise in self.catalog.promises(self.asked.year):
            target = promise.target
            if (target.indicator, target.sex) != (self.asked.indicator, self.asked.sex):
                continue
            found = self.con.execute(
                "select verdict from out_assessments where target = ? and year = ?", [promise.id, self.asked.year]
            ).fetchone()
            if found is not None:
                yield say(
                    "messages/trace/target",
                    plan=promise.plan.head.short,
                    clause=promise.clause,
                    demand=demand(self.catalog, promise),
                    verdict=Verdict.of(found[0]).word,
                )

    def _approvals(self, row: dict[str, Any]) -> Iterator[str]:
        """Each approved edition in which the figure stands, with what it says there."""
        a = self.asked
        for one in approved.listed(self.history) if self.history else ():
            words = {
                "year": one.year,
                "kind": KINDS[one.kind].titled,
                "number": one.number,
                "by": one.by,
                "day": day(one.at.date()),
                "superseded": say("messages/trace/superseded", by=one.superseded_by) if one.superseded_by else "",
            }
            if one.damage() or contents.unread(one.folder):
                yield say("messages/trace/approval_damaged", **words)
                continue
            told = contents.read(one.folder).indicators.get(a.indicator)
            key = (a.year, a.area, a.institution, a.sex, a.part)
            found = (
                next((v for v in told.values if (v.year, v.area, v.institution, v.sex, v.part) == key), None)
                if told
                else None
            )
            if found is None:
                continue
            if (found.value, found.state) == (row["value"], row["state"]):
                yield say("messages/trace/approval_same", **words)
            else:
                yield say("messages/trace/approval_other", **words, value=self._printed(found.value, found.state))


def _exact(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def _number(value: Decimal | float | None) -> str:
    return "—" if value is None else f"{_exact(value).normalize():f}"


# --- what is asked, and the answer -----------------------------------------------------------------------------------

FACT = re.compile(r"(?P<what>.+)/(?P<year>(?:19|20)\d\d)/(?P<rest>[^/]+)")
"""A fact as figures.csv names it: <target>/<year>/value, <indicator>/<year>/<sex or area>."""


def asked(
    catalog: Catalog, what: str, year: int | None, area: str, sex: str, part: str, institution: str = ""
) -> FigureAsked:
    """The figure that is meant: by an indicator's key or Chinese name and a year, or by the id of a printed figure
    (figures.csv). Raises `MendableError` where none is meant.
    """
    if area and institution:
        raise MendableError(say("messages/trace/two_places", area=area, institution=institution))
    if year is None and "/" in what:
        return _of_fact(catalog, what)
    if year is None:
        raise MendableError(say("messages/trace/no_year", what=what))
    keys = [k for k, i in catalog.indicators.items() if what == k or what in (i.name, *i.aliases)]
    if len(keys) != 1:
        near = [f"{k}（{i.name}）" for k, i in catalog.indicators.items() if what in i.name or what in k]
        listed = "、".join(near[:8]) or "—"
        raise MendableError(say("messages/trace/no_indicator", what=what, listed=listed))
    if institution:
        home, member = _institution(catalog, institution)
        return FigureAsked(keys[0], year, home, _sex(sex), part, member)
    return FigureAsked(keys[0], year, _area(catalog, area), _sex(sex), part)


def _of_fact(catalog: Catalog, fact: str) -> FigureAsked:
    """The figure that a printed value is bound to. What is worked out from figures (a change, a gap, a count) is
    refused: to show one of these figures in its place would be untrue.
    """
    found = FACT.fullmatch(fact)
    what, rest = (found["what"], found["rest"]) if found else ("", "")
    promise = next((p for p in catalog.promises() if p.id == what), None)
    if found and promise is not None and promise.indicator is not None and rest == "value":
        target = promise.target
        if target.rule.own:
            return FigureAsked(
                str(target.indicator), int(found["year"]), catalog.district.code, target.sex, target.part or ""
            )
    if found and what in catalog.indicators:
        if rest in (Sex.FEMALE, Sex.MALE, Sex.TOTAL):
            return FigureAsked(what, int(found["year"]), catalog.district.code, rest)
        if rest in catalog.district.names:
            return FigureAsked(what, int(found["year"]), rest)
    raise MendableError(say("messages/trace/no_fact", what=fact))


def _area(catalog: Catalog, area: str) -> str:
    district = catalog.district
    if not area:
        return district.code
    own = {district.code, district.name, district.short, district.called_whole}
    known = {district.code: own} | {
        a.code: {a.code, a.name, *a.aliases} for a in (*district.areas, *district.references)
    }
    found = [code for code, words in known.items() if area in words]
    if not found:
        listed = "、".join([*district.names.values(), district.name])
        raise MendableError(say("messages/trace/no_area", area=area, listed=listed))
    return found[0]


def _institution(catalog: Catalog, institution: str) -> tuple[str, str]:
    """The area in which an institution is, and its id; the same name may stand in several kinds."""
    district = catalog.district
    members = [one for kind in district.institutions.values() for one in kind.members]
    found = [one for one in members if institution == one.id] or [
        one for one in members if institution in (one.name, *one.aliases)
    ]
    if len(found) != 1:
        listed = "、".join(f"{one.id}（{one.name}）" for one in found or members) or "—"
        raise MendableError(say("messages/trace/no_institution", institution=institution, listed=listed))
    return found[0].area or district.code, found[0].id


def _sex(sex: str) -> str:
    found = next((s for s in Sex if sex in (s.value, s.word)), None)
    if found is None:
        raise MendableError(say("messages/trace/no_sex", sex=sex, listed="、".join(s.word for s in Sex)))
    return str(found.value)


def show(found: Trace, form: TraceForm, out: TextIO) -> None:
    """Write the answer as text for people or as JSON for programs."""
    if form == "json":
        out.write(inert.escaped(json.dumps(dataclasses.asdict(found), ensure_ascii=False, indent=1)) + "\n")
        return
    if form == "page":
        from flows.press import pdf

        context = {
            "trace": found,
            "heading": _heading(found),
            "sides": [
                {"addition": side, "told": _added_up(side), "refused": _left_out(side) if side.refused else ""}
                for side in found.sides
            ],
            "circumstances": list(_circumstances(found)),
            "words": WORDS,
        }
        out.write(inert.shown(pdf.html(TEMPLATES, "trace.html", context)))
        return
    for line in _lines(found):
        out.write(inert.shown(f"{line}\n"))


def _heading(found: Trace) -> str:
    words = {"name": found.name, "year": found.year, "place": found.place, "sex": found.sex}
    head = "head" if found.unrounded is not None else "head_none"
    return say(f"messages/trace/{head}", **words, value=found.value, unrounded=found.unrounded)


def _added_up(side: Addition) -> str:
    way = "taken" if side.ready_made else "sum"
    form = f"{way}_none" if side.agrees is None else way if side.agrees else f"{way}_differs"
    return say(f"messages/trace/{form}", name=side.name, value=side.value, number=len(side.cells))


def _left_out(side: Addition) -> str:
    return say("messages/trace/refused", name=side.name, number=len(side.refused))


def _lines(found: Trace) -> Iterator[str]:
    yield _heading(found)
    if found.simulated:
        yield say("messages/trace/simulated", note=found.simulated)
    yield say("messages/trace/definition", definition=found.definition, caliber=found.caliber)
    yield say("messages/trace/computed", formula=found.formula)
    for side in found.sides:
        yield _added_up(side)
        for c in side.cells:
            sheet = say("messages/trace/sheet", sheet=c.sheet) if c.sheet else ""
            factor = say("messages/trace/factor", factor=c.factor) if c.factor != "1" else ""
            where = {"file": c.file, "sheet": sheet, "line": c.line, "column": c.column, "written": c.written}
            yield say(
                "messages/trace/cell",
                measure=c.measure,
                place=c.place,
                sex=c.sex,
                value=c.value,
                factor=factor,
                **where,
            )
        if side.refused:
            yield _left_out(side)
            yield from (f"  {line}" for line in side.refused)
    for title, told in _circumstances(found):
        yield title
        yield from (f"  {line}" for line in told)


def _circumstances(found: Trace) -> Iterator[tuple[str, Sequence[str]]]:
    """What happened to the cells, each kind under its heading; where nothing did, the heading says so."""
    for kind, told in dataclasses.asdict(found.told).items():
        ending = "none"
        if kind == "findings":
            is_refused, is_idle = found.state == Reason.REJECTED.word, not found.told.deliveries
            ending = "refused" if is_refused else "idle" if is_idle else "none"
        yield say(f"messages/trace/{kind if told else f'{kind}_{ending}'}", number=len(told)), told
