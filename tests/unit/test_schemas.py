"""The schemas are what the records say, and every file of the catalogue keeps its schema and names it:
`./monitor test tests/unit/test_schemas.py --renew` writes both anew.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from expectations import records
from expectations.catalog import Source
from flows import wording
from flows.adopt import schemas
from flows.adopt.schemas import FOLDER, KINDS, SPEAKS, FileKind
from flows.ingest import register
from flows.places import PROJECT, SETTINGS


def shipped() -> Iterator[tuple[FileKind, Path]]:
    for kind in KINDS:
        for path in sorted(PROJECT.glob(kind.pattern)):
            yield kind, path


@cache
def validator(name: str) -> Draft202012Validator:
    kind = next(k for k in KINDS if k.name == name)
    Draft202012Validator.check_schema(schemas.schema(kind))
    return Draft202012Validator(schemas.schema(kind))


def in_json(data: Any) -> Any:
    """As an editor sees the file: every key is a word."""
    if isinstance(data, dict):
        return {str(k): in_json(v) for k, v in data.items()}
    return [in_json(v) for v in data] if isinstance(data, list) else data


def wrong(name: str, data: Any) -> list[str]:
    return [error.message for error in validator(name).iter_errors(in_json(data))]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_schema_is_current(kind: FileKind, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{kind.name}.json"
    if request.config.getoption("--renew"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(schemas.text(kind), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == schemas.text(kind)


def test_every_file_of_the_catalogue_keeps_its_schema_and_names_it(request: pytest.FixtureRequest) -> None:
    found = list(shipped())
    assert len(found) > 80
    for kind, path in found:
        if kind.name != "register":
            named(kind, path, request.config.getoption("--renew"))
        assert wrong(kind.name, Source(path, PROJECT / "expectations").data) == [], path
    assert {PROJECT / SETTINGS, *(PROJECT / "expectations").rglob("*.yml")} == {
        p for _, p in found if "raw" not in p.parts
    }


def named(kind: FileKind, path: Path, renew: bool) -> None:
    """Hold the first line of a file against its schema; registers are as `receive` and the simulator write them."""
    text = path.read_text(encoding="utf-8")
    if renew:
        rest = text.partition("\n")[2] if text.startswith(SPEAKS) else text
        path.write_text(f"{schemas.line(kind, path)}\n{rest}", encoding="utf-8", newline="")
    assert path.read_text(encoding="utf-8").startswith(schemas.line(kind, path) + "\n"), path


TARGET = {"indicator": "maternal_mortality", "rule": "at_most", "value": 8.5}


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (TARGET, ""),
        (TARGET | {"rule": "at_mots"}, "at_mots"),
        (TARGET | {"valu": 8}, "valu"),
        ({"indicator": "maternal_mortality", "rule": "at_most"}, "'value' is a required property"),
        ({"rule": "evidence", "lead": "health"}, "'ask' is a required property"),
        (TARGET | {"value": "8.5"}, "8.5"),
    ],
)
def test_an_editor_marks_what_is_wrong_in_a_target(target: dict[str, Any], says: str) -> None:
    told = wrong(
        "domain", {"domain": 1, "title": "妇女与健康", "goals": {1: {"title": "控制死亡率", "targets": [target]}}}
    )
    assert (not told) if not says else any(says in one for one in told)


def test_every_key_of_what_a_statistician_writes_is_told_in_chinese() -> None:
    told = wording.read("keys")
    for name, keys in told.items():
        model = getattr(records, name, None) or getattr(register, name)
        known = {field.alias or key for key, field in model.model_fields.items()} - {"id" if name == "Target" else ""}
        assert set(keys) <= known | {"since", "until", "successor"}, name
        assert known <= set(keys), name
    assert "牵头部门" in json.dumps(schemas.schema(KINDS[0]), ensure_ascii=False)


def test_a_form_of_released_figures_has_no_columns_of_its_own() -> None:
    released = {"title": "县级已发布指标数据", "due": "07-31", "released": "internal"}
    assert wrong("datasets", {"released": released}) == []
    assert wrong("datasets", {"released": released | {"department": "health"}})
    assert wrong("datasets", {"released": {key: told for key, told in released.items() if key != "released"}})
