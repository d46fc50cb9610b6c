"""The office signs its papers; whoever has one is told whose signature it bears, and whether it was altered."""

from pathlib import Path

import pytest

from flows.edition import signature
from flows.edition.signature import PASSWORD
from flows.places import MendableError
from tests.fixtures.homes import told


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "home" / ".keys"


@pytest.fixture
def edition(tmp_path: Path, keys: Path) -> Path:
    """A signed edition with a public part and a department's sheet."""
    keys.parent.mkdir()
    folder = tmp_path / "annual"
    for name in ("report.pdf", "public/report.pdf", "feedback/区教育局.pdf"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"%PDF {name}".encode())
    signature.make(keys)
    assert signature.sign(folder, keys) == 3
    return folder


def state(paper: Path, keys: Path) -> str:
    return signature.check(paper, keys)[0]


def test_every_paper_is_signed_and_the_public_key_goes_with_both_parts(edition: Path, keys: Path) -> None:
    for paper in edition.rglob("*.pdf"):
        assert signature.check(paper, keys) == ("ok", signature.check(paper, keys)[1])
        assert "本单位" in signature.check(paper, keys)[1]
    assert (edition / "office.pem").read_bytes() == (edition / "public" / "office.pem").read_bytes()
    assert b"PRIVATE" not in (edition / "office.pem").read_bytes()


def test_one_altered_byte_is_found(edition: Path, keys: Path) -> None:
    paper = edition / "report.pdf"
    paper.write_bytes(paper.read_bytes() + b" ")
    assert state(paper, keys) == "wrong"
    assert state(edition / "public" / "report.pdf", keys) == "ok"


def test_the_signature_of_another_paper_is_none(edition: Path, keys: Path) -> None:
    (edition / "report.pdf.sig").write_bytes((edition / "public" / "report.pdf.sig").read_bytes())
    assert state(edition / "report.pdf", keys) == "wrong"


def test_a_forger_with_a_key_of_his_own_proves_nothing(edition: Path, keys: Path, tmp_path: Path) -> None:
    """Bytes, signature and the key beside them all agree; only the key is not the office's."""
    theirs = tmp_path / "theirs"
    signature.make(theirs)
    paper = edition / "report.pdf"
    paper.write_bytes(b"%PDF forged")
    signature.sign(edition, theirs)
    found, told = signature.check(paper, keys)
    assert found == "open"
    assert "没有列入" in told


def test_a_city_accepts_the_key_of_a_district(edition: Path, tmp_path: Path) -> None:
    city = tmp_path / "city"
    assert state(edition / "report.pdf", city) == "open"
    signature.accept(city, edition / "office.pem", "宝坻区统计局")
    found, told = signature.check(edition / "feedback" / "区教育局.pdf", city)
    assert found == "ok"
    assert "宝坻区统计局" in told


def test_without_signature_nothing_is_proved(edition: Path, keys: Path) -> None:
    (edition / "report.pdf.sig").unlink()
    assert state(edition / "report.pdf", keys) == "open"


@pytest.mark.parametrize("text", [b"", b"no signature", b"AAAA", b"A" * 20_000, bytes(range(256))])
def test_what_is_no_signature_is_told(text: bytes, edition: Path, keys: Path) -> None:
    (edition / "report.pdf.sig").write_bytes(text)
    assert state(edition / "report.pdf", keys) == "wrong"


def test_the_same_key_signs_the_same_bytes_alike(edition: Path, keys: Path) -> None:
    before = (edition / "report.pdf.sig").read_bytes()
    signature.sign(edition, keys)
    assert (edition / "report.pdf.sig").read_bytes() == before


def test_a_home_without_a_key_signs_nothing(edition: Path, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in edition.rglob("*") if p.is_file()}
    assert signature.sign(edition, tmp_path / "none") == 0
    assert {p: p.read_bytes() for p in edition.rglob("*") if p.is_file()} == before


def test_a_key_is_made_once_and_for_its_owner_only(keys: Path, edition: Path) -> None:
    assert (keys / "office.key").stat().st_mode & 0o777 == 0o600
    assert keys.stat().st_mode & 0o777 == 0o700
    public, made = signature.make(keys)
    assert not made
    assert len(signature.fingerprint(public)) == 39


def test_a_key_that_others_can_read_signs_no_more(keys: Path, edition: Path) -> None:
    (keys / "office.key").chmod(0o644)
    with pytest.raises(MendableError, match="其他人也能读"):
        signature.sign(edition, keys)


def test_a_key_with_a_password(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, paper = tmp_path / "own", tmp_path / "edition" / "report.pdf"
    paper.parent.mkdir()
    paper.write_bytes(b"%PDF")
    monkeypatch.setenv(PASSWORD, "口令")
    signature.make(own)
    assert signature.sign(paper.parent, own) == 1
    monkeypatch.delenv(PASSWORD)
    assert state(paper, own) == "ok"  # reading needs no password
    with pytest.raises(MendableError, match="有口令"):
        signature.sign(paper.parent, own)
    monkeypatch.setenv(PASSWORD, "别的")
    with pytest.raises(MendableError, match="打不开密钥"):
        signature.sign(paper.parent, own)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "很" * 61])
def test_a_name_that_is_no_name_is_refused(name: str, edition: Path, keys: Path) -> None:
    with pytest.raises(MendableError, match="密钥名称"):
        signature.accept(keys, edition / "office.pem", name)


def test_what_is_no_key_is_refused(edition: Path, keys: Path) -> None:
    with pytest.raises(MendableError, match="不是本系统的公钥"):
        signature.accept(keys, edition / "report.pdf", "某局")
    with pytest.raises(MendableError, match="是私钥"):
        signature.accept(keys, keys / "office.key", "某局")  # the private part is not passed around


def test_a_name_stays_with_its_key(edition: Path, keys: Path, tmp_path: Path) -> None:
    """Nobody's key takes the place of another's: papers of a stranger would bear the office's name."""
    theirs = tmp_path / "theirs"
    signature.make(theirs)
    stranger = theirs / "known" / "本单位.pem"
    city = tmp_path / "city"
    signature.accept(city, edition / "office.pem", "宝坻区统计局")
    signature.accept(city, edition / "office.pem", "宝坻区统计局")  # the same again changes nothing
    with pytest.raises(MendableError, match="已有另一个密钥"):
        signature.accept(city, stranger, "宝坻区统计局")
    with pytest.raises(MendableError, match="已经以“宝坻区统计局”的名称认可"):
        signature.accept(city, edition / "office.pem", "别的局")
    with pytest.raises(MendableError, match="本机自己的密钥"):
        signature.accept(keys, stranger, "本单位")
    assert state(edition / "report.pdf", city) == "ok"


def test_the_file_to_be_kept_a_copy_of_is_the_private_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.delenv(PASSWORD, raising=False)
    for said in (told("key").stdout, told("key").stdout):
        named = next(word for word in said.replace("，", " ").split() if str(tmp_path) in word)
        assert b"PRIVATE KEY" in Path(named).read_bytes()
