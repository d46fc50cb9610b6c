"""The contract gate: is a delivery what was agreed?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd

from expectations.records import Catalog, Dataset
from flows.validate.findings import SEXES, Finding, heads, named, place_names, store, text

if TYPE_CHECKING:
    from expectations.suites import Failure

PLACE = ("delivery", "line", "area", "sex")


def contract(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Check every delivery against its dataset's record; refuse deliveries that are beyond use."""
    from expectations import suites

    known = heads(con)
    for name, dataset in catalog.datasets.items():
        frame = _frame(con, catalog, name, dataset)
        failures = suites.run(frame, suites.contract(catalog, dataset), PLACE)
        findings = [_finding(catalog, dataset, known, failure) for failure in _of_their_own(failures)]
        store(con, findings)
        _refuse(con, catalog, known, Counter(frame["delivery"]), findings)
    _completeness(con, catalog, known)


def _frame(con: duckdb.DuckDBPyConnection, catalog: Catalog, name: str, dataset: Dataset) -> pd.DataFrame:
    """All usable deliveries of a dataset, with the columns that its suite compares."""
    frame = con.execute(
        f'select s.*, d.year::varchar as data_year, d.department from "stg_{name}" s '  # noqa: S608
        "join meta_deliveries d using (delivery) where d.status = 'accepted' order by delivery, line"
    ).df()
    frame = frame.fillna(dict.fromkeys(("area_name", "value_unit"), ""))
    frame["area_expected"] = _expected_names(catalog, frame)
    if "indicator" in dataset.roles:
        frame["unit_expected"] = _expected_units(catalog, frame)
    if "clause" in dataset.roles:
        frame["asked"] = _unasked(catalog, frame)
    for measure in (*dataset.measures, *(["value"] if "value" in dataset.roles else [])):
        frame[f"{measure}#"] = pd.to_numeric(frame[measure], errors="coerce")
    return frame


def _expected_names(catalog: Catalog, frame: pd.DataFrame) -> list[str]:
    """The name that belongs to each row's code; what stands there where nothing can be compared."""
    names = {a.code: {a.name} for a in (*catalog.district.areas, *catalog.district.references)}
    names[catalog.district.code] = {catalog.district.name, catalog.district.short, *catalog.codes.whole}
    return [
        written if not written or area not in names or written in names[area] else min(names[area])
        for area, written in zip(frame["area"], frame["area_name"], strict=True)
    ]


def _expected_units(catalog: Catalog, frame: pd.DataFrame) -> list[str]:
    """The unit of each row's indicator; the one given where it can be converted or there is none."""
    units = {key: i.unit for key, i in catalog.indicators.items()}
    return [
        given if not given or catalog.codes.factor(given, units.get(key, given)) else units[key]
        for key, given in zip(frame["indicator"], frame["value_unit"], strict=True)
    ]


def _unasked(catalog: Catalog, frame: pd.DataFrame) -> list[str]:
    """The clause of each row that the department was not asked about, else nothing."""
    asked = {int(year): catalog.asked(int(year)) for year in frame["data_year"].unique()}
    rows = zip(frame["data_year"], frame["department"], frame["plan"], frame["clause"], strict=True)
    return [
        "" if (department, plan, clause) in asked[int(year)] else f"{plan} {clause}"
        for year, department, plan, clause in rows
    ]


def _of_their_own(failures: Iterable[Failure]) -> list[Failure]:
    """Rows that are doubled only because they are wrong otherwise count as wrong, not as doubled."""
    failures = list(failures)
    wrong = {(f.place["delivery"], f.place["line"]) for f in failures if f.check.rule.startswith("row_")}
    return [
        f
        for f in failures
        if not (f.check.rule.startswith("delivery_") and (f.place["delivery"], f.place["line"]) in wrong)
    ]


def _finding(catalog: Catalog, dataset: Dataset, known: Mapping[str, Finding], failure: Failure) -> Finding:
    check, place = failure.check, failure.place
    head, line = known[place["delivery"]], int(place["line"])
    value = text(failure.value)
    header = check.header
    if check.rule == "row_area" and value and not value.isdigit() and "area_name" in dataset.roles:
        header = dataset.roles["area_name"]  # the code was left empty
    where = f"{named(head)}第{line}行" + (f"“{header}”列" if header else "")
    quoted = f"的值“{value}”" if value and check.rule.partition("_")[0] != "delivery" else ""
    near = _nearest(catalog, dataset, check.rule, head, value)
    return {
        **head, "gate": "contract", "severity": check.severity, "rule": check.rule, "line": line,
        "column_name": header or None, "value": value, "expected": check.expected, "cure": check.cure,
        "area": place["area"] if place["area"] in place_names(catalog) else None,
        "sex": place["sex"] if place["sex"] in {*SEXES, "total"} else None,
        "message": f"{where}{quoted}有误：应为{check.expected}{near}。{check.cure}。",
    }  # fmt: skip


def _nearest(catalog: Catalog, dataset: Dataset, rule: str, head: Finding, value: str | None) -> str:
    words: Iterable[str] = ()
    if rule in {"row_area", "row_area_name"}:
        words = [w for a in catalog.district.areas for w in (a.name, a.code)]
    elif rule == "row_unit":
        words = [u.name for u in catalog.district.units[str(dataset.unit_kind)].members]
    elif rule == "row_indicator":
        words = [i.name for i in catalog.indicators.values()]
    elif rule == "row_clause":
        words = [f"{plan} {clause}" for d, plan, clause in catalog.asked(head["year"]) if d == head["department"]]
    near = get_close_matches(value or "", list(words), 1, 0.5)
    return f"，最接近的是“{near[0]}”" if near else ""


def _refuse(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    known: Mapping[str, Finding],
    lines: Mapping[str, int],
    findings: Iterable[Finding],
) -> None:
    """A doubled key, or too many unusable rows, and nothing of the delivery is used."""
    bad: dict[str, set[int]] = defaultdict(set)
    doubled: dict[str, set[int]] = defaultdict(set)
    for finding in findings:
        bad[finding["delivery"]].add(finding["line"])
        if finding["rule"].startswith("delivery_"):
            doubled[finding["delivery"]].add(finding["line"])
    share, least = float(catalog.policy.refuse_from), catalog.policy.refuse_rows
    for delivery, rows in bad.items():
        if delivery in doubled:
            listed = "、".join(map(str, sorted(doubled[delivery])))
            why = f"第{listed}行重复，不知以哪一行为准"
        elif len(rows) >= least and len(rows) * 100 > share * lines[delivery]:
            why = f"{lines[delivery]}行中有{len(rows)}行未通过核查，超过{share:g}%"
        else:
            continue
        cure = "请按核查结果改正后重新报送整份报表"
        message = f"{named(known[delivery])}{why}，整份报送退回，数据未使用。{cure}。"
        expected = f"没有重复行，未通过核查的行不超过{share:g}%"
        store(con, [{**known[delivery], "gate": "contract", "severity": "critical", "rule": "refused", "cure": cure,
                     "expected": expected, "message": message}])  # fmt: skip
        con.execute("update meta_deliveries set status = 'refused' where delivery = ?", [delivery])


# --- what should have come -------------------------------------------------------------------------------------------


def _completeness(con: duckdb.DuckDBPyConnection, catalog: Catalog, known: Mapping[str, Finding]) -> None:
    """Areas, institutions, sexes and clauses that a delivery should have and has not."""
    from expectations import suites

    rows: list[dict[str, Any]] = []
    for name, dataset in catalog.datasets.items():
        if "indicator" in dataset.roles:
            continue
        keys = "plan, clause, ''" if "clause" in dataset.roles else "area, unit, sex"
        came = set(con.execute(f'select delivery, {keys} from "stg_{name}"').fetchall())  # noqa: S608
        for delivery, year, department in con.execute(
            "select delivery, year, department from meta_deliveries where dataset = ? and status = 'accepted' "
            "order by delivery", [name],
        ).fetchall():  # fmt: skip
            rows += [
                {"delivery": delivery, "place": place, "present": int((delivery, *cell) in came)}
                for place, cell in _due(catalog, dataset, year, department).items()
            ]
    frame = pd.DataFrame(rows, columns=["delivery", "place", "present"])
    absent: dict[str, list[str]] = defaultdict(list)
    checks = suites.complete()
    for failure in suites.run(frame, checks, ["delivery", "place"]):
        absent[failure.place["delivery"]].append(failure.place["place"])
    findings = []
    for delivery, places in absent.items():
        listed = "、".join(places[:5]) + (f"等{len(places)}处" if len(places) > 5 else "")
        expected, cure = checks[0].expected, checks[0].cure
        findings.append({**known[delivery], "gate": "contract", "severity": "warning", "rule": "incomplete",
                         "value": "、".join(places), "expected": expected, "cure": cure,
                         "message": f"{named(known[delivery])}缺少{listed}的数据：应为{expected}。{cure}。"})  # fmt: skip
    store(con, findings)


def _due(catalog: Catalog, dataset: Dataset, year: int, department: str) -> dict[str, tuple[str, str, str]]:
    """Each row that a delivery should have: in words → as its key."""
    if "clause" in dataset.roles:
        asked = [(plan, clause) for d, plan, clause in catalog.asked(year) if d == department]
        return {f"{plan}{clause}": (plan, clause, "") for plan, clause in asked}
    district = catalog.district
    places = [("全区", district.code, "")]
    if "unit" in dataset.roles:
        members = district.units[str(dataset.unit_kind)].members
        places = [(u.name, u.area or district.code, u.id) for u in members]
    elif dataset.by_area:
        places = [(a.name, a.code, "") for a in district.areas]
    sexes = SEXES if dataset.by_sex else {"total": ""}
    return {f"{place}{word}": (area, unit, sex) for place, area, unit in places for sex, word in sexes.items()}
