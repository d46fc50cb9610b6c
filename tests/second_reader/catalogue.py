"""The YAML of a district as plain data: who measures what, and where it is delivered. No rule of the
product is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml


def load(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, ten times as fast
    return yaml.load(path.read_text(encoding="utf-8"), loader) or {}


@dataclass(frozen=True)
class Catalogue:
    """Records as the files have them, by their keys."""

    district: dict[str, Any]
    indicators: dict[str, dict[str, Any]]
    datasets: dict[str, dict[str, Any]]
    plans: dict[str, dict[str, Any]]
    """Plan → its head, and under `promises` every target with clause and domain."""
    policy: dict[str, Any]
    codes: dict[str, Any]
    homes: dict[str, str] = field(default_factory=dict)
    """Measure → dataset."""
    dimensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What forms divide people by beside their sex."""
    above: frozenset[str] = frozenset()
    """Forms of figures of areas above the district."""

    def dimension(self, dataset: str) -> dict[str, Any] | None:
        """The dimension of a form, if it has one."""
        asked = (spec.get("is") for spec in self.datasets[dataset]["columns"].values())
        return next((self.dimensions[key] for key in asked if key in self.dimensions), None)

    @cached_property
    def used(self) -> set[str]:
        """The measures that some indicator is computed from, in any version of it."""
        versions = (v for i in self.indicators.values() for v in (i, *i.get("calibers", [])))
        return {m for v in versions for m in (*listed(v.get("numerator")), *listed(v.get("denominator")))}

    @property
    def parts(self) -> dict[str, str]:
        """The name of a part → its key."""
        return {part["name"]: key for d in self.dimensions.values() for key, part in d["parts"].items()}

    @property
    def code(self) -> str:
        return str(self.district["code"])

    @property
    def areas(self) -> list[str]:
        """Every area that the district has or has had."""
        return [str(a["code"]) for a in self.district.get("areas", [])]

    @property
    def references(self) -> list[str]:
        return [str(a["code"]) for a in self.district.get("references", [])]

    def there(self, year: int) -> set[str]:
        """The areas of a data year, and those that the district is compared with then."""
        listed = (*self.district.get("areas", []), *self.district.get("references", []))
        return {str(a["code"]) for a in listed if _there(a, year)}

    def institutions(self, kind: str, year: int | None = None) -> list[tuple[str, str]]:
        """Institutions of a kind, in a data year or in any, each with the area that it stands in (the district's own code
        where none is told).
        """
        members = self.district["institutions"][kind]["members"]
        return [(str(u["id"]), str(u.get("area", self.code))) for u in members if year is None or _there(u, year)]

    def ground(self, code: str, year: int) -> set[str]:
        """The areas of a data year that have ground of an area which is not there then."""
        known = {str(a["code"]): a for a in self.district.get("areas", [])}
        area = known.get(code)
        if area is None or _there(area, year):
            return set() if area is None else {code}
        if int(area.get("until", year)) < year:
            after = int(area["until"]) + 1
            others = {c for c, a in known.items() if a.get("split_from") == code and int(a.get("since", 0)) == after}
            others = {str(area["merged_into"])} if "merged_into" in area else others
        else:
            before = int(area["since"]) - 1
            others = {c for c, a in known.items() if a.get("merged_into") == code and int(a.get("until", 0)) == before}
            others = {str(area["split_from"])} if "split_from" in area else others
        return {heir for other in others for heir in self.ground(other, year)}

    def redrawn(self, code: str) -> set[int]:
        """The years since when an area, or the district, has other ground than before."""
        listed = self.district.get("areas", [])
        ended = {int(a["until"]) + 1 for a in listed if "until" in a}
        if code != self.code:
            taken = {int(a["until"]) + 1 for a in listed if str(a.get("merged_into")) == code}
            return taken | {int(a["since"]) for a in listed if str(a.get("split_from")) == code}
        made = {(str(a["merged_into"]), int(a["until"]) + 1) for a in listed if "merged_into" in a}
        parted = {(str(a["split_from"]), int(a["since"])) for a in listed if "split_from" in a}
        come = {
            int(a["since"])
            for a in listed
            if "since" in a and "split_from" not in a and (str(a["code"]), int(a["since"])) not in made
        }
        gone = {
            int(a["until"]) + 1
            for a in listed
            if "until" in a and "merged_into" not in a and (str(a["code"]), int(a["until"]) + 1) not in parted
        }
        return come | (gone & ended)

    @property
    def splits(self) -> set[int]:
        """The years since when areas are there of which nobody knows the past."""
        listed = self.district.get("areas", [])
        return {int(a["since"]) for a in listed if "split_from" in a} | self.redrawn(self.code)


def _there(record: dict[str, Any], year: int) -> bool:
    return int(record.get("since", 0)) <= year <= int(record.get("until", 9999))


def read(expectations: Path, district: str, shipped: Path) -> Catalogue:
    """The catalogue of one district; `shipped` holds what a catalogue of its own leaves to the project's."""

    def either(name: str) -> Any:
        own = expectations / name
        return load(own if own.exists() else shipped / name)

    home = load(expectations / "districts" / f"{district}.yml")

    def shared(folder: str) -> dict[str, Any]:
        """The records of a folder, with the district's own words for its places."""
        return {
            k: _filled(v, _words(home))
            for path in sorted((expectations / folder).glob("*.yml"))
            for k, v in load(path).items()
        }

    indicators, datasets = shared("indicators"), shared("datasets")
    sending = {"*", *(key for key, d in home["departments"].items() if d.get("sends", True))}
    above = frozenset(name for name, d in datasets.items() if d.get("above"))
    datasets = {name: d for name, d in datasets.items() if name not in above and d["department"] in sending}
    plans = {name: _plan(expectations / "plans" / name) for name in home["plans"]}
    used = {t.get(k) for plan in plans.values() for t in plan["promises"] for k in ("indicator", "than")}
    places = (home.get("compiled_from") or {}).get("decimals", {})
    indicators = {k: {**v, "decimals": places.get(k, v["decimals"])} for k, v in indicators.items() if k in used}
    homes = {
        spec["measure"]: name
        for name, dataset in datasets.items()
        for spec in dataset["columns"].values()
        if "measure" in spec
    }
    own = expectations / "dimensions.yml"
    dimensions = load(shipped / "dimensions.yml") | (load(own) if own.exists() else {})
    return Catalogue(
        home, indicators, datasets, plans, either("policy.yml"), either("codes.yml"), homes, dimensions, above
    )


def _words(home: dict[str, Any]) -> dict[str, str]:
    """What a district writes where a text leaves a place for its words."""
    whole = str(home.get("whole_called", "全" + str(home["name"])[-1]))
    of_city = re.search("(?<!自治)(?<![地特林])(?<!特别行政)区$", str(home["name"]))  # 阿里地区 has no 街镇
    areas = home.get("areas_called", "街镇" if of_city else "所辖地区")
    return {"{areas}": str(areas), "{whole}": whole, "{level}": whole.replace("全", "", 1)}


def _filled(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {_filled(k, words): _filled(v, words) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, words) for v in value]
    if isinstance(value, str):
        for place, word in words.items():
            value = value.replace(place, word)
    return value


def _plan(folder: Path) -> dict[str, Any]:
    head = load(folder / "plan.yml")
    promises = []
    for path in sorted(folder.glob("[0-9]*.yml")):
        domain = load(path)
        for part, word in (("goals", "目标"), ("actions", "策略")):
            for number, goal in (domain.get(part) or {}).items():
                for target in (goal or {}).get("targets", []) or []:
                    clause = f"{word}{domain['domain']}.{number}"
                    promises.append({**target, "clause": clause, "domain": domain["domain"]})
    return {**head, "promises": promises}


def listed(value: Any) -> list[str]:
    """A measure, or a list of measures that are added."""
    return [] if value is None else [value] if isinstance(value, str) else list(value)
