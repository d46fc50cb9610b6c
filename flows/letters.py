"""What a department is told of its forms: what came, what is wrong in it, what is asked for by when, and what cannot be
judged without it. Sheets and letters print it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from datetime import date, timedelta
from typing import Any, NamedTuple

import duckdb

from expectations.records import Catalog, Promise
from expectations.renamed import first_called
from expectations.vocabulary import AnswerSheet, DeliveryStatus, Fit, Severity, Sex, Verdict
from flows.coordinates import cell_name
from flows.files.characters import file_name
from flows.warehouse import Row, rows
from flows.wording import day, read, say

NONE: Mapping[tuple[str, str], str] = {}
NAMED = 3
"""The number of forms, or of targets, that a sentence names one by one."""


class Finding(NamedTuple):
    """One thing to mend or to explain, in words."""

    title: str
    """The title of the dataset."""
    file: str
    sheet: str
    line: int | None
    position: int | None
    column: str
    value: str
    previous: str
    expected: str
    message: str
    cure: str
    severity: str
    answered: str
    """Why the department need not answer it; empty if it must."""
    said: str = ""
    """What is wrong with it, in the numbers of its own file; empty where `expected` says it."""
    blocked: str = ""
    """The targets that cannot be judged without it."""
    number: str = ""
    """By which a department's answer is found again."""
    place: str = ""
    """Of which place or group it is, where no line says so."""
    times: int = 1
    """How many it stands for."""

    @property
    def cell(self) -> str:
        """D5, as Excel names it; empty if the finding is about more than one cell."""
        return cell_name(self.position, self.line) if self.line and self.position else ""

    @property
    def word(self) -> str:
        return Severity.of(self.severity).word

    @property
    def wrong(self) -> str:
        """What is wrong with it: the odd figure, or what it should be."""
        if self.said:
            return self.said
        return _say("expected", expected=self.expected) if self.line and self.value else self.message

    @property
    def told_apart(self) -> bool:
        """Whether how to mend it stands apart, and not in the same sentence."""
        return bool(self.said) or bool(self.line and self.value)

    @property
    def where(self) -> str:
        named = {"sheet": self.sheet, "line": self.line, "column": self.column, "place": self.place}
        return "，".join(_say(part, **{part: found}) for part, found in named.items() if found) or _say("whole")


class DueDataset(NamedTuple):
    """One dataset that the department owes, and what became of it."""

    title: str
    file: str
    version: str
    received: date | None
    first: date | None
    """When its first version came: a correction is not late."""
    due: date
    status: str
    filed: bool
    """False if it was only checked, and nothing was sent."""
    waiting: bool = False
    """Whether it has not come, and is not due yet on the day of the letter."""
    blocked: str = ""
    """The targets that cannot be judged without it, where it did not come or was sent back."""
    left_out: str = ""
    """What is said of it if it came after the lock, so that no report uses it unless somebody decides so; empty if one does."""

    @property
    def is_missing(self) -> bool:
        return self.status == DeliveryStatus.MISSING and not self.waiting

    @property
    def word(self) -> str:
        if self.waiting:
            return _say("waiting")
        if self.left_out and self.status != DeliveryStatus.REFUSED:
            return self.left_out
        status = DeliveryStatus.of(self.status)
        return (status if self.filed else Fit.if_filed(status)).word

    @property
    def told_blocked(self) -> str:
        return _say("blocked_by", title=self.title, word=self.word, blocked=self.blocked)

    @property
    def came(self) -> str:
        """When it came; of a version that was sent again, the day of the first, too, by which it is punctual or late."""
        if self.received is None:
            return "—"
        again = self.first is not None and self.first != self.received
        return _say("came_again", received=self.received, first=self.first) if again else str(self.received)

    @property
    def punctual(self) -> str:
        if not self.filed or self.waiting:
            return "—"
        if self.first is None:
            return DeliveryStatus.MISSING.word
        late = (self.first - self.due).days
        return _say("late", days=late) if late > 0 else say("labels/cell/punctual")


class Letter(NamedTuple):
    """Everything that one department is told."""

    department: str
    year: int
    district: str
    on: date
    """The day of the letter: the report's, or that on which the file came."""
    locked: date
    days: int
    """The days that the department has to answer."""
    simulated: bool
    deliveries: list[DueDataset]
    findings: list[Finding]
    issuer: str
    contact: str
    """Whom to ask; empty where the district's file names nobody."""
    filed: bool = True
    """False if a file was only checked before it is sent: then nothing is said of when it came."""
    warned: bool = False
    """Whether the department is sent a ledger beside it."""

    @property
    def came(self) -> int:
        """The number of forms that came."""
        return sum(d.status != DeliveryStatus.MISSING for d in self.deliveries)

    @property
    def request(self) -> str:
        """What the department is asked to do about its forms; empty if nothing."""
        return _request(self, self.counts) if self.needed else ""

    @property
    def workbook(self) -> str:
        """The file in which the department answers what is asked of its data."""
        return answered_in(self.department, AnswerSheet.FEEDBACK, self.year)

    @property
    def road(self) -> str:
        """How the answer comes back, where something is to be answered."""
        if not self.open:
            return _say("road_none")
        road = _say("road", file=self.workbook, issuer=self.issuer)
        return road + (_say("road_apart") if self.warned else "")

    @property
    def dated(self) -> str:
        return day(self.on)

    @property
    def due(self) -> date:
        """By when the department answers: within so many days, and where the data are still open, before they are locked."""
        answer = self.on + timedelta(self.days)
        return answer if self.is_closed else min(answer, self.locked)

    @property
    def is_closed(self) -> bool:
        """Whether the data of the year were locked before the letter."""
        return self.on >= self.locked

    @property
    def open(self) -> list[Finding]:
        return [f for f in self.findings if not f.answered and f.severity != "info"]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many are open, by severity."""
        found = Counter[str]()
        for one in self.open:
            found[one.severity] += one.times
        return found

    @property
    def needed(self) -> bool:
        """Whether there is anything to tell the department."""
        return bool(self.open) or any(d.status == DeliveryStatus.REFUSED or d.is_missing for d in self.deliveries)


def answered_in(department: str, sheet: AnswerSheet, year: int, suffix: str = ".xlsx") -> str:
    """The file that a department is sent and fills in: 区卫生健康委-整改台账-2024.xlsx. There is no other road for an answer."""
    return named(department, sheet.word, year, suffix)


def named(department: str, paper: str, year: int, suffix: str = "") -> str:
    """What a paper for a department is called as a file."""
    return file_name(department, paper, str(year), suffix=suffix)


ASKED = (
    "year",
    "department",
    "dataset",
    "rule",
    "column_name",
    "area",
    "institution",
    "sex",
    "part",
    "measure",
    "indicator",
    "value",
)
"""What makes a finding the same in another run, or in a file sent again: not its line, nor the name of its file."""


REST = "(line is null and times is not null)"


def is_rest(finding: Mapping[str, Any]) -> bool:
    """Whether a finding stands for others that are not listed; `REST` asks the same of a row."""
    return finding.get("line") is None and finding.get("times") is not None


def numbered(finding: Mapping[str, Any]) -> str:
    """The number of a finding: eight letters and digits of what is found, by which a department's answer is found again. Of what is
    not listed there is none: an answer would be about figures that its sender has not seen, and others the next time.
    """
    if is_rest(finding):
        return ""
    asked = [first_called(finding[key]) if key == "rule" else finding[key] for key in ASKED]
    told = json.dumps(asked, ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:8].upper()


# --- from the warehouse ---------------------------------------------------------------------------------------------


def letter_of(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    department: str,
    on: date | None = None,
    filed: bool = True,
    waits: Mapping[tuple[str, str], str] = NONE,
    warned: bool = False,
) -> Letter:
    """Everything that a department is told; `on` is the day of the letter, if it is not the report's, and `waits` the
    dataset and department of each form whose newest version came after the lock and is used by nobody yet, and what is said of it.
    `warned` says that a ledger is sent beside it.
    """
    head = register(con, year) or {
        "published": date(year + 1, 12, 31),
        "locked": date(year + 1, 12, 31),
        "simulated": False,
    }
    on = on or head["published"]
    titles = {name: d.title for name, d in catalog.datasets.items()}
    blocked = Blocked(con, catalog, year)
    findings = [
        Finding(
            titles.get(r["dataset"], ""),
            r["file"] or "",
            r["sheet"] or "",
            r["line"],
            r["position"],
            r["column_name"] or "",
            r["value"] or "",
            r["previous"] or "",
            r["expected"],
            r["message"],
            r["cure"],
            r["severity"],
            r["override"] or "",
            r["said"] or "",
            blocked.of(r),
            numbered(r),
            "" if r["line"] else _place(catalog, r),
            r["times"] or 1,
        )
        for r in asked(con, year, department)
    ]
    deliveries = [
        DueDataset(
            titles[r["dataset"]],
            file_of(r["file"]),
            say("labels/version", number=r["version"]) if r["version"] and filed else "—",
            r["received"] if filed else None,
            r["first"] if filed else None,
            r["due"],
            r["status"],
            filed,
            waiting := r["status"] == DeliveryStatus.MISSING and on <= r["due"],
            blocked.without(r["dataset"], department)
            if DeliveryStatus.of(r["status"]).is_absent and not waiting
            else "",
            waits.get((r["dataset"], r["department"]), ""),
        )
        for r in standing(con, year, department)
    ]
    district = catalog.district
    return Letter(
        catalog.department(department),
        year,
        district.name,
        on,
        head["locked"],
        catalog.policy.answer_days,
        head["simulated"],
        deliveries,
        findings,
        district.issuers[0],
        contact(catalog),
        filed,
        warned,
    )


UNFILLED, INCOMPLETE = "unfilled", "incomplete"
"""The rules of what is not there: cells of a column, and rows of a form."""
RATIO = "ratio_range"
"""The rule of a ratio that cannot be. Of an area above the district, it leaves the district's own figures as they are."""


def _place(catalog: Catalog, row: Row) -> str:
    """The place and the group that a finding is about; empty where it is about all."""
    district = catalog.district
    areas = {**district.names, district.code: district.called_whole}
    place = district.members.get(row["institution"] or "") or areas.get(row["area"] or "", "")
    return "，".join(filter(None, (place, catalog.told_group(row["sex"], row["part"]))))


def contact(catalog: Catalog) -> str:
    """Office, person and telephone of whom a department can ask; empty if the district's file names nobody."""
    found = catalog.district.contact
    if found is None:
        return ""
    office = found.office or catalog.district.issuers[0]
    return say("letters/contact", office=office, person=found.person or "", telephone=found.telephone)


def file_of(path: str | None) -> str:
    """The name of a file below its year's folder."""
    return (path or "").partition("/")[2]


class Blocked:
    """The targets of a year by what they need; where verdicts were taken, only those that could not be judged."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
        verdicts = _verdicts(con, year)
        self.catalog, self.year = catalog, year
        self.promises = [p for p in catalog.promises(year) if verdicts.get(p.id, Verdict.UNKNOWN) == Verdict.UNKNOWN]
        own = con.execute("select distinct indicator, measure from core_own_rows where year = ?", [year]).fetchall()
        self.own_rows = {measure for _, measure in own}
        """Measures of which the district's own row is enough: what a place lacks costs the district nothing."""
        self._by_measure: dict[str, list[Promise]] = defaultdict(list)
        for promise in self.promises:
            for key in promise.target.indicators:
                for measure in catalog.indicators[key].measures_of(year) | {key}:
                    if (key, measure) not in own or promise.target.each is not None:
                        self._by_measure[measure].append(promise)

    def of(self, finding: Row) -> str:
        """What cannot be judged because of a finding; empty if that is nothing."""
        if finding["rule"] == INCOMPLETE:
            return self.without(finding["dataset"], finding["department"])
        if finding["rule"] == UNFILLED:
            return self.by(finding["measure"], finding["sex"], finding["part"])
        above = finding["area"] in {area.code for area in self.catalog.district.references}
        gone = finding["severity"] == Severity.CRITICAL and not (finding["rule"] == RATIO and above)
        return self.by(finding["measure"]) if gone and finding["measure"] else ""

    def by(self, measure: str, sex: str | None = None, part: str | None = None) -> str:
        """What cannot be judged without one figure, of one sex or part if they are given; empty if that is nothing."""
        return _told(p for p in self._by_measure[measure] if self._rests_on(p, measure, sex, part))

    def by_any(self, measures: Iterable[str]) -> str:
        """What cannot be judged without any figure of several measures; empty if that is nothing."""
        return _told(p for measure in measures for p in self._by_measure[measure])

    def by_rejected(self, measures: Iterable[str], rejected: Set[str]) -> str:
        """The same, of targets that ask for a figure of the district, where that was rejected."""
        found = (p for measure in measures for p in self._by_measure[measure] if p.target.each is None)
        return _told(p for p in found if not rejected.isdisjoint(p.target.indicators))

    def _rests_on(self, promise: Promise, measure: str, sex: str | None, part: str | None) -> bool:
        """Whether a series of the target counts this sex and part; both sexes count in a total, and parts in the whole that
        they make up.
        """
        sexes = {Sex.TOTAL, sex}
        parts = {part, ""} if part in self.catalog.added_parts else {part}
        return any(
            (sex in {None, Sex.TOTAL} or of_sex in sexes) and (part is None or of_part in parts)
            for key, _, _, of_sex, of_part in self.catalog.sources(promise)
            if measure in self.catalog.indicators[key].measures_of(self.year) | {key}
        )

    def without(self, dataset: str, department: str) -> str:
        """What cannot be judged without a whole form of a department; empty if that is nothing."""
        form = self.catalog.datasets[dataset].form(self.year)
        if "clause" in form.roles:
            return _told(p for p in self.promises if p.target.rule.evidence and p.lead == department)
        return self.by_any([*form.measures, *form.gives(self.catalog.indicators)])


def called(promise: Promise) -> str:
    """What a target's figure is called in a table: 工资, 工资两性差距, or 接种率（最低）."""
    series = promise.target.rule.series
    if series not in read("labels")["name"]:
        return promise.name
    return say(f"labels/name/{series}", name=promise.name, gap=promise.gap_called)


def spoken(promise: Promise) -> str:
    """What a target's figure is called in running text: 工资, or 工资的两性差距 where another target of the clause asks for 工资."""
    match promise.target.rule.series:
        case "value" | "lowest" | "":
            return promise.name
        case "gap":
            return say("labels/name/gap_of", name=promise.name, gap=promise.gap_called)
        case _:
            return called(promise)


def _told(promises: Iterable[Promise]) -> str:
    found = list({p.id: p for p in promises}.values())
    told = (say("letters/blocked/target", name=spoken(p), plan=p.plan.head.short, clause=p.clause) for p in found)
    named = list(dict.fromkeys(told))  # a clause may ask two things of one indicator
    if not named:
        return ""
    more = say("letters/blocked/more", number=len(found)) if len(named) > NAMED else ""
    return say("letters/blocked/told", listed="、".join(named[:NAMED]) + more)


def register(con: duckdb.DuckDBPyConnection, year: int) -> Row | None:
    """What the register says of a data year as a whole; None where there is none."""
    found = rows(con, "select * from meta_register where year = ?", year)
    return found[0] if found else None


def deliveries(con: duckdb.DuckDBPyConnection, year: int) -> list[Row]:
    """Every version of every delivery; `first` is when the first version came."""
    query = """
    select *, min(received) over (partition by dataset, department) as first from meta_deliveries where year = ?
    order by department, dataset, version, delivery
    """
    return rows(con, query, year)


def standing(con: duckdb.DuckDBPyConnection, year: int, department: str) -> list[Row]:
    """A department's deliveries by due date, those that were replaced left out."""
    found = [r for r in deliveries(con, year) if r["department"] == department and r["status"] != "superseded"]
    return sorted(found, key=lambda row: (row["due"], row["dataset"]))


def asked(con: duckdb.DuckDBPyConnection, year: int, department: str) -> list[Row]:
    """What a department is asked about, the heaviest first, of these what it has not answered yet, and what is not listed last; targets
    that were missed are no question to it.
    """
    query = """
    select f.* from out_findings f left join meta_deliveries d using (delivery)
    where f.gate <> 'plan' and f.year = ? and f.department = ? and coalesce(d.status, '') <> 'superseded'
    order by f.file, f.line, f.position, f.message
    """
    said, weights = replies(con), [*Severity]

    def place(row: Row) -> tuple[int, bool, bool]:
        return weights.index(row["severity"]), is_rest(row), bool(said) and (year, numbered(row)) in said

    return sorted(rows(con, query, year, department), key=place)


def replies(con: duckdb.DuckDBPyConnection) -> set[tuple[int, str]]:
    """Year and number of each finding that its department has answered on a feedback sheet."""
    return set(con.execute("select year, finding from core_replies where finding is not null").fetchall())


def _verdicts(con: duckdb.DuckDBPyConnection, year: int) -> dict[str, str]:
    """Target → its verdict in a year; empty where none was taken yet."""
    return dict(con.execute("select target, verdict from out_assessments where year = ?", [year]).fetchall())


# --- what is asked for ------------------------------------------------------------------------------------------------


def lead(letter: Letter) -> str:
    """What was received, and what must be done by when, in a few sentences."""
    due, came = len(letter.deliveries), letter.came
    status = Counter(d.word for d in letter.deliveries)
    told = [_say("came" if letter.filed else "tried", due=due, came=came)]
    words = [
        *DeliveryStatus.words().values(),
        _say("waiting"),
        *(_say(f"left_out/{of}") for of in ("older", "none")),
        *Fit.words().values(),
    ]
    told += [_say("status", word=word, number=status[word]) for word in words if status[word]]
    severity = letter.counts
    if not letter.needed:
        return "，".join(told) + "。" + _say("passed")
    grave = (Severity.CRITICAL, Severity.WARNING)
    asked = [_say("asked", word=s.word, number=severity[s]) for s in grave if severity[s]]
    found = _say("found", asked="、".join(asked)) if asked else ""
    return f"{'，'.join(told)}。{found}{_request(letter, severity)}"


def _request(letter: Letter, severity: Mapping[str, int]) -> str:
    """What the department is asked to do: to send what did not come, to correct what cannot be used, to explain what is
    odd; each only where there is such a thing.
    """
    if not letter.filed:
        return _say("request_tried")
    missing = [d.title for d in letter.deliveries if d.is_missing]
    listed = "".join(_say("title_of", title=title) for title in missing[:NAMED])
    more = _say("more", number=len(missing)) if len(missing) > NAMED else ""
    refused = any(d.status == DeliveryStatus.REFUSED for d in letter.deliveries)
    wanted = [
        *([_say("supply", issuer=letter.issuer, listed=listed + more)] if missing else []),
        *([_say("correct")] if severity[Severity.CRITICAL] or refused else []),
        *([_say("explain")] if severity[Severity.WARNING] else []),
    ]
    closed = _say("closed", lock=day(letter.locked), issuer=letter.issuer) if letter.is_closed else ""
    return _say("request", day=day(letter.due), wanted="；".join(wanted)) + closed


def _say(text: str, **facts: object) -> str:
    return say(f"letters/feedback/{text}", **facts)
