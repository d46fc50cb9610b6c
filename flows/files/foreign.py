"""Names a file that is neither text nor a workbook: by its bytes, in words that its sender knows, with the remedy."""

from __future__ import annotations

import re
import stat
import zipfile
from functools import cache
from pathlib import Path

from flows.files.defects import UnreadableError, describe
from flows.files.source import FileBytes
from flows.wording import read

HEAD = 4096
"""The number of bytes that tell what a file is."""

BEGINNINGS = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"8BPS", "psd"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"MSCF", "cab"),
    (b"{\\rtf", "rtf"),
    (b"\x00\x05\x16\x07", "apple_double"),
    (b"\x00\x05\x16\x00", "apple_double"),
    (b"\x00\x00\x00\x01Bud1", "ds_store"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "shortcut"),
    (b"\x00\x01\x00\x00Standard Jet DB", "access"),
    (b"\x00\x01\x00\x00Standard ACE DB", "access"),
    (b"SQLite format 3", "sqlite"),
    (b"$FL2", "sav"),
    (b"$FL3", "zsav"),
    (b"<stata_dta>", "dta"),
    (b"\x00" * 12 + b"\xc2\xea\x81\x60", "sas"),
    (b"HEADER RECORD*******LIB", "xpt"),
    (b"PAR1", "parquet"),
    (b"RDX", "r"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"ID;PWXL", "slk"),
    (b"ID;PCALC", "slk"),
    (b"[InternetShortcut]", "web_shortcut"),
    (b"[.ShellClassInfo]", "desktop_ini"),
)
BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}
PACKAGES = (
    ("xl/workbook.bin", "xlsb"),
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("ofd.xml", "ofd"),
    ("index/document.iwa", "numbers"),
    ("index.zip", "numbers"),
)
OPEN = (
    (b"opendocument.spreadsheet", "ods"),
    (b"opendocument.text", "odt"),
    (b"opendocument.presentation", "odp"),
)
STREAMS = (
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
    ("__properties_version1.0", "msg"),
    ("WpsDocument", "wps"),
    ("ETExtData", "et"),
    ("Catalog", "thumbs"),
)
OFFICE = {
    ".et": "et",
    ".ett": "et",
    ".wps": "wps",
    ".doc": "doc",
    ".ppt": "ppt",
    ".dps": "dps",
    ".db": "thumbs",
}
"""The name for a container of streams if none of its streams tells what it is."""
XML = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "spreadsheet_xml"),
    (b'progid="excel.sheet"', "spreadsheet_xml"),
    (b"schemas.microsoft.com/office/word", "word_xml"),
    (b'progid="word.document"', "word_xml"),
    (b"opendocument:xmlns:office", "opendocument_xml"),
    (b"uof:", "uof"),
    (b"<svg", "svg"),
    (b"<html", "html"),
)
WEB = (b"<html", b"<!doctype html", b"<table", b"<meta", b"<style", b"<div", b"<!--", b"<head", b"<body")
MAIL = re.compile(rb"(?:from|received|return-path|mime-version|delivered-to|message-id|x-[a-z-]+|date|subject): ", re.I)
CONTROL = re.compile(rb"[\x00-\x08]")
"""Bytes that no text has: a short mark of plain letters identifies a kind of file only if the file has one of these
bytes.
"""
DATES = re.compile(rb"(?s)[\x03\x04\x05\x30-\x32\x43\x63\x83\x8b\x8e\xcb\xf5\xfb].[\x01-\x0c][\x01-\x1f]")
"""dBASE: a version, and the date of the last change."""


def opened(path: Path) -> FileBytes:
    """The bytes of a file. Raises `UnreadableError` if it is of a kind that is not read; the message names the kind."""
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
        raise _foreign("folder" if path.is_dir() else "device")
    source = FileBytes.of(path)
    with source.open() as file:
        head = file.read(HEAD)
        size = file.seek(0, 2)
    if found := _by_bytes(head) or _by_words(head) or _inside(source, head) or _by_name(path, head, size):
        raise _foreign(found)
    return source


def unopened(path: Path) -> UnreadableError | None:
    """The kind of a workbook that could not be opened, by its name: WPS uses several kinds for .et."""
    return _foreign("et") if path.suffix.lower() in (".et", ".ett") else None


@cache
def _kinds() -> dict[str, tuple[str, str]]:
    """Kind of file → what it is called, and how to mend it."""
    groups = read("messages")["foreign"].values()
    return {kind: (what, group["cure"]) for group in groups for kind, what in group["kinds"].items()}


def _foreign(kind: str) -> UnreadableError:
    what, cure = _kinds()[kind]
    return UnreadableError(describe("format", what=f" {what}" if what[0].isascii() else what, cure=cure))


def _by_bytes(head: bytes) -> str | None:
    for mark, kind in BEGINNINGS:
        if head.startswith(mark) and (len(mark) > 5 or not mark.isascii() or CONTROL.search(head)):
            return kind
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head[:4] == b"RIFF":
        return "webp" if head[8:12] == b"WEBP" else "recording"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return ("avif" if brand == b"avif" else "heic") if brand in BRANDS else "video"
    if head[:2] == b"BM" and (
        head[6:10] == b"\0\0\0\0" or head[14:18] in (b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    ):
        return "bmp"
    if head[257:262] == b"ustar":
        return "tar"
    if head[:1] in (b"\x71", b"\x72", b"\x73") and head[1:4] in (b"\x01\x01\0", b"\x02\x01\0"):
        return "dta"
    if _is_dbase(head):
        return "dbf"
    return None


def _is_dbase(head: bytes) -> bool:
    """Whether it is a dBASE file: a header of fields of 32 bytes with a known type, or the beginning of one that was
    cut.
    """
    if len(head) < 32 or not DATES.match(head):
        return False
    start = int.from_bytes(head[8:10], "little")
    fields = start > 32 and start % 32 in (0, 1, 8) and (len(head) < 44 or head[43] in b"CNDLFMIBTYGPQVW@+O0")
    return fields and all(byte < 32 or byte > 126 for byte in head[12:16])


def _by_words(head: bytes) -> str | None:
    """Whether text is a marked-up page or an e-mail."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    small = start.lower()
    if small.startswith((b"<?xml", b"<workbook", b"<!doctype")) or re.match(rb"<[a-z]+:?[a-z]* xmlns", small):
        return next((kind for mark, kind in XML if mark in small), "xml")
    if small.startswith(WEB):
        return "html"
    if MAIL.match(small):
        if b"multipart/related" in small:
            return "mhtml"
        if len(MAIL.findall(small)) > 1:
            return "mail"
    if re.match(rb'(?:\{\s*"|\[\s*[\[{]|\{\s*\}|\[\s*"[^"]*"\s*,?\s*\Z)', start) and re.search(
        rb'"\s*:|\]\s*,\s*\[', start
    ):
        return "json"
    return None


def _inside(source: FileBytes, head: bytes) -> str | None:
    """The kind of a package by its contents. It is called an archive only if it is none of the kinds that look like
    one.
    """
    if head.startswith(b"PK\x05\x06"):
        return "zip_empty"
    if head.startswith(b"PK\x03\x04"):
        try:
            with source.open() as file, zipfile.ZipFile(file) as packed:
                return _package(packed)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
            return None  # told where workbooks are read
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        with source.open() as file:
            data = file.read(100_000_000)
        if any(word.encode("utf-16-le") in data for word in ("Workbook", "Book", "EncryptedPackage")):
            return None
        for word, kind in STREAMS:
            if word.encode("utf-16-le") in data:
                return kind
        return OFFICE.get(source.path.suffix.lower(), "office")
    return None


def _package(packed: zipfile.ZipFile) -> str | None:
    names = {name.replace("\\", "/").lstrip("/").lower(): name for name in packed.namelist()}
    if any(name.endswith("workbook.xml") for name in names):
        return None
    for part, kind in PACKAGES:
        if part in names:
            return kind
    if "mimetype" in names or "content.xml" in names:
        stated = b""
        if "mimetype" in names:
            with packed.open(names["mimetype"]) as part_:
                stated = part_.read(200)
        return next((kind for mark, kind in OPEN if mark in stated), "opendocument")
    if any(part.flag_bits & 1 for part in packed.infolist()):
        return "zip_locked"
    return "zip"


def _by_name(path: Path, head: bytes, size: int) -> str | None:
    """Companion files that no bytes identify: their name and size together show that they are no report."""
    owner = head[:1] and 0 < head[0] <= 54 and set(head[1 + head[0] : 54]) <= {0, 32}
    if owner and (size in (162, 165) or (path.name.startswith("~$") and size < 1000)):
        return "owner"
    if path.name.lower() == "thumbs.db":
        return "thumbs"
    return None
