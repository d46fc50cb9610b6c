"""Names a file that is neither text nor a workbook: by its bytes, in words that its sender knows, with the remedy."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path

from flows.files.defects import Defect, UnreadableError

EXPECTED = "CSV 文本文件或 Excel 工作簿（.xlsx、.xls）"
SAVE = "请用 Excel 或 WPS 打开，另存为“.xlsx”或“CSV UTF-8”后报送"
TABLE = "请报送原来的电子表格，没有的请按空白报表填写后报送"
UNPACK = "请解压后逐个报送其中的报表"
EXPORT = "请从原系统导出为“.xlsx”或“CSV UTF-8”后报送"
COMPANION = "请报送报表文件本身"
HEAD = 4096
"""The number of bytes that tell what a file is."""

BEGINNINGS = (
    (b"\x89PNG", "图片（PNG）", TABLE),
    (b"\xff\xd8\xff", "图片（JPEG）", TABLE),
    (b"GIF87a", "图片（GIF）", TABLE),
    (b"GIF89a", "图片（GIF）", TABLE),
    (b"II*\x00", "图片（TIFF）", TABLE),
    (b"MM\x00*", "图片（TIFF）", TABLE),
    (b"8BPS", "图片（PSD）", TABLE),
    (b"Rar!", "压缩包（RAR）", UNPACK),
    (b"7z\xbc\xaf", "压缩包（7Z）", UNPACK),
    (b"\x1f\x8b", "压缩包（GZ）", UNPACK),
    (b"BZh", "压缩包（BZ2）", UNPACK),
    (b"\xfd7zXZ", "压缩包（XZ）", UNPACK),
    (b"\x28\xb5\x2f\xfd", "压缩包（ZST）", UNPACK),
    (b"MSCF", "压缩包（CAB）", UNPACK),
    (b"{\\rtf", "Word 文档（RTF）", TABLE),
    (b"\x00\x05\x16\x07", "苹果电脑随文件附带的“._”文件，不是报表", COMPANION),
    (b"\x00\x05\x16\x00", "苹果电脑随文件附带的“._”文件，不是报表", COMPANION),
    (b"\x00\x00\x00\x01Bud1", "苹果电脑的文件夹信息（.DS_Store），不是报表", COMPANION),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "快捷方式，不是文件本身", COMPANION),
    (b"\x00\x01\x00\x00Standard Jet DB", "Access 数据库", EXPORT),
    (b"\x00\x01\x00\x00Standard ACE DB", "Access 数据库", EXPORT),
    (b"SQLite format 3", "SQLite 数据库", EXPORT),
    (b"$FL2", "SPSS 数据文件（.sav）", EXPORT),
    (b"$FL3", "SPSS 数据文件（.zsav）", EXPORT),
    (b"<stata_dta>", "Stata 数据文件（.dta）", EXPORT),
    (b"\x00" * 12 + b"\xc2\xea\x81\x60", "SAS 数据文件", EXPORT),
    (b"HEADER RECORD*******LIB", "SAS 数据文件（XPT）", EXPORT),
    (b"PAR1", "Parquet 数据文件", EXPORT),
    (b"RDX", "R 数据文件", EXPORT),
    (b"MZ", "程序，不是报表", COMPANION),
    (b"\x7fELF", "程序，不是报表", COMPANION),
    (b"ID;PWXL", "SYLK 表格（.slk）", SAVE),
    (b"ID;PCALC", "SYLK 表格（.slk）", SAVE),
    (b"[InternetShortcut]", "网页快捷方式，不是文件本身", COMPANION),
    (b"[.ShellClassInfo]", "文件夹设置（desktop.ini），不是报表", COMPANION),
)
BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}
PACKAGES = (
    ("xl/workbook.bin", "二进制工作簿（.xlsb）", SAVE),
    ("word/document.xml", "Word 文档（.docx）", TABLE),
    ("ppt/presentation.xml", "演示文稿（.pptx）", TABLE),
    ("ofd.xml", "OFD 版式文件", TABLE),
    ("index/document.iwa", "Numbers 表格", "请在 Numbers 中导出为 Excel（.xlsx）后报送"),
    ("index.zip", "Numbers 表格", "请在 Numbers 中导出为 Excel（.xlsx）后报送"),
)
OPEN = (
    (b"opendocument.spreadsheet", "OpenDocument 表格（.ods）", SAVE),
    (b"opendocument.text", "OpenDocument 文档（.odt）", TABLE),
    (b"opendocument.presentation", "OpenDocument 演示文稿（.odp）", TABLE),
)
STREAMS = (
    ("WordDocument", "Word 文档（.doc）", TABLE),
    ("PowerPoint Document", "演示文稿（.ppt）", TABLE),
    ("__properties_version1.0", "Outlook 邮件（.msg）", "请报送邮件的附件"),
    ("WpsDocument", "WPS 文字文档（.wps）", TABLE),
    ("ETExtData", "WPS 表格（.et）", SAVE),
    ("Catalog", "Windows 的缩略图缓存（Thumbs.db），不是报表", COMPANION),
)
OFFICE = {
    ".et": STREAMS[4][1:],
    ".ett": STREAMS[4][1:],
    ".wps": STREAMS[3][1:],
    ".doc": STREAMS[0][1:],
    ".ppt": STREAMS[1][1:],
    ".dps": ("WPS 演示文稿（.dps）", TABLE),
    ".db": STREAMS[5][1:],
}
"""The name for a container of streams if none of its streams tells what it is."""
XML = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "XML 电子表格 2003", SAVE),
    (b'progid="excel.sheet"', "XML 电子表格 2003", SAVE),
    (b"schemas.microsoft.com/office/word", "Word 文档（XML）", TABLE),
    (b'progid="word.document"', "Word 文档（XML）", TABLE),
    (b"opendocument:xmlns:office", "OpenDocument 表格（XML）", SAVE),
    (b"uof:", "标文通文件（UOF）", SAVE),
    (b"<svg", "图片（SVG）", TABLE),
    (b"<html", "网页（有的系统以 .xls 为名导出网页）", SAVE),
)
WEB = (b"<html", b"<!doctype html", b"<table", b"<meta", b"<style", b"<div", b"<!--", b"<head", b"<body")
MAIL = re.compile(rb"(?:from|received|return-path|mime-version|delivered-to|message-id|x-[a-z-]+|date|subject): ", re.I)
CONTROL = re.compile(rb"[\x00-\x08]")
"""Bytes that no text has: a short mark of plain letters identifies a kind of file only if the file has one of these
bytes.
"""
DATES = re.compile(rb"(?s)[\x03\x04\x05\x30-\x32\x43\x63\x83\x8b\x8e\xcb\xf5\xfb].[\x01-\x0c][\x01-\x1f]")
"""dBASE: a version, and the date of the last change."""


def refuse(path: Path) -> None:
    """Raise `UnreadableError` if a file is of a kind that is not read; the message names the kind."""
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
        what = "文件夹" if path.is_dir() else "管道、设备或套接字"
        raise _foreign(f"{what}，不是普通文件", COMPANION)
    with path.open("rb") as file:
        head = file.read(HEAD)
        size = file.seek(0, 2)
    if found := _by_bytes(head) or _by_words(head) or _inside(path, head) or _by_name(path, head, size):
        raise _foreign(*found)


def unopened(path: Path) -> UnreadableError | None:
    """The kind of a workbook that could not be opened, by its name: WPS uses several kinds for .et."""
    return _foreign(*OFFICE[".et"]) if path.suffix.lower() in (".et", ".ett") else None


def _foreign(what: str, cure: str) -> UnreadableError:
    space = " " if what[0].isascii() else ""
    return UnreadableError(Defect("format", EXPECTED, cure, f"文件是{space}{what}"))


def _by_bytes(head: bytes) -> tuple[str, str] | None:
    for mark, what, cure in BEGINNINGS:
        if head.startswith(mark) and (len(mark) > 5 or not mark.isascii() or CONTROL.search(head)):
            return what, cure
    if b"%PDF-" in head[:1024]:
        return "PDF 文件", TABLE
    if head[:4] == b"RIFF":
        picture = head[8:12] == b"WEBP"
        return ("图片（WEBP）" if picture else "录音或录像"), TABLE
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        what = ("图片（AVIF）" if brand == b"avif" else "图片（HEIC）") if brand in BRANDS else "录像"
        return what, TABLE
    if head[:2] == b"BM" and (
        head[6:10] == b"\0\0\0\0" or head[14:18] in (b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    ):
        return "图片（BMP）", TABLE
    if head[257:262] == b"ustar":
        return "压缩包（TAR）", UNPACK
    if head[:1] in (b"\x71", b"\x72", b"\x73") and head[1:4] in (b"\x01\x01\0", b"\x02\x01\0"):
        return "Stata 数据文件（.dta）", EXPORT
    if _is_dbase(head):
        return "dBASE 数据库（.dbf）", "请用 Excel 打开，另存为“.xlsx”后报送"
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


def _by_words(head: bytes) -> tuple[str, str] | None:
    """Whether text is a marked-up page or an e-mail."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    small = start.lower()
    if small.startswith((b"<?xml", b"<workbook", b"<!doctype")) or re.match(rb"<[a-z]+:?[a-z]* xmlns", small):
        return next(((what, cure) for mark, what, cure in XML if mark in small), ("XML 文件", EXPORT))
    if small.startswith(WEB):
        return XML[-1][1:]
    if MAIL.match(small):
        if b"multipart/related" in small:
            return "单个文件网页（MHTML）", SAVE
        if len(MAIL.findall(small)) > 1:
            return "电子邮件", "请报送邮件的附件"
    if re.match(rb'(?:\{\s*"|\[\s*[\[{]|\{\s*\}|\[\s*"[^"]*"\s*,?\s*\Z)', start) and re.search(
        rb'"\s*:|\]\s*,\s*\[', start
    ):
        return "JSON 数据文件", EXPORT
    return None


def _inside(path: Path, head: bytes) -> tuple[str, str] | None:
    """The kind of a package by its contents. It is called an archive only if it is none of the kinds that look like
    one.
    """
    if head.startswith(b"PK\x05\x06"):
        return "空的压缩包（ZIP）", UNPACK
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as packed:
                return _package(packed)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
            return None  # told where workbooks are read
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        with path.open("rb") as file:
            data = file.read(100_000_000)
        if any(word.encode("utf-16-le") in data for word in ("Workbook", "Book", "EncryptedPackage")):
            return None
        for word, what, cure in STREAMS:
            if word.encode("utf-16-le") in data:
                return what, cure
        return OFFICE.get(path.suffix.lower(), ("Office 97—2003 格式的文件，其中没有工作簿", SAVE))
    return None


def _package(packed: zipfile.ZipFile) -> tuple[str, str] | None:
    names = {name.replace("\\", "/").lstrip("/").lower(): name for name in packed.namelist()}
    if any(name.endswith("workbook.xml") for name in names):
        return None
    for part, what, cure in PACKAGES:
        if part in names:
            return what, cure
    if "mimetype" in names or "content.xml" in names:
        kind = b""
        if "mimetype" in names:
            with packed.open(names["mimetype"]) as part_:
                kind = part_.read(200)
        return next(((what, cure) for mark, what, cure in OPEN if mark in kind), ("OpenDocument 文档", SAVE))
    if any(part.flag_bits & 1 for part in packed.infolist()):
        return "有密码的压缩包（ZIP）", UNPACK
    return "压缩包（ZIP）", UNPACK


def _by_name(path: Path, head: bytes, size: int) -> tuple[str, str] | None:
    """Companion files that no bytes identify: their name and size together show that they are no report."""
    owner = head[:1] and 0 < head[0] <= 54 and set(head[1 + head[0] : 54]) <= {0, 32}
    if owner and (size in (162, 165) or (path.name.startswith("~$") and size < 1000)):
        return "Excel 打开文件时生成的临时文件（“~$”开头），不是报表", "请关闭 Excel 后报送报表文件本身"
    if path.name.lower() == "thumbs.db":
        return STREAMS[-1][1:]
    return None
