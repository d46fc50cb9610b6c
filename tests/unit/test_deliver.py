"""An approved edition goes to each of its recipients once, whatever happens in between, and nothing else leaves the house."""

import fcntl
import io
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry
from pydantic import ValidationError

from expectations.catalog import load
from expectations.records import Catalog, MailServer, Recipient
from expectations.vocabulary import Deed, Posting
from flows import journal, post
from flows.desk import approve, editions
from flows.desk import deliver as desk
from flows.desk.deliver import Posted
from flows.edition import signature
from flows.journal import Journal
from flows.places import MendableError, RefusedError, places
from flows.post import hook, mail, operators
from flows.wording import day
from tests.fixtures.approving import ANNUAL, DISTRICT, YEAR, A, B, make
from tests.fixtures.approving import approved as sign_for
from tests.fixtures.homes import GOLDEN
from tests.fixtures.kills import Killed
from tests.fixtures.mailbox import HOST, SECRET, USER, Mailbox, Robot, mail_server, robot

LEADER, CITY, NEWS = "leader@example.gov.cn", "city@example.gov.cn", "news@example.gov.cn"
INTERNAL = Recipient(name="分管领导", mail=LEADER, papers=("report.pdf", "brief.pdf"), internal=True)
PUBLIC = Recipient(name="市统计局", mail=CITY, papers=("report.pdf", "poster.pdf"))


@pytest.fixture(scope="module")
def golden_catalog() -> Catalog:
    return load(DISTRICT, GOLDEN / "expectations")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mailbox, Path]]:
    folder = tmp_path_factory.mktemp("mail")
    with mail_server(folder) as box:
        yield box, folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.setattr(approve, "account", lambda: "li")
    return tmp_path


@pytest.fixture
def box(home: Path, server: tuple[Mailbox, Path], monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """The mailbox, empty, and a home that sends to it."""
    found, folder = server
    found.came.clear()
    found.to.clear()
    found.refuses.clear()
    found.hangs_up = False
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "server.pem"))
    monkeypatch.setenv(mail.PASSWORD, SECRET)
    settings(home, found.port)
    return found


def settings(home: Path, port: int, *more: str) -> None:
    told = ['district: "990101"', "mail:", f"  host: {HOST}", f"  port: {port}", f"  user: {USER}"]
    lines = [*told, "  sender: office@example.gov.cn", *more]
    (home / "plan-monitor.yml").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def to(catalog: Catalog, *recipients: Recipient, notices: bool = False) -> Catalog:
    """The catalogue with these recipients; with `notices`, the departments hear of their sheets."""
    district = catalog.district
    departments = dict(district.departments)
    if notices:
        departments["health"] = departments["health"].model_copy(update={"name": "区教育局", "notice": NEWS})
        departments["sports"] = departments["sports"].model_copy(update={"notice": "none@example.gov.cn"})
    changed = {"recipients": recipients, "departments": departments}
    return replace(catalog, district=district.model_copy(update=changed))


def deliver(catalog: Catalog, *resend: str, waits: tuple[float, ...] = ()) -> list[Posted]:
    return desk.deliver(catalog, YEAR, ANNUAL, resend, waits)


def results(posted: list[Posted]) -> list[tuple[str, Posting]]:
    return [(one.to.name, one.result) for one in posted]


def deeds() -> list[Deed]:
    found = [event.deed for event in journal.journal(DISTRICT).events()]
    return [deed for deed in found if deed not in (Deed.MADE, Deed.APPROVED)]


def parts(box: Mailbox, number: int = 0) -> dict[str, bytes]:
    """The attachments of a mail."""
    return {str(part.get_filename()): part.get_content() for part in box.came[number].iter_attachments()}


# --- once each -------------------------------------------------------------------------------------------------------


def test_each_recipient_gets_its_papers_once(home: Path, box: Mailbox, golden_catalog: Catalog) -> None:
    make(home)
    signature.make(places().keys)
    folder, catalog = sign_for().folder, to(golden_catalog, INTERNAL, PUBLIC)
    assert results(deliver(catalog)) == [("分管领导", Posting.SENT), ("市统计局", Posting.SENT)]
    assert box.to == [LEADER, CITY]
    assert parts(box, 0)["brief.pdf"] == (folder / "brief.pdf").read_bytes()
    assert parts(box, 1)["report.pdf"] == (folder / "public" / "report.pdf").read_bytes()
    assert {"approval.json", "approval.json.sig", "office.pem"} <= parts(box, 1).keys()
    assert "内部版" in box.came[0]["Subject"] and "公开版" in box.came[1]["Subject"]
    again = deliver(catalog)
    on = [day(event.at.date()) for event in journal.journal(DISTRICT).events() if event.deed == Deed.SENT]
    assert [(one.result, one.told) for one in again] == [(Posting.BEFORE, sent) for sent in on]
    assert len(box.came) == 2
    assert deeds() == [Deed.SENDING, Deed.SENT] * 2


def test_the_list_of_editions_tells_to_whom_they_went(home: Path, box: Mailbox, golden_catalog: Catalog) -> None:
    make(home)
    sign_for()
    box.refuses[LEADER] = ["550 no such mailbox"]
    deliver(to(golden_catalog, INTERNAL, PUBLIC))
    [one] = editions.listed(DISTRICT)
    assert one.sent.keys() == {"分管领导", "市统计局"}
    assert one.sent["分管领导"] == "没有发出" and one.sent["市统计局"].endswith("日")


def test_what_goes_with_public_papers_says_nothing_of_the_internal_edition(
    home: Path, box: Mailbox, golden_catalog: Catalog
) -> None:
    make(home)
    sign_for()
    deliver(to(golden_catalog, PUBLIC))
    told = json.loads(parts(box)["approval.json"])
    assert {"report.pdf", "poster.pdf", "manifest.json"} == set(told["files"])
    assert "maker" not in told and told["acknowledged"] == [] and told["approver"]["account"] == ""


def test_the_next_edition_goes_to_everybody_again(home: Path, box: Mailbox, golden_catalog: Catalog) -> None:
    catalog = to(golden_catalog, PUBLIC)
    make(home, A)
    sign_for()
    deliver(catalog)
    make(home, B, compared=A)
    assert results(deliver(catalog)) == [("市统计局", Posting.BEFORE)]  # what is not approved is not sent
    sign_for()
    assert results(deliver(catalog)) == [("市统计局", Posting.SENT)]
    assert "第2版" in box.came[1]["Subject"]
    assert box.came[0]["Message-ID"] != box.came[1]["Message-ID"]


def test_nothing_is_sent_that_is_not_approved_or_not_as_it_was(
    home: Path, box: Mailbox, golden_catalog: Catalog
) -> None:
    catalog = to(golden_catalog, PUBLIC)
    make(home)
    with pytest.raises(MendableError, match=r"请先审定：\./monitor approve 2022"):
        deliver(catalog)
    paper = sign_for().folder / "public" / "report.pdf"
    paper.chmod(0o640)
    paper.write_text("%PDF forged")
    with pytest.raises(MendableError, match=r"与审定时不同（public/report\.pdf）"):
        deliver(catalog)
    assert box.came == [] and deeds() == []


def test_who_is_not_a_recipient_is_not_sent_again(home: Path, box: Mailbox, golden_catalog: Catalog) -> None:
    make(home)
    sign_for()
    with pytest.raises(MendableError, match="没有写明发给谁"):
        deliver(to(golden_catalog))
    with pytest.raises(MendableError, match="赵某不是收件人；收件人：市统计局"):
        deliver(to(golden_catalog, PUBLIC), "赵某")
    assert box.came == []


def test_a_paper_that_is_not_there_is_told_and_the_others_are_sent(
    home: Path, box: Mailbox, golden_catalog: Catalog
) -> None:
    make(home)
    sign_for()
    odd = PUBLIC.model_copy(update={"name": "报社", "papers": ("brief.pdf",)})  # internal only
    first, second = deliver(to(golden_catalog, odd, PUBLIC))
    assert (first.result, second.result) == (Posting.UNSENT, Posting.SENT)
    assert "本版没有brief.pdf" in first.told and box.to == [CITY]


# --- what happens in between -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dies_before", [Deed.SENDING, Deed.SENT])
def test_a_sending_that_was_killed_is_not_repeated_unasked(
    dies_before: Deed, home: Path, box: Mailbox, golden_catalog: Catalog
) -> None:
    make(home)
    sign_for()
    catalog, append = to(golden_catalog, PUBLIC, INTERNAL), Journal.append

    def dying(self: Journal, deed: Deed, **of: Any) -> object:
        if deed == dies_before:
            raise Killed
        return append(self, deed, **of)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "append", dying)
        with pytest.raises(Killed):
            deliver(catalog)
    if dies_before == Deed.SENDING:
        assert box.came == []
        assert [one.result for one in deliver(catalog)] == [Posting.SENT, Posting.SENT]
        return
    assert box.to == [CITY]
    first, second = deliver(catalog)
    assert (first.result, second.result) == (Posting.DOUBTFUL, Posting.SENT)
    assert "--resend 市统计局" in first.told
    assert box.to == [CITY, LEADER]
    assert results(deliver(catalog, "市统计局")) == [("市统计局", Posting.SENT), ("分管领导", Posting.BEFORE)]
    assert box.to == [CITY, LEADER, CITY]
    assert box.came[0]["Message-ID"] == box.came[2]["Message-ID"]  # who has both sees that they are one


def test_a_connection_that_breaks_behind_the_mail_leaves_a_doubt(
    home: Path, box: Mailbox, golden_catalog: Catalog
) -> None:
    make(home)
    sign_for()
    catalog = to(golden_catalog, PUBLIC)
    box.hangs_up = True
    [one] = deliver(catalog, waits=(0, 0))
    assert one.result == Posting.DOUBTFUL and len(box.came) == 1
    box.hangs_up = False
    assert results(deliver(catalog)) == [("市统计局", Posting.DOUBTFUL)] and len(box.came) == 1


def test_what_may_work_later_is_tried_again(home: Path, box: Mailbox, golden_catalog: Catalog) -> None:
    make(home)
    sign_for()
    catalog = to(golden_catalog, PUBLIC)
    box.refuses[CITY] = ["450 try later", "451 try later"]
    assert results(deliver(catalog, waits=(0, 0))) == [("市统计局", Posting.SENT)]
    assert len(box.came) == 1


def test_what_is_refused_is_told_and_keeps_nobody_else_from_it(
    home: Path, box: Mailbox, golden_catalog: Catalog
) -> None:
    make(home)
    sign_for()
    catalog = to(golden_catalog, INTERNAL, PUBLIC)
    box.refuses[LEADER] = ["550 no such mailbox"]
    posted, out = deliver(catalog, waits=(0, 0)), io.StringIO()
    assert results(posted) == [("分管领导", Posting.UNSENT), ("市统计局", Posting.SENT)]
    with pytest.raises(RefusedError, match="1个收件人没有发出或不能确定：分管领导"):
        desk.show(posted, out)
    assert "分管领导　邮件　没有发出　邮件服务器不收（550 no such mailbox）" in out.getvalue()
    assert deeds() == [Deed.SENDING, Deed.UNSENT, Deed.SENDING, Deed.SENT]
    assert results(deliver(catalog)) == [("分管领导", Posting.SENT), ("市统计局", Posting.BEFORE)]


def test_two_deliveries_at_once_do_not_send_twice(home: Path, box: Mailbox, golden_catalog: Catalog) -> None:
    make(home)
    sign_for()
    lock = os.open(home / "journal" / DISTRICT / ".delivering", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(MendableError, match="另一次发送正在进行"):
            deliver(to(golden_catalog, PUBLIC))
    finally:
        os.close(lock)
    assert results(deliver(to(golden_catalog, PUBLIC))) == [("市统计局", Posting.SENT)]


# --- the mail server -------------------------------------------------------------------------------------------------


def test_without_a_certificate_that_is_known_nothing_is_sent(
    home: Path, box: Mailbox, golden_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home)
    sign_for()
    monkeypatch.delenv("SSL_CERT_FILE")
    [one] = deliver(to(golden_catalog, PUBLIC))
    assert one.result == Posting.UNSENT and "证书不能核实" in one.told and box.came == []


def test_without_tls_nothing_is_sent(home: Path, box: Mailbox, golden_catalog: Catalog, tmp_path: Path) -> None:
    make(home)
    sign_for()
    with mail_server(tmp_path, starttls=False) as plain:
        settings(home, plain.port)
        [one] = deliver(to(golden_catalog, PUBLIC))
        assert one.result == Posting.UNSENT and "不支持加密" in one.told and plain.came == []


def test_the_password_stands_in_the_environment_only(
    home: Path, box: Mailbox, golden_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home)
    sign_for()
    catalog = to(golden_catalog, PUBLIC)
    monkeypatch.setenv(mail.PASSWORD, "wrong")
    [one] = deliver(catalog)
    assert one.result == Posting.UNSENT and "535" in one.told and "wrong" not in one.told
    monkeypatch.delenv(mail.PASSWORD)
    with pytest.raises(MendableError, match=f"没有口令。请设环境变量 {mail.PASSWORD}"):
        deliver(catalog)
    (home / "plan-monitor.yml").write_text('district: "990101"\n')
    with pytest.raises(MendableError, match="没有写明用哪台服务器"):
        deliver(catalog)


def test_the_environment_may_name_the_server(home: Path, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAN_MONITOR_MAIL_FROM", "other@example.gov.cn")
    assert mail.server(post.home()).told.sender == "other@example.gov.cn"
    monkeypatch.setenv("PLAN_MONITOR_MAIL_FROM", "other@example.gov.cn\nBcc: x@example.com")
    with pytest.raises(MendableError, match="写得不全或不对"):
        mail.server(post.home())


def test_a_server_that_wants_to_be_greeted_again_after_tls(home: Path, box: Mailbox, tmp_path: Path) -> None:
    with mail_server(tmp_path, password=False) as strict:
        lines = [f"  host: {HOST}", f"  port: {strict.port}", "  sender: office@example.gov.cn"]
        told = "\n".join(['district: "990101"', "mail:", *lines])
        (home / "plan-monitor.yml").write_text(told, encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
            server = mail.server(post.home())
            mail.send(server, mail.message(server, CITY, "报告", "正文"))
        assert strict.to == [CITY]


def test_a_host_is_a_name() -> None:
    for host in ("a..b", ".a", "a.", "a b", "x" * 64 + ".cn"):
        with pytest.raises(ValidationError):
            MailServer(host=host, sender=CITY)


def test_a_server_that_is_not_there_is_told(home: Path, box: Mailbox, golden_catalog: Catalog) -> None:
    make(home)
    sign_for()
    settings(home, 9)
    [one] = deliver(to(golden_catalog, PUBLIC), waits=(0,))
    assert one.result == Posting.UNSENT and f"连不上邮件服务器 {HOST}:9" in one.told


@pytest.mark.parametrize(
    "address",
    ["x", "x@", "a b@example.cn", "x@example.cn, y@example.cn", "x@example.cn\nBcc: y@example.cn", "李某@example.cn",
     "<x@example.cn>"],
)  # fmt: skip
def test_an_address_is_an_address(address: str) -> None:
    with pytest.raises(ValidationError):
        Recipient(name="市统计局", mail=address)
    with pytest.raises(ValidationError):
        MailServer(host=HOST, sender=address)


def test_a_recipient_gets_it_one_way() -> None:
    assert Recipient(name="市统计局", mail=CITY).papers == ("report.pdf",)
    for ways in ({}, {"mail": CITY, "folder": "/srv/reports"}):
        with pytest.raises(ValidationError, match="须写一项"):
            Recipient(name="市统计局", **ways)  # type: ignore[arg-type]


def test_words_of_others_stay_in_their_place(home: Path, box: Mailbox) -> None:
    server = mail.server(post.home())
    odd = "报告\r\nBcc: x@example.com\r\n\r\n<b>正文</b>"
    mail.send(server, mail.message(server, CITY, odd, odd, {"甲\r\n乙.pdf".replace("\r\n", ""): b"%PDF"}))
    [came] = box.came
    assert box.to == [CITY] and came["Bcc"] is None and came.get_body().get_content_type() == "text/plain"  # type: ignore[union-attr]


# --- departments -----------------------------------------------------------------------------------------------------


def test_departments_hear_that_their_sheet_is_ready_and_get_no_data(
    home: Path, box: Mailbox, golden_catalog: Catalog
) -> None:
    make(home)
    sign_for()
    posted = deliver(to(golden_catalog, PUBLIC, notices=True))
    assert results(posted) == [("市统计局", Posting.SENT), ("区教育局", Posting.SENT)]  # one department has no sheet
    assert box.to == [CITY, NEWS]
    notice = box.came[1]
    assert not notice.is_multipart() and "监测反馈单已经编成" in notice.get_content()


# --- folders and object stores ---------------------------------------------------------------------------------------


def folder_of(place: Path | str, internal: bool = False) -> Recipient:
    return Recipient(name="门户网站", folder=str(place), internal=internal)


def test_papers_in_a_folder(home: Path, golden_catalog: Catalog, tmp_path: Path) -> None:
    make(home)
    done = sign_for()
    target = tmp_path / "share"
    assert results(deliver(to(golden_catalog, folder_of(target)))) == [("门户网站", Posting.UNSENT)]
    target.mkdir()
    assert results(deliver(to(golden_catalog, folder_of(target)))) == [("门户网站", Posting.SENT)]
    paper = target / DISTRICT / "2022-annual-1" / "report.pdf"
    assert paper.read_bytes() == (done.folder / "public" / "report.pdf").read_bytes()
    assert stat.S_IMODE(paper.stat().st_mode) == 0o644


def test_what_stands_there_already_is_not_overwritten(home: Path, golden_catalog: Catalog, tmp_path: Path) -> None:
    make(home)
    sign_for()
    place = tmp_path / "share" / DISTRICT / "2022-annual-1"
    place.mkdir(parents=True)
    (place / "report.pdf").write_text("%PDF other")
    [one] = deliver(to(golden_catalog, folder_of(tmp_path / "share", internal=True)))
    assert one.result == Posting.UNSENT and "同名而内容不同" in one.told
    assert (place / "report.pdf").read_text() == "%PDF other"
    (place / "report.pdf").unlink()
    assert results(deliver(to(golden_catalog, folder_of(tmp_path / "share", internal=True)))) == [
        ("门户网站", Posting.SENT)
    ]
    assert stat.S_IMODE((place / "report.pdf").stat().st_mode) == 0o640


def test_a_folder_that_was_half_filled_is_filled(home: Path, golden_catalog: Catalog, tmp_path: Path) -> None:
    """The same file in the same place is the same: here nobody has to be asked."""
    make(home)
    sign_for()
    catalog, append = to(golden_catalog, folder_of(tmp_path)), Journal.append

    def dying(self: Journal, deed: Deed, **of: Any) -> object:
        if deed == Deed.SENT:
            raise Killed
        return append(self, deed, **of)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "append", dying)
        with pytest.raises(Killed):
            deliver(catalog)
    (tmp_path / DISTRICT / "2022-annual-1" / "report.pdf").unlink()
    assert results(deliver(catalog)) == [("门户网站", Posting.SENT)]
    assert (tmp_path / DISTRICT / "2022-annual-1" / "report.pdf").is_file()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> MemoryFileSystem:
    """An object store in memory that answers to s3://."""

    class Bucket(MemoryFileSystem):  # type: ignore[misc]
        protocol, store, pseudo_dirs = "s3", {}, [""]

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return str(MemoryFileSystem._strip_protocol(path.removeprefix("s3://")))

    monkeypatch.setitem(_registry, "s3", Bucket)
    return Bucket()


def test_papers_in_an_object_store(home: Path, golden_catalog: Catalog, bucket: MemoryFileSystem) -> None:
    make(home)
    done = sign_for()
    store = bucket
    catalog = to(golden_catalog, folder_of("s3://reports"))
    assert results(deliver(catalog)) == [("门户网站", Posting.SENT)]
    paper = f"/reports/{DISTRICT}/2022-annual-1/report.pdf"
    assert store.cat_file(paper) == (done.folder / "public" / "report.pdf").read_bytes()
    store.pipe_file(paper, b"%PDF other")
    [one] = deliver(catalog, "门户网站")
    assert one.result == Posting.UNSENT and store.cat_file(paper) == b"%PDF other"
    whole = (done.folder / "public" / "report.pdf").read_bytes()
    store.pipe_file(paper, whole[:7])  # a sending that was killed
    assert results(deliver(catalog, "门户网站")) == [("门户网站", Posting.SENT)] and store.cat_file(paper) == whole


def test_a_store_whose_library_is_not_there_is_told(home: Path, golden_catalog: Catalog) -> None:
    make(home)
    sign_for()
    [one] = deliver(to(golden_catalog, folder_of("s3://reports")))
    assert one.result == Posting.UNSENT and "请安装相应的程序库" in one.told


@pytest.mark.parametrize(
    "place",
    ["memory://reports", "file:///srv/reports", "local:///srv/reports", "ftp://example.com/reports",
     "sftp://example.com/reports", "reference://x", "dir://x", "simplecache::s3://reports", "s3://a::file:///b"],
)  # fmt: skip
def test_only_object_stores_are_places_elsewhere(place: str) -> None:
    assert folder_of("s3://reports/2024").folder == "s3://reports/2024"
    with pytest.raises(ValidationError, match="应为本机的文件夹（从根目录写起），或对象存储的网址"):
        folder_of(place)


@pytest.mark.parametrize("way", ["file", "folder", "half"])
def test_a_link_below_the_target_leads_nowhere(way: str, home: Path, golden_catalog: Catalog, tmp_path: Path) -> None:
    make(home)
    sign_for()
    target, elsewhere = tmp_path / "share", tmp_path / "elsewhere"
    (target / DISTRICT / "2022-annual-1").mkdir(parents=True)
    elsewhere.mkdir()
    stranger = elsewhere / "stranger.txt"
    stranger.write_text("mine")
    if way == "folder":
        (target / DISTRICT / "2022-annual-1").rmdir()
        (target / DISTRICT).rmdir()
        (target / DISTRICT).symlink_to(elsewhere)
    else:
        name = "report.pdf" if way == "file" else ".report.pdf.new"
        (target / DISTRICT / "2022-annual-1" / name).symlink_to(stranger)
    [one] = deliver(to(golden_catalog, folder_of(target)))
    assert list(elsewhere.iterdir()) == [stranger] and stranger.read_text() == "mine"
    if way == "half":  # nobody can foresee under which name a file is written
        assert one.result == Posting.SENT
    else:
        assert one.result == Posting.UNSENT and "是链接" in one.told


def test_a_place_with_a_password_is_refused() -> None:
    with pytest.raises(ValidationError, match="网址里不写用户名和口令"):
        folder_of("ftp://user:secret@example.com/reports")


# --- groups ----------------------------------------------------------------------------------------------------------

VARIABLE = "PLAN_MONITOR_WEBHOOK_STATS"
GROUP = Recipient(name="妇儿工委群", webhook=VARIABLE)


@pytest.fixture
def group(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Robot]:
    make(home)
    sign_for()
    with robot() as found:
        monkeypatch.setenv(VARIABLE, found.address)
        yield found


def test_a_group_is_told_without_data_or_address(group: Robot, home: Path, golden_catalog: Catalog) -> None:
    catalog = to(golden_catalog, GROUP)
    assert results(deliver(catalog)) == [("妇儿工委群", Posting.SENT)]
    [said] = group.said
    assert said["msgtype"] == "text" and "第1版已于" in said["text"]["content"]
    assert "secret" not in (home / "journal" / DISTRICT / "events.jsonl").read_text(encoding="utf-8")
    assert results(deliver(catalog)) == [("妇儿工委群", Posting.BEFORE)] and len(group.said) == 1


@pytest.mark.parametrize(
    ("answers", "result", "told"),
    [
        ([(503, b""), (200, b'{"errcode": 45009}')], Posting.SENT, ""),
        ([(200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}')], Posting.UNSENT, "errcode 93000"),
        ([(404, b"")], Posting.UNSENT, "HTTP 404"),
        ([(302, b"")], Posting.UNSENT, "HTTP 302"),
        ([(429, b""), (503, b"")], Posting.SENT, ""),
        ([(200, b"<html>")], Posting.DOUBTFUL, "读不懂"),
        ([(200, b'{"errcode": "x"}')], Posting.DOUBTFUL, "读不懂"),
        ([(500, b"")], Posting.DOUBTFUL, "HTTP 500"),
        ([(504, b"")], Posting.DOUBTFUL, "HTTP 504"),
        ([(0, b"")], Posting.DOUBTFUL, "可能已经收到"),
    ],
    ids=["later", "refused", "absent", "elsewhere", "busy", "odd", "odd code", "fails", "gateway", "hangs up"],
)
def test_what_a_robot_answers(
    answers: list[tuple[int, bytes]], result: Posting, told: str, group: Robot, golden_catalog: Catalog
) -> None:
    group.answers = list(answers)
    [one] = deliver(to(golden_catalog, GROUP), waits=(0, 0))
    assert one.result == result and told in one.told and "secret" not in one.told
    if result == Posting.DOUBTFUL:
        assert len(group.said) == 1


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "没有设置"),
        ("http://example.com/send?key=1", "应为以 https:// 开头的完整网址"),
        ("file:///etc/passwd", "应为以 https"),
        ("https://[::1/send", "应为以 https"),
        ("https://a..b/send", "应为以 https"),
        ("https://example.com/发送", "应为以 https"),
        ("https://example.com:port/", "应为以 https"),
        ("https://u:p@example.com/", "应为以 https"),
        ("https:///send", "应为以 https"),
    ],
)
def test_a_robot_is_spoken_to_over_https(address: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, address)
    with pytest.raises(MendableError, match=says):
        hook.address(VARIABLE)


def test_one_odd_address_keeps_nobody_else_from_it(
    group: Robot, golden_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAN_MONITOR_WEBHOOK_ODD", "https://[::1")
    odd = GROUP.model_copy(update={"name": "甲群", "webhook": "PLAN_MONITOR_WEBHOOK_ODD"})
    assert results(deliver(to(golden_catalog, odd, GROUP))) == [("甲群", Posting.UNSENT), ("妇儿工委群", Posting.SENT)]


def test_what_nobody_has_foreseen_keeps_nobody_else_from_it(
    group: Robot, golden_catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def odd(*_: object) -> None:
        raise AttributeError("odd")

    monkeypatch.setattr(hook, "send", odd)
    (tmp_path / "share").mkdir()
    catalog = to(golden_catalog, GROUP, folder_of(tmp_path / "share"))
    first, second = deliver(catalog)
    assert (first.result, second.result) == (Posting.DOUBTFUL, Posting.SENT)
    assert "没有预料到的错误（odd）" in first.told
    monkeypatch.setattr("flows.post.store.put", odd)
    assert deliver(catalog, "门户网站")[1].result == Posting.UNSENT  # the same files can be put there again


def test_why_no_connection_came_about_is_told_in_chinese(
    group: Robot, golden_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow:
        def open(self, *_: object, **__: object) -> None:
            raise URLError(TimeoutError("timed out"))

    monkeypatch.setattr("urllib.request.build_opener", lambda *_: Slow())
    [one] = deliver(to(golden_catalog, GROUP))
    assert one.told == "连不上群机器人（超时没有应答）"


# --- who runs the home -----------------------------------------------------------------------------------------------


def test_who_runs_the_home_is_told(home: Path, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert operators.tell("运行失败", "请看日志") == [] and box.came == []  # nobody is named
    settings(home, box.port, f"operators: [{LEADER}]")
    with robot() as found:
        monkeypatch.setenv(operators.WEBHOOK, found.address)
        assert operators.tell("运行失败", "请看日志") == []
        assert [s["text"]["content"] for s in found.said] == ["运行失败\n请看日志"]
    assert box.to == [LEADER] and box.came[0]["Subject"] == "运行失败"


def test_that_nobody_could_be_told_breaks_nothing(home: Path, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(home, 9, f"operators: [{LEADER}]")
    monkeypatch.setenv(operators.WEBHOOK, "http://127.0.0.1:9/")
    first, second = operators.tell("运行失败", "请看日志")
    assert "连不上邮件服务器" in first and "连不上群机器人" in second
    monkeypatch.delenv(mail.PASSWORD)
    assert "没有口令" in operators.tell("运行失败", "请看日志")[0]
    (home / "plan-monitor.yml").write_text("district: 1\n")
    assert "district" in operators.tell("运行失败", "请看日志")[0]
