"""Signs the papers of an edition with the office's key, and says whose signature a paper bears.

Ed25519 (RFC 8032) over the bytes of the file. The signature stands beside the paper as `<paper>.sig`, the public part of
the key as `office.pem` in the folder of the edition. A home keeps its own key in `.keys/office.key`, for its owner
only, and the public parts of the keys that it accepts, its own among them, in `.keys/known/`.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.vocabulary import Proof
from flows.edition import PUBLIC
from flows.machine import about
from flows.places import MendableError
from flows.wording import say

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SUFFIX = ".sig"
KEY, PRIVATE = "office.pem", "office.key"
"""The files of the public part, which goes with papers, and of the private one, which goes nowhere."""
KNOWN = "known"
PASSWORD = "PLAN_MONITOR_KEY_PASSWORD"  # noqa: S105  (the name of the variable)
LARGEST = 10_000
"""The number of bytes that a signature or a key may have: real ones have some hundred."""


def fingerprint(public: Ed25519PublicKey) -> str:
    """The first 128 bits of the key's SHA-256, in groups of four, as people compare them."""
    return " ".join(re.findall("....", hashlib.sha256(public.public_bytes_raw()).hexdigest()[:32]))


def make(keys: Path) -> tuple[Ed25519PublicKey, bool]:
    """The home's own key, made if there is none; returns its public part and whether it is new.

    The private part is encrypted where PLAN_MONITOR_KEY_PASSWORD is set.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if (own := _own(keys)) is not None:
        return own.public_key(), False
    private, password = Ed25519PrivateKey.generate(), os.environ.get(PASSWORD, "")
    sealed: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        sealed = serialization.BestAvailableEncryption(password.encode())
    text = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed)
    with about(keys):
        keys.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(keys / PRIVATE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    _keep(keys, private.public_key(), say("labels/own_key"))
    return private.public_key(), True


def own(keys: Path) -> str:
    """The fingerprint of the home's own key; empty if there is none. Raises `MendableError` if it cannot be used."""
    private = _own(keys)
    return fingerprint(private.public_key()) if private else ""


def accept(keys: Path, given: Path, name: str) -> Ed25519PublicKey:
    """Keep the public part of another office's key; from now on its signatures are accepted. Raises `MendableError`."""
    public = _public(given)
    if public is None:
        private = given.is_file() and given.stat().st_size <= LARGEST and b"PRIVATE KEY" in given.read_bytes()
        raise MendableError(say(f"messages/signature/{'private' if private else 'no_key'}", file=given))
    if name == say("labels/own_key"):
        raise MendableError(say("messages/signature/reserved", name=name))
    if re.fullmatch(r"[\w（）()-]{1,60}", name) is None:
        raise MendableError(say("messages/signature/name", name=name))
    for known, key in _known(keys):
        if known == name and key != public:
            facts = {"key": fingerprint(key), "file": keys / KNOWN / f"{name}.pem"}
            raise MendableError(say("messages/signature/taken", name=name, **facts))
        if known != name and key == public:
            raise MendableError(say("messages/signature/double", name=known, key=fingerprint(key)))
    _keep(keys, public, name)
    return public


def _keep(keys: Path, public: Ed25519PublicKey, name: str) -> None:
    folder = keys / KNOWN
    with about(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{name}.pem"
        path.touch(mode=0o600)
        path.write_bytes(_pem(public))


def sign(edition: Path, keys: Path) -> int:
    """Sign every PDF of an unfinished edition, those of its public part too; returns how many, 0 without a key."""
    own = _own(keys)
    if own is None:
        return 0
    papers = sorted(edition.rglob("*.pdf"))
    for paper in papers:
        _sign(own, paper)
    for folder in (edition, edition / PUBLIC):
        if folder.is_dir():
            (folder / KEY).write_bytes(_pem(own.public_key()))
    return len(papers)


def sign_file(path: Path, keys: Path) -> bool:
    """Sign one file that goes with papers, and put the public part of the key beside it; returns whether the office has
    one.
    """
    own = _own(keys)
    if own is None:
        return False
    _sign(own, path)
    (path.parent / KEY).write_bytes(_pem(own.public_key()))
    return True


def _sign(own: Ed25519PrivateKey, path: Path) -> None:
    signed = base64.b64encode(own.sign(path.read_bytes())).decode()
    path.with_name(path.name + SUFFIX).write_text(f"{signed}\n", encoding="ascii")


def check(paper: Path, keys: Path) -> tuple[Proof, str]:
    """Whether a paper is as it was when the office signed it, and by which key; the words are Chinese.

    A signature by a key that the home does not know proves nothing of the office: that is open, not right.
    """
    beside = paper.with_name(paper.name + SUFFIX)
    if not beside.is_file():
        return Proof.OPEN, say("messages/signature/none", file=beside.name)
    signed = _signature(beside)
    if signed is None:
        return Proof.WRONG, say("messages/signature/unread", file=beside.name)
    data = paper.read_bytes()
    for name, known in _known(keys):
        if _fits(known, signed, data):
            return Proof.OK, say("messages/signature/right", name=name, key=fingerprint(known))
    found = next((p for folder in (paper.parent, paper.parent.parent) if (p := folder / KEY).is_file()), None)
    public = _public(found) if found else None
    if public is not None and _fits(public, signed, data):
        return Proof.OPEN, say("messages/signature/unknown", key=fingerprint(public), file=found)
    return Proof.WRONG, say("messages/signature/altered", file=beside.name)


def _fits(public: Ed25519PublicKey, signed: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        public.verify(signed, data)
    except InvalidSignature:
        return False
    return True


def _known(keys: Path) -> Iterator[tuple[str, Ed25519PublicKey]]:
    """The keys that the home accepts, each with the name that it is kept under."""
    for path in sorted((keys / KNOWN).glob("*.pem")):
        if (public := _public(path)) is not None:
            yield path.stem, public


def _own(keys: Path) -> Ed25519PrivateKey | None:
    """The home's own key; None if there is none. Raises `MendableError` if it cannot be used."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = keys / PRIVATE
    if not path.is_file():
        return None
    if path.stat().st_mode & 0o077:
        raise MendableError(say("messages/signature/open_to_others", file=path))
    password = os.environ.get(PASSWORD, "").encode() or None
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password)
    except TypeError:  # a password is missing, or there is one too many
        form = "no_password" if password is None else "password"
        raise MendableError(say(f"messages/signature/{form}", file=path, name=PASSWORD)) from None
    except ValueError:
        raise MendableError(say("messages/signature/broken", file=path, name=PASSWORD)) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise MendableError(say("messages/signature/broken", file=path, name=PASSWORD))
    return private


def _public(path: Path) -> Ed25519PublicKey | None:
    """A public key; None if the file is none of ours."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        if path.stat().st_size > LARGEST:
            return None
        public = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        return None
    return public if isinstance(public, Ed25519PublicKey) else None


def _pem(public: Ed25519PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _signature(path: Path) -> bytes | None:
    """The bytes of a signature; None if the file holds none."""
    if path.stat().st_size > LARGEST:
        return None
    try:
        found = base64.b64decode(path.read_bytes().strip(), validate=True)
    except ValueError:
        return None
    return found if len(found) == 64 else None
