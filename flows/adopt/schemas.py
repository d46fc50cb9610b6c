"""The records in; JSON Schemas of the YAML files out, so that an editor completes keys and marks what is wrong."""

from __future__ import annotations

import ast
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from expectations import records
from expectations.catalog import HOME
from expectations.records import (
    Checks,
    Codes,
    Column,
    Dataset,
    Dimension,
    District,
    Domain,
    Exemptions,
    Home,
    Identifier,
    Indicator,
    OwnWords,
    PlanHead,
    Policy,
)
from expectations.rules import RULES
from flows import wording
from flows.ingest import register
from flows.places import SETTINGS

FOLDER = HOME / "schemas"
SPEAKS = "# yaml-language-server: $schema="
"""How a YAML file names its schema; editors with the YAML language server look for it."""


class FileKind(NamedTuple):
    """A kind of YAML file: where it stands in a home, and what it holds."""

    name: str
    pattern: str
    model: Any


KINDS = (
    FileKind("indicators", "expectations/indicators/*.yml", dict[Identifier, Indicator]),
    FileKind("datasets", "expectations/datasets/*.yml", dict[Identifier, Dataset]),
    FileKind("plan", "expectations/plans/*/plan.yml", PlanHead),
    FileKind("domain", "expectations/plans/*/[0-9]*.yml", Domain),
    FileKind("district", "expectations/districts/*.yml", District),
    FileKind("policy", "expectations/policy.yml", Policy),
    FileKind("codes", "expectations/codes.yml", Codes),
    FileKind("checks", "expectations/checks.yml", Checks),
    FileKind("columns", "expectations/columns.yml", dict[str, Column]),
    FileKind("dimensions", "expectations/dimensions.yml", dict[Identifier, Dimension]),
    FileKind("words", "expectations/words.yml", OwnWords),
    FileKind("exemptions", "expectations/corrections/*.yml", Exemptions),
    FileKind("register", "raw/*/*/deliveries.yml", register.Register),
    FileKind("home", SETTINGS, Home),
)


def schema(kind: FileKind) -> dict[str, Any]:
    """The schema of a kind of file, with what the records say of each key."""
    found = TypeAdapter(kind.model).json_schema(mode="validation")
    told = _told()
    for name, definition in {kind.name: found, **found.get("$defs", {})}.items():
        _describe(definition, told.get(definition.get("title", name), {}))
    target = found.get("$defs", {}).get("Target")
    if target is not None:
        del target["properties"]["id"]  # the loader's
        target["allOf"] = list(_asked())
    dataset = found.get("$defs", {}).get("Dataset")
    if dataset is not None:
        own = ["columns", "department"]  # the program's where figures are released (`released`), columns where `above`
        dataset["required"] = [key for key in dataset["required"] if key not in own]
        dataset |= {
            "if": {"required": ["released"]},
            "then": {"not": {"anyOf": [{"required": [key]} for key in own]}},
            "else": {
                "required": ["department"],
                "if": {"properties": {"above": {"const": True}}, "required": ["above"]},
                "then": {"not": {"required": ["columns"]}},
                "else": {"required": ["columns"]},
            },
        }
    if kind.model is Codes:
        del found["properties"]["parts"]  # the loader's
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_bare(found)}


def text(kind: FileKind) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema(kind), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def line(kind: FileKind, path: Path) -> str:
    """The line with which a YAML file names its schema."""
    to = Path(os.path.relpath(FOLDER / f"{kind.name}.json", path.parent)).as_posix()
    return f"{SPEAKS}{to}"


def named(path: Path) -> str:
    """The line that names the schema of a file of any home."""
    whole = path.resolve()
    return line(next(kind for kind in KINDS if whole.match(kind.pattern)), whole)


def _told() -> Mapping[str, Mapping[str, str]]:
    """Record → key → what is said of it: in Chinese (report_templates/keys.yml), else in the source; of the record itself
    under "".
    """
    found: dict[str, dict[str, str]] = {}
    sources = [*sorted(Path(records.__file__).parent.glob("*.py")), Path(register.__file__)]
    for source in sources:
        for node in ast.parse(source.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = dict(_said(node)) | wording.read("keys").get(node.name, {})
    return found


def _said(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    if words := ast.get_docstring(node):
        yield "", _flat(words)
    for one, after in zip(node.body, node.body[1:], strict=False):
        said = (
            isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)
        )
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and said:
            yield one.target.id.rstrip("_"), _flat(after.value.value)  # type: ignore[attr-defined]


def _flat(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()


def _describe(definition: dict[str, Any], told: Mapping[str, str]) -> None:
    if told.get(""):
        definition["description"] = told[""]
    for key, one in definition.get("properties", {}).items():
        if key in told:
            one["description"] = told[key]


def _bare(found: Any) -> Any:
    """Without the titles that only repeat a key, and without defaults, which are no advice."""
    if isinstance(found, dict):
        kept = {k: v for k, v in found.items() if k not in {"title", "default"} or isinstance(v, dict)}
        return {k: _bare(v) for k, v in kept.items()}
    return [_bare(v) for v in found] if isinstance(found, list) else found


def _asked() -> Iterator[dict[str, Any]]:
    """What a target must have besides its rule."""
    rules: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for rule in RULES.values():
        rules[tuple(sorted(rule.needs | ({"lead", "ask"} if rule.evidence else {"indicator"})))].append(rule.key)
    for needs, keys in rules.items():
        yield {"if": {"properties": {"rule": {"enum": keys}}}, "then": {"required": list(needs)}}
