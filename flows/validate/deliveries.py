"""The contract gate: is a delivery what was agreed?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import pandas as pd

from expectations import territory
from expectations.records import NAMES, PART, Area, Catalog, Dataset, Institution
from expectations.vocabulary import WHOLE, Makeup, Reason, Sex
from flows.coordinates import cell_name
from flows.files import characters
from flows.validate import numerals
from flows.validate.findings import (
    DETAILS,
    Batch,
    Columns,
    FindingRow,
    Trial,
    asked,
    count_checks,
    fate_told,
    heads,
    named,
    place_names,
    rest,
    store,
    text,
    weigh,
)
from flows.warehouse import append
from flows.wording import say

if TYPE_CHECKING:
    from expectations.suites import Check, Failure

PLACE = ("delivery", "row", "line", "area", "institution", "sex", PART, "item")
OF_CODE = {f"row_{name}": key for name, key in NAMES.items()}
"""The rules that hold a name against the code beside it, with the key whose code that is."""
VECTORS = 100
"""Blocks of 2,048 rows: so many are checked at a time, whatever the size of a delivery."""


def contract(con: duckdb.DuckDBPyConnection, catalog: Catalog, trial: Trial | None = None) -> None:
    """Check every delivery against the record of its dataset; refuse deliveries that cannot be used.

    In a trial of one delivery, what is absent is asked of it alone.
    """
    known = heads(con)
    for batch in _batches(_blocks(con, catalog, known, trial)):
        answers = iter(asked([block.question for block in batch if block.question is not None], trial))
        for block in batch:
            if block.question is not None:
                block.gates[-1].look_at(block.question.frame, next(answers))
                continue
            for gate in block.gates:
                gate.conclude()
            if any(gate.faulty for gate in block.gates):
                _refuse(con, catalog, known, block.gates[0].name)
    _torn(con, catalog, known, trial)
    _value_alone(con, catalog, known, trial)
    _completeness(con, catalog, known, trial)
    _unstated(con, catalog, known, trial)
    weigh(con)


class _Block(NamedTuple):
    """Some rows of one form, with what is asked of them; at the end of a dataset, no rows and the gates of all its forms."""

    gates: Sequence[_Gate]
    question: Batch | None


def _blocks(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, known: Mapping[str, FindingRow], trial: Trial | None
) -> Iterator[_Block]:
    from expectations import suites

    columns = Columns(con)
    used: dict[str, list[int]] = defaultdict(list)
    rows: Counter[str] = Counter()
    for name, year, sent in con.execute(
        "select dataset, year, sum(rows_in)::bigint from meta_deliveries where status = 'accepted' group by all order by all"
    ).fetchall():
        used[name].append(year)
        rows[name] += sent
    for name, dataset in catalog.datasets.items():
        gates = []
        for years, form in _forms(dataset, used[name]):
            gate = _Gate(con, catalog, name, form, known, columns, suites.contract(catalog, form), trial)
            gates.append(gate)
            if rows[name] >= MANY and (words := _different(con, catalog, name, form, years)) is not None:
                question = Batch(words.frame, gate.checks, gate.named, form.title, f"{name}/{max(years)}/words")
                if not asked([question], trial)[0]:
                    gate.accept(words)
                    continue
            for number, frame in enumerate(_frames(con, catalog, name, form, years)):
                key = f"{name}/{max(years)}/{number}"
                yield _Block([gate], Batch(frame, gate.checks, gate.named, form.title, key))
        if gates:
            yield _Block(gates, None)


def _batches(blocks: Iterable[_Block]) -> Iterator[list[_Block]]:
    """As many blocks as are asked about at once: small forms together, a large one block by block."""
    batch, rows = list[_Block](), 0
    for block in blocks:
        batch.append(block)
        rows += 0 if block.question is None else len(block.question.frame)
        if rows >= VECTORS * 2048:
            yield batch
            batch, rows = [], 0
    yield batch


def _forms(dataset: Dataset, years: Iterable[int]) -> list[tuple[list[int], Dataset]]:
    """The forms of a dataset, each with the years in which it was in use: years with the same form are checked
    together.
    """
    found: dict[tuple[str, ...], tuple[list[int], Dataset]] = {}
    for year in years:
        form = dataset.form(year)
        found.setdefault(tuple(form.columns), ([], form))[0].append(year)
    return list(found.values())


FRAME = """
select s.*, d.year::varchar as data_year, d.department, count(*) over (partition by {key}) as copies
from (select columns(lambda c: c in ({used})) from "stg_{name}") s join meta_deliveries d using (delivery)
where d.status = 'accepted' and list_contains(?, d.year)
order by s.delivery, s.row
"""


def _frames(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, dataset: Dataset, years: list[int]
) -> Iterator[pd.DataFrame]:
    """All usable deliveries of a form, in blocks of rows, with the columns that its suite compares."""
    words = ("year", "shape", "area_name", "institution_name", "value_unit", "indicator", "value")
    used = (*PLACE, *words, *dataset.roles, *dataset.measures)
    query = FRAME.format(
        name=name,
        used=", ".join(f"'{column}'" for column in used),  # the others are empty in every row
        key=", ".join(f's."{k}"' for k in ("delivery", "year", *dataset.key)),
    )
    cursor = con.cursor()  # what is found is stored meanwhile
    cursor.execute(query, [years])
    while not (frame := cursor.fetch_df_chunk(VECTORS)).empty:
        yield _prepared(catalog, dataset, frame)


class _Words(NamedTuple):
    """The different words of a large form, each column by itself, or with those that are compared with it."""

    frame: pd.DataFrame
    """As long as its longest column; the others are filled up with their first words."""
    times: Mapping[str, pd.Series[int]]
    """For each column, how many rows have what stands in a row of the frame; 0 where it was filled up."""


MANY = 50_000
"""From so many rows on, a form is first asked whether any of its different words fails: mostly none does."""
COMPARED = (("delivery", "year", "area", "area_name", "institution", "institution_name"), ("indicator", "value_unit"))
"""The columns that checks compare with each other, or from which `_prepared` derives what they compare."""


def _different(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, dataset: Dataset, years: list[int]
) -> _Words | None:
    """The different words of a form; None if a key is doubled, or if its checks compare other columns."""
    if dataset.above or dataset.released or "clause" in dataset.roles:
        return None
    deliveries = dict(
        con.execute(
            "select delivery, year::varchar from meta_deliveries "
            "where dataset = ? and status = 'accepted' and list_contains(?, year)",
            [name, years],
        ).fetchall()
    )
    mine = f'from "stg_{name}" where delivery in ({", ".join("?" * len(deliveries))})'
    key = ", ".join(f'"{k}"' for k in ("delivery", "year", *dataset.key))
    [(rows, keys)] = con.execute(f"select count(*), count(distinct hash({key})) {mine}", [*deliveries]).fetchall()
    if keys < rows:
        return None
    alone = ("shape", "item", "sex", PART, *(["value"] if dataset.ready_made else dataset.measures))
    columns: dict[str, pd.Series[Any]] = {}
    times: dict[str, pd.Series[int]] = {}
    for group in (*COMPARED, *((column,) for column in alone)):
        listed = ", ".join(f'"{column}"' for column in group)
        found = con.execute(f"select {listed}, count(*) as times {mine} group by all", [*deliveries]).df()
        columns |= {column: found[column] for column in group}
        times |= dict.fromkeys(group, found["times"])
    longest = max(map(len, columns.values()))
    frame = pd.DataFrame({c: words.reindex(range(longest), fill_value=words[0]) for c, words in columns.items()})
    frame["data_year"], frame["department"] = frame["delivery"].map(deliveries), ""
    frame = frame.assign(row=0, line=0, copies=1)
    return _Words(
        _prepared(catalog, dataset, frame), {c: n.reindex(range(longest), fill_value=0) for c, n in times.items()}
    )


def _prepared(catalog: Catalog, dataset: Dataset, frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.fillna(dict.fromkeys(("area_name", "institution_name", "value_unit"), ""))
    district = catalog.district
    if "area_name" in dataset.roles:
        frame["area_expected"] = _expected_names(catalog, frame, "area", district.code, district.names)
    if "institution_name" in dataset.roles:
        frame["institution_expected"] = _expected_names(catalog, frame, "institution", WHOLE, district.members)
    if dataset.released:
        frame["caliber_expected"] = _expected_calibers(catalog, frame)
    if dataset.ready_made:
        frame["unit_expected"] = _expected_units(catalog, frame, dataset.above)
    if dataset.above and not dataset.released:
        frame["beyond"], frame["undated"] = _beyond(catalog, frame), _undated(frame)
        blank = frame["value"] == ""  # a figure that is not published: nothing is asked of the rest of its row
        for name in ("agreement", "source", "undated"):
            frame[name] = frame[name].mask(blank)
    if "clause" in dataset.roles:
        frame["asked"] = _unasked(catalog, frame)
    if dataset.by_area or dataset.by_institution:
        frame["absent"] = _absent(catalog, dataset, frame)
    for column in dataset.columns.values():
        name = column.measure or ("value" if column.is_ == "value" else "")
        if name and (column.min or column.max is not None):
            frame[f"{name}#"] = pd.to_numeric(frame[name], errors="coerce")
    return frame


def _expected_names(
    catalog: Catalog, frame: pd.DataFrame, place: str, whole: str, names: Mapping[str, str]
) -> pd.Series[str]:
    """The name that belongs to the code of each row's `place`; the row's own name if nothing can be compared. Rows with the code of the
    `whole` are the district's.
    """
    district = catalog.district
    written, home = frame[f"{place}_name"], frame[place] == whole
    own = {district.name, district.short, *catalog.codes.whole}
    right = frame[place].map(names).where(~home, written.where(written.isin(own), district.name))
    return written.where((written == "") | right.isna(), right)


def _expected_units(catalog: Catalog, frame: pd.DataFrame, always: bool) -> pd.Series[str]:
    """The unit that each row's indicator has; the row's own unit if it can be converted or its indicator has none, or if it
    states none and need not `always` do so.
    """
    units = {key: i.unit for key, i in catalog.indicators.items()}
    pairs = frame[["indicator", "value_unit"]].drop_duplicates()
    pairs["expected"] = [
        given if not (given or always) or catalog.codes.factor(given, units.get(key, given)) else units[key]
        for key, given in zip(pairs["indicator"], pairs["value_unit"], strict=True)
    ]
    return frame[["indicator", "value_unit"]].merge(pairs, how="left")["expected"]


def _expected_calibers(catalog: Catalog, frame: pd.DataFrame) -> list[str]:
    """The definition that the district has of each row's indicator; the row's own if it has none."""
    return [
        catalog.indicators[key].formula(int(year)) if key in catalog.indicators else stated
        for key, year, stated in zip(frame["indicator"], frame["data_year"], frame["caliber"], strict=True)
    ]


def _beyond(catalog: Catalog, frame: pd.DataFrame) -> list[str]:
    """For each row, its figure if no value of its indicator can be so high or so low, else nothing."""
    told = []
    for key, unit, written in zip(frame["indicator"], frame["value_unit"], frame["value"], strict=True):
        indicator = catalog.indicators.get(key)
        factor = indicator and catalog.codes.factor(unit or indicator.unit, indicator.unit)
        if indicator is None or not factor or not numerals.NUMBER.fullmatch(written):
            told.append("")  # told by another check
            continue
        low, high = indicator.range or (Decimal(0), None)
        value = Decimal(written) * factor
        told.append(written if value < low or (high is not None and value > high) else "")
    return told


def _undated(frame: pd.DataFrame) -> list[str]:
    """For each row, what it has as its day of issue if that is no day after its data year, else nothing."""
    return [
        "" if _is_day(written) and written[:4] > year else written or say("messages/row/blank")
        for written, year in zip(frame["issued"], frame["data_year"], strict=True)
    ]


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text
    return False


def _unasked(catalog: Catalog, frame: pd.DataFrame) -> list[str]:
    """For each row, its clause if the department was not asked about that clause, else nothing."""
    asked = {int(year): catalog.asked(int(year)) for year in frame["data_year"].unique()}
    rows = zip(frame["data_year"], frame["department"], frame["plan"], frame["clause"], strict=True)
    return [
        "" if (department, plan, clause) in asked[int(year)] else f"{plan} {clause}"
        for year, department, plan, clause in rows
    ]


def _absent(catalog: Catalog, dataset: Dataset, frame: pd.DataFrame) -> pd.Series[str]:
    """For each row, what became of its area or institution if that is not there in the row's data year, else nothing."""
    key = "institution" if dataset.by_institution else "area"
    pairs = frame[[key, "data_year"]].drop_duplicates()
    pairs["absent"] = [
        absence_told(catalog, dataset, place, int(year))
        for place, year in zip(pairs[key], pairs["data_year"], strict=True)
    ]
    return frame[[key, "data_year"]].merge(pairs, how="left")["absent"]


def absence_told(catalog: Catalog, dataset: Dataset, place: str, year: int) -> str:
    """What became of an area or institution that is not there in a data year (2023年并入西镇); empty if it is there."""
    members: Mapping[str, Institution | Area] = {area.code: area for area in catalog.district.references}
    if dataset.by_institution:
        members = {one.id: one for one in catalog.district.institutions[str(dataset.institution_kind)].members}
    if (member := members.get(place)) is not None:
        if member.there(year):
            return ""
        if year < member.since:
            return say("messages/territory/set_up", year=member.since)
        if member.merged_into is None:
            return say("messages/territory/closed", year=member.until + 1)
        return say("messages/territory/merged", year=member.until + 1, others=members[member.merged_into].name)
    if dataset.by_institution:
        return ""
    area = catalog.district.own.get(place)
    if area is None or area.there(year):
        return ""
    return fate_told(territory.fate(catalog.district, place, year))


class _Gate:
    """Collects what one suite finds in one dataset, block by block."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        catalog: Catalog,
        name: str,
        dataset: Dataset,
        known: Mapping[str, FindingRow],
        columns: Columns,
        checks: Sequence[Check],
        trial: Trial | None,
    ) -> None:
        self.trial, self.faulty = trial, False
        self.con, self.catalog, self.name, self.dataset = con, catalog, name, dataset
        self.known, self.columns, self.checks = known, columns, checks
        self.named = tuple(dict.fromkeys((*PLACE, *dataset.key)))
        self.places = place_names(catalog)
        kind = catalog.district.institutions.get(str(dataset.institution_kind))
        self.institutions = {one.id: one.name for one in kind.members} if kind and dataset.by_institution else {}
        self.found: Counter[tuple[str, str]] = Counter()
        """Failures by delivery and check."""
        self.checked: Counter[str] = Counter()
        self.near: dict[tuple[str, str, str | None], str] = {}
        """What was meant by a value of a delivery, as far as it was looked for."""
        self.exchanged: dict[tuple[str, str], list[int]] = defaultdict(list)
        """Delivery and key: the lines that have a code for the name and a name for the code; told once, at the end."""

    def accept(self, words: _Words) -> None:
        """Count what was checked of a form of which no word has failed."""
        rows = words.times["delivery"].sum()
        for check in self.checks if not self.trial else ():
            times = words.times.get(check.looks_at.removesuffix("#"))
            looked = rows if times is None else times[words.frame[check.looks_at].notna()].sum()
            self.checked[check.key] += int(looked)

    def look_at(self, frame: pd.DataFrame, failures: Sequence[Failure]) -> None:
        """Take in what a block of rows has failed."""
        from expectations import suites

        for check in self.checks if not self.trial else ():
            self.checked[check.key] += suites.looked_at(frame, check)
        findings, unusable = [], []
        failures = _of_their_own(failures, self.dataset)
        written = self._written(failures)
        for failure in failures:
            check, delivery = failure.check, failure.place["delivery"]
            is_exchanged = self._is_exchanged(failure, written)
            if is_exchanged:
                self.exchanged[delivery, check.key].append(int(failure.place["line"]))
            else:
                self.found[delivery, check.key] += 1
            finding = self._finding(failure, written)
            if not is_exchanged and self.found[delivery, check.key] <= DETAILS:
                findings.append(finding)
            if check.severity == "critical":
                measure = check.looks_at.removesuffix("#") if check.rule.startswith("cell_") else None
                unusable.append((delivery, failure.place["row"], measure, check.rule, finding["message"]))
        store(self.con, findings)
        if unusable:
            self.faulty = True
            columns = ["delivery", "row", "measure", "rule", "message"]
            frame = pd.DataFrame(unusable, columns=columns).astype({c: object for c in columns if c != "row"})
            self.con.execute("insert into core_unusable select * from frame")

    def _written(self, failures: Sequence[Failure]) -> dict[tuple[str, int], dict[str, str]]:
        """The rows that failed, as their sender wrote them. If there are very many, only the first ones are kept."""
        places = list(dict.fromkeys((f.place["delivery"], int(f.place["row"])) for f in failures))[: DETAILS * 10]
        if not places:
            return {}
        cursor = self.con.execute(
            f'select r.* from "raw_{self.name}" r join (select unnest(?) as delivery, unnest(?) as row) '  # noqa: S608
            "using (delivery, row)",
            [[d for d, _ in places], [row for _, row in places]],
        )
        names = [column[0] for column in cursor.description or ()]
        rows = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
        return {(row["delivery"], row["row"]): row for row in rows}

    def conclude(self) -> None:
        """Store how many failures were not named one by one, and what was checked."""
        by_key = {check.key: check for check in self.checks}
        further = [
            self._rest(delivery, by_key[key], number - DETAILS)
            for (delivery, key), number in self.found.items()
            if number > DETAILS
        ]
        told = [self._exchanged(delivery, by_key[key], lines) for (delivery, key), lines in self.exchanged.items()]
        store(self.con, [*told, *further])
        if self.trial:
            return
        failed: Counter[str] = Counter()
        for (_, key), number in self.found.items():
            failed[key] += number
        for (_, key), lines in self.exchanged.items():
            failed[key] += len(lines)
        count_checks(self.con, "contract", self.name, self.checks, self.checked, failed)

    def _is_exchanged(self, failure: Failure, written: Mapping[tuple[str, int], Mapping[str, str]]) -> bool:
        """Whether a row has the code of its place where the name belongs, and something else where the code belongs: since that was
        read as this place, its name. Of rows that are not kept as they were written, the first half is enough.
        """
        rule, place = failure.check.rule, failure.place
        if rule not in OF_CODE or failure.value != place[OF_CODE[rule]]:
            return False
        mine = written.get((place["delivery"], int(place["row"])))
        code = "" if mine is None else (mine.get(self.dataset.roles[OF_CODE[rule]]) or "").strip()
        return mine is None or (code != "" and not code.startswith(str(failure.value)))

    def _exchanged(self, delivery: str, check: Check, of_rows: Sequence[int]) -> FindingRow:
        """The finding that two columns, or two cells of one line, stand in each other's place; `of_rows`: the line of every row."""
        lines = sorted(set(of_rows))  # a line of a wide file has several
        head, key = self.known[delivery], OF_CODE[check.rule]
        code, name = (self.columns.find(delivery, header, "", "") for header in (self.dataset.roles[key], check.header))
        apart = len(lines) == 1
        cells = [cell_name(column.position or 1, lines[0]) for column in (code, name)]
        one, other = cells if apart else [cell.removesuffix(str(lines[0])) for cell in cells]
        facts = {"line": lines[0], "number": len(lines), "code": code.words, "name": name.words}
        said = say(f"messages/exchanged/{'row' if apart else 'rows'}", one=one, other=other, **facts)
        cure = say(f"messages/exchanged/cure/{'cells' if apart else 'columns'}", one=one, other=other)
        return {
            **head,
            "gate": "contract",
            "severity": check.severity,
            "rule": check.rule,
            "line": lines[0],
            "position": name.position,
            "column_name": name.words,
            "expected": check.expected,
            "said": said,
            "cure": cure,
            "times": len(lines),
            "message": say("messages/exchanged/message", file=named(head), said=said, cure=cure),
        }

    def _rest(self, delivery: str, check: Check, number: int) -> FindingRow:
        measure = check.looks_at.removesuffix("#")
        told = {
            "gate": "contract",
            "severity": check.severity,
            "rule": check.rule,
            "column_name": check.header or None,
            "measure": measure if measure in self.dataset.measures else None,
            "expected": check.expected,
            "cure": check.cure,
        }
        return rest(self.known[delivery], told, number)

    def _finding(self, failure: Failure, written: Mapping[tuple[str, int], Mapping[str, str]]) -> FindingRow:
        check, place = failure.check, failure.place
        catalog, dataset = self.catalog, self.dataset
        head, line = self.known[place["delivery"]], int(place["line"])
        value = text(failure.value) if not check.rule.startswith("delivery_") else None
        header = check.header
        mine = written.get((place["delivery"], int(place["row"])), {})
        by_name = check.rule.removeprefix("row_").removesuffix("_absent") + "_name"
        if by_name in dataset.roles and not (mine.get(header) or "").strip():
            header = dataset.roles[by_name]  # the code was left empty
        staged = value
        if value and check.rule.endswith("_absent"):
            value = place["institution"] if self.dataset.by_institution else place["area"]
        if value and check.rule != "row_clause":  # which is two columns in one
            value = mine.get(header) or value
        value = value and characters.named(value)
        position, printed = self.columns.find(place["delivery"], header, place["sex"], place[PART])
        where = named(head) + say("messages/finding/line", line=line)
        where += say("messages/finding/column", header=printed) if printed else ""
        quoted = say("messages/finding/wrong")
        if value:
            quoted = say("messages/finding/wrong_value", value=" ".join(value.split()))
        near = self._nearest(check, head, staged)
        if check.rule == "row_shape":
            quoted = value or ""
        if check.rule.endswith("_absent"):
            name = self.institutions.get(place["institution"]) or self.places[place["area"]]
            near = say("messages/near/absent", name=name, fate=staged)
        if check.rule in OF_CODE:
            key = OF_CODE[check.rule]
            near = self._of_code(
                place[key], self.places if key == "area" else self.institutions, mine, key, value or ""
            )
        measure = check.looks_at.removesuffix("#")
        told = {"where": where, "quoted": quoted, "expected": check.expected, "near": near, "cure": check.cure}
        if check.rule == "cell_number":
            wrong = numerals.fault(
                mine.get(header) or staged or "", staged or "", dataset.columns[check.header], catalog.codes
            )
            told |= {
                "said": say("messages/finding/said", problem=wrong.problem, expected=check.expected),
                "cure": wrong.cure,
            }
        return {
            **head,
            "gate": "contract",
            "severity": check.severity,
            "rule": check.rule,
            "line": line,
            "position": position,
            "column_name": printed or None,
            "value": value,
            "expected": check.expected + near,
            "said": told.get("said") or say("messages/finding/asked", **told),
            "cure": told["cure"],
            "area": place["area"] if place["area"] in self.places else None,
            "institution": place["institution"] or "",
            "sex": place["sex"] if place["sex"] in set(Sex) else None,
            PART: place[PART] if place[PART] in catalog.part_names else None,
            "measure": measure if measure in dataset.measures else None,
            "message": say(f"messages/finding/{'numeral' if 'said' in told else 'cell'}", **told),
        }

    def _of_code(self, code: str, names: Mapping[str, str], written: Mapping[str, str], key: str, value: str) -> str:
        """For a row with the code of one place and the name of another: whose code it is, and which code the other place has."""
        if code in names:
            told = say("messages/near/area", code=code, name=names[code])
        else:  # a row of the whole district
            told = say("messages/near/total", code=written.get(self.dataset.roles[key]) or "")
        codes = [other for other, name in names.items() if name == value.strip()]
        return told + "".join(say("messages/near/code", name=names[other], code=other) for other in codes)

    def _nearest(self, check: Check, head: FindingRow, value: str | None) -> str:
        """What the sender may have meant. It is looked for as long as findings are named one by one: among the names of thousands
        of areas it takes a tenth of a second.
        """
        key = (check.rule, head["delivery"], value)
        if key not in self.near and self.found[head["delivery"], check.key] <= DETAILS:
            self.near[key] = nearest(self.catalog, self.dataset, check.rule, head, value)
        return self.near.get(key, "")


def _of_their_own(failures: Iterable[Failure], dataset: Dataset) -> list[Failure]:
    """The failures without those of rows that repeat another row only because of a second error: these rows are wrong, not doubled. The rows
    that they repeat are not doubled, either.
    """

    def key(failure: Failure) -> tuple[Any, ...]:
        return tuple(failure.place[name] for name in ("delivery", *dataset.key))

    failures = list(failures)
    wrong = {_line(f) for f in failures if f.check.rule.startswith("row_")}
    repeated = Counter(key(f) for f in failures if f.check.rule.startswith("delivery_"))
    faulty = Counter(key(f) for f in failures if f.check.rule.startswith("delivery_") and _line(f) in wrong)
    return [
        f
        for f in failures
        if not (
            f.check.rule.startswith("delivery_")
            and (_line(f) in wrong or (faulty[key(f)] and repeated[key(f)] - faulty[key(f)] == 1))
        )
    ]


def _line(failure: Failure) -> tuple[str, int]:
    return failure.place["delivery"], failure.place["line"]


def nearest(catalog: Catalog, dataset: Dataset, rule: str, head: FindingRow, value: str | None) -> str:
    """The most likely words or figures that the sender meant. They are offered and never used."""
    words: Iterable[str] = ()
    if rule == "row_area":
        words = [w for a in catalog.district.areas_of(head["year"]) for w in (a.name, a.code)]
    elif rule == "row_above":
        words = [w for a in catalog.district.references for w in (a.name, a.called_whole)]
    elif rule == "row_institution":
        words = [m.name for m in catalog.district.institutions[str(dataset.institution_kind)].members_of(head["year"])]
    elif rule == "row_indicator":
        words = [i.name for i in catalog.indicators.values()]
    elif rule == "row_part" and (question := numerals.QUESTION.search(value or "")):
        return f"，{question[1]}"
    elif rule == "row_part":
        words = [part.name for part in catalog.parts_by(dataset).values()]
    elif rule == "row_item":
        words = dataset.measures.values()
    elif rule == "row_clause":
        words = [f"{plan} {clause}" for d, plan, clause in catalog.asked(head["year"]) if d == head["department"]]
    elif rule == "row_sex" and value == "0":
        return say("messages/near/sex")
    elif rule == "row_year" and (day := DAY.fullmatch(value or "")):
        return say("messages/near/day", day=value, year=day[1])
    near = get_close_matches(value or "", list(words), 3, 0.5)
    return say("messages/near/words", words="、".join(f"“{word}”" for word in near)) if near else ""


DAY = re.compile(r"((?:19|20)[0-9]{2})[-/.][0-9]{1,2}[-/.][0-9]{1,2}")
UNFIT = """
select d.delivery, count(*) as rows, count(*) filter (where b.bad) as bad, list(distinct b.line order by b.line)
    filter (where b.doubled) as doubled
from meta_deliveries d join (
    select s.delivery, s.row, s.line, bool_or(u.rule not like '%_absent' and u.rule <> 'row_caliber') is true as bad,
        bool_or(u.rule like 'delivery_%') as doubled
    from "stg_{name}" s left join core_unusable u using (delivery, row) group by all
) b using (delivery)
where d.status = 'accepted' group by all having count(*) filter (where b.bad) > 0 order by 1
"""


def _refuse(con: duckdb.DuckDBPyConnection, catalog: Catalog, known: Mapping[str, FindingRow], name: str) -> None:
    """Refuse a whole delivery if a key is doubled, or if too many rows cannot be used. Rows of places that are not there
    in that year, and figures of another caliber, do not count: the others are as sound without them.
    """
    share, least = float(catalog.policy.refuse_from), catalog.policy.refuse_rows
    for delivery, rows, bad, doubled in con.execute(UNFIT.format(name=name)).fetchall():
        if doubled:
            why = _doubled(con, catalog, name, delivery, doubled)
        elif bad >= least and bad * 100 > share * rows:
            why = say("messages/refused/share", rows=rows, bad=bad, share=share)
        else:
            continue
        cure = say("messages/refused/cure")
        said = say("messages/refused/said", why=why)
        message = say("messages/refused/message", file=named(known[delivery]), said=said, cure=cure)
        expected = say("messages/refused/expected", share=share)
        store(
            con,
            [
                {
                    **known[delivery],
                    "gate": "contract",
                    "severity": "critical",
                    "rule": "refused",
                    "cure": cure,
                    "expected": expected,
                    "said": said,
                    "message": message,
                }
            ],
        )
        con.execute("update meta_deliveries set status = 'refused' where delivery = ?", [delivery])


def _doubled(con: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, delivery: str, lines: list[int]) -> str:
    """Which rows are of the same place and group, and whether they say the same."""
    dataset, areas = catalog.datasets[name], place_names(catalog)
    query = f'select * from "stg_{name}" where delivery = ? and list_contains(?, line) order by line'  # noqa: S608
    frame = con.execute(query, [delivery, lines]).df()
    told = []
    for _, rows in frame.groupby(list(dataset.key), dropna=False, sort=False):
        first = rows.iloc[0]
        if len(rows) == 1:
            continue
        place = catalog.district.members.get(first["institution"] or "") or areas.get(first["area"], "")
        if "clause" in dataset.roles:
            place = f"{first['plan']}{first['clause']}"
        group = catalog.told_group(first["sex"], first[PART]) if dataset.by_sex or dataset.dimension else ""
        same = (
            len(rows.drop(columns=["row", "line", "area_name", "institution_name"], errors="ignore").drop_duplicates())
            == 1
        )
        listed = "、".join(map(str, rows["line"].unique()[:20]))
        how = say(f"messages/refused/{'same' if same else 'unlike'}")
        told.append(say("messages/refused/doubled", lines=listed, place=place + group, how=how))
    shown = "；".join(told[:5]) or say("messages/refused/doubled_lines", lines="、".join(map(str, lines[:20])))
    more = say("messages/refused/more_places", listed=shown, number=len(told)) if len(told) > 5 else shown
    return more + _one_place(con, dataset, name, delivery, lines)


def _one_place(con: duckdb.DuckDBPyConnection, dataset: Dataset, name: str, delivery: str, lines: list[int]) -> str:
    """The place that doubled rows call by two names, if that is why they are doubled."""
    header = dataset.roles.get("area_name") or dataset.roles.get("area")
    if header is None:
        return ""
    query = f"""select list(distinct r."{header}" order by r."{header}") from "raw_{name}" r join "stg_{name}" s
        using (delivery, row) where delivery = ? and list_contains(?, s.line) and r."{header}" <> ''
        group by s.area having count(distinct r."{header}") > 1"""  # noqa: S608  (names of the catalogue)
    called = [
        say("labels/and").join(f"“{word}”" for word in words)
        for (words,) in con.execute(query, [delivery, lines]).fetchall()
    ]
    return say("messages/refused/one_place", names="、".join(called)) if called else ""


# --- what should have come -------------------------------------------------------------------------------------------


USABLE = """
select dataset, delivery, year, department from meta_deliveries
where status = 'accepted' and delivery = coalesce(?, delivery) order by delivery
"""


def _completeness(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, known: Mapping[str, FindingRow], trial: Trial | None
) -> None:
    """The areas, institutions, sexes, parts and clauses that a delivery should have and does not have."""
    from expectations import suites

    rows: list[dict[str, Any]] = []
    ungrouped: dict[tuple[str, tuple[str, str]], list[int]] = defaultdict(list)
    usable: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for name, *delivered in con.execute(USABLE, [trial and trial.of]).fetchall():
        usable[name].append((*delivered,))
    for name, dataset in catalog.datasets.items():
        accepted = usable[name]
        if dataset.ready_made or not accepted:
            continue
        keys = "plan, clause, '', ''" if "clause" in dataset.roles else "area, institution, sex, part"
        came = set(con.execute(f'select delivery, {keys} from "stg_{name}"').fetchall())  # noqa: S608
        for delivery, year, department in accepted:
            rows += [
                {"delivery": delivery, "place": place, "present": int((delivery, *cell) in came), "at": cell[:2]}
                for place, cell in _due(catalog, dataset, year, department).items()
            ]
        if "clause" not in dataset.roles:
            for delivery, area, institution, line in con.execute(
                UNGROUPED.format(name=name), [[*UNGROUPED_BY]]
            ).fetchall():
                ungrouped[delivery, (area, institution)].append(line)
    at = {(row["delivery"], row["place"]): row["at"] for row in rows}
    frame = pd.DataFrame(rows, columns=["delivery", "place", "present"])
    due = Counter(row["delivery"] for row in rows)
    absent: dict[str, list[str]] = defaultdict(list)
    checks = suites.complete(catalog.checks)
    question = Batch(frame, checks, ["delivery", "place"], say("messages/kept/complete"))
    for failure in asked([question], trial)[0]:
        absent[failure.place["delivery"]].append(failure.place["place"])
    findings, unplaced = [], _unplaced(con)
    for delivery, due_places in absent.items():
        places, explained = [], list[int]()
        for where, group in groupby(due_places, lambda place: at[delivery, place]):  # noqa: B023  (used at once)
            lines, there = ungrouped[delivery, where], list(group)
            if len(lines) < len(there):
                places += there
                continue
            _explain(con, delivery, "、".join(there), lines)  # a row whose group cannot be read is not missing, too
            unplaced[delivery] -= len(lines)
            explained += lines
        if not places:
            continue
        if len(places) <= unplaced.get(delivery, 0):  # a row whose name is wrong is not missing, too
            _explain(con, delivery, _listed(places), but=explained)
            continue
        what = "areas" if catalog.datasets[known[delivery]["dataset"]].by_area_alone else "lines"
        numbers = {"due": due[delivery], "came": due[delivery] - len(places)}
        counted = say(f"messages/finding/{what}", areas=catalog.district.areas_called)
        said = say("messages/finding/absent", listed=_listed(places), counted=counted, **numbers)
        findings.append(_lacking(known[delivery], checks[0], places, said))
    store(con, findings)
    if trial:
        return
    missing = sum(map(len, absent.values()))
    count_checks(con, "contract", "", checks, {checks[0].key: len(frame)}, {checks[0].key: missing})


def _torn(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, known: Mapping[str, FindingRow], trial: Trial | None
) -> None:
    """Of a figure that an area has released as a quotient, both are numbers or neither is: one alone is not used, and the area is
    told. Where a row of the figure was refused, that was told already.
    """
    from expectations import suites

    rates = [key for key, indicator in catalog.indicators.items() if indicator.kind != "count"]
    checks = suites.complete(catalog.checks, "torn")
    for name, dataset in catalog.datasets.items():
        if not dataset.released:
            continue
        frame = con.execute(
            TORN.format(name=name),
            {"rates": rates, "sides": [Makeup.NUMERATOR, Makeup.DENOMINATOR], "of": trial and trial.of},
        ).df()
        if frame.empty:
            continue
        question = Batch(frame, checks, ["delivery", "row", "lacks", "indicator", "sex"], dataset.title, checks[0].rule)
        absent: dict[str, list[str]] = defaultdict(list)
        rows: list[tuple[str, int]] = []
        for failure in asked([question], trial)[0]:
            place = failure.place
            figure = _figure_of(catalog, place)
            makeup = Makeup.of(place["lacks"]).word
            absent[place["delivery"]].append(say("messages/finding/torn_cell", figure=figure, makeup=makeup))
            rows.append((place["delivery"], int(place["row"])))
        findings = {delivery: _lacking(known[delivery], checks[0], places) for delivery, places in absent.items()}
        store(con, list(findings.values()))
        unusable = [(delivery, row, None, checks[0].rule, findings[delivery]["message"]) for delivery, row in rows]
        append(con, "core_unusable", unusable)
        if not trial:
            count_checks(con, "contract", name, checks, {checks[0].key: len(frame)}, {checks[0].key: len(rows)})


TORN = """
select delivery, min(row) as row, indicator, sex, if(any_value(makeup) = $sides[1], $sides[2], $sides[1]) as lacks,
    (count(distinct makeup) = 2)::integer as present
from (from "stg_{name}" where try_cast(value as double) is not null) join meta_deliveries d using (delivery)
where d.status = 'accepted' and delivery = coalesce($of, delivery) and list_contains($sides, makeup)
    and list_contains($rates, indicator) and (delivery, indicator, area, sex) not in (
        select s.delivery, s.indicator, s.area, s.sex from "stg_{name}" s join core_unusable u using (delivery, row))
group by delivery, indicator, area, sex
order by all
"""


def _value_alone(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, known: Mapping[str, FindingRow], trial: Trial | None
) -> None:
    """Ask an area for the numbers of a figure that it has released as a value alone, or says that it cannot add up itself: rates are
    not added, so the whole has none (flows/rollup.py). Of an indicator that others publish there are no such numbers.
    """
    from expectations import suites

    added = sorted(key for key in catalog.rolled if catalog.indicators[key].kind != "published")
    checks, whole = suites.complete(catalog.checks, "value_alone"), catalog.district.called_whole
    for name, dataset in catalog.datasets.items():
        if not dataset.released or dataset.above:
            continue
        asked_of = {"added": added, "value": Makeup.VALUE, "word": Reason.NOT_SUMMED.word, "of": trial and trial.of}
        frame = con.execute(VALUE_ALONE.format(name=name), asked_of).df()
        if frame.empty:
            continue
        question = Batch(frame, checks, ["delivery", "indicator", "sex"], dataset.title, checks[0].rule)
        alone: dict[str, list[str]] = defaultdict(list)
        for failure in asked([question], trial)[0]:
            alone[failure.place["delivery"]].append(_figure_of(catalog, failure.place))
        for delivery, figures in alone.items():
            said = say("messages/finding/not_added", listed=_listed(figures), whole=whole)
            store(con, [_lacking(known[delivery], checks[0], figures, said)])
        if not trial:
            failed = {checks[0].key: sum(map(len, alone.values()))}
            count_checks(con, "contract", name, checks, {checks[0].key: len(frame)}, failed)


def _figure_of(catalog: Catalog, place: Mapping[str, Any]) -> str:
    """A released figure in words: 参与率（女）."""
    name, sex = catalog.indicators[place["indicator"]].name, Sex.of(place["sex"]).word
    return say("messages/finding/figure_of", name=name, sex=sex)


VALUE_ALONE = """
select delivery, indicator, sex, (not bool_or(makeup = $value))::integer as present
from "stg_{name}" join meta_deliveries d using (delivery)
where d.status = 'accepted' and delivery = coalesce($of, delivery) and list_contains($added, indicator)
    and (try_cast(value as double) is not null or value = $word)
    and (delivery, row) not in (select delivery, row from core_unusable)
group by delivery, indicator, area, sex
order by all
"""


def _listed(places: Sequence[str]) -> str:
    listed = "、".join(places[:5])
    return say("messages/cell_more", listed=listed, number=len(places)) if len(places) > 5 else listed


def _lacking(head: FindingRow, check: Check, places: Sequence[str], said: str = "") -> FindingRow:
    """The finding that a delivery lacks rows or cells; `said` is what is told of them, where more is than which they are."""
    asked = {"expected": check.expected, "cure": check.cure}
    message = say(f"messages/finding/{check.rule}", file=named(head), listed=_listed(places), said=said, **asked)
    said = said or say("messages/finding/lacking", listed=_listed(places), **asked)
    found = {"gate": "contract", "severity": check.severity, "rule": check.rule, "value": "、".join(places)}
    return {**head, **found, **asked, "said": said, "message": message}


def _unstated(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, known: Mapping[str, FindingRow], trial: Trial | None
) -> None:
    """Ask for the figures of persons whose sex is not stated that a form lacks, where another measure of the same indicator
    has them: a sum that counts them on one side only is of nobody (flows/compute.py has no figure then).
    """
    from expectations import suites

    forms = {name: form for name, form in catalog.datasets.items() if form.by_sex and not form.ready_made}
    form_of = {measure: name for name, form in forms.items() for measure in form.measures}
    sent = {
        (name, year): (delivery, department)
        for delivery, name, year, department in con.execute(
            "select delivery, dataset, year, department from meta_deliveries where status = 'accepted' "
            "and list_contains(?, dataset)",
            [list(forms)],
        ).fetchall()
    }
    came, counted = _of_unstated(con, catalog, forms)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for year in sorted({year for _, year in counted}):
        for indicator in catalog.indicators.values():
            _, *sides = indicator.caliber(year)
            measures = [measure for side in sides for measure in side if measure in form_of]
            places = set().union(*(counted.get((form_of[measure], year), ()) for measure in measures))
            for measure in measures if places else ():
                delivery, department = sent.get((form_of[measure], year), ("", ""))
                form = forms[form_of[measure]]
                if not delivery or (trial and trial.of not in {None, delivery}):
                    continue
                for place, (area, institution, _, of) in _due(
                    catalog, form, year, department, (Sex.NOT_STATED,)
                ).items():
                    part = "" if of == WHOLE else of
                    if (area, institution, part) in places:
                        cell = say("messages/finding/unstated_cell", place=place, header=form.measures[measure])
                        present = int((year, measure, area, institution, part) in came)
                        rows[delivery, cell] = {"delivery": delivery, "place": cell, "present": present}
    if not rows:
        return
    frame, checks = pd.DataFrame(list(rows.values())), suites.complete(catalog.checks, "unstated")
    absent: dict[str, list[str]] = defaultdict(list)
    question = Batch(frame, checks, ["delivery", "place"], say("messages/kept/complete"), checks[0].rule)
    for failure in asked([question], trial)[0]:
        absent[failure.place["delivery"]].append(failure.place["place"])
    store(con, [_lacking(known[delivery], checks[0], places) for delivery, places in absent.items()])
    if not trial:
        missing = sum(map(len, absent.values()))
        count_checks(con, "contract", "", checks, {checks[0].key: len(frame)}, {checks[0].key: missing})


def _of_unstated(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, forms: Mapping[str, Dataset]
) -> tuple[set[tuple[int, str, str, str, str]], dict[tuple[str, int], set[tuple[str, str, str]]]]:
    """What came for persons whose sex is not stated: year, measure, area, institution and part of every cell that says
    something; and for each form and year the places of which a figure came, sound or not; a written 0 is nobody, and asks for nothing.
    """
    words = {state: {word.lower() for word in known} for state, known in catalog.codes.nothing.items()}
    nothing = set().union(*words.values())
    computed = {measure for indicator in catalog.indicators.values() for measure in indicator.measures}
    came: set[tuple[int, str, str, str, str]] = set()
    counted: dict[tuple[str, int], set[tuple[str, str, str]]] = defaultdict(set)
    for name, form in forms.items():
        names = [measure for measure in form.measures if measure in computed]
        if not names:
            continue
        listed = ", ".join(f'"{measure}"' for measure in names)
        for year, area, institution, part, measure, written, zero in con.execute(
            "select d.year, area, institution, if(part = ?, '', part), measure, lower(written), "  # noqa: S608
            "coalesce(try_cast(written as double) = 0, false) from (unpivot "
            f'(select delivery, area, institution, part, {listed} from "stg_{name}" where sex = ?) '
            f"on {listed} into name measure value written) "
            "join meta_deliveries d using (delivery) where d.status = 'accepted'",
            [WHOLE, Sex.NOT_STATED],
        ).fetchall():
            if written not in words["not_received"]:
                came.add((year, measure, area, institution, part))
            if written not in nothing and not zero:
                counted[name, year].add((area, institution, part))
    return came, counted


UNPLACED = ("row_area", "row_area_name", "row_institution", "row_institution_name", "row_sex", "row_part")
"""Why it is not known which of the rows that should be there a row is."""


def _unplaced(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Delivery → the number of its rows that cannot be matched to an expected row."""
    query = "select delivery, count(distinct row) from core_unusable where list_contains(?, rule) group by all"
    return dict(con.execute(query, [list(UNPLACED)]).fetchall())


UNGROUPED_BY = ("row_sex", "row_part")
UNGROUPED = """
select distinct s.delivery, s.area, s.institution, s.line from "stg_{name}" s join core_unusable u using (delivery, row)
where list_contains(?, u.rule) order by s.line
"""


def _explain(
    con: duckdb.DuckDBPyConnection, delivery: str, listed: str, lines: list[int] | None = None, but: Sequence[int] = ()
) -> None:
    """Say of the rows that cannot be placed, or of those on some lines, that they may be those that are missing: one cause is
    told once, and not of the lines of which another one is told (`but`).
    """
    known = {"delivery": delivery, "rules": list(UNPLACED), "lines": lines, "but": list(but)}
    [(number,)] = con.execute(UNPLACED_LINES, known).fetchall()
    words = say(f"messages/finding/unplaced/{'one' if number == 1 else 'several'}", listed=listed)
    con.execute(EXPLAINED, {**known, "words": words})


UNPLACED_LINES = """
select count(distinct line) + count(*) filter (where times > 1) from out_findings
where delivery = $delivery and list_contains($rules, rule) and coalesce(list_contains($lines::integer[], line), true)
    and not coalesce(list_contains($but::integer[], line), false)
"""
EXPLAINED = """
update out_findings set message = rtrim(message, '。') || $words || '。', cure = cure || $words
where delivery = $delivery and list_contains($rules, rule) and coalesce(list_contains($lines::integer[], line), true)
    and not coalesce(list_contains($but::integer[], line), false)
"""


def _due(
    catalog: Catalog, dataset: Dataset, year: int, department: str, of: Sequence[Sex] = (Sex.FEMALE, Sex.MALE)
) -> dict[str, tuple[str, str, str, str]]:
    """Every row that a delivery should have, those of the sexes asked for: in words → its key."""
    if "clause" in dataset.roles:
        asked = [(plan, clause) for d, plan, clause in catalog.asked(year) if d == department]
        return {f"{plan}{clause}": (plan, clause, "", "") for plan, clause in asked}
    district = catalog.district
    places = [(district.called_whole, district.code, "")]
    if "institution" in dataset.roles:
        members = district.institutions[str(dataset.institution_kind)].members_of(year)
        places = [(m.name, m.area or district.code, m.id) for m in members]
    elif dataset.by_area:
        places = [(a.name, a.code, "") for a in district.areas_of(year)]
    sexes = {s.value: s.word for s in of} if dataset.by_sex else {"total": ""}
    parts = {part: words.name for part, words in catalog.parts_by(dataset).items()} or {"": ""}
    if dataset.dimension and not catalog.dimensions[dataset.dimension].exhaustive:
        parts = {WHOLE: Sex.TOTAL.word} | parts  # which the parts do not make up
    return {
        f"{place}{named}{word}": (area, institution, sex, part)
        for place, area, institution in places
        for part, named in parts.items()
        for sex, word in sexes.items()
    }
