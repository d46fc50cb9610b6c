"""Everything that is expected of one district, and what follows from several records together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from expectations.records.codes import Checks, Codes
from expectations.records.dataset import ANY, Dataset, Dimension, DimensionPart, dimension_of, pair
from expectations.records.district import District
from expectations.records.exemptions import Exemptions
from expectations.records.indicator import Indicator
from expectations.records.plan import SEXES_GAP, Action, Goal, Plan, Promise, Side, Target
from expectations.records.policy import Policy
from expectations.records.record import ClauseKind
from expectations.units import unit_of
from expectations.vocabulary import AnswerSheet, people, told_sex


@dataclass(frozen=True)
class Catalog:
    """Everything that is expected of one district. Beside the warehouse, the stages need nothing else."""

    district: District
    plans: tuple[Plan, ...]
    indicators: Mapping[str, Indicator]
    datasets: Mapping[str, Dataset]
    policy: Policy
    codes: Codes
    checks: Checks
    exemptions: Exemptions
    digest: str
    """sha256 over all YAML files read, in order: part of a run's id."""
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    """What forms may divide people by beside their sex."""
    elsewhere: Mapping[str, Dataset] = field(default_factory=dict)
    """Forms that only the district's areas receive: what they count stands behind released figures."""
    aside: frozenset[str] = frozenset()
    """Datasets that are left out of a narrowed catalogue: their deliveries are passed over without a word."""

    def in_force(self, year: int) -> tuple[Plan, ...]:
        return tuple(p for p in self.plans if p.head.start <= year <= p.head.end)

    def promises(self, year: int | None = None) -> tuple[Promise, ...]:
        """Every target of the plans (in force in `year`, with the departments and numbers of that year), in the order of
        the plans.
        """
        plans = self.plans if year is None else self.in_force(year)
        return tuple(promise for plan in plans for promise in self._promised(plan, year))

    def _promised(self, plan: Plan, year: int | None) -> tuple[Promise, ...]:
        key = (plan.id, year)
        if key not in self._known_promises:
            self._known_promises[key] = tuple(self._promises(plan, year))
        return self._known_promises[key]

    def titled(self, key: str) -> str:
        """What a dataset is called, or a sheet that comes back with answers."""
        return self.datasets[key].title if key in self.datasets else AnswerSheet.of(key).word

    def promise(self, target: str, year: int) -> Promise:
        """One target as it was asked for in a year of its plan."""
        return self._by_id(year)[target]

    def _by_id(self, year: int) -> Mapping[str, Promise]:
        if year not in self._known_ids:
            self._known_ids[year] = {p.id: p for p in self.promises(year)}
        return self._known_ids[year]

    @cached_property
    def _known_ids(self) -> dict[int, Mapping[str, Promise]]:
        """Year → the promises of the year by target, as far as they were asked for."""
        return {}

    @cached_property
    def _known_promises(self) -> dict[tuple[str, int | None], tuple[Promise, ...]]:
        """Plan and year → its targets, as far as they were asked for."""
        return {}

    def _promises(self, plan: Plan, year: int | None = None) -> Iterator[Promise]:
        for domain in plan.domains:
            entries: list[tuple[ClauseKind, int, Goal | Action]] = [
                *(("goal", n, g) for n, g in domain.goals.items()),
                *(("action", n, a) for n, a in domain.actions.items()),
            ]
            for level, number, entry in entries:
                for target in entry.targets:
                    indicator = self.indicators[target.indicator] if target.indicator else None
                    lead = target.lead or (indicator.lead if indicator else "")
                    support = target.support if target.support is not None else (indicator.support if indicator else ())
                    acting = tuple(dict.fromkeys(self._acting(key, year) for key in (lead, *support)))
                    in_force = [r.since for r in target.revised if year is None or r.since <= year]
                    yield Promise(
                        target.of(year),
                        plan,
                        domain,
                        level,
                        number,
                        entry.title,
                        indicator,
                        acting[0],
                        acting[1:],
                        tuple(target.of(since - 1) for since in in_force),
                        self.part_names.get(target.part or "", ""),
                        *self._compared(target),
                    )

    def _compared(self, target: Target) -> tuple[tuple[Side, ...], str]:
        """The two groups between which a target measures a gap, and what the gap is called."""
        if target.rule.series != "gap":
            return (), ""
        if target.between is None:
            part, name = target.part or "", self.part_names.get(target.part or "", "")
            return (Side("female", part, "女性"), Side("male", part, "男性")), f"{name}{SEXES_GAP}"
        key, parts = pair(self.dimensions, target.between)
        sex = people(target.sex)
        sides = tuple(Side(target.sex, part, f"{self.part_names[part]}{sex}") for part in parts)
        return sides, f"{sex}{self.dimensions[key].gap_called(parts)}"

    def dimension_of(self, target: Target) -> str | None:
        """The dimension whose parts a target is about or compares; None if it is about all."""
        if target.between is not None:
            return pair(self.dimensions, target.between)[0]
        return None if target.part is None else dimension_of(self.dimensions, target.part)

    @cached_property
    def part_names(self) -> Mapping[str, str]:
        """Part → its name."""
        return {key: part.name for dimension in self.dimensions.values() for key, part in dimension.parts.items()}

    def parts_by(self, dataset: Dataset) -> Mapping[str, DimensionPart]:
        """The parts by which a form divides its figures; none if it does not."""
        return self.dimensions[dataset.dimension].parts if dataset.dimension else {}

    def is_made_of_parts(self, dataset: Dataset) -> bool:
        """Whether the parts of a form make up the whole: then a row of the whole is only compared with them."""
        return not self.added_parts.isdisjoint(self.parts_by(dataset))

    @cached_property
    def added_parts(self) -> frozenset[str]:
        """The parts that, with the others of their dimension, make up the whole."""
        return frozenset(part for d in self.dimensions.values() if d.exhaustive for part in d.parts)

    @cached_property
    def titles(self) -> frozenset[str]:
        """All names that papers print: the numerals and words in them (3号街道, 12345热线) tell of no figure."""
        district, forms = self.district, self.forms.values()
        found = {district.name, district.short, *district.issuers, *district.names.values(), *district.members.values()}
        found |= {d.name for d in district.departments.values()} | {
            kind.name for kind in district.institutions.values()
        }
        found |= {district.compiled_from.source} if district.compiled_from else set()
        found |= {title for plan in self.plans for title in (plan.head.title, plan.head.short)}
        domains = [domain for plan in self.plans for domain in plan.domains]
        found |= {d.title for d in domains} | {entry.title for d in domains for entry in d.entries()}
        found |= {i.name for i in self.indicators.values()} | {header for form in forms for header in form.columns}
        found |= (
            {form.title for form in forms} | {d.name for d in self.dimensions.values()} | {*self.part_names.values()}
        )
        return frozenset(found)

    @cached_property
    def divided(self) -> Mapping[str, Dimension]:
        """The dimensions that its forms use, in the order of the file."""
        used = {d.dimension for d in self.datasets.values()}
        return {key: dimension for key, dimension in self.dimensions.items() if key in used}

    def told_group(self, sex: str | None, part: str | None) -> str:
        """农村女: of whom a figure is, where it is said at all."""
        return self.part_names.get(part or "", part or "") + told_sex(sex)

    def _acting(self, department: str, year: int | None) -> str:
        if year is None or department not in self.district.departments:
            return department
        return self.district.acting(department, year) or department

    def measured(self, measure: str) -> str:
        """What a measure is called in its department's form, or a figure that comes ready-made; its own key if no form has it."""
        named = next((d.measures[measure] for d in self.datasets.values() if measure in d.measures), None)
        return named or (self.indicators[measure].name if measure in self.indicators else measure)

    def asked(self, year: int) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
        """Department, plan (short) and clause → the evidence targets of `year` that the department's
        statement answers.
        """
        found: dict[tuple[str, str, str], tuple[str, ...]] = {}
        for p in self.promises(year):
            if p.target.rule.evidence:
                place = (p.lead, p.plan.head.short, p.clause)
                found[place] = (*found.get(place, ()), p.id)
        return found

    def counts_cases(self, indicator: Indicator) -> bool:
        """Whether the indicator counts persons or cases, each of them; not money, hours, institutions, 人次 (one person may
        count twice), or persons in a form that rounds them (万人 with two decimals).
        """
        columns = {c.measure: c for d in self.datasets.values() for c in d.columns.values() if c.measure}
        counted = [columns.get(measure) for measure in indicator.numerator]
        return bool(counted) and all(c is not None and c.is_exact and unit_of(str(c.unit)).is_case for c in counted)

    def limits(self, indicator: Indicator) -> tuple[Decimal | None, Decimal | None]:
        """The least and the greatest that a figure of an indicator can be, in its unit; None where there is no such limit.

        Nothing that is counted is less than none, unless the column of a form may be negative (人口净增).
        """
        if indicator.range is not None:
            return indicator.range
        measures = indicator.measures
        columns = (c for form in self.forms.values() for c in form.columns.values() if c.measure in measures)
        least = None if any(c.min < 0 for c in columns) else Decimal(0)
        return least, indicator.per if indicator.kind == "share" else None

    def places(self, each: str, year: int | None = None) -> Mapping[tuple[str, str], str]:
        """(area, institution) → name, for every area or institution that a promise for each of them looks at in a data
        year, or in any.
        """
        if each == "area":
            return {(a.code, ""): a.name for a in self.district.areas if year is None or a.there(year)}
        members = self.district.institutions[each].members
        home = self.district.code
        return {(m.area or home, m.id): m.name for m in members if year is None or m.there(year)}

    def sources(self, promise: Promise) -> tuple[tuple[str, str, str, str, str], ...]:
        """Indicator, area, institution, sex and part of every series that decides a target's verdict; the target's own
        series first.
        """
        target, home = promise.target, self.district.code
        if target.indicator is None:
            return ()
        own, group = target.indicator, (target.sex, target.part or "")
        match target.rule.series:
            case "gap":
                found = [(own, home, "", side.sex, side.part) for side in promise.sides]
            case "lowest":
                found = [(own, area, institution, *group) for area, institution in self.places(str(target.each))]
            case _:
                found = [(own, home, "", *group)]
        match target.rule.limit:
            case "indicator":
                found.append((str(target.than), home, "", *group))
            case "area":
                found.append((own, str(target.than), "", *group))
        return tuple(found)

    def compared(self, dataset: str, year: int) -> Mapping[str, frozenset[str]]:
        """Area that is no part of the district → the measures (or ready-made indicators) of a dataset by area with which
        a target compares it, in a plan that runs in that year or has it as its baseline year.
        """
        form, there = self.datasets[dataset].form(year), {a.code for a in self.district.references if a.there(year)}
        found: dict[str, frozenset[str]] = {}
        for promise in self._asking(year) if form.by_area else ():
            target, indicator = promise.target, promise.indicator
            if target.rule.limit != "area" or indicator is None or target.than not in there:
                continue
            wanted = indicator.measures_of(year) & form.measures.keys()
            wanted |= form.gives([str(target.indicator)])
            if wanted:
                found[str(target.than)] = found.get(str(target.than), frozenset()) | wanted
        return found

    def measure_home(self, measure: str) -> tuple[str, Dataset]:
        """The dataset that delivers a measure."""
        return next((name, d) for name, d in self.datasets.items() if measure in d.measures)

    def around(self, *datasets: str) -> Catalog:
        """The same catalogue with only the datasets that are compared with one of the given."""
        mine = {measure for name in datasets for measure in self.datasets[name].measures}
        linked = set(mine)
        for other in self.datasets.values():
            for column in other.columns.values():
                if column.measure and column.same_as and {column.measure, column.same_as} & mine:
                    linked |= {column.measure, column.same_as}
        given = {key for name in datasets for key in self.datasets[name].gives(self.indicators)}
        own = {key for key, indicator in self.indicators.items() if key in given or indicator.measures & mine}
        linked |= {measure for key in own for measure in self.indicators[key].measures}
        ready_made = {name for name, other in self.datasets.items() if other.gives(own)}
        return self.only({*datasets, *ready_made}, linked)

    def deciding(self, dataset: str) -> Catalog:
        """The same catalogue with only the datasets that have a part in a figure or verdict that the given one may
        change.
        """
        if self.datasets[dataset].irregular:
            return self
        changed = self._resting_on(dataset)
        series = [{source[0] for source in self.sources(promise)} for promise in self.promises()]
        read = changed.union(*(keys for keys in series if keys & changed))
        given = {name for name, other in self.datasets.items() if other.gives(read)}
        return self.only({dataset, *given}, {measure for key in read for measure in self.indicators[key].measures})

    def decided_by(self, dataset: str) -> frozenset[str]:
        """The targets whose verdicts a delivery of a dataset may change."""
        own, changed = self.datasets[dataset], self._resting_on(dataset)
        return frozenset(
            promise.id
            for promise in self.promises()
            if own.irregular
            or ("stage" in own.roles and promise.target.rule.evidence)
            or not changed.isdisjoint(source[0] for source in self.sources(promise))
        )

    def _resting_on(self, dataset: str) -> set[str]:
        """The indicators that a delivery of a dataset may change."""
        own = self.datasets[dataset]
        changed = {key for key, indicator in self.indicators.items() if indicator.measures & set(own.measures)}
        return changed | own.gives(self.indicators)

    def answering(self, departments: Set[str], year: int) -> Catalog:
        """The same catalogue with only the datasets that decide the verdicts of a year for which departments answer."""
        mine = [p for p in self.promises(year) if p.lead in departments]
        keys = {source[0] for promise in mine for source in self.sources(promise)}
        given = {name for name, other in self.datasets.items() if other.gives(keys) or "stage" in other.roles}
        return self.only(given, {measure for key in keys for measure in self.indicators[key].measures})

    def only(self, names: Set[str], measures: Set[str] = frozenset()) -> Catalog:
        """The same catalogue with only the datasets of these names and those that deliver one of these measures."""
        kept = {n: d for n, d in self.datasets.items() if n in names or measures & set(d.measures)}
        return replace(self, datasets=kept, aside=self.aside | (self.datasets.keys() - kept.keys()))

    @property
    def forms(self) -> Mapping[str, Dataset]:
        """Every form whose columns stand behind a figure: those of the district, and those of its areas."""
        return {**self.elsewhere, **self.datasets}

    @cached_property
    def rolled(self) -> frozenset[str]:
        """The indicators that are put together from the released figures of the district's areas: those that its own forms
        do not have.
        """
        if not any(d.released and not d.above for d in self.datasets.values()):
            return frozenset()
        own = {measure for d in self.datasets.values() for measure in d.measures}
        given = {key for d in self.datasets.values() if d.indicators != ANY for key in d.gives(self.indicators)}
        computed = {key for key, i in self.indicators.items() if i.kind != "published" and i.measures <= own}
        return frozenset(self.indicators.keys() - given - computed)

    def department(self, key: str) -> str:
        return self.district.departments[key].name

    def absence(self, indicator: str, year: int) -> str:
        """Why a figure is not there, if nothing else is known of it."""
        if self.district.compiled_from is not None:
            return self.district.compiled_from.absence(indicator, year)
        return "not_entered" if self.is_entered else "not_received"

    @cached_property
    def is_entered(self) -> bool:
        """Whether all figures were entered from publications; then nobody owes a figure that is not there."""
        return self.district.compiled_from is not None or all(d.irregular for d in self.datasets.values())

    @cached_property
    def senders(self) -> Mapping[str, tuple[str, ...]]:
        """Dataset → the departments that may send it, in whatever year."""
        everyone = self._asked_of(self.promises())
        asked = tuple(dict.fromkeys(k for key in everyone for k in self.district.succession(key)))
        return {name: self._senders(d, asked) for name, d in self.datasets.items()}

    def _senders(self, dataset: Dataset, asked: tuple[str, ...]) -> tuple[str, ...]:
        """The departments that may send a dataset; `asked` are those that are asked for statements."""
        district = self.district
        if dataset.released:
            return district.offices_of(district.references if dataset.above else district.areas)
        return asked if dataset.department == "*" else district.succession(dataset.department)

    def sender(self, dataset: str, year: int) -> str:
        """The department that sends a dataset or a sheet of answers for a data year: `*` if several do, empty if none does."""
        if dataset in AnswerSheet.words():
            return "*"
        department = self.datasets[dataset].department
        return department if department == "*" else self.district.acting(department, year) or ""

    def owed(self, year: int) -> Mapping[str, tuple[str, ...]]:
        """Dataset → the departments that owe it for a data year.

        A form is owed if a target needs one of its measures: a target of a plan that runs in that year, or that has it
        as its baseline year; and if a place is there of which it could tell them. Statements are owed of evidence targets
        while their plan runs.
        """
        needed = self._needed(year)
        measures = {measure for key in needed for measure in self.indicators[key].measures_of(year)}
        found: dict[str, tuple[str, ...]] = {}
        for name, d in self.datasets.items():
            if d.irregular or not d.since <= year <= d.until:
                continue
            ready_made = bool(d.gives(needed))
            sender = self.sender(name, year)
            if d.released:
                found[name] = self.district.offices(year) if needed else ()
            elif sender == "*":
                found[name] = self._asked_of(self.promises(year))
            elif sender and (ready_made or measures & d.form(year).measures.keys()) and self.places_of(name, year):
                found[name] = (sender,)
        return {name: departments for name, departments in found.items() if departments}

    def places_of(self, dataset: str, year: int) -> tuple[tuple[str, str], ...]:
        """(area, institution) of each place that has rows in a form of a data year; none if no such place is there yet, or any
        more.
        """
        district, form = self.district, self.datasets[dataset].form(year)
        if form.by_institution:
            return tuple(self.places(str(form.institution_kind), year))
        if form.above:
            return tuple((a.code, "") for a in district.references if a.there(year))
        if form.by_area:
            outside = self.compared(dataset, year)
            return (*self.places("area", year), *((a.code, "") for a in district.references if a.code in outside))
        return ((district.code, ""),)

    def indicators_of(self, dataset: str, year: int) -> tuple[str, ...]:
        """The indicators that have rows in a form of ready-made figures: those that a target needs in that year."""
        form, needed = self.datasets[dataset].form(year), self._needed(year)
        given = frozenset(needed) if form.above else form.gives(needed)
        return tuple(key for key in needed if key in given)

    def is_asked(self, indicator: str, year: int) -> bool:
        """Whether somebody owed, for a data year, all that a figure is made of, or the figure ready-made."""
        if year not in self._known_asked:
            self._known_asked[year] = frozenset(self._asked_figures(year))
        return indicator in self._known_asked[year]

    @cached_property
    def _known_asked(self) -> dict[int, frozenset[str]]:
        """Year → the indicators whose figures were asked for, as far as they were asked about."""
        return {}

    def _asked_figures(self, year: int) -> Iterator[str]:
        forms = {name: self.datasets[name].form(year) for name in self.owed(year)}
        measures = {measure for form in forms.values() for measure in form.measures}
        for name, form in forms.items():
            yield from self.indicators_of(name, year) if "indicator" in form.roles else form.gives(self.indicators)
        for key, indicator in self.indicators.items():
            if (needed := indicator.measures_of(year)) and needed <= measures:
                yield key

    def is_statement_asked(self, target: str, year: int) -> bool:
        """Whether the department that has the lead of an evidence target in a data year owed a statement on it."""
        if year not in self._known_telling:
            owed = self.owed(year).items()
            self._known_telling[year] = frozenset(
                key for name, keys in owed if "stage" in self.datasets[name].roles for key in keys
            )
        return self.promise(target, year).lead in self._known_telling[year]

    @cached_property
    def _known_telling(self) -> dict[int, frozenset[str]]:
        """Year → the departments that owed statements, as far as they were asked about."""
        return {}

    def _needed(self, year: int) -> Mapping[str, None]:
        """The indicators that a target needs of a data year, in the order of the plans."""
        return dict.fromkeys(key for promise in self._asking(year) for key in promise.target.indicators)

    def _asking(self, year: int) -> Iterator[Promise]:
        """Every target that needs figures of a data year: of plans that run then, or that have it as their baseline."""
        for plan in self.plans:
            if plan.head.baseline <= year <= plan.head.end:
                yield from self._promised(plan, None)

    def _asked_of(self, promises: Iterable[Promise]) -> tuple[str, ...]:
        """The departments that answer for an evidence target and send forms, in the district's order."""
        leads = {p.lead for p in promises if p.target.rule.evidence}
        return tuple(key for key, d in self.district.departments.items() if d.sends and key in leads)
