"""The example home (docs/example): its departments' files of each year with their register, from a seed.

    python -m raw.simulator.example             # writes docs/example/raw anew

Every figure is invented, and so are the split of 2022 and the merger of 2024. Running it again gives identical bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import NamedTuple

from expectations.catalog import load
from expectations.records import Catalog, Dataset
from raw.simulator.figures import dice, lean
from raw.simulator.simulate import SEXES, Sheet, write
from raw.simulator.statements import topic

HOME = Path(__file__).parents[2] / "docs" / "example"
DISTRICT = "530600"
FIRST, LAST = 2020, 2026

PEOPLE = {
    "530602": 84, "530621": 38, "530622": 46, "530623": 32, "530624": 23, "530625": 35, "530626": 13, "530627": 131,
    "530690": 20, "530628": 47, "530629": 35, "530681": 10,
}  # fmt: skip
"""The weight of each area, in thousand people or so; the new one takes its own from 530627 since 2022."""


class Way(NamedTuple):
    """How a measure goes from 2020 to 2026."""

    first: float
    last: float
    of: str = ""
    """The measure that it is so many per cent of; without it, the two numbers are totals of the whole city."""
    women: float = 50
    """The share of women, in %, where it is counted by sex; of a part, women are so many points above men and 50."""
    drift: float = 0
    """What is added to the share of women each year, in points."""
    steps: tuple[float, ...] = ()
    """All values from 2020 to 2026, in place of a straight way."""


WAYS: Mapping[str, Way] = {
    "live_births": Way(61000, 48000),
    "maternal_managed": Way(88.6, 95.2, of="live_births"),
    "caesarean_births": Way(30.5, 36.0, of="live_births", steps=(30.5, 32.6, 34.0, 34.9, 35.4, 35.7, 36.0)),
    "maternal_haemoglobin_tested": Way(97, 98.5, of="live_births"),
    "maternal_anaemic": Way(
        16.2, 12.4, of="maternal_haemoglobin_tested", steps=(16.2, 15.6, 15.1, 14.9, 14.0, 13.3, 12.4)
    ),
    "cervical_eligible": Way(620000, 640000),
    "cervical_screened": Way(48, 78, of="cervical_eligible", steps=(48, 55, 62, 67, 71, 74.2, 78)),
    "health_surveyed": Way(4800, 4800),
    "health_literate": Way(17.2, 28.0, of="health_surveyed", women=49.2, drift=0.1),
    "elders_65": Way(520000, 590000),
    "elders_managed": Way(56, 70, of="elders_65"),
    "primary_entrants": Way(92000, 88000, women=47.5),
    "junior_graduates": Way(95.1, 97.4, of="primary_entrants", women=50.2),
    "population_15_17": Way(265000, 270000, women=47.2),
    "senior_students": Way(84.6, 92.6, of="population_15_17", women=50.8),
    "university_students": Way(21000, 29000, women=56.1, drift=-0.2),
    "elders_60": Way(690000, 760000),
    "elders_in_education": Way(4.1, 7.9, of="elders_60"),
    "science_surveyed": Way(3600, 3600),
    "science_literate": Way(5.1, 10.6, of="science_surveyed", women=47.9, drift=0.25),
    "party_members": Way(208000, 221000, women=22.4, drift=0.5),
    "new_party_members": Way(4600, 4900, women=33.0, drift=0.7),
    "cppcc_members": Way(356, 356, women=24.2, drift=0.5),
    "village_committee_members": Way(6900, 6900, women=25.1, drift=0.6),
    "nursing_home_beds_all": Way(11800, 13900),
    "nursing_home_care_beds_all": Way(41, 61, of="nursing_home_beds_all"),
    "hardship_registered": Way(5200, 4700, women=46),
    "hardship_placed": Way(76, 82, of="hardship_registered", women=49.6),
    "registered_unemployed_all": Way(21500, 20600),
    "registered_unemployed_women": Way(
        51.3, 48.9, of="registered_unemployed_all", steps=(51.3, 51.0, 50.4, 50.9, 50.2, 49.6, 48.9)
    ),
    "rural_households": Way(980000, 960000),
    "households_with_sanitary_toilet": Way(46, 74, of="rural_households"),
}
DEATHS = {2020: 9, 2021: 8, 2022: 7, 2023: 6, 2024: 7, 2025: 5, 2026: 4}
"""Maternal deaths of the whole city."""
LEADERS = {"town_government_leaders_women", "office_leaders_women"}
NO_WOMAN = {
    "530621": (2020, 2021),
    "530624": (2020, 2021, 2022),
    "530629": (2020, 2021, 2022, 2023, 2024),
    "justice": (2020, 2021, 2022, 2023, 2024, 2025),
    "agriculture": (2020, 2021),
}
"""Areas and offices in whose leadership there was no woman, and when."""
PROVINCE = {"primary_entrants": 100000, "junior_graduates": 96300}
"""The province's figures: of 100,000 pupils, in every year a little more."""


RESIDENCE = {"urban": 0.45, "rural": 0.55}
"""The shares of people who live in cities and in the country, where a form tells them apart."""
AHEAD = {"urban": 4.4, "rural": -3.6}
"""By how many points the parts differ from the whole in the first year; the distance becomes less."""


def main() -> None:
    catalog = load(DISTRICT, HOME / "expectations")
    for year in range(FIRST, LAST + 1):
        write(HOME / "raw" / DISTRICT / str(year), catalog, year, sheets(catalog, year))


def sheets(catalog: Catalog, year: int) -> Iterator[Sheet]:
    """Every file that is owed for a data year, as its department writes it."""
    for key, departments in catalog.owed(year).items():
        dataset = catalog.datasets[key].form(year)
        for department in departments:
            body = (
                _statements(catalog, dataset, department, year)
                if "text" in dataset.roles
                else _rows(catalog, key, year)
            )
            received = dataset.due_for(year) - timedelta(days=dice("received", key, department, year).randint(1, 20))
            file = f"{catalog.department(department)}-{dataset.title}.csv"
            rows = (tuple(dataset.columns), *body)
            yield Sheet(key, department, file, rows, _working_day(received))


STAGES = ("推进中", "推进中", "推进中", "推进中", "已落实")
"""How far what only a statement can tell has come, from the first to the last year of a plan."""
TEXTS = {
    "推进中": "{topic}等工作按年度计划推进，已覆盖{done}个县（市、区）。",
    "已落实": "{topic}等工作已覆盖全部{all}个县（市、区），转入日常工作。",
}
AGAIN = "{topic}等工作上一规划期已覆盖全部{all}个县（市、区），本期按年度计划巩固提升。"
"""Of what an earlier plan has brought about, while the next one is carried out."""


def _statements(catalog: Catalog, dataset: Dataset, department: str, year: int) -> Iterator[tuple[str, ...]]:
    there = len(catalog.district.areas_of(year))
    for promise in catalog.promises(year):
        if not promise.target.rule.evidence or promise.lead != department:
            continue
        step = min(year - promise.plan.head.start + (lean("stage", promise.id) > 0), len(STAGES) - 1)
        stage = STAGES[step]
        ask, start = promise.target.ask, promise.plan.head.start
        again = any(p.target.ask == ask and p.plan.head.end < start for p in catalog.promises())
        form = AGAIN if again and stage == "推进中" else TEXTS[stage]
        told = form.format(topic=topic(str(promise.target.ask)), done=there - 5 + step, all=there)
        words = {"year": str(year), "plan": promise.plan.head.short, "clause": promise.clause, "stage": stage, "text": told,
                 "source": f"{catalog.department(department)}{year}年工作总结"}  # fmt: skip
        yield tuple(words[str(column.is_)] for column in dataset.columns.values())


def _working_day(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


class Place(NamedTuple):
    """Whose figure a cell holds; a field is empty where the form does not divide by it."""

    area: str
    institution: str
    sex: str
    part: str


def _rows(catalog: Catalog, key: str, year: int) -> Iterator[tuple[str, ...]]:
    district, dataset = catalog.district, catalog.datasets[key].form(year)
    names = {a.code: a.name for a in (*district.areas, *district.references)}
    members = district.institutions[dataset.institution_kind].members_of(year) if dataset.institution_kind else ()
    institutions = {member.id: member.name for member in members} or {"": ""}
    areas = [area.code for area in district.areas_of(year)] if dataset.by_area else [""]
    sexes = ("female", "male") if dataset.by_sex else ("",)
    parts = [*catalog.parts_by(dataset)] or [""]
    places = [Place(*one) for one in product(areas, institutions, sexes, parts)]
    places += [Place(area, "", sex, "") for area in catalog.compared(key, year) for sex in sexes]
    for place in places:
        words = {
            "year": str(year),
            "area": place.area,
            "area_name": names.get(place.area, ""),
            "institution": place.institution,
            "institution_name": institutions.get(place.institution, ""),
            "sex": SEXES.get(place.sex, ""),
            "part": catalog.part_names.get(place.part, ""),
        }
        columns = dataset.columns.values()
        yield tuple(figure(catalog, c.measure, year, place) if c.measure else words[str(c.role)] for c in columns)


def figure(catalog: Catalog, measure: str, year: int, place: Place) -> str:
    """One cell as it is written; a figure that is not compared is 不适用 in the province's row."""
    if place.area in {a.code for a in catalog.district.references}:
        known = PROVINCE.get(measure)
        drift = 1 + (year - FIRST) * (0.0006 if measure == "junior_graduates" else 0)
        return "不适用" if known is None else str(round(known / 2 * drift))
    if measure == "maternal_deaths":
        return str(_deaths(catalog, year).get(place.area, 0))
    if measure in LEADERS:
        name = place.institution or place.area
        return "0" if year in NO_WOMAN.get(name, ()) else str(1 + (lean(measure, name, year // 2) > 0.2))
    return str(_count(catalog, measure, year, place))


def _count(catalog: Catalog, measure: str, year: int, place: Place) -> int:
    way, area, since = WAYS[measure], place.area, year - FIRST
    now = way.steps[since] if way.steps else way.first + (way.last - way.first) * since / (LAST - FIRST)
    share = way.women + way.drift * since
    if not way.of:
        own = {"female": share / 100, "male": 1 - share / 100, "": 1.0}[place.sex] * RESIDENCE.get(place.part, 1)
        return round(now * own * _weight(catalog, year, area) * (1 + 0.01 * lean(measure, year, area)))
    whole = _count(catalog, way.of, year, place)
    ahead = {"female": share - 50, "male": 50 - share, "": 0.0}[place.sex]
    ahead += AHEAD.get(place.part, 0) * (1 - 0.08 * since)
    habit = lean(measure, area) + 0.3 * lean(measure, year, area) if area else 0.0
    return min(whole, round(whole * (now + ahead + 0.05 * min(now, 100 - now) * habit) / 100))


def _weight(catalog: Catalog, year: int, area: str) -> float:
    """The share of an area in the whole city in a year: of what was merged into it, too, and without what was split."""
    if not area:
        return 1.0
    people = _people(catalog, year)
    return people[area] / sum(people.values())


def _people(catalog: Catalog, year: int) -> dict[str, int]:
    there = {a.code for a in catalog.district.areas_of(year)}
    found = {code: people for code, people in PEOPLE.items() if code in there}
    if "530626" not in there:
        found["530681"] += PEOPLE["530626"]
    if "530690" in there:
        found["530627"] -= PEOPLE["530690"]
    return found


def _deaths(catalog: Catalog, year: int) -> dict[str, int]:
    chance, people = dice("maternal_deaths", year), _people(catalog, year)
    drawn = chance.choices(list(people), list(people.values()), k=DEATHS[year])
    return {code: drawn.count(code) for code in people}


if __name__ == "__main__":
    main()
