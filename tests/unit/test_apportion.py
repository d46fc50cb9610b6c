"""What one cause brought is taken away, and nothing else: figures are computed as if it had never come."""

from pathlib import Path

import pytest

from expectations.catalog import CatalogError
from expectations.vocabulary import ChangeCause, Deed
from flows.desk import apportion
from flows.desk.apportion import CauseUndone, JournalWithout
from flows.ingest import register
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, deliver, sent
from tests.fixtures.registered import TAMPERED, Home, digest, unfiled

BIRTHS = "2024/births"


def came(form: str, text: str) -> CauseUndone:
    return CauseUndone(form, ChangeCause.CORRECTED, frozenset({digest(text)[:12]}))


def test_of_a_workbook_only_the_form_is_taken_away(tmp_path: Path) -> None:
    """Two forms in one file have the same hash."""
    book = BASE["births"]
    deliver(
        tmp_path, 2024, [sent("births"), sent("clinics", book, file="0-births.csv"), sent("births", FIXED, file="b")]
    )
    year = tmp_path / DISTRICT / "2024"
    apportion.take_away(came(BIRTHS, book), CATALOG, tmp_path)
    found = register.read(year / register.REGISTER, tmp_path)
    assert [(e.dataset, e.file) for e in found.deliveries] == [("clinics", "0-births.csv"), ("births", "b")]
    assert (year / "0-births.csv").is_file()
    apportion.take_away(came(BIRTHS, FIXED), CATALOG, tmp_path)
    assert not (year / "b").exists()


FIXED = BASE["births"].replace("300,3", "300,4")


def test_what_was_taken_away_is_no_change_without_a_filing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.adopt()
    home.send(TAMPERED)
    cause = came(BIRTHS, TAMPERED)
    assert [e.deed for e in home.journal.events()] == [Deed.ADOPTED, Deed.FILING, Deed.FILED]
    apportion.take_away(cause, CATALOG, home.raw)
    assert unfiled(home.store())  # the neighbour: the journal as it is
    home.journal = JournalWithout(home.journal.folder, cause, CATALOG)
    assert not unfiled(home.store())
    assert [e.deed for e in home.journal.events()] == [Deed.ADOPTED, Deed.FILED]


def test_what_was_adopted_is_taken_away_too(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.adopt()
    cause = came(BIRTHS, BASE["births"])
    apportion.take_away(cause, CATALOG, home.raw)
    assert unfiled(home.store())
    home.journal = JournalWithout(home.journal.folder, cause, CATALOG)
    assert not unfiled(home.store())


def test_a_register_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    deliver(tmp_path, 2024, [sent("births")])
    path = tmp_path / DISTRICT / "2024" / register.REGISTER
    path.write_bytes("note: 模拟".encode("gb18030"))
    with pytest.raises(CatalogError, match=r"deliveries\.yml"):
        apportion.take_away(came(BIRTHS, BASE["births"]), CATALOG, tmp_path)
