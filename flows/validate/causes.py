"""Which cells make a ratio impossible, told while their sender can still mend them. A report tells of the ratio alone."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb

from expectations.records import Catalog
from expectations.units import scale
from flows.coordinates import cell_name
from flows.letters import Blocked
from flows.validate import summed
from flows.validate.findings import Columns, FindingRow, Trial, heads, named, store
from flows.warehouse import rows
from flows.wording import say

FEWEST = 2
"""Two columns are taken for exchanged where so many lines, and every line, have more in the part than in the whole."""
FOUND = """
select rowid, delivery, dataset, indicator, area, institution, sex, part, value from out_findings
where rule = 'ratio_range' and year = ? and delivery = coalesce(?, delivery) order by rowid
"""
CELLS = """
-- cells that the figure is made of, and none that is only compared with their sum: a row of the whole where the form has rows of places,
-- sexes or parts, unless the district's own row is used
select o.measure, o.line, o.value, count(*) over () as cells from core_observations o join divided d using (measure)
where o.delivery = $delivery and o.area = $area and o.institution = coalesce($institution, '') and o.sex = $sex and o.part = coalesce($part, '')
    and list_contains($measures, o.measure) and o.value is not null
    and (((not d.placed or o.institution <> '' or o.area <> $district) and (not d.sexed or o.sex <> 'total') and (not d.parted or o.part <> ''))
        or (o.area = $district and (o.measure, o.year, o.sex, o.part) in (
            select (w.measure, w.year, w.sex, w.part) from core_own_rows w where w.indicator = $indicator)))
"""
TOLD_APART = """
delete from out_findings where delivery = $delivery
    and (rowid = $rowid or (rule = 'part_above_whole' and line = $line and measure = $measure  -- a line of a wide file has many
        and area = $area and coalesce(institution, '') = coalesce($institution, '')
        and coalesce(sex, '') = coalesce($sex, '') and coalesce(part, '') = coalesce($part, '')))
"""
OF_EXCHANGED = """
delete from out_findings where delivery = $delivery and rule in ('unit_slip', 'jump') and measure in ($above, $below)
"""
"""What is unusual of figures that stand in each other's column says nothing of its own."""
LINES = """
select count(*) from (
    select line from core_observations where delivery = $delivery and measure in ($above, $below) and value is not null
    group by line having max(value) > 0 and bool_or(measure = $above)
)
"""


class _Cell(NamedTuple):
    measure: str
    header: str
    line: int
    position: int
    column: str
    """As its file prints it."""
    value: str
    unit: str

    @property
    def name(self) -> str:
        return cell_name(self.position, self.line)


class _Quotient(NamedTuple):
    """A ratio that no true value can be, with the two cells that it is computed from."""

    row: dict[str, Any]
    above: _Cell
    below: _Cell

    @property
    def is_more(self) -> bool:
        return Decimal(self.above.value) > Decimal(self.below.value)


def cells_of_ratios(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, trial: Trial) -> None:
    """Put a ratio of a line that lies beyond its bounds into one finding at its cell: with what it was computed from, and what it
    does to the district. What else was found in the same two cells or in two exchanged columns, and the district's own ratio, are told with it. A figure of
    an area above the district does nothing to the district's.
    """
    if not (found := rows(con, FOUND, year, trial.of)):
        return
    own = {catalog.district.code, *catalog.district.area_codes}
    summed.view(con, catalog)
    teller = _Teller(con, catalog, year)
    groups: dict[tuple[str, str], list[_Quotient]] = defaultdict(list)
    for row in found:
        if (quotient := teller.quotient(row)) is not None:
            groups[row["delivery"], row["indicator"]].append(quotient)
    told: list[FindingRow] = []
    for (delivery, indicator), quotients in groups.items():
        mine = {quotient.row["rowid"] for quotient in quotients}
        areas = {quotient.row["area"] for quotient in quotients}
        told_with = areas if areas.isdisjoint(own) else {catalog.district.code, *areas}
        same = [row for row in found if (row["delivery"], row["indicator"]) == (delivery, indicator)]
        sums = [row for row in same if row["rowid"] not in mine and row["area"] in told_with]
        for row in sums:
            con.execute("delete from out_findings where delivery = ? and rowid = ?", [delivery, row["rowid"]])
        for quotient in quotients:
            at = {key: quotient.row[key] for key in ("delivery", "rowid", "area", "institution", "sex", "part")}
            con.execute(TOLD_APART, {**at, "line": quotient.above.line, "measure": quotient.above.measure})
        effect = "" if areas.isdisjoint(own) else teller.effect(indicator, sums)
        if teller.are_exchanged(delivery, quotients):
            first = next((quotient for quotient in quotients if quotient.row["area"] in own), quotients[0])
            measures = {"above": first.above.measure, "below": first.below.measure}
            con.execute(OF_EXCHANGED, {"delivery": delivery, **measures})
            told.append(teller.exchanged(first, effect))
        else:
            told += [teller.finding(quotient, effect if quotient.row["area"] in own else "") for quotient in quotients]
    store(con, told)


class _Teller:
    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
        self.con, self.catalog, self.year = con, catalog, year
        self.columns, self.heads, self.blocked = Columns(con), heads(con), Blocked(con, catalog, year)

    def quotient(self, row: dict[str, Any]) -> _Quotient | None:
        """The two cells of a ratio; None where it is a sum of several, or of two files."""
        indicator, form = (
            self.catalog.indicators[row["indicator"]],
            self.catalog.datasets[row["dataset"]].form(self.year),
        )
        _, above, below = indicator.caliber(self.year)
        if len(above) != 1 or len(below) != 1:
            return None
        asked = {key: row[key] for key in ("delivery", "indicator", "area", "institution", "sex", "part")}
        asked["district"] = self.catalog.district.code
        found = {
            measure: (line, value)
            for measure, line, value, cells in self.con.execute(
                CELLS, {**asked, "measures": [*above, *below]}
            ).fetchall()
            if cells == 2
        }
        if set(found) != {*above, *below}:
            return None
        cells = []
        for measure in (*above, *below):
            header, (line, value) = form.measures[measure], found[measure]
            column = self.columns.find(row["delivery"], header, row["sex"] or "", row["part"] or "")
            if column.position is None:
                return None
            unit = str(form.columns[header].unit)
            figure = format((value / Decimal(str(scale(unit)))).normalize(), "f")
            cells.append(_Cell(measure, header, line, column.position, column.words, figure, unit))
        return _Quotient(row, cells[0], cells[1])

    def effect(self, indicator: str, sums: list[dict[str, Any]]) -> str:
        """What becomes of the district's figure, and of the targets that rest on it."""
        record, district = self.catalog.indicators[indicator], self.catalog.district
        whole = next((row["value"] for row in sums if row["area"] == district.code), "")
        facts = {"whole": district.called_whole, "value": whole, "unit": record.unit}
        told = _say("whole" if whole else "no_whole", **facts)
        return _say("effect", told="，".join(filter(None, (told, self.blocked.by(indicator)))))

    def are_exchanged(self, delivery: str, quotients: list[_Quotient]) -> bool:
        """Whether every line has more in the part than in the whole. Nobody of nobody says neither."""
        [(lines,)] = self.con.execute(
            LINES, {"delivery": delivery, "above": quotients[0].above.measure, "below": quotients[0].below.measure}
        ).fetchall()
        more = {quotient.above.line for quotient in quotients if quotient.is_more}
        return bool(len(more) == lines >= FEWEST)

    def exchanged(self, first: _Quotient, effect: str) -> FindingRow:
        facts = {"above": first.above.header, "below": first.below.header}
        columns = {"one": _letter(first.above), "other": _letter(first.below)}
        said = say("messages/exchanged/part", **facts, **columns, effect=effect)
        return self._told(first, said, say("messages/exchanged/cure/columns", **columns), apart=False)

    def finding(self, quotient: _Quotient, effect: str) -> FindingRow:
        above, below = quotient.above, quotient.below
        indicator = self.catalog.indicators[quotient.row["indicator"]]
        facts = {
            "line": above.line,
            "above": above.header,
            "cell": above.name,
            "value": above.value,
            "unit": above.unit,
        }
        facts |= {"below": below.header, "than": below.value, "than_unit": below.unit}
        facts |= {"name": indicator.name, "ratio": quotient.row["value"], "ratio_unit": indicator.unit}
        form = "none" if Decimal(below.value) == 0 else "more" if quotient.is_more else "less"
        said = _say(form, **facts, effect=effect)
        return self._told(quotient, said, _say("cure", cell=above.name, other=below.name), apart=True)

    def _told(self, quotient: _Quotient, said: str, cure: str, apart: bool) -> FindingRow:
        row, above = quotient.row, quotient.above
        return {
            **self.heads[row["delivery"]],
            "gate": "plausibility",
            "severity": "critical",
            "rule": "ratio_range",
            "line": above.line if apart else None,
            "position": above.position if apart else None,
            "column_name": above.column,
            **({key: row[key] for key in ("area", "institution", "sex", "part")} if apart else {}),
            "measure": above.measure,
            "indicator": row["indicator"],
            "value": above.value if apart else None,
            "expected": _say("expected"),
            "said": said,
            "message": _say("message", file=named(self.heads[row["delivery"]]), said=said, cure=cure),
            "cure": cure,
        }


def _letter(cell: _Cell) -> str:
    return cell.name.removesuffix(str(cell.line))


def _say(text: str, **facts: object) -> str:
    return say(f"messages/ratio_cells/{text}", **facts)
