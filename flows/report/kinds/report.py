"""What every kind of report has: its title, the keys that all templates share, its tables and counts."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from xml.etree.ElementTree import Element

from markupsafe import Markup

from expectations.records import MIDDLE
from expectations.vocabulary import ATTAINED, EVIDENCE, SHORT, Ending, Method, Verdict
from flows import intervals
from flows.outlook import destatis, statcan, status
from flows.places import TEMPLATES
from flows.press.bound import Word, counted
from flows.press.numbers import Figure, constant, count, figure, numeral
from flows.report.facts import Facts, beside, followed, profile, published, quality
from flows.report.facts.beside import Beside
from flows.report.facts.counts import Tally
from flows.report.facts.followed import Followed
from flows.report.facts.items import Item
from flows.report.facts.profile import Profile
from flows.report.kinds import YEARLY, Kind
from flows.report.say import following
from flows.report.say.beside import standing
from flows.report.say.described import described
from flows.report.say.narrative import Narrator
from flows.report.write import tables
from flows.report.write.table import Table, table
from flows.wording import day, period, read, say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings

Context = dict[str, object]
"""The values that a template uses, by name."""
MOST_NUMBERED = 99
FOLLOWED = ("all", "answered", "late", "objecting", "due", "kept", "reached", "improved", "worse")
"""What the table of earlier warnings counts; a column of noughts is told in a note."""


class Annex(NamedTuple):
    """An annex of the data volume; it prints as it is called in running text, without its number's binding."""

    number: int
    title: str

    @property
    def called(self) -> str:
        """附件3"""
        return say("labels/annex", number=self.number)


class Alike(NamedTuple):
    """Targets that stand alike: their marks, one each, the word for them, and how many they are."""

    marks: str
    word: str
    number: Figure
    short: bool = False


class Glance(NamedTuple):
    """An edition in one look: what was judged, how much of it is well, and how targets stand, the best first."""

    all: Figure
    judged: Figure
    kinds: tuple[Figure, Figure]
    """How many of these ask for a number, and how many for a direction."""
    rate: Figure | str
    """The share of those judged that are well, in %; a word where nothing was judged."""
    told: Word
    """What that is a share of."""
    groups: list[Alike]
    short: list[Item]
    """What falls short, most at stake first; what two plans ask alike is there once."""


class Report(ABC):
    """One edition while it is made."""

    def __init__(self, kind: Kind, facts: Facts, editions: Path | None) -> None:
        self.kind, self.facts, self.editions = kind, facts, editions

    narrator: Narrator
    annexed: ClassVar[str]
    """The name of its list of annexes in report_templates/labels.yml."""

    @property
    def words(self) -> Mapping[str, Any]:
        """The words that it may use; the printed text is compared with them."""
        return self.narrator.words

    @property
    def read(self) -> Mapping[str, str]:
        """Hashes of what it was made from, beside deliveries, catalogue and program."""
        return published.digests(self.editions_before)

    @abstractmethod
    def tables(self) -> list[Table]:
        """Every table of the edition, in the order of the report."""

    @abstractmethod
    def chapters(self, charts: Drawings) -> Context:
        """What only the template of this kind says; `charts` draws into the edition's folder."""

    def annexes_missing(self) -> Collection[str]:
        """The annexes that this kind has, and this edition not."""
        there = {
            "targets": any(item.quantitative for item in self.facts.items),
            "origins": bool(self.facts.edition.compiled),
            "above": self.beside is not None,
        }
        return [annex for annex, is_there in there.items() if not is_there]

    @abstractmethod
    def chapters_there(self) -> Mapping[str, bool]:
        """The chapters of this kind by the id of their sections, in order, and whether this edition has them."""

    @cached_property
    def numbers(self) -> dict[str, str]:
        """The number of each chapter by the id of its section: one that is not there leaves no gap."""
        there = [key for key, is_there in self.chapters_there().items() if is_there]
        return {key: numeral(number) for number, key in enumerate(there, start=1)}

    @cached_property
    def annexes(self) -> dict[str, Annex]:
        """The annexes of the edition, in one row: one that is not there leaves no gap."""
        missing, areas = self.annexes_missing(), self.facts.catalog.district.areas_called
        titles = {key: title for key, title in read("labels")["annexes"][self.annexed].items() if key not in missing}
        return {
            key: Annex(number, title.format(areas=areas)) for number, (key, title) in enumerate(titles.items(), start=1)
        }

    @abstractmethod
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """What the terminal tells of it, in Chinese."""

    @property
    def standings(self) -> Mapping[str, Verdict | Ending]:
        """Target → its verdict of the year or, at the end of a plan, what became of it."""
        return {item.id: Verdict.of(item.verdict) for item in self.facts.items}

    @property
    def stages(self) -> list[Verdict]:
        """How targets of evidence stand, as a table of them alone counts it, 无法判断 where that is said of one; nothing beside
        targets with a figure.
        """
        tally = self.facts.tally()
        if tally.all.value:
            return []
        return [*EVIDENCE, *([Verdict.UNKNOWN] if tally.number(Verdict.UNKNOWN).value else [])]

    def glance(self) -> Glance:
        """What a poster tells of the targets with a figure."""
        tally = self.facts.tally(item for item in self.facts.items if item.quantitative)
        return glance(tally, STANDINGS, say("labels/glance/fine"), tables.problems(self.facts))

    @cached_property
    def followed(self) -> list[Followed]:
        """The warnings of the year before or, of whole plans, of all before, with what became of them."""
        return followed.read(self.facts, self._years_followed, self.kind.once is not None)

    @property
    def _years_followed(self) -> list[int]:
        return followed.years_told(self.facts, whole=self.kind.once is not None)

    @cached_property
    def editions_before(self) -> Mapping[int, Path]:
        """The annual editions on disk of the years whose warnings are told of: without one, nobody knows whether they were sent."""
        if self.editions is None or not self._years_followed:
            return {}
        return published.editions(self.editions, YEARLY.name, self._years_followed)

    @property
    def unsent(self) -> list[int]:
        """The years before whose warnings are not known to have gone out: no edition is there, and no department answered."""
        answered = {entry.year for found in self.followed for entry in found.entries if entry.reply is not None}
        return [year for year in self._years_followed if year not in self.editions_before and year not in answered]

    @cached_property
    def told_of_before(self) -> Context:
        """What became of them; nothing where no plan was in force then, and in the public edition."""
        years, found, several = self._years_followed, self.followed, self.kind.once is not None
        if not years:
            return {"followed": None}
        whole = followed.counted(found, say("labels/cell/total"), "all")
        departments = followed.by_department(self.facts, found)
        context = {
            "told": following.told(self.narrator, found, whole, years, several, self.unsent),
            "sent": len(self.unsent) < len(years),
            "unsent": self.unsent,
            "departments": departments,
            "whole": whole,
            "entries": {r.name: [f for f in found if f.department == r.name] for r in departments},
            "due": "" if several or not found else day(found[0].entry.answer_due),
            "span": period(years[0], years[-1]),
            "than": say(f"labels/followed/{'first' if several else 'before'}"),
            "several": several,
            "columns": [field for field in FOLLOWED if whole.numbers[field].value],
            "without": [field for field in FOLLOWED if not whole.numbers[field].value],
        }
        return {"followed": context}

    def followed_table(self) -> list[Table]:
        """The same, one by one; nothing where nothing is told of."""
        if not self.followed:
            return []
        years = self._years_followed
        span = period(years[0], years[-1])
        name = "followed" if self.kind.once is None else "followed_period"
        return [table("followed", *tables.followed(self.followed, name), text=name, span=span)]

    def laid(self, page: Element) -> Element:
        """The composed report as the press gets it."""
        return page

    @cached_property
    def profile(self) -> Profile | None:
        """What is known of the district itself; None where nothing is."""
        return profile.of(self.facts)

    def context(self, charts: Drawings) -> Context:
        """What the template of the report itself says."""
        return {
            **self.frame(),
            **self._profile(),
            **self._beside(),
            **self._quality(),
            **self.chapters(charts),
        }

    def frame(self) -> Context:
        """What every paper says of the edition, and how it binds what it says."""
        return {**self._edition(), **TOOLS}

    def _profile(self) -> Context:
        """What profile.html prints of the district; its `profile` is None where nothing is known."""
        told = described(self.narrator, self.profile) if self.profile else []
        return {"profile": self.profile, "profile_told": told}

    @cached_property
    def beside(self) -> Beside | None:
        """What is known of the areas above the district; None where nothing is."""
        return beside.read(self.facts)

    def _beside(self) -> Context:
        """What above.html and above_annex.html print; their `above` is None where nothing is known."""
        told = [] if self.beside is None else [standing(self.narrator, self.beside, a) for a in self.beside.areas]
        return {"above": self.beside, "above_told": [text for text in told if text]}

    def _edition(self) -> Context:
        facts, catalog = self.facts, self.facts.catalog
        return {
            "catalog": catalog,
            "annexes": self.annexes,
            "no": self.numbers,
            "district": catalog.district,
            "policy": catalog.policy,
            "edition": facts.edition,
            "year": facts.year,
            "title": self.title,
            "title_lines": self.title_lines,
            "running": period(facts.year, facts.year) + self.kind.titled,
            "scope": plans_together(facts),
            "by_sex": facts.by_sex,
            "nearing": any(item.promise.target.rule.limit == "middle" for item in facts.items),
            "unasked": facts.is_unasked,
            "narrator": self.narrator,
            "origins": tables.origins(facts),
            "readings": [i for i in facts.items if i.reading],
            "rare": [i for i in facts.items if i.rare],
            "templates": TEMPLATES.resolve().as_uri(),
        }

    def _quality(self) -> Context:
        years = quality.by_year(self.facts)
        admitted, unused = quality.late(self.facts)
        return {
            "quality": years,
            "punctuality": quality.trend(years),
            "admitted": admitted,
            "unused": unused,
            "questioned": self.questioned,
        }

    @cached_property
    def questioned(self) -> Markup:
        """Which forms of its year or, of whole plans, of all their years have figures that may be meant otherwise; usually nothing."""
        first = self.facts.year if self.kind.once is None else self.facts.base
        return self.narrator.questioned(range(first, self.facts.year + 1))

    @property
    def title_lines(self) -> list[str]:
        """The lines of the title on the cover, from the plans' own titles; a yearly report begins with the year."""
        short = self.facts.catalog.district.short
        names = [plan.head.title for plan in self.facts.plans]
        place = short if any(name.startswith(short) for name in names) else ""
        first = place if self.kind.once else period(self.facts.year, self.facts.year) + place
        ending = f"{self.kind.titled}{self.facts.edition.kind}"
        return [*([first] if first else []), *(name.removeprefix(short) for name in names), ending]

    @property
    def title(self) -> str:
        """2024年宝坻区妇女发展“十四五”规划和儿童发展“十四五”规划统计监测报告"""
        *lines, ending = self.title_lines
        first = len(lines) - len(self.facts.plans)
        return f"{''.join(lines[:first])}{say('labels/and').join(lines[first:])}{ending}"


STANDINGS = {
    "attained": (say("labels/glance/attained"), ATTAINED),
    "on_course": (Verdict.ON_COURSE.word, (Verdict.ON_COURSE,)),
    "short": (say("labels/glance/short"), SHORT),
    "unknown": (Verdict.UNKNOWN.word, (Verdict.UNKNOWN,)),
    "suppressed": (Verdict.SUPPRESSED.word, (Verdict.SUPPRESSED,)),
}
"""The verdicts that a report tells as one: a word, and which they are."""


def glance(
    tally: Tally, standings: Mapping[str, tuple[str, tuple[Verdict, ...]]], told: str, short: Sequence[Item]
) -> Glance:
    """An edition in one look, by the verdicts of its year."""
    groups = []
    for word, verdicts in standings.values():
        number = tally.unknown if verdicts == (Verdict.UNKNOWN,) else tally.number(*verdicts)
        marks = "".join(item.mark for verdict in verdicts for item in tally.targets if item.verdict == verdict)
        if number.value:
            told_of = word if verdicts == (Verdict.SUPPRESSED,) else counted(word, number)  # nothing is judged there
            groups.append(Alike(marks, told_of, number, verdicts == SHORT))
    rate = tally.fine_rate
    fact = rate.fact if isinstance(rate, Figure) else f"{tally.fact}/rate/fine"
    kinds = (tally.numbers.judged, tally.directions.judged)
    return Glance(tally.all, tally.judged, kinds, rate, Word(told, fact, "count"), groups, list(short))


def pieces(title: str) -> list[str]:
    """A title in pieces between which a line may end: not within 2023—2027年）. A bracket that is never closed is a piece, too."""
    return re.findall(r"（[^）]*）|[^（]+|（", title)


TOOLS: Context = {
    "constant": constant,
    "count": count,
    "figure": figure,
    "numeral": numeral,
    "period": period,
    "pieces": pieces,
    "told": counted,
    "counted": counted,
    "middle": MIDDLE,
    "no_remedy": say("labels/remedy/none"),
    "numerals": [numeral(n) for n in range(1, MOST_NUMBERED + 1)],
}
"""How templates bind figures and words, and number headings."""


def plans_together(facts: Facts) -> str:
    """What the plans are called together."""
    named: str = read("labels")["edition"]["scopes"].get(len(facts.plans), say("labels/edition/scope"))
    return named


def legend(occurring: Collection[str]) -> list[tuple[str, str]]:
    """Every mark of the verdicts that occur, and the verdicts it stands for."""
    found: dict[str, list[str]] = {}
    for verdict in Verdict:
        if verdict in occurring:
            found.setdefault(verdict.mark, []).append(verdict.word)
    return [(mark, "、".join(words)) for mark, words in found.items()]


def worded(counts: Mapping[str, int], words: Mapping[str, str]) -> dict[str, int]:
    """Counts by their Chinese words, in the order of the words; zeros are left out."""
    return {word: counts[key] for key, word in words.items() if counts.get(key)}


def rule_constants() -> dict[str, float]:
    """The constants of the published rules, as the methods annex prints them."""
    return {
        "years_needed": destatis.YEARS_NEEDED,
        "window": destatis.WINDOW,
        "confidence": 95,
        "byar_from": intervals.BYAR_FROM,
        "near": int(destatis.NEAR * 100),
        "unlikely": round(status.UNLIKELY * 100),
        "likely": round(status.LIKELY * 100),
        "even": round(status.EVEN * 100),
        "far": int(destatis.FAR * 100),
        "on_course": statcan.ON_COURSE,
        "accelerate": statcan.ACCELERATE,
    }


def deciding(facts: Facts, narrator: Narrator) -> list[tuple[str, Markup, Figure]]:
    """Each method that decided a verdict of the year: its name, how it decides, how many targets it decided."""
    found = Counter(i.row["method"] for i in facts.items)
    rules = narrator.methods(constants(facts))
    return [
        (name, rules[key], figure(found[key], 0, f"methods/{facts.year}/{key}"))
        for key, name in Method.words().items()
        if found[key]
    ]


def constants(facts: Facts) -> dict[str, Figure]:
    """The numbers in the sentences about methods."""
    told = {name: constant(value, f"method/{name}") for name, value in rule_constants().items()}
    return {**told, "enough": constant(facts.catalog.policy.outlook.likely * 100, "outlook/likely")}


def undecided(facts: Facts) -> dict[str, Figure]:
    """Targets that no method decided: unknown, or suppressed in the public edition."""
    found = Counter(i.verdict for i in facts.items if i.row["method"] is None)
    return {v: figure(found[v], 0, f"methods/{facts.year}/{v}") for v in ("unknown", "suppressed")}
