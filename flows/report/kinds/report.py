"""What every kind of report has: its title, the keys that all templates share, its tables and counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from xml.etree.ElementTree import Element

from expectations.records import MIDDLE
from expectations.vocabulary import Verdict
from flows.places import TEMPLATES
from flows.press.bound import Word, counted
from flows.press.numbers import constant, count, figure, numeral
from flows.report.facts import Facts, quality
from flows.report.kinds import Kind
from flows.report.say.narrative import Narrator
from flows.report.write import tables
from flows.report.write.table import Table
from flows.wording import period, read, say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings

Context = dict[str, object]
"""The values that a template uses, by name."""
MOST_NUMBERED = 99


class Annex(NamedTuple):
    """An annex of the data volume; it prints as it is called in running text, without its number's binding."""

    number: int
    title: str

    @property
    def called(self) -> str:
        """附件3"""
        return say("labels/annex", number=self.number)


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
        return {}

    @abstractmethod
    def tables(self) -> list[Table]:
        """Every table of the edition, in the order of the report."""

    @abstractmethod
    def chapters(self, charts: Drawings) -> Context:
        """What only the template of this kind says; `charts` draws into the edition's folder."""

    def annexes_missing(self) -> Collection[str]:
        """The annexes that this kind has, and this edition not."""
        return () if self.facts.edition.compiled else ("origins",)

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

    def laid(self, page: Element) -> Element:
        """The composed report as the press gets it."""
        return page

    def context(self, charts: Drawings) -> Context:
        return {**self._edition(), **self._quality(), **TOOLS, **self.chapters(charts)}

    def _edition(self) -> Context:
        facts, catalog = self.facts, self.facts.catalog
        return {
            "catalog": catalog,
            "annexes": self.annexes,
            "district": catalog.district,
            "policy": catalog.policy,
            "edition": facts.edition,
            "year": facts.year,
            "title": self.title,
            "title_lines": self.title_lines,
            "running": period(facts.year, facts.year) + self.kind.titled,
            "scope": plans_together(facts),
            "by_sex": facts.by_sex,
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
        return {"quality": years, "punctuality": quality.trend(years), "admitted": admitted, "unused": unused}

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


TOOLS: Context = {
    "constant": constant,
    "count": count,
    "figure": figure,
    "numeral": numeral,
    "period": period,
    "told": counted,
    "counted": counted,
    "claim": Word,
    "middle": MIDDLE,
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
