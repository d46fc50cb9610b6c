"""The simulated departments: the same bytes every time, parts within wholes, intended faults where they belong."""

import hashlib
from pathlib import Path

import pytest
import yaml

from expectations.catalog import load
from expectations.records import Catalog
from raw.simulator.figures import YEARS, Behaviour, Simulation, behaviours, cells
from raw.simulator.simulate import CASES, DISTRICT, HERE, simulate, write

RAW = HERE.parent / DISTRICT


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load(DISTRICT)


@pytest.fixture(scope="module")
def simulation(catalog: Catalog) -> Simulation:
    return Simulation(catalog, behaviours(HERE / "behaviour"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("year", [2024])
def test_a_year_written_again_has_the_same_bytes(
    catalog: Catalog, simulation: Simulation, year: int, tmp_path: Path
) -> None:
    write(tmp_path, catalog, year, simulate(catalog, simulation, year))
    assert contents(tmp_path) == contents(RAW / str(year))


@pytest.mark.parametrize("year", YEARS)
def test_the_register_tells_what_lies_there_and_that_it_is_simulated(year: int) -> None:
    register = yaml.safe_load((RAW / str(year) / "deliveries.yml").read_text(encoding="utf-8"))
    assert register["simulated"] is True
    assert "不是真实统计数据" in register["note"]
    listed = {entry["file"]: entry["sha256"] for entry in register["deliveries"]}
    found = contents(RAW / str(year))
    del found["deliveries.yml"]
    assert listed == {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}


@pytest.mark.parametrize("year", YEARS)
def test_no_part_is_above_its_whole_in_any_row(catalog: Catalog, simulation: Simulation, year: int) -> None:
    for dataset in catalog.datasets.values():
        for column in dataset.columns.values():
            if column.measure and column.not_above:
                parts, wholes = (simulation.figures(m, year) for m in (column.measure, column.not_above))
                if parts and wholes:
                    steps = simulation.grain(column.measure) / simulation.grain(column.not_above)
                    above = [c for c in cells(catalog, dataset) if parts[c] * steps > wholes[c]]
                    assert not above, (column.measure, above)


@pytest.mark.parametrize("year", YEARS)
def test_two_departments_send_the_same_figure(catalog: Catalog, simulation: Simulation, year: int) -> None:
    for dataset in catalog.datasets.values():
        for column in dataset.columns.values():
            if column.measure and column.same_as:
                assert simulation.sum(column.measure, year) == simulation.sum(column.same_as, year)


def test_the_last_year_is_whole() -> None:
    assert not [case for case in CASES if case.year in (2020, 2021, 2025)]


def test_a_measure_without_behaviour_is_named(catalog: Catalog, simulation: Simulation) -> None:
    entries = {m: e for m, e in simulation.entries.items() if m != "live_births"}
    with pytest.raises(ValueError, match="没有写明变化规律的数据：live_births"):
        Simulation(catalog, entries)
    with pytest.raises(ValueError, match="没有报表提供的数据：moon_births"):
        Simulation(catalog, {**simulation.entries, "moon_births": Behaviour(total=(1, 1))})
