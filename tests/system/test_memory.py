"""Backed up, lost and restored: the next edition has the same bytes as if nothing had been lost."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import edition, pipeline
from flows.desk import audit, backup, filing
from flows.edition import manifest
from flows.journal import Journal
from flows.places import Places
from flows.press import pdf
from flows.report.kinds import KINDS
from tests.fixtures.homes import GOLDEN
from tests.fixtures.printed import unpressed
from tests.fixtures.reruns import files

DISTRICT, YEAR = "990101", 2022
FORM = "区卫生健康委-孕产妇保健情况表.csv"


def make(home: Path) -> Path:
    """An edition whose pages are not set: that the same page gives the same bytes is held by golden/test_pdf.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(home))
        patch.setattr(pdf, "press", unpressed)
        made = pipeline.make(
            KINDS["annual"], YEAR, DISTRICT, lambda _, stage, *args, **kwargs: stage(*args, **kwargs), force=True
        )
    assert not made.noted and not made.unchanged
    return made.report.parent


def test_an_edition_after_a_loss_has_the_same_bytes(golden: Path, tmp_path: Path) -> None:
    home, again = tmp_path / "home", tmp_path / "again"
    for part in ("output", "journal"):
        shutil.copytree(golden / part, home / part)
    for part in ("raw", "expectations"):
        shutil.copytree(GOLDEN / part, home / part)
    first = edition.run(home / "output" / DISTRICT / str(YEAR) / "annual")
    sent, folder = tmp_path / FORM, home / "raw" / DISTRICT / str(YEAR)
    sent.write_text((folder / FORM).read_text(encoding="utf-8").replace("800,570", "800,540"), encoding="utf-8")
    known = filing.Known(sent, "maternal_health", "health", YEAR, "", 2)
    catalog, journal = load(DISTRICT, home / "expectations"), Journal(home / "journal" / DISTRICT)
    filing.file(known, catalog, home / "raw", date(2023, 3, 12), "更正筛查人数", journal=journal)
    backup.backup(Places(home), tmp_path / "a.tar.gz")
    backup.restore(tmp_path / "a.tar.gz", again)  # neither output nor warehouse
    made, made_again = make(home), make(again)
    told = manifest.read(made / "public")
    assert told is not None and list(told.earlier) == [first]
    assert "更正报送" in (made / "changes.csv").read_text(encoding="utf-8-sig")
    assert files(made) == files(made_again)
    found = audit.audit(DISTRICT, Places(again))
    assert not found.wrong
    assert [one.told for one in found.found] == []
