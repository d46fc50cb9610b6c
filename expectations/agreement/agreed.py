"""The records that are held against each other, and what the checks between them ask of all."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as Names
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from expectations.records import ANY, Codes, Column, Dataset, Dimension, District, Indicator, Plan, Policy
from expectations.spelling import meant, unknown
from expectations.units import unit_of


class Mistake(NamedTuple):
    """What is wrong, and at which key of which record."""

    kind: str
    """The kind of file that the record stands in: district, policy, indicators, datasets, dimensions, exemptions, or domains
    of plans."""
    name: str
    path: tuple[object, ...]
    message: str


@dataclass(frozen=True)
class Agreed:
    """The records of a catalogue that are held against each other."""

    called: str
    """The code by which the district's file is called."""
    district: District
    plans: tuple[Plan, ...]
    indicators: Mapping[str, Indicator]
    """Those that the plans name."""
    shipped: Names[str]
    """The names of those that the program brings."""
    datasets: Mapping[str, Dataset]
    """Those that may come from the district."""
    others: Mapping[str, Dataset]
    """Those that may not: it has not the department or the institutions."""
    policy: Policy
    codes: Codes
    dimensions: Mapping[str, Dimension]

    @cached_property
    def columns(self) -> Mapping[str, tuple[Dataset, Column]]:
        """Measure → the form that delivers it, and its column there."""
        return {c.measure: (d, c) for d in self.datasets.values() for c in d.columns.values() if c.measure}

    @cached_property
    def form_of(self) -> Mapping[str, str]:
        """Measure → the name of the form that delivers it."""
        return {c.measure: name for name, d in self.datasets.items() for c in d.columns.values() if c.measure}

    @cached_property
    def given(self) -> Names[str]:
        """Indicators whose values a form delivers ready-made, and says so."""
        return {key for d in self.datasets.values() if d.indicators != ANY for key in d.gives(self.indicators)}

    @property
    def has_released(self) -> bool:
        """Whether the released figures of the district's areas are delivered."""
        return any(d.released and not d.above for d in self.datasets.values())

    def is_released(self, measure: str) -> bool:
        """Whether a form of the district's areas has the measure, and their released figures are delivered."""
        return self.has_released and any(measure in d.measures for d in self.others.values())

    def alike(self, unit: str, other: str) -> bool:
        """Whether figures in two units can be compared; cases are those of persons. Of an unknown unit nothing is said."""
        if not (self.codes.is_unit(unit) and self.codes.is_unit(other)):
            return True
        return self.codes.factor(unit, other) is not None or (unit_of(unit).is_case and unit_of(other).is_case)

    def no_department(self, key: str) -> str:
        return f"地区 {self.district.code} {unknown('部门', key, self.district.departments)}"

    def undelivered(self, kind: str, name: str, path: tuple[object, ...], measure: str) -> Mistake:
        """No form delivers a measure that is named at this place: because of its name, or because the district has not who
        would send the form.
        """
        form = next((key for key, dataset in self.others.items() if measure in dataset.measures), None)
        if form is None:
            known = [m for d in self.datasets.values() for m in d.measures]
            cure = "；还没有这份报表的，可用 ./monitor new form 起草"
            return Mistake(kind, name, path, f"没有报表提供 {measure!r}{meant(measure, known)}{cure}")
        here, dataset = self.district, self.others[form]
        if dataset.department not in here.departments:
            return Mistake(
                "datasets", form, ("department",), f"规划要用这份报表，但{self.no_department(dataset.department)}"
            )
        if not here.departments[dataset.department].sends:
            told = f"规划要用这份报表，但地区 {here.code} 的部门 {dataset.department!r} 不报送（sends: false）"
            return Mistake("datasets", form, ("department",), told)
        told = (
            f"规划要用这份报表，但地区 {here.code} {unknown('单位类别', dataset.institution_kind, here.institutions)}"
        )
        return Mistake("datasets", form, ("institution_kind",), told)
