"""What the report tells of deliveries: what came, what was corrected and decided, and what the checks found."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from expectations.vocabulary import DeliveryStatus, Severity
from flows import questions
from flows.letters import Letter, letter_of
from flows.press.bound import Name, Quote
from flows.report.facts import Facts
from flows.revisions import RevisedCell, changes
from flows.warehouse import Row, rows


def unowed(facts: Facts) -> list[str]:
    """The forms of figures of areas above the district: no department owes them, and no one's punctuality is told by them."""
    return [name for name, dataset in facts.catalog.datasets.items() if dataset.above]


def deliveries(facts: Facts) -> list[Row]:
    """Every dataset of the data year that a department owes; `late` is when its first version came."""
    return rows(
        facts.con,
        "select *, min(received) over (partition by dataset, department) > due as late "
        "from meta_deliveries where year = ? and not list_contains(?, dataset) order by dataset, version",
        facts.year,
        unowed(facts),
    )


def sent_back(facts: Facts) -> frozenset[str]:
    """The measures of the year whose form came and was sent back as a whole: of such a figure 未报送 alone would say that nobody
    had sent anything. The public edition tells nothing of deliveries.
    """
    if not facts.edition.internal:
        return frozenset()
    refused, missing = set[str](), set[str]()
    for row in deliveries(facts):
        measures = facts.catalog.datasets[row["dataset"]].form(facts.year).measures.keys()
        refused |= measures if row["status"] == DeliveryStatus.REFUSED else set()
        missing |= measures if row["status"] == DeliveryStatus.MISSING else set()
    return frozenset(refused - missing)


def corrected(facts: Facts) -> Iterator[tuple[Row, Sequence[RevisedCell]]]:
    """Each later version of a delivery, in any year up to the report's, with the cells that it changed."""
    newer = (
        "select * from meta_deliveries where version > 1 and year <= ? and not list_contains(?, dataset) "
        "order by year, dataset, delivery"
    )
    for row in rows(facts.con, newer, facts.year, unowed(facts)):
        older = f"{row['delivery'].rpartition('/')[0]}/v{row['version'] - 1}"
        yield row, changes(facts.con, facts.catalog, older, row["delivery"])


def findings(facts: Facts) -> list[Row]:
    """What the checks found in the data year's deliveries, the most serious first; without the plan gate. `reply` is what the
    department says of it.
    """
    found = rows(
        facts.con,
        "select * from out_findings where gate <> 'plan' and year = ? "
        "order by list_position(?, severity), "
        "gate, dataset, line, rule, message",
        facts.year,
        [*Severity],
    )
    return [
        {**row, "reply": Quote(reply["text"], reply["delivery"]) if (reply := row["reply"]) else None}
        for row in questions.replied(facts.con, found)
    ]


def questioned(facts: Facts, years: Container[int]) -> list[tuple[Name, bool]]:
    """The forms of some years with figures of which it is asked how they are meant, each with whether the department has replied to all
    such questions; none of figures of areas above.
    """
    all_replied, above = dict[str, bool](), unowed(facts)
    for row in questions.unsettled(facts.con):
        if row["year"] in years and row["dataset"] not in above:
            all_replied[row["dataset"]] = all_replied.get(row["dataset"], True) and row["reply"] is not None
    return [(Name(facts.catalog.datasets[key].title, f"dataset/{key}"), each) for key, each in all_replied.items()]


def late(facts: Facts) -> list[Row]:
    """What came after the edition's lock, and the decision to use it."""
    return rows(facts.con, "select * from meta_late order by all")


def unfiled(facts: Facts) -> list[Row]:
    """What of the registers was changed otherwise than by a filing, and what was said of it."""
    return rows(facts.con, "select * from meta_unfiled order by all")


def exemptions(facts: Facts) -> tuple[list[Row], list[Row]]:
    """Corrections that were used, and findings that somebody answers for."""
    corrections = rows(
        facts.con,
        "select * from meta_corrections where state = 'applied' and delivery like ? order by all",
        f"{facts.year}/%",
    )
    overrides = rows(
        facts.con, "select * from out_findings where override is not null and year = ? order by message", facts.year
    )
    return corrections, overrides


def files(facts: Facts) -> list[Row]:
    """Every version of every delivery and of every sheet of answers, with its file, in order; the file is null if none
    came.
    """
    query = "select delivery, file, sha256 from meta_deliveries order by year, dataset, department, version"
    sheets = "select delivery, file, sha256 from meta_replies order by year, sheet, department, version"
    return [*rows(facts.con, query), *rows(facts.con, sheets)]


def corrections(facts: Facts) -> list[Row]:
    """Every registered correction, used or not."""
    query = "select delivery, line, column_name, old, new, state from meta_corrections order by all"
    return rows(facts.con, query)


def sources(facts: Facts) -> list[Row]:
    """Where each published figure was printed, up to the data year."""
    return rows(
        facts.con,
        "select s.indicator, s.year, s.printed, s.delivery, i.value from core_stated s join out_indicators i "
        "using (indicator, part, year) where s.kind = 'source' and s.year <= ? and i.area = ? and i.institution = '' "
        "and i.sex = 'total' and i.part = '' and i.value is not null order by all",
        facts.year,
        facts.catalog.district.code,
    )


def used(facts: Facts) -> list[Row]:
    """The deliveries of all years whose cells are used."""
    query = "select * from meta_deliveries where list_contains(?, status) order by year, dataset, department"
    return rows(facts.con, query, [s for s in DeliveryStatus if s.is_used])


def letter(facts: Facts, department: str) -> Letter:
    """What a department is told of its forms, on the day of the report."""
    return letter_of(facts.con, facts.catalog, facts.year, department, facts.edition.published)
