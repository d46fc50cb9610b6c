"""核查结果: every check with what it found, as one page for the statistician that works offline."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import duckdb

from expectations.records import Catalog, CheckRule, Plan, Promise
from expectations.vocabulary import DeliveryStatus, Severity
from flows import letters
from flows.answer import facts
from flows.cells import Cells
from flows.coordinates import column_letters
from flows.places import TEMPLATES
from flows.wording import period, read, say

NAME = "checks.html"
SIGNS = {"critical": "✗", "warning": "!", "info": "i"}
WORDS: Mapping[str, Any] = read("labels")["checks"]
LEVELS: Mapping[str, str] = WORDS["levels"]
"""The levels of expectations/checks.yml, and two more for findings that no check made."""
FLOORS = {"jump": "%"}
"""Units of floors that are not the units of the tolerances."""
LONGEST = 400
"""The number of characters of a delivered text that are shown."""

Result = Literal["passed", "failed", "before", "idle"]


def write(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, folder: Path) -> Path:
    """Write checks.html into `folder` and return its path; the same warehouse gives the same bytes."""
    from flows.press import pdf

    context = {"page": ChecksPage(con, catalog, year), "signs": SIGNS, "severities": Severity.words(), "levels": LEVELS}
    path = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(pdf.html(TEMPLATES, NAME, context), encoding="utf-8", newline="\n")
    return path


class FailingRow(NamedTuple):
    """One failing row of the data year, in words."""

    gate: str
    rule: str
    title: str
    level: str
    severity: str
    dataset: str
    department: str
    """Keys; empty if the finding is about no dataset of a department."""
    file: str
    sheet: str
    line: int | None
    column: str
    """The column as printed, with its letter."""
    header: str
    """The column as the record names it."""
    place: str
    value: str
    previous: str
    expected: str
    cure: str
    message: str
    override: str
    target: str
    times: int
    """How many it stands for."""

    @property
    def word(self) -> str:
        return Severity.of(self.severity).word

    @property
    def sign(self) -> str:
        return SIGNS[self.severity]


class SuiteCheck(NamedTuple):
    """One check of a suite, over all years of the run."""

    gate: str
    suite: str
    rule: str
    title: str
    level: str
    subject: str
    expected: str
    severity: str
    checked: int
    failed: int


class CheckResult(NamedTuple):
    """A check, and what it found in the data year."""

    check: SuiteCheck
    findings: tuple[FailingRow, ...]

    @property
    def result(self) -> Result:
        if self.findings:
            return "failed"
        if not self.check.checked:
            return "idle"
        return "before" if self.check.failed else "passed"

    @property
    def sign(self) -> str:
        return {"failed": SIGNS[self.check.severity], "idle": "—", "before": "○", "passed": "✓"}[self.result]

    @property
    def word(self) -> str:
        share = f"{self.check.failed}/{self.check.checked}"
        return say(f"labels/checks/{self.result}", share=share)


class DeliveredFile(NamedTuple):
    """One file that came, or one that did not come."""

    file: str
    sheet: str
    version: str
    sha256: str
    encoding: str
    evidence: str
    due: str
    received: str
    rows: int
    cells: int
    adopted: int
    rejected: int
    status: str
    reason: str

    @property
    def word(self) -> str:
        return DeliveryStatus.of(self.status).word


class Block(NamedTuple):
    """One dataset of one department."""

    anchor: str
    key: tuple[str, str]
    """Department and dataset."""
    title: str
    shared: bool
    """Whether other departments send it too."""
    deliveries: tuple[DeliveredFile, ...]
    failed: tuple[CheckResult, ...]
    """Checks with failing rows, also of checks across datasets."""
    rest: tuple[CheckResult, ...]
    """The other checks of its own suite."""
    other: tuple[FailingRow, ...]
    """Findings of the reader, or about the delivery as a whole."""

    @property
    def findings(self) -> tuple[FailingRow, ...]:
        return (*self.other, *(f for check in self.failed for f in check.findings))

    @property
    def tally(self) -> Counter[str]:
        return _tally(self.findings)

    @property
    def unsent(self) -> bool:
        return any(DeliveryStatus.of(d.status).is_absent for d in self.deliveries)

    @property
    def troubled(self) -> bool:
        return self.unsent or any(f.severity != Severity.INFO for f in self.findings)


class Section(NamedTuple):
    """What one department sent."""

    anchor: str
    name: str
    blocks: tuple[Block, ...]

    @property
    def tally(self) -> Counter[str]:
        return _tally(f for block in self.blocks for f in block.findings)

    @property
    def statuses(self) -> Counter[str]:
        return Counter(d.status for b in self.blocks for d in b.deliveries if d.status != DeliveryStatus.SUPERSEDED)

    @property
    def troubled(self) -> bool:
        return any(block.troubled for block in self.blocks)


class LevelRow(NamedTuple):
    """A line of the summary: one level of checks."""

    key: str
    """Empty for the line of the sum."""
    title: str
    checks: int
    checked: int
    failed: int
    rows: int
    findings: int


class RuleRow(NamedTuple):
    """A line of the list of rules."""

    rule: str
    title: str
    level: str
    severity: str
    tolerance: str
    floor: str
    why: str
    checks: int
    failed: int
    findings: int


class Asked(NamedTuple):
    """One target of a plan that could be compared."""

    clause: str
    name: str
    lead: str
    expected: str
    value: str
    """The value, if the target was missed."""


class PlanPart(NamedTuple):
    """The plan gate, for one plan."""

    title: str
    numbers: int
    """Targets with a number or a direction, compared or not."""
    missed: tuple[Asked, ...]
    met: tuple[Asked, ...]


def _tally(findings: Iterable[FailingRow]) -> Counter[str]:
    """Findings by severity. A finding that somebody answers for counts as answered and not by its severity."""
    return _counted(("answered" if f.override else f.severity, f) for f in findings)


Key = TypeVar("Key")


def _counted(findings: Iterable[tuple[Key, FailingRow]]) -> Counter[Key]:
    """How many findings there are of each kind, listed or not."""
    found = Counter[Key]()
    for kind, finding in findings:
        found[kind] += finding.times
    return found


class ChecksPage:
    """Everything on the page, in its order."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
        self.catalog, self.year = catalog, year
        self.district = catalog.district
        self._rules: dict[str, CheckRule] = catalog.checks.root
        self.register = letters.register(con, year) or {}
        self.simulated = facts.simulated(con, year)
        self._years = facts.years(con) or [year]
        self._delivered: dict[tuple[str, str], list[DeliveredFile]] = defaultdict(list)
        for row in letters.deliveries(con, year):
            self._delivered[row["department"], row["dataset"]].append(_delivery(row))
        self._owed = catalog.owed(year)
        self.checks = [self._check(row) for row in facts.checks(con)]
        self._findings = [self._finding(row) for row in facts.findings(con, year)]

    # --- the head ---

    @property
    def title(self) -> str:
        return say("labels/checks/title", year=self.year, district=self.district.name)

    @property
    def years(self) -> str:
        return period(self._years[0], self._years[-1])

    @property
    def digest(self) -> str:
        return self.catalog.digest[:12]

    @property
    def tally(self) -> Counter[str]:
        """Findings on the data, by severity. Missed targets are results and not errors."""
        return _tally(self.found)

    @property
    def statuses(self) -> Counter[str]:
        return sum((section.statuses for section in self.sections), Counter())

    @property
    def found(self) -> list[FailingRow]:
        """What was found in the data, without the plan gate."""
        return [f for f in self._findings if f.gate != "plan"]

    @cached_property
    def matrix(self) -> tuple[LevelRow, ...]:
        """One line for each level, and their sum."""
        found = _counted((f.level, f) for f in self._findings)
        by_level = {level: [c for c in self.checks if c.level == level] for level in LEVELS}
        needed = [k for k in LEVELS if k not in {"file", "other"} or found[k] or by_level[k]]
        lines = [_line(level, LEVELS[level], by_level[level], found[level]) for level in needed]
        return (*lines, _line("", say("labels/cell/total"), self.checks, found.total()))

    @cached_property
    def book(self) -> tuple[RuleRow, ...]:
        """Every rule of expectations/checks.yml, with what it found."""
        return tuple(self._rule_line(rule, record) for rule, record in self._rules.items())

    def _rule_line(self, rule: str, record: CheckRule) -> RuleRow:
        checks = [c for c in self.checks if _family(c.rule) == rule]
        tolerance, floor = record.tolerance, record.floor
        return RuleRow(
            rule,
            record.title,
            LEVELS[record.level],
            record.severity,
            "—" if tolerance is None else f"{tolerance:f}{record.unit}",
            "—" if floor is None else f"{floor:f}{FLOORS.get(rule, record.unit)}",
            record.why,
            len(checks),
            sum(c.failed > 0 for c in checks),
            sum(f.times for f in self._findings if _family(f.rule) == rule),
        )

    # --- departments and their datasets ---

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Departments that owe or sent something, in the district's order."""
        found = [self._section(n, key) for n, key in enumerate(self.district.departments, 1)]
        return tuple(section for section in found if section.blocks)

    def _section(self, number: int, department: str) -> Section:
        mine = [
            name
            for name in self.catalog.datasets
            if (department, name) in self._delivered
            or department in self._owed.get(name, ())
            or (department, name) in self._found_in
        ]
        blocks = [self._block(f"d{number}-{n}", department, name) for n, name in enumerate(mine, 1)]
        return Section(f"d{number}", self.catalog.department(department), tuple(blocks))

    def _block(self, anchor: str, department: str, name: str) -> Block:
        dataset = self.catalog.datasets[name]
        by_check: dict[int | None, list[FailingRow]] = defaultdict(list)
        for finding in self._found_in.get((department, name), ()):
            by_check[self._check_of(finding)].append(finding)
        shared = dataset.department == "*"
        own = [] if shared else [n for n, check in enumerate(self.checks) if check.suite == name]
        return Block(
            anchor,
            (department, name),
            dataset.title,
            shared,
            tuple(self._delivered.get((department, name), ())),
            tuple(
                CheckResult(self.checks[n], tuple(by_check[n])) for n in sorted(n for n in by_check if n is not None)
            ),
            tuple(CheckResult(self.checks[n], ()) for n in own if n not in by_check),
            tuple(by_check.get(None, ())),
        )

    @cached_property
    def _found_in(self) -> Mapping[tuple[str, str], Sequence[FailingRow]]:
        """Department and dataset → what was found there."""
        grouped: dict[tuple[str, str], list[FailingRow]] = defaultdict(list)
        for finding in self.found:
            if finding.dataset in self.catalog.datasets and finding.department in self.district.departments:
                grouped[finding.department, finding.dataset].append(finding)
        return grouped

    @cached_property
    def _by_rule(self) -> Mapping[tuple[str, str], Sequence[int]]:
        grouped: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, check in enumerate(self.checks):
            grouped[check.gate, check.rule].append(number)
        return grouped

    def _check_of(self, finding: FailingRow) -> int | None:
        """The check that made a finding; None if no check made it, or if several may have."""
        able = [
            n
            for n in self._by_rule.get((finding.gate, finding.rule), ())
            if self.checks[n].suite in {finding.dataset, ""}
        ]
        named = [n for n in able if self.checks[n].subject == finding.header] or (able if len(able) == 1 else [])

        def likeness(number: int) -> tuple[bool, bool]:
            return self.checks[number].expected == finding.expected, self.checks[number].failed > 0

        return max(named, key=likeness, default=None)

    @property
    def loose(self) -> tuple[FailingRow, ...]:
        """Findings on no dataset of a department: the register, and files that nobody announced."""
        placed = {id(f) for group in self._found_in.values() for f in group}
        return tuple(f for f in self.found if id(f) not in placed)

    # --- checks of no one department ---

    @cached_property
    def across(self) -> tuple[tuple[str, tuple[CheckResult, ...]], ...]:
        """Checks across datasets, by level, and the checks of datasets that every department sends."""
        found: dict[int | None, list[FailingRow]] = defaultdict(list)
        for finding in self.found:
            found[self._check_of(finding)].append(finding)
        shared = {name: d.title for name, d in self.catalog.datasets.items() if d.department == "*"}
        grouped: dict[str, list[CheckResult]] = {title: [] for title in (*LEVELS.values(), *shared.values())}
        for number, check in enumerate(self.checks):
            if check.gate != "plan" and check.suite in {"", *shared}:
                title = shared.get(check.suite) or LEVELS[check.level]
                grouped[title].append(CheckResult(check, tuple(found[number])))
        return tuple((title, tuple(results)) for title, results in grouped.items() if results)

    @cached_property
    def anchors(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """Department and dataset of a block → its anchor, and its name in words."""
        return {b.key: (b.anchor, f"{s.name}{b.title}") for s in self.sections for b in s.blocks}

    def where(self, result: CheckResult) -> list[tuple[str, str, int]]:
        """The blocks that hold the failing rows of a check: anchor, name, and number of rows."""
        found = _counted(((f.department, f.dataset), f) for f in result.findings)
        return [(*self.anchors[key], number) for key, number in found.items() if key in self.anchors]

    @property
    def answered(self) -> list[tuple[str, FailingRow]]:
        """Findings that somebody answers for (overrides), with department and dataset."""
        return [(self.origin(f), f) for f in self._findings if f.override]

    def origin(self, finding: FailingRow) -> str:
        department = self.district.departments.get(finding.department)
        dataset = self.catalog.datasets.get(finding.dataset)
        return (department.name if department else "") + (dataset.title if dataset else "")

    # --- the plan gate ---

    @cached_property
    def plans(self) -> tuple[PlanPart, ...]:
        return tuple(self._plan(plan) for plan in self.catalog.in_force(self.year))

    def _plan(self, plan: Plan) -> PlanPart:
        promises = {p.id: p for p in self.catalog.promises(self.year) if p.plan.id == plan.id}
        values = {f.target: f for f in self._findings if f.gate == "plan" and f.target in promises}
        missed = [
            self._asked(p, values[key].expected, values[key].value) for key, p in promises.items() if key in values
        ]
        waiting: dict[tuple[str, str], list[Promise]] = defaultdict(list)
        for promise in promises.values():
            if promise.id not in values:
                waiting[f"plan_{promise.target.rule}", promise.name].append(promise)
        met = []
        for check in self.checks:
            if check.gate == "plan" and check.suite == plan.id and not check.failed:
                same = waiting[check.rule, check.subject]
                met.append(self._asked(same.pop(0) if same else None, check.expected, name=check.subject))
        numbers = sum(not p.target.rule.evidence for p in promises.values())
        return PlanPart(plan.head.title, numbers, tuple(missed), tuple(met))

    def _asked(self, promise: Promise | None, expected: str, value: str = "", name: str = "") -> Asked:
        if promise is None:  # a target that the catalogue no longer has
            return Asked("—", name, "—", expected, value)
        return Asked(promise.clause, promise.name, self.catalog.department(promise.lead), expected, value)

    # --- rows into words ---

    def _told(self, gate: str, rule: str) -> tuple[str, str]:
        """Title and level of a rule."""
        record = self._rules.get(_family(rule))
        if record is not None and gate != "file":
            return record.title, record.level
        return WORDS["titles"].get(rule, LEVELS["file"]), "file" if gate == "file" else "other"

    def _check(self, row: Mapping[str, Any]) -> SuiteCheck:
        title, level = self._told(row["gate"], row["rule"])
        return SuiteCheck(
            row["gate"],
            row["suite"],
            row["rule"],
            title,
            level,
            row["subject"],
            row["expected"],
            row["severity"],
            row["checked"],
            row["failed"],
        )

    def _finding(self, row: Mapping[str, Any]) -> FailingRow:
        title, level = self._told(row["gate"], row["rule"])
        column = _short(row["column_name"])
        if row["position"]:
            column = say("labels/checks/column", column=column, letter=column_letters(row["position"]))
        return FailingRow(
            row["gate"],
            row["rule"],
            title,
            level,
            row["severity"],
            row["dataset"] or "",
            row["department"] or "",
            _name(row["file"]),
            row["sheet"] or "",
            row["line"],
            column,
            row["header"] or row["column_name"] or "",
            self._place(row),
            _short(row["value"]),
            _short(row["previous"]),
            row["expected"],
            row["cure"],
            _short(row["message"]),
            row["override"] or "",
            row["target"] or "",
            row["times"] or 1,
        )

    def _place(self, row: Mapping[str, Any]) -> str:
        place = self.district.members.get(row["institution"]) or self._areas.get(row["area"], "")
        return "，".join(filter(None, (place, self.catalog.told_group(row["sex"], row["part"]))))

    @cached_property
    def _areas(self) -> Mapping[str, str]:
        areas = (*self.district.areas, *self.district.references)
        return {self.district.code: self.district.called_whole, **{area.code: area.name for area in areas}}


def _family(rule: str) -> str:
    """The rule in expectations/checks.yml; all rules of the plan gate share one."""
    return "plan" if rule.startswith("plan_") else rule


def _line(key: str, title: str, checks: Sequence[SuiteCheck], findings: int) -> LevelRow:
    return LevelRow(
        key,
        title,
        len(checks),
        sum(c.checked for c in checks),
        sum(c.failed > 0 for c in checks),
        sum(c.failed for c in checks),
        findings,
    )


def _delivery(row: Mapping[str, Any]) -> DeliveredFile:
    return DeliveredFile(
        _name(row["file"]),
        row["sheet"] or "",
        say("labels/version", number=row["version"]) if row["version"] else "—",
        row["sha256"] or "",
        WORDS["encodings"].get(row["encoding"], row["encoding"] or ""),
        row["evidence"] or "",
        str(row["due"]),
        str(row["received"] or "—"),
        row["rows_in"],
        *Cells.of([row])[:3],
        row["status"],
        row["reason"] or "",
    )


def _name(file: str | None) -> str:
    """The name of a file, below the folder of its year."""
    folder, _, name = (file or "").partition("/")
    return name or folder


def _short(text: str | None) -> str:
    text = text or ""
    return text if len(text) <= LONGEST else say("labels/checks/shortened", text=text[:LONGEST], length=len(text))
