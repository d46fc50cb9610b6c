"""Codes with their words, and the kinds of checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, RootModel, model_validator

from expectations.records.dataset import Dimension
from expectations.records.exemptions import CheckLevel
from expectations.records.policy import SeverityCode
from expectations.records.record import Counted, Exact, Identifier, MistakeError, Record, Title
from expectations.units import RATES, UNITS, base, scale, unit_of

ASKED = frozenset({"kind", "listed", "column", "unit", "decimals", "least", "most", "low", "high", "slip", "threshold"})
"""The facts of a column or a target that stand in what a check expects."""
FOUND = frozenset({
    "value", "unit", "other", "off", "way", "usual", "times", "beside", "of", "department", "title", "indicator", "men", "men_before", "also", "added",
    "low", "high",
})  # fmt: skip
"""The facts of a figure that stand in what is told of it."""


class CheckRule(Record):
    """Check (核查规则): one kind of question that is asked of data (expectations/checks.yml)."""

    level: CheckLevel
    title: Title
    severity: SeverityCode
    tolerance: Exact | None = None
    floor: Exact | None = None
    """Figures below this are not checked."""
    unit: str = ""
    """The unit of the tolerance, if it is not the unit of the figures."""
    why: Annotated[str, Field(min_length=4)]
    header: str = ""
    """The column that a failure names, where the dataset does not say it."""
    expected: str | dict[Identifier, str]
    """What the sender is told was expected; where it depends on the column or on the target, one text for each form."""
    within: str = ""
    """What is added to it if a tolerance is let pass."""
    told: str | dict[Identifier, str] = ""
    """Of a check of figures: what is odd about the one that is found, in the numbers of its sender's own form; where there are
    several answers, one text for each form.
    """
    cure: str

    @model_validator(mode="after")
    def _tells(self) -> CheckRule:
        of_figures = self.level not in {"structure", "cell", "plan"}
        if of_figures != bool(self.told):
            whose = f"level 为 {self.level} 的核查"
            raise ValueError(f"{whose}须写 told（查出的数怎样说）" if of_figures else f"{whose}不写 told")
        return self

    def asked(self, form: str = "", **facts: object) -> str:
        """What is expected, with its facts filled in; `form` names one of several texts."""
        return _of_form(self.expected, form).format(**facts)

    def tells(self, form: str = "", **facts: object) -> str:
        """The same of what is told of the figure that is found."""
        return _of_form(self.told, form).format(**facts)


def _of_form(text: str | dict[Identifier, str], form: str) -> str:
    return text if isinstance(text, str) else text[form]


class Checks(RootModel[dict[Identifier, CheckRule]]):
    """Every kind of check by its rule (expectations/checks.yml)."""

    model_config = ConfigDict(frozen=True)

    def of(self, rule: str) -> CheckRule:
        """The record of a rule; all rules of the plan gate share one record."""
        return self.root["plan" if rule.startswith("plan_") else rule]

    def __contains__(self, rule: str) -> bool:
        return rule in self.root


Qualifier = Literal["period", "residents", "people", "settlement", "place", "forecast", "preliminary", "exclusion"]
"""Meanings that a word beside figures may add and that the form did not ask for."""


class OwnWords(Record):
    """Words of one catalogue's departments for units, the whole district and the sexes, beside the usual ones
    (words.yml).
    """

    units: dict[str, str] = Field(default_factory=dict)
    whole: tuple[str, ...] = ()
    sexes: dict[Counted, tuple[str, ...]] = Field(default_factory=dict)


class Codes(Record):
    """How departments write sexes, stages, units, and that there is nothing to report (expectations/codes.yml)."""

    sexes: dict[Counted, tuple[str, ...]]
    nothing: dict[Literal["not_received", "not_applicable"], tuple[str, ...]]
    unclear: dict[str, str]
    """Signs that are no figure and have several meanings → those meanings."""
    whole: tuple[str, ...]
    stages: dict[Literal["carried_out", "in_progress", "not_started"], tuple[str, ...]]
    footers: tuple[str, ...]
    items: tuple[str, ...]
    values: tuple[str, ...]
    item_units: tuple[str, ...]
    units: tuple[str, ...]
    """Units that are no multiple of another unit, beside those of expectations/units.py."""
    counts: tuple[tuple[str, ...], ...]
    """Rows of words that count the same things."""
    called: dict[str, str]
    """Other words for a unit, among them the codes of SDMX → the unit."""
    subtotals: tuple[str, ...]
    remarks: tuple[str, ...]
    numbering: tuple[str, ...]
    qualifiers: dict[Qualifier, tuple[str, ...]]
    """Words around a table that give its figures another meaning, by that meaning."""
    comparisons: dict[Literal["this", "previous", "changes"], tuple[str, ...]]
    plain: tuple[str, ...]
    """Words above a group of columns that say nothing about its figures."""
    parts: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    """Dimension → part → its words; filled in by the loader from dimensions.yml."""

    @model_validator(mode="after")
    def _once(self) -> Codes:
        if twice := [unit for unit in self.units if unit in UNITS]:
            raise MistakeError(
                "units", f"units 中的 {'、'.join(twice)} 已是程序的计量单位，只写一处：请从 units 中删去"
            )
        return self

    def with_dimensions(self, dimensions: Mapping[str, Dimension]) -> Codes:
        """The same codes with the words for the parts of every dimension."""
        words = {
            key: {name: (*part.written, name, part.sdmx) for name, part in d.parts.items()}
            for key, d in dimensions.items()
        }
        return self.model_copy(update={"parts": words})

    def with_words(self, words: OwnWords) -> Codes:
        """The same codes with the words of one catalogue's departments added."""
        return self.model_copy(
            update={
                "called": self.called | words.units,
                "whole": (*self.whole, *words.whole),
                "sexes": {sex: (*known, *words.sexes.get(sex, ())) for sex, known in self.sexes.items()},
            }
        )

    def at_home(self, whole: str) -> Codes:
        """The same codes in a district of which the whole is called `whole` (全区, 全区合计): that means a total, and not another
        place, while 全市 is another place there.
        """
        sums = (f"{whole}{word}" for word in self.whole)
        places = tuple(word for word in self.qualifiers["place"] if word != whole)
        return self.model_copy(
            update={
                "whole": tuple(dict.fromkeys((*self.whole, whole, *sums))),
                "qualifiers": {**self.qualifiers, "place": places},
            }
        )

    def is_unit(self, word: str) -> bool:
        """人, 万人, %, or 万 alone."""
        word = self.called.get(word, word)
        return word in RATES or (word != "" and (base(word) == "" or self._is_single(base(word))))

    def _is_single(self, unit: str) -> bool:
        """Whether a unit is known, and no multiple of another."""
        return unit in UNITS or unit in self.units

    def adds_up(self, unit: str) -> bool:
        """Whether figures in this unit may be added up: no rates and no other quotients (元/月), no ages or years."""
        name = self.called.get(unit, unit)
        unit_is = unit_of(name)
        return not (unit_is.is_rate or unit_is.is_level or "/" in name)

    def factor(self, given: str, wanted: str) -> Decimal | None:
        """How many `wanted` one `given` is (万人 → 人: 10000; % → ‰: 10); None if they do not measure the same thing."""
        given, wanted = self.called.get(given, given), self.called.get(wanted, wanted)
        if given == wanted:
            return Decimal(1)
        if given in RATES and wanted in RATES:
            return Decimal(RATES[wanted]) / RATES[given]
        if base(given) != base(wanted) or not self._is_single(base(given)):
            return None
        return scale(given) / scale(wanted)

    def loosely(self, given: str, wanted: str) -> Decimal | None:
        """The same, but 人 and 名 are one unit, 个 and 所 are one, and 万 alone is 万人.

        In a header or after a figure, these words only say that things are counted. 户 and 例 are not 人.
        """
        return self.factor(self.likened(given, wanted), wanted)

    def likened(self, given: str, wanted: str) -> str:
        """A unit in the words of another, where they count alike: beside 人, 万名 and 万 are 万人. Else as it is."""
        given = self.called.get(given, given)
        single, own = base(wanted), base(given)
        if own == "" and single != wanted and not wanted.startswith(given):
            return given  # 千 in a column of 万元: thousands of what?
        if own == "" or any(single in alike and own in alike for alike in self.counts):
            return given[: len(given) - len(own)] + single
        return given

    def is_among(self, unit: str, named: Iterable[str]) -> bool:
        """Whether a unit counts what one of others counts: among 人 and 例 also 万人 and 千例."""
        return any(self.factor(unit, name) is not None for name in named)
