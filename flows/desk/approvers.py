"""Who may approve editions of a district, each with a password of his own.

`.keys/approvers.yml`, for its owner only, has scrypt hashes and no password. A password proves that it is this person who
approves, where all work under one account; it does not protect against whoever can write this file.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from expectations.vocabulary import Deed
from flows import disk
from flows.edition.manifest import Read
from flows.inert import shown
from flows.journal import Journal, account, journal, person
from flows.machine import about
from flows.places import MendableError, places
from flows.wording import say

NAME = "approvers.yml"
PASSWORD = "PLAN_MONITOR_APPROVER_PASSWORD"  # noqa: S105  (the name of the variable)
SHORTEST = 8
"""The number of letters of a password."""
COST = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""About a tenth of a second for each attempt."""


class RegisteredApprover(Read):
    """One approver."""

    title: str = ""
    salt: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


ListedApprovers = Mapping[str, Mapping[str, RegisteredApprover]]
"""District → name → approver."""


def listed(district: str) -> Mapping[str, RegisteredApprover]:
    """The approvers of a district by name; none is registered in a home where accounts tell people apart. Raises
    `MendableError` where the journal knows some and this account cannot read who they are.
    """
    folder, told = _path().parent, appointed(journal(district))
    if told and folder.is_dir() and not os.access(folder, os.X_OK):
        names = "、".join(map(shown, told))
        raise MendableError(say("messages/approver/closed", folder=folder, account=account(), names=names))
    return _read().get(district, {})


def appointed(history: Journal) -> list[str]:
    """The names of the approvers that the journal knows of: whoever writes only the file has registered nobody."""
    deeds = (Deed.APPOINTED, Deed.DISMISSED)
    last = {str(event.of.get("name")): event.deed for event in history.events() if event.deed in deeds}
    return [name for name, deed in last.items() if deed == Deed.APPOINTED]


def _path() -> Path:
    return places().keys / NAME


def _read() -> ListedApprovers:
    path = _path()
    if not os.access(path.parent, os.X_OK) or not path.is_file():  # closed to an account that makes no editions
        return {}
    if path.stat().st_mode & 0o077:
        raise MendableError(say("messages/approver/open_to_others", file=path))
    try:
        return TypeAdapter(dict[str, dict[str, RegisteredApprover]]).validate_python(
            yaml.safe_load(path.read_bytes()) or {}
        )
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError):
        raise MendableError(say("messages/approver/unreadable", file=path)) from None


def add(district: str, name: str, title: str, password: str) -> None:
    """Register an approver. Raises `MendableError` if the name cannot be a name, or is taken, or the password is too short, or the
    catalogue does not have the district.
    """
    name = person(name, say("messages/approver/of"))
    if not (places().expectations / "districts" / f"{district}.yml").is_file():
        raise MendableError(say("messages/approver/district", code=shown(district)))
    if len(title) > 40 or not title.isprintable():
        raise MendableError(say("messages/approver/title", title=title))
    if len(password) < SHORTEST:
        raise MendableError(say("messages/approver/short", least=SHORTEST))
    salt = secrets.token_bytes(16)
    known = RegisteredApprover(title=title, salt=salt.hex(), hash=_hash(password, salt))
    history = journal(district)
    with _alone():
        found = _read()
        if name in found.get(district, {}) and name in appointed(history):
            raise MendableError(say("messages/approver/taken", name=name))
        history.append(Deed.APPOINTED, name=name, title=title)  # first: without it nobody is an approver
        _write({**found, district: {**found.get(district, {}), name: known}})


def remove(district: str, name: str) -> None:
    """Strike an approver off; what he approved stays approved."""
    with _alone():
        found = _read()
        if name not in found.get(district, {}):
            raise MendableError(say("messages/approver/unknown", name=shown(name), listed=_names(district)))
        journal(district).append(Deed.DISMISSED, name=name)  # first: from here on nobody is one by the file alone
        _write({**found, district: {key: known for key, known in found[district].items() if key != name}})


def proves(known: RegisteredApprover, password: str) -> bool:
    """Whether this is the approver's password."""
    return hmac.compare_digest(_hash(password, bytes.fromhex(known.salt)), known.hash)


def ask(name: str, twice: bool = False) -> str:
    """A password, from the environment or the terminal. Raises `MendableError` where neither is there."""
    if given := os.environ.get(PASSWORD):
        return given
    if not sys.stdin.isatty():
        raise MendableError(say("messages/approver/no_terminal", name=PASSWORD))
    password = getpass.getpass(say("messages/approver/ask", name=name))
    if twice and getpass.getpass(say("messages/approver/again")) != password:
        raise MendableError(say("messages/approver/unlike"))
    return password


def _names(district: str) -> str:
    return "、".join(listed(district)) or "—"


def _hash(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, dklen=32, **COST).hex()


@contextmanager
def _alone() -> Iterator[None]:
    """Let one program at a time change the register and tell the journal."""
    folder = _path().parent
    with about(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        with disk.locked(folder / disk.LOCK, mode=0o600):
            yield


def _write(told: ListedApprovers) -> None:
    path = _path()
    with about(path):
        half = path.with_name(f".{NAME}")
        half.unlink(missing_ok=True)
        plain = {key: {name: one.model_dump() for name, one in own.items()} for key, own in told.items()}
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            yaml.safe_dump(plain, file, allow_unicode=True)
            file.flush()
            os.fsync(file.fileno())
        half.rename(path)
        disk.keep(path.parent)
