"""Two gates and what lies between: is a delivery what was agreed, can it be true, was the target met?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from statistics import median
from typing import Any

import duckdb
import pandas as pd

from expectations.records import Catalog, Dataset, Promise

COLUMNS = (
    "gate", "severity", "rule", "dataset", "department", "delivery", "file", "line", "column_name", "year", "area",
    "sex", "indicator", "target", "value", "expected", "message", "cure",
)  # fmt: skip
Finding = dict[str, Any]


def _store(con: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> None:
    if findings:
        rows = pd.DataFrame([{c: f.get(c) for c in COLUMNS} for f in findings], columns=list(COLUMNS))  # noqa: F841
        con.execute("insert into out_findings by name select * from rows")


def _deliveries(con: duckdb.DuckDBPyConnection) -> dict[str, Finding]:
    """What every finding on a delivery says of it."""
    return {
        key: {"delivery": key, "dataset": dataset, "department": department, "file": file, "year": year}
        for key, dataset, department, file, year in con.execute(
            "select delivery, dataset, department, file, year from meta_deliveries"
        ).fetchall()
    }


def _named(head: Finding) -> str:
    return f"{head['year']}年“{str(head['file']).partition('/')[2]}”"


# --- contract --------------------------------------------------------------------------------------------------------


def contract(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Check every delivery against its dataset's record; refuse deliveries that are beyond use."""
    from expectations import suites

    heads = _deliveries(con)
    for name, dataset in catalog.datasets.items():
        frame = _staged(con, catalog, name, dataset)
        failures = suites.run(frame, suites.contract(catalog, dataset), ["delivery", "line"])
        lines = Counter(frame["delivery"]) if not frame.empty else Counter()
        findings = [_broken(catalog, heads, failure) for failure in failures]
        _store(con, findings)
        _refuse(con, catalog, heads, lines, findings)
    _completeness(con, catalog, heads)


def _staged(con: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, dataset: Dataset) -> pd.DataFrame:
    """All usable deliveries of a dataset, with the columns that its suite compares."""
    frame = con.execute(
        f'select s.*, d.year::varchar as data_year, d.department from "stg_{name}" s '  # noqa: S608
        "join meta_deliveries d using (delivery) where d.status = 'accepted' order by delivery, line"
    ).df()
    names = {a.code: a.name for a in (*catalog.district.areas, *catalog.district.references)}
    names[catalog.district.code] = ""
    written = frame["area_name"].fillna("")
    expected = frame["area"].map(names).fillna("")
    # An empty name, or one beside an unknown code, is not compared: the code has its own check.
    frame["area_expected"] = expected.where((expected != "") & (written != ""), written)
    frame["area_name"] = written
    frame["surplus"] = frame["surplus"].fillna("")
    for measure in (*dataset.measures, *(["value"] if "value" in dataset.roles else [])):
        frame[f"{measure}#"] = pd.to_numeric(frame[measure], errors="coerce")
    if "indicator" in dataset.roles:
        units = {key: i.unit for key, i in catalog.indicators.items()}
        given = frame["value_unit"].fillna("")
        frame["unit_expected"] = frame["indicator"].map(units).fillna(given).where(given != "", given)
        frame["value_unit"] = given
    if "clause" in dataset.roles:
        asked = {(p.plan.head.short, p.clause, p.lead) for p in catalog.promises() if p.target.rule == "evidence"}
        places = zip(frame["plan"], frame["clause"], frame["department"], strict=True)
        frame["asked"] = ["1" if place in asked else "0" for place in places]
    return frame


def _broken(catalog: Catalog, heads: Mapping[str, Finding], failure: Any) -> Finding:
    check, place = failure.check, failure.place
    head = heads[place["delivery"]]
    line = int(place["line"])
    value = None if failure.value is None or failure.value != failure.value else str(failure.value)
    near = _nearest(catalog, check.rule, value)
    where = f"{_named(head)}第{line}行" + (f"“{check.column}”列" if check.column else "")
    quoted = f"的值“{value}”" if value else ""
    message = f"{where}{quoted}有误：应为{check.expected}{near}。{check.cure}。"
    return {
        **head, "gate": "contract", "severity": check.severity, "rule": check.rule, "line": line,
        "column_name": check.column, "value": value, "expected": check.expected, "message": message, "cure": check.cure,
    }  # fmt: skip


def _nearest(catalog: Catalog, rule: str, value: str | None) -> str:
    words: Iterable[str] = ()
    if rule == "row_area":
        words = [w for a in catalog.district.areas for w in (a.name, a.code)]
    elif rule == "row_unit":
        words = [u.name for kind in catalog.district.units.values() for u in kind.members]
    elif rule == "row_indicator":
        words = [i.name for i in catalog.indicators.values()]
    near = get_close_matches(value or "", list(words), 1, 0.5)
    return f"，最接近的是“{near[0]}”" if near else ""


def _refuse(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    heads: Mapping[str, Finding],
    lines: Mapping[str, int],
    findings: Iterable[Finding],
) -> None:
    """A doubled key, or too many unusable rows, and nothing of the delivery is used."""
    bad: dict[str, set[int]] = defaultdict(set)
    doubled = set()
    for finding in findings:
        bad[finding["delivery"]].add(finding["line"])
        if finding["rule"].startswith("delivery_"):
            doubled.add(finding["delivery"])
    share, least = float(catalog.policy.refuse_from), catalog.policy.refuse_rows
    for delivery, rows in bad.items():
        if delivery not in doubled and (len(rows) < least or len(rows) * 100 <= share * lines[delivery]):
            continue
        why = "有重复的行" if delivery in doubled else f"{lines[delivery]}行中有{len(rows)}行未通过核查，超过{share:g}%"
        cure = "请按核查结果改正后重新报送整份报表"
        message = f"{_named(heads[delivery])}{why}，整份报送退回，数据未使用。{cure}。"
        _store(con, [{**heads[delivery], "gate": "contract", "severity": "critical", "rule": "refused", "cure": cure,
                      "expected": f"没有重复行，未通过核查的行不超过{share:g}%", "message": message}])  # fmt: skip
        con.execute("update meta_deliveries set status = 'refused' where delivery = ?", [delivery])


def _completeness(con: duckdb.DuckDBPyConnection, catalog: Catalog, heads: Mapping[str, Finding]) -> None:
    """Areas, institutions and sexes that a delivery should have and has not."""
    from expectations import suites

    rows: list[dict[str, Any]] = []
    for name, dataset in catalog.datasets.items():
        if not (dataset.by_area or dataset.by_unit or dataset.by_sex) or "indicator" in dataset.roles:
            continue
        came = set(con.execute(f'select delivery, area, unit, sex from "stg_{name}"').fetchall())  # noqa: S608
        expected = _expected(catalog, dataset)
        for (delivery,) in con.execute(
            "select delivery from meta_deliveries where dataset = ? and status = 'accepted'", [name]
        ).fetchall():
            rows += [
                {"delivery": delivery, "place": place, "present": (delivery, *cell) in came}
                for place, cell in expected.items()
            ]
    frame = pd.DataFrame(rows, columns=["delivery", "place", "present"]).astype({"present": "int64"})
    absent: dict[str, list[str]] = defaultdict(list)
    for failure in suites.run(frame, suites.complete(), ["delivery", "place"]):
        absent[failure.place["delivery"]].append(failure.place["place"])
    findings = []
    for delivery, places in absent.items():
        listed = "、".join(places[:5]) + (f"等{len(places)}处" if len(places) > 5 else "")
        cure = "请补报缺少的行"
        findings.append({**heads[delivery], "gate": "contract", "severity": "warning", "rule": "incomplete",
                         "expected": "每个街镇、单位、性别各一行", "cure": cure,
                         "message": f"{_named(heads[delivery])}缺少{listed}的数据。{cure}。"})  # fmt: skip
    _store(con, findings)


def _expected(catalog: Catalog, dataset: Dataset) -> dict[str, tuple[str, str, str]]:
    """Place in words → area, institution and sex of each row that a delivery should have."""
    district = catalog.district
    places = [("", district.code, "")]
    if dataset.by_unit and dataset.unit_kind:
        places = [(u.name, u.area or district.code, u.id) for u in district.units[dataset.unit_kind].members]
    elif dataset.by_area:
        places = [(a.name, a.code, "") for a in district.areas]
    sexes = (("女", "female"), ("男", "male")) if dataset.by_sex else (("", "total"),)
    return {f"{place}{word}": (area, unit, sex) for place, area, unit in places for word, sex in sexes}


# --- plausibility ----------------------------------------------------------------------------------------------------


def plausibility(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Parts and wholes, sexes and totals, two departments' figures, units and jumps: findings that change nothing."""
    from expectations import suites

    heads = _deliveries(con)
    titles = {m: h for d in catalog.datasets.values() for m, h in d.measures.items()}
    uses: dict[str, str] = {}
    for key, indicator in catalog.indicators.items():
        for measure in (*indicator.numerator, *indicator.denominator):
            uses.setdefault(measure, key)
    findings: list[Finding] = []

    def found(failures: Iterable[Any], words: str) -> None:
        for failure in failures:
            place, check = failure.place, failure.check
            head = heads[place["delivery"]]
            measure = place.get("measure") or check.looks_at
            line = place.get("line")
            where = f"{_named(head)}第{line}行" if line else _named(head)
            message = (
                f"{where}“{titles.get(measure, measure)}”{words.format(**place)}：应{check.expected}。{check.cure}。"
            )
            findings.append(
                {**head, "gate": "plausibility", "severity": check.severity, "rule": check.rule, "line": line,
                 "column_name": titles.get(measure), "indicator": uses.get(measure), "value": place.get("shown"),
                 "expected": check.expected, "message": message, "cure": check.cure}
            )  # fmt: skip

    for name, dataset in catalog.datasets.items():
        pairs = [
            (column.measure, column.not_above, header, titles[column.not_above])
            for header, column in dataset.columns.items()
            if column.measure and column.not_above
        ]
        if pairs:
            frame = _wide(con, name, sorted({m for pair in pairs for m in pair[:2]}))
            found(suites.run(frame, suites.parts(pairs), ["delivery", "line"]), "不合理")
    total = suites.agreement("sexes_total", "等于女、男两行之和", "请核对分性别数据")
    found(suites.run(_frame(con, SEXES), total, KEYS), "合计为{shown}，分性别之和为{compared}")
    whole = suites.agreement("areas_total", "等于各街镇之和", "请核对各街镇数据")
    found(suites.run(_frame(con, AREAS, catalog.district.code), whole, KEYS), "合计为{shown}，各街镇之和为{compared}")
    same = suites.agreement("same_figure", "与另一部门报送的同一数据一致", "请两部门核对口径和数据")
    found(suites.run(_same(con, catalog), same, KEYS), "为{shown}，另一部门报送为{compared}")
    policy = catalog.policy
    history = suites.history(float(policy.slip_factor), float(policy.jump_factor))
    found(suites.run(_history(con, catalog), history, KEYS), "为{shown}，上年为{compared}")
    _store(con, findings)


KEYS = ("delivery", "measure", "shown", "compared")

SEXES = """
select t.delivery, t.measure, t.line, t.value::double as value, sum(s.value)::double as other
from core_observations t
join core_observations s using (delivery, measure, area, unit)
where t.sex = 'total' and s.sex <> 'total'
group by all having count(*) = 2
"""
AREAS = """
select t.delivery, t.measure, t.line, t.value::double as value, sum(s.value)::double as other
from core_observations t
join core_observations s using (delivery, measure, unit, sex)
where t.area = ? and s.area <> t.area and length(s.area) > 6
group by all
"""
SUMS = """
-- district figures by year: areas and sexes added up, rows that are sums themselves left out
select measure, year, any_value(delivery) as delivery, sum(value)::double as value
from core_observations o
where state = 'ok' and (length(area) > 6 or not exists (
        select 1 from core_observations x where x.measure = o.measure and x.year = o.year and length(x.area) > 6))
    and (sex <> 'total' or not exists (
        select 1 from core_observations x where x.measure = o.measure and x.year = o.year and x.sex <> 'total'))
group by measure, year order by measure, year
"""


def _wide(con: duckdb.DuckDBPyConnection, dataset: str, measures: Sequence[str]) -> pd.DataFrame:
    """One row a delivered line, one column a measure."""
    long = con.execute(
        "select o.delivery, o.line, o.measure, o.value::double as value from core_observations o "
        "join meta_deliveries d using (delivery) where d.dataset = ? order by delivery, line",
        [dataset],
    ).df()
    wide = long.pivot_table(index=["delivery", "line"], columns="measure", values="value", aggfunc="first")
    return wide.reindex(columns=list(measures)).reset_index()


def _frame(con: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> pd.DataFrame:
    return _shown(con.execute(sql, list(parameters)).df())


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    frame["shown"] = [f"{v:g}" if v < 1e6 else f"{v:.0f}" for v in frame["value"]]
    frame["compared"] = [f"{v:g}" if v < 1e6 else f"{v:.0f}" for v in frame["other"]]
    return frame


def _same(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """The same figure from two departments, at the district's level."""
    pairs = [(c.measure, c.same_as) for d in catalog.datasets.values() for c in d.columns.values() if c.same_as]
    sums = {(m, y): (d, v) for m, y, d, v in con.execute(SUMS).fetchall()}
    rows = [
        {"delivery": delivery, "measure": mine, "value": value, "other": sums[other, year][1]}
        for mine, other in pairs
        for (measure, year), (delivery, value) in sums.items()
        if measure == mine and (other, year) in sums
    ]
    return _shown(pd.DataFrame(rows, columns=["delivery", "measure", "value", "other"]))


def _history(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """Each yearly figure beside its own series: times the median, and its change in times the usual change."""
    series: dict[str, dict[int, tuple[str, float]]] = defaultdict(dict)
    for measure, year, delivery, value in con.execute(SUMS).fetchall():
        series[measure][year] = (delivery, value)
    floor = float(catalog.policy.jump_floor)
    rows = []
    for measure, years in series.items():
        usual = median(v for _, v in years.values())
        for year, (delivery, value) in years.items():
            before = years.get(year - 1, ("", float("nan")))[1]
            earlier = [abs(b[1] - a[1]) for y, a in years.items() if (b := years.get(y + 1)) and y + 1 < year]
            change = abs(value - before)
            known = len(earlier) >= 3 and median(earlier) > 0 and change * 100 >= floor * abs(before)
            rows.append(
                {"delivery": delivery, "measure": measure, "value": value, "other": before,
                 "magnitude": value / usual if usual > 20 and value > 0 else 1.0,
                 "jump": change / median(earlier) if known else 0.0}
            )  # fmt: skip
    columns = ["delivery", "measure", "value", "other", "magnitude", "jump"]
    return _shown(pd.DataFrame(rows, columns=columns))


# --- plan ------------------------------------------------------------------------------------------------------------


def plan_gate(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
    """Ask the suite of the plans whether each target was met in `year`; a target missed is a finding.

    The expectations come from the targets' records and the resolved thresholds, not from the verdicts: two ways to the
    same answer.
    """
    failing_by_target = gate_results(con, catalog, year)
    for promise in catalog.promises(year):
        if failing := failing_by_target.get(promise.id):
            value = "、".join(failing)
            message = f"{promise.clause}“{promise.name}”本年未达到规划要求（{value}）。"
            _store(con, [{"gate": "plan", "severity": "warning", "rule": f"plan_{promise.target.rule}", "year": year,
                          "indicator": promise.target.indicator, "target": promise.id, "value": value,
                          "department": promise.lead, "expected": "达到规划目标", "message": message,
                          "cure": "见报告中的预警和对策建议"}])  # fmt: skip


def gate_results(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> dict[str, list[str]]:
    """Every target that could be compared → the values, or the units, that miss it."""
    from expectations import suites

    compared = {
        target: (value, threshold)
        for target, value, threshold, met in con.execute(
            "select target, value, threshold, met from out_assessments where year = ?", [year]
        ).fetchall()
        if value is not None and met is not None
    }
    promises = [p for p in catalog.promises(year) if p.id in compared]
    columns: dict[str, dict[str, float]] = {}
    checks: list[Any] = []
    for promise in promises:
        value, threshold = compared[promise.id]
        checks += suites.plan(promise, threshold, _lower(promise))
        columns[promise.id] = _units(con, catalog, promise, year) or {f"{value:g}": value}
    frame = pd.DataFrame(columns)
    frame.insert(0, "place", frame.index)
    missed: dict[str, list[str]] = {check.looks_at: [] for check in checks}
    for failure in suites.run(frame, checks, ["place"]):
        missed[failure.check.looks_at].append(str(failure.place["place"]))
    return missed


def _lower(promise: Promise) -> bool:
    target, indicator = promise.target, promise.indicator
    if target.rule in {"baseline_change", "yearly_change"}:
        return target.value is not None and target.value < 0
    if target.rule == "hold":
        return indicator is not None and indicator.better == "lower"
    return target.rule in {"at_most", "below", "decrease", "slow_increase", "narrow_gap"}


def _units(con: duckdb.DuckDBPyConnection, catalog: Catalog, promise: Promise, year: int) -> dict[str, float]:
    """The value of every area or institution that an every_unit rule looks at."""
    if promise.target.rule != "every_unit_at_least":
        return {}
    district = catalog.district
    if promise.target.each == "area":
        names = {(a.code, ""): a.name for a in district.areas}
    else:
        members = district.units[str(promise.target.each)].members
        names = {(u.area or district.code, u.id): u.name for u in members}
    rows = con.execute(
        "select area, unit, value from out_indicators "
        "where indicator = ? and year = ? and sex = ? and value is not null",
        [promise.target.indicator, year, promise.target.sex],
    ).fetchall()
    return {names[area, unit]: value for area, unit, value in rows if (area, unit) in names}
