"""What the desk has read before: the rows of delivered files, what became of them and what they decide are taken over while
nothing that they rest on has changed (flows/kept.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.catalog import CatalogError, keeping
from expectations.records import Catalog
from flows import kept, rerun
from flows.ingest import register
from flows.ingest.register import REGISTER, Register
from flows.places import Places


@contextmanager
def opened(where: Places, district: str) -> Iterator[None]:
    """Let the commands of the desk take over what an earlier one has read, and keep what this one reads; where nothing can be kept,
    everything is read.
    """
    with suppress(OSError):
        where.warehouse.mkdir(exist_ok=True)
    with kept.shelf(where.warehouse / f"{district}.kept" / "desk", rerun.reading(where)), keeping(_text):
        yield


def _text(name: str, decides: str, parse: Callable[[], Any]) -> Any:
    """What a YAML text says, as JSON; one that JSON cannot say the same way is parsed each time."""
    place = kept.place("texts", name, lambda: {"text": decides}, name)
    if place is not None and place.content is not None:
        return json.loads(place.content)
    data = parse()
    with suppress(TypeError, ValueError):  # a number too long for JSON, half a character, a part of itself
        if place is not None and json.loads(told := json.dumps(data)) == data:
            place.put(told.encode())
    return data


@dataclass(frozen=True)
class Registers:
    """The registers of some years, each with the folder of its files."""

    heads: Mapping[Path, Register | None]

    def parts(self, catalog: Catalog, names: Set[str]) -> kept.Parts:
        """The hashes of all that decides what becomes of the deliveries of some forms: entries, files, catalogue."""
        told: list[object] = []
        for folder, head in self.heads.items():
            entries = [entry for entry in head.deliveries if entry.dataset in names] if head else []
            files = [register.stands(folder, entry) for entry in entries]
            above = head and head.model_dump(exclude={"deliveries"})
            told.append([folder.name, above, [entry.model_dump() for entry in entries], files])
        return {"register": kept.digest(told), "catalogue": catalog.digest}


def registers(folder: Path, raw: Path, years: Iterable[int]) -> Registers | None:
    """The registers of years that have any, in the folder of a district; None if one of them cannot be read: then nothing is taken
    over.
    """
    heads: dict[Path, Register | None] = {}
    for place in (folder / str(year) for year in years):
        heads[place] = None
        if (place / REGISTER).is_file():
            try:
                heads[place] = head = register.read(place / REGISTER, raw)
            except (CatalogError, OSError):
                return None
            register.finish(place, head.deliveries)
    return Registers(heads)
