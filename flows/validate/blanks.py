"""What was left empty in a form, told while its sender can still fill it in. A report tells what could not be judged instead."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import duckdb

from expectations.records import Catalog
from expectations.vocabulary import WHOLE, DeliveryStatus
from flows.coordinates import cell_name
from flows.letters import INCOMPLETE, Blocked
from flows.letters import UNFILLED as RULE
from flows.validate import summed
from flows.validate.findings import Columns, FindingRow, Trial, heads, named, place_names, store
from flows.wording import say

NAMED = 5
"""The number of cells of a column that are named one by one."""
BLANKED = """
select distinct dataset from meta_deliveries semi join (from core_observations where state = 'not_received') using (delivery)
where year = $year and list_contains($used, status) and delivery = coalesce($of, delivery)
"""
"""The forms in which a cell is empty: where there is none, nothing is looked for."""
UNFILLED = """
with cells as (
    select s.delivery, s.measure, s.line, s.area, if(s.institution = '{whole}', '', s.institution) as institution, s.sex,
        if(s.part = '{whole}', '', s.part) as part, s.written, max(s.written) over (partition by s.delivery, s.measure) as most
    from (unpivot "stg_{name}" on {listed} into name measure value written) s join meta_deliveries d using (delivery)
    where d.year = $year and d.delivery = coalesce($of, d.delivery)
)
from (select * exclude (most) from cells where most <> '')
semi join (from summed where state = 'not_received' and sex <> 'not_stated') using (delivery, measure, line, area, institution, sex, part)
order by delivery, measure, if(list_contains($added, part), '', part), written <> '', line
"""
EXPLAINED = """
update out_findings set message = replace(message, $said, $told) where delivery = $delivery and rule = $rule
"""
BLANK = "blank_column"
"""The rule of columns that are empty in every row, told where the file is read (flows/ingest/staging.py)."""
STRAY = ["row_area", "row_area_absent", "row_institution", "row_institution_absent"]
"""The rules of rows of a place that is not in the district's lists, or not in that year."""
REJECTED = """
select distinct indicator from out_indicators where year = $year and area = $district and institution = '' and state = 'rejected'
"""
UNPLACED = """
select delivery, r.rule, list(distinct r.measure order by r.measure)
from core_rejections r join meta_deliveries d using (delivery)
where d.year = $year and d.delivery = coalesce($of, d.delivery) and d.status = 'partial' and list_contains($rules, r.rule) and r.measure is not null
group by all order by all
"""
ADDED = """
update out_findings set message = message || $told || '。', said = said || '；' || $told where delivery = $delivery and rule = $rule
"""


def unfilled(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, trial: Trial) -> None:
    """Ask about each column of a form of `year` in which cells are empty or have a sign for nothing, with the targets that cannot be
    judged without them. A column that is empty in every row is told where the file is read; 不适用 is an answer. Parts that do not
    make up a whole are asked about one by one: each has its own targets.
    """
    found, teller = list[FindingRow](), _Teller(con, catalog, year)
    asked = {"year": year, "of": trial.of, "added": sorted(catalog.added_parts)}
    asked_of = {"year": year, "of": trial.of, "used": [s for s in DeliveryStatus if s.is_used]}
    if there := {name for (name,) in con.execute(BLANKED, asked_of).fetchall()}:
        summed.view(con, catalog)
    for name, dataset in catalog.datasets.items():
        form = dataset.form(year)
        if name not in there or dataset.ready_made or not form.measures:
            continue
        query = UNFILLED.format(name=name, whole=WHOLE, listed=", ".join(f'"{measure}"' for measure in form.measures))
        cells = [_Cell(*row) for row in con.execute(query, asked).fetchall()]
        for (_, measure, _), column in groupby(cells, teller.asked_together):
            header = form.measures[measure]
            divided = form.by_institution or form.by_area or form.by_sex or catalog.is_made_of_parts(form)
            adds_up = divided and catalog.codes.adds_up(str(form.columns[header].unit))
            found.append(teller.finding(header, list(column), adds_up))
    store(con, found)
    teller.explain_absent(trial)
    teller.explain_blank(trial)
    teller.explain_unplaced(trial)


class _Cell(NamedTuple):
    """A cell of a form without a figure; `written` is the sign for nothing that stands in it, empty where nothing does."""

    delivery: str
    measure: str
    line: int
    area: str
    institution: str
    sex: str
    part: str
    written: str


class _Teller:
    """Puts the empty cells of a column into words."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
        self.con, self.year = con, year
        self.catalog, self.heads, self.places = catalog, heads(con), place_names(catalog)
        self.columns, self.blocked = Columns(con), Blocked(con, catalog, year)

    def asked_together(self, cell: _Cell) -> tuple[str, str, str]:
        """What the cells of one finding have in common."""
        return cell.delivery, cell.measure, "" if cell.part in self.catalog.added_parts else cell.part

    def finding(self, header: str, cells: Sequence[_Cell], adds_up: bool) -> FindingRow:
        """`adds_up`: whether the district's figure is their sum."""
        first, head = cells[0], self.heads[cells[0].delivery]
        printed = [self.columns.find(cell.delivery, header, cell.sex, cell.part) for cell in cells[:NAMED]]
        told = [
            _say(
                "sign" if cell.written else "empty",
                place=(self.catalog.district.members.get(cell.institution) or self.places[cell.area])
                + self.catalog.told_group(cell.sex, cell.part),
                header=say("messages/finding/header", header=header) if cell is first else "",
                sign=cell.written,
                cell=cell_name(column.position, cell.line) if column.position else "",
            )
            for cell, column in zip(cells, printed, strict=False)
        ]
        listed = "，".join(told) + (_say("more", number=len(cells)) if len(cells) > NAMED else "")
        group = {"sex": _one({cell.sex for cell in cells}), "part": _one({cell.part for cell in cells})}
        whole = self.catalog.district.called_whole
        sums = adds_up and first.measure not in self.blocked.own_rows
        effect = self.blocked.by(first.measure, **group) or (_say("no_sum") if sums else "")
        said = _say("said", listed=listed, number=len(cells), whole=whole, effect=effect) if effect else listed
        return {
            **head,
            **group,
            "gate": "plausibility",
            "severity": "warning",
            "rule": RULE,
            "line": first.line,
            "position": printed[0].position,
            "column_name": printed[0].words,
            "measure": first.measure,
            "value": first.written or None,
            "expected": _say("expected"),
            "said": said,
            "message": _say("message", file=named(head), said=said, cure=_say("cure")),
            "cure": _say("cure"),
        }

    def explain_absent(self, trial: Trial) -> None:
        """Say of rows that a form does not have what cannot be judged without them."""
        query = """select distinct delivery, dataset, department, said from out_findings
            where rule = ? and year = ? and delivery = coalesce(?, delivery)"""
        for delivery, dataset, department, said in self.con.execute(
            query, [INCOMPLETE, self.year, trial.of]
        ).fetchall():
            if blocked := self.blocked.without(dataset, department):
                whole = self.catalog.district.called_whole
                told = say("messages/absent/said", said=said, whole=whole, blocked=blocked)
                self.con.execute(EXPLAINED, {"delivery": delivery, "rule": INCOMPLETE, "said": said, "told": told})

    def explain_blank(self, trial: Trial) -> None:
        """Say of columns that are empty in every row what cannot be judged without them."""
        query = "select distinct delivery, dataset from out_findings where rule = ? and year = ? and delivery = coalesce(?, delivery)"
        for delivery, dataset in self.con.execute(query, [BLANK, self.year, trial.of]).fetchall():
            measures = list(self.catalog.datasets[dataset].form(self.year).measures)
            most = ", ".join(f'max("{measure}")' for measure in measures)
            [row] = self.con.execute(f'select {most} from "stg_{dataset}" where delivery = ?', [delivery]).fetchall()  # noqa: S608
            empty = [measure for measure, written in zip(measures, row, strict=True) if not written]
            if blocked := self.blocked.by_any(empty):
                told = say("messages/absent/blank", whole=self.catalog.district.called_whole, blocked=blocked)
                self.con.execute(ADDED, {"delivery": delivery, "rule": BLANK, "told": told})

    def explain_unplaced(self, trial: Trial) -> None:
        """Say of rows of no known place what cannot be judged with them: their figures belong to some sum, and the district's own row
        may not be enough without them.
        """
        asked = {"year": self.year, "of": trial.of, "rules": STRAY}
        if not (unplaced := self.con.execute(UNPLACED, asked).fetchall()):
            return
        lost = {"year": self.year, "district": self.catalog.district.code}
        rejected = {key for (key,) in self.con.execute(REJECTED, lost).fetchall()}
        for delivery, rule, measures in unplaced:
            if blocked := self.blocked.by_rejected(measures, rejected):
                told = say("messages/absent/unplaced", whole=self.catalog.district.called_whole, blocked=blocked)
                self.con.execute(ADDED, {"delivery": delivery, "rule": rule, "told": told})


def _one(found: set[str]) -> str | None:
    """What all have; None where they have several."""
    return next(iter(found)) if len(found) == 1 else None


def _say(text: str, **facts: object) -> str:
    return say(f"messages/unfilled/{text}", **facts)
