"""What a plan promised: domains, goals, actions, targets; and a target as it is asked for in a year."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, InstanceOf, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from expectations.records.indicator import Indicator
from expectations.records.record import (
    KEEPING,
    LIMITING,
    ClauseKind,
    Exact,
    Identifier,
    MistakeError,
    Record,
    SexCode,
    Title,
    Year,
)
from expectations.rules import NEEDS, RULES, Rule
from expectations.units import unit_of


def _rule(value: object) -> object:
    """The record of the rule that the file names."""
    if isinstance(value, str) and value in RULES:
        return RULES[value]
    if isinstance(value, Rule):
        return value
    *keys, last = (f"'{key}'" for key in RULES)
    raise PydanticCustomError("literal_error", "no such rule", {"expected": f"{', '.join(keys)} or {last}"})


class Revision(Record):
    """Revision (目标值调整): another number in place of the plan's, by a later decision."""

    since: Year
    """The first year that is judged by it: verdicts of earlier years stand."""
    value: Exact
    by: Annotated[str, Field(min_length=4)]
    """The document that decided it, as it is quoted."""


class Target(Record):
    """Target (目标值): what a plan's file says: an indicator, a rule and a value; its `id` is filled in by the loader."""

    rule: Annotated[InstanceOf[Rule], BeforeValidator(_rule), WithJsonSchema({"type": "string", "enum": [*RULES]})]
    indicator: Identifier | None = None
    value: Exact | None = None
    sex: SexCode = "total"
    part: Identifier | None = None
    """The part of a declared dimension that it is about, such as rural."""
    between: Annotated[
        Identifier | tuple[Identifier, Identifier],
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 2}]}),
    ] | None = None  # fmt: skip
    """narrow_gap: the dimension of two parts, or the two parts, between which the distance is measured; the first is
    compared with the second. Without it, women are compared with men.
    """
    each: Identifier | None = None
    than: str | None = None
    """The other indicator, or the code of the other area, that a relative rule names."""
    band: tuple[Exact, Exact] | None = None
    soft: Literal["力争", "一般"] | None = None
    words: Annotated[str, Field(min_length=2, max_length=10)] | None = None
    """The plan's own word for what it asks (逐步提高, 明显降低, 不降低; before a number 保持在, 控制在), printed as it is."""
    tolerance: Exact | None = Field(default=None, ge=0)
    """hold: the points by which a value may be worse than the baseline, instead of the policy's `hold_tolerance`; 0 for
    不降低.
    """
    every_year: bool = False
    """每年: the promise is one for each year. 保持 and 控制在 are not: their end value decides."""
    lead: Identifier | None = None
    support: tuple[Identifier, ...] | None = None
    ask: str | None = None
    """For evidence: what the department's statement must tell, in the project's words."""
    note: str | None = None
    remedy: Annotated[str, Field(min_length=4)] | None = None
    """The first words of the sentence of the domain's actions that fits it, where a person has chosen it; none if no
    action fits.
    """
    revised: tuple[Revision, ...] = ()
    id: str = ""

    @model_validator(mode="after")
    def _fits_rule(self) -> Target:
        rule, problems = self.rule, []
        if rule.evidence == (self.indicator is not None):
            problems.append("evidence 目标不带 indicator，其余目标必须带 indicator")
        if rule.evidence and not (self.lead and self.ask):
            problems.append("evidence 目标须写明 lead（负责部门）和 ask（应说明的事项）")
        for key in NEEDS:
            if (key in rule.needs) != (getattr(self, key) is not None):
                problems.append(f"{rule} {'须' if key in rule.needs else '不得'}写 {key}")
        if self.ask is not None and not rule.evidence:
            problems.append("只有 evidence 目标可以写 ask（应说明的事项）")
        if self.between is not None and rule.series != "gap":
            problems.append("只有 narrow_gap 目标可以写 between")
        if self.between is not None and self.part is not None:
            problems.append("between 已写明比较哪两组，不再写 part")
        if rule.series == "gap" and self.between is None and self.sex != "total":
            problems.append("不写 between 的 narrow_gap 目标比较男女，不再写 sex")
        if self.tolerance is not None and not rule.keeps:
            problems.append("只有 hold 目标可以写 tolerance")
        if self.words and rule.valued and not (self.kept or self.limiting):
            problems.append("带数值的目标，words 只写规划的“保持……”或“控制……”")
        if self.words and rule.valued and rule.says_more:
            problems.append(f"{rule} 的要求不只是一个数，不得写 words：写了就印不出其余的要求")
        if self.revised and not rule.valued:
            problems.append("只有带数值的目标可以写 revised")
        if [r.since for r in self.revised] != sorted({r.since for r in self.revised}):
            problems.append("revised 各项的 since 应由早到晚，不得重复")
        if self.every_year and (self.kept or self.limiting):
            problems.append("every_year 只用于规划写明“每年”的目标，“保持”“控制”按期末值评价")
        if self.band is not None and self.band[0] >= self.band[1]:
            problems.append(f"band 的下限 {self.band[0]} 应小于上限 {self.band[1]}")
        if problems:
            raise ValueError("；".join(problems))
        return self

    @property
    def indicators(self) -> tuple[str, ...]:
        """Its own indicator, and the one it is compared with."""
        other = self.than if self.rule.limit == "indicator" else None
        return tuple(key for key in (self.indicator, other) if key)

    @property
    def subject(self) -> tuple[str, str]:
        """The indicator and the part that it is about."""
        return str(self.indicator), self.part or ""

    @property
    def of_the_whole(self) -> bool:
        """Whether it judges the indicator's own figure of both sexes and all areas, of which a published table may state a
        change (`Stated`).
        """
        return self.indicator is not None and self.rule.own and self.sex == "total"

    @property
    def of_one_sex(self) -> bool:
        """Whether it is about women or men, or about how far they are from each other."""
        return self.needs_sex or self.rule.limit == "middle"

    @property
    def needs_sex(self) -> bool:
        """Whether its indicator must be computed for women and men."""
        return self.sex != "total" or (self.rule.series == "gap" and self.between is None)

    @property
    def kept(self) -> bool:
        """保持: here met means kept and not early, and the final evaluation names every year on the way in which it was
        not kept.
        """
        if self.rule.directional:
            return self.rule.keeps
        return self.words is not None and self.words.startswith(KEEPING)

    @property
    def limiting(self) -> bool:
        """控制在 before a number: a state to be kept if the baseline year was within it, else a number to be reached.

        国家统计局 prints 提前实现 for 孕产妇死亡率控制在20/10万以下 (30 in 2010), but never for 保持在40%以上.
        """
        return not self.rule.directional and self.words is not None and self.words.startswith(LIMITING)

    @property
    def window(self) -> int:
        """Of how many years' figures the value judged in a year is made: the year's own, and those of the years just before it."""
        return getattr(self, self.rule.windowed_by) if self.rule.windowed_by else 1

    def reached_by(self, value: Decimal) -> bool:
        """Whether the figure of one place reaches the number of the plan."""
        assert self.value is not None
        return self.rule.reached((value - self.value) * self.rule.way(self.value))

    @property
    def yearly(self) -> bool:
        """A promise for each year: all of its years are judged."""
        return self.every_year or self.rule.yearly

    def of(self, year: int | None) -> Target:
        """The target with the number that a year is judged by; the last one if no year is given."""
        numbers = [r.value for r in self.revised if year is None or r.since <= year]
        return self.model_copy(update={"value": numbers[-1]}) if numbers else self


class Goal(Record):
    """Goal (主要目标): what a domain of a plan is to reach, as the plan numbers it."""

    title: Title
    targets: tuple[Target, ...] = Field(min_length=1)


class Action(Record):
    """Action (策略措施): what is done for it, as the plan numbers it."""

    title: Title
    text: Annotated[str, Field(min_length=6, max_length=2000)] | None = None
    """The plan's own words: what of them fits a target is quoted where its gap is told."""
    goals: tuple[int, ...] = Field(min_length=1)
    """The goals of the same domain that this action serves."""
    targets: tuple[Target, ...] = ()


class Domain(Record):
    """Domain (领域): a chapter of a plan."""

    domain: int = Field(ge=1)
    title: Title
    goals: dict[int, Goal] = Field(min_length=1)
    actions: dict[int, Action] = Field(default_factory=dict)

    def entries(self) -> tuple[Goal | Action, ...]:
        return (*self.goals.values(), *self.actions.values())


ISSUED = r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"


class PlanHead(Record):
    title: Title
    short: Title
    audience: Identifier
    """Whom it is about, in a word of the plan's own (women, elders): programs read it, nothing is computed from it."""
    by_sex: bool = True
    """Whether it wants women and men told apart: without it, a report on the plan has no chapter, table and sentence of
    them, and no department is asked for them.
    """
    start: Year
    end: Year
    baseline: Year
    issued: Annotated[str, Field(pattern=ISSUED)]
    """The day, month or year in which the document was issued."""
    source: str
    extent: str = ""
    """The part of the document that is entered here, if it is not all of it."""

    @model_validator(mode="after")
    def _in_order(self) -> PlanHead:
        if self.end < self.start:
            raise MistakeError("end", f"end（期末年 {self.end}）早于 start（起始年 {self.start}）")
        if self.baseline > self.start:
            raise MistakeError("baseline", f"baseline（基期年 {self.baseline}）晚于 start（起始年 {self.start}）")
        return self


@dataclass(frozen=True)
class Plan:
    """Plan (规划): what was promised, for a period, measured from a baseline year."""

    id: str
    head: PlanHead
    domains: tuple[Domain, ...]

    @property
    def audience(self) -> str:
        return self.head.audience

    @property
    def by_sex(self) -> bool:
        return self.head.by_sex

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target of its goals and actions, in the order of the plan."""
        return tuple(t for domain in self.domains for entry in domain.entries() for t in entry.targets)


def clause(kind: ClauseKind, domain: Domain, number: int) -> str:
    """目标1.2 or 策略1.4, as the plan numbers them."""
    return f"{'目标' if kind == 'goal' else '策略'}{domain.domain}.{number}"


class Side(NamedTuple):
    """One of the two groups between which a gap is measured."""

    sex: str
    part: str
    name: str
    """女性, 农村: as a sentence calls it."""


SEXES_GAP = "两性差距"
BESIDE = frozenset({"id", "words", "lead", "support", "ask", "note", "remedy", "revised"})
"""Fields of a target in which two can differ that ask the same (`Promise.asked`); of a revision its number and year count."""


@dataclass(frozen=True)
class Promise:
    """Promise (规划承诺): a target together with its place in the plan."""

    target: Target
    plan: Plan
    domain: Domain
    clause_kind: ClauseKind
    number: int
    title: str
    indicator: Indicator | None
    lead: str
    support: tuple[str, ...]
    earlier: tuple[Target, ...] = ()
    """The target with the numbers that were in force before, from the plan's own to the last but one."""
    part_called: str = ""
    """The name of the part that it is about; empty if it is about all."""
    sides: tuple[Side, ...] = ()
    """narrow_gap: the group that is compared, and the one that it is compared with."""
    gap_called: str = SEXES_GAP
    """What the distance between the sides is called."""

    @property
    def id(self) -> str:
        return self.target.id

    @property
    def clause(self) -> str:
        """目标1.2 or 策略1.4, as the plan numbers them."""
        return clause(self.clause_kind, self.domain, self.number)

    @property
    def name(self) -> str:
        if self.indicator is None:
            return self.title
        if self.sides:
            return self.indicator.name  # of a distance, what it is called says the groups
        return f"{self.part_called}{self.indicator.called(self.target.sex)}{self.indicator.name}"

    def rests_on(self, year: int, other: int) -> bool:
        """Whether it rests on the value judged in another year if a year is met. A number of the plan is met by the year's value alone,
        控制在 before the end also by the baseline's; of all else the whole series up to the year may decide.
        """
        if not self.target.rule.fixed:
            return other <= year
        kept = self.target.limiting and year < self.plan.head.end
        return other == year or (kept and other == self.plan.head.baseline)

    @cached_property
    def asked(self) -> tuple[object, ...]:
        """The same for two promises that ask the same of the same figure, in one plan or in two.

        Everything in which two targets can differ counts, but for what decides neither a verdict nor the weight of a miss: how a
        plan words it, who answers, which action fits. The plan's years count as far as the promise rests on them.
        """
        target, head = self.target, self.plan.head
        if self.indicator is None:
            return (target.id,)  # a statement is about its own clause
        decided = tuple(getattr(target, key) for key in Target.model_fields if key not in BESIDE)
        revised = tuple((revision.since, revision.value) for revision in target.revised)
        base = head.baseline if target.rule.from_baseline or target.limiting else None
        return (*decided, revised, target.kept, target.limiting, base, head.start if target.yearly else None, head.end)

    @property
    def unit(self) -> str:
        """The unit of the target's printed value."""
        if self.indicator is None:
            return ""
        match self.target.rule.limit:
            case "change":
                return "%"
            case "previous":
                return unit_of(self.indicator.unit).difference
        return self.indicator.unit

    @property
    def unseen(self) -> Decimal:
        """The largest difference that is printed as none, half of the last decimal: it decides no direction. A number of the
        plan is compared as it is.
        """
        if self.indicator is None or not self.target.rule.directional:
            return Decimal(0)
        return half_of_last(self.indicator.decimals)

    @property
    def direction(self) -> int:
        """+1 if the promise wants more, −1 if it wants less; for `near_balance`, of the distance to the middle."""
        match self.target.rule.wants:
            case "less":
                return -1
            case "sign":
                return -1 if self.target.value is not None and self.target.value < 0 else 1
            case "better":
                return -1 if self.indicator is not None and self.indicator.sense < 0 else 1
        return 1


Portion = Annotated[Exact, Field(ge=0, le=1)]
Percent = Annotated[Exact, Field(ge=0, le=100)]
Size = Annotated[Exact, Field(ge=0)]


def half_of_last(decimals: int) -> Decimal:
    """Half of the last of so many decimals; up to it a difference is rounded to zero (GB/T 8170)."""
    return Decimal(1).scaleb(-decimals) / 2
