"""The command line: each command imports what it needs, so that `--help` is instant."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import date
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TextIO

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from flows.places import SETTINGS, MendableError, default_district, places
from flows.report.kinds import KINDS, YEARLY, Kind

CHINESE = {
    "Usage:": "用法：",
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 …",
    "Options:": "选项：",
    "Commands:": "命令：",
    "Arguments:": "参数：",
    "Show this message and exit.": "显示帮助",
    "[default: ": "[默认 ",
    "required": "必填",
}
"""The texts of typer in Chinese."""


class Group(TyperGroup):
    def get_help(self, ctx: Any) -> str:
        return _chinese(super().get_help(ctx))


class Command(TyperCommand):
    def get_help(self, ctx: Any) -> str:
        return _chinese(super().get_help(ctx))


CODES: dict[str, dict[int, str]] = {
    "check": {
        0: "可以采用，没有须答复的问题；或者与已收文件相同，其中没有不能使用的",
        2: "没有这个文件，选项写得不对，或登记读不出",
        3: "须改正或说明，认不出是哪一份报表，或拿错了文件",
    },
    "receive": {
        0: "都已登记或以前登记过，没有须部门答复的问题",
        2: "须先由登记的人处理：写明 --reason 等选项，改正登记，清理磁盘；其他文件照常登记",
        3: "有文件因内容没有登记，或已登记而须部门答复、改正；其他文件照常登记",
    },
    "inbox": {
        0: "没有新文件，或者都可以采用、没有须答复的问题",
        2: "收件目录打不开，或者中途不能继续",
        3: "有文件须改正或说明，或者结果没有写出",
    },
}
"""What the exit codes of the desk's commands mean, as their help and docs/operations.md tell; 1 is that of every command. Of several
files the worst counts: 2 before 3.
"""


def _codes(command: str) -> str:
    """The exit codes of a command, a line each, below its help."""
    return "\b\n退出码：\n" + "\n".join(f"  {code}  {told}" for code, told in CODES[command].items())


def _chinese(text: str) -> str:
    for english, chinese in CHINESE.items():
        text = text.replace(english, chinese)
    return text


app = typer.Typer(
    cls=Group,
    help="发展规划监测：接收部门报表，核查数据，评价目标，编印报告。",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    """What reports are made with: the version, and the hash of the program that stands in their manifests."""
    if asked:
        import tomllib

        from flows.edition import program
        from flows.places import PROJECT

        told = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        _say(f"{told['name']} {told['version']}，程序的散列值 {program.program()[: program.DIGITS]}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="显示版本和程序的散列值", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def _district(given: str) -> str:
    return given or default_district()


UNTOLD = ""
District = Annotated[
    str,
    typer.Option(
        help=f"地区代码，六位数字；不写的按 {SETTINGS}", metavar="代码", callback=_district, show_default=False
    ),
]
Draft = Annotated[bool, typer.Option("--draft", help="标为送审稿")]
Force = Annotated[bool, typer.Option("--force", help="全部重做：不沿用以前运行的结果")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="只采用到这一天为止收到的报表和答复、作出的采用决定和改动说明，如 2025-05-31；目录、更正和免予说明用现在的；封面写明",
        metavar="日期",
    ),
]
Direct = Annotated[bool, typer.Option("--no-prefect", help="不经 Prefect，直接运行各阶段")]
Port = Annotated[int, typer.Option(help="本机端口，1024—65535", min=1024, max=65535, metavar="端口")]


BaselineOut = Annotated[Path | None, typer.Option(help="把下一规划期的基期数据另存为这个文件（CSV）", metavar="文件")]


def _offer(kind: Kind) -> None:
    """The command that makes a kind of report: its year (which a yearly report must be given) and its options."""
    told = f"{kind.year}，2000—2100{f'；{kind.otherwise}' if kind.once else ''}"
    asked = typer.Argument(help=told, min=2000, max=2100, metavar="年份")
    parameters: dict[str, tuple[Any, Any]] = {
        "year": (Annotated[int | None, asked], None) if kind.once else (Annotated[int, asked], Parameter.empty),
        "district": (District, UNTOLD),
        **({"baseline_out": (BaselineOut, None)} if kind.baseline else {}),
        "draft": (Draft, False),
        "as_of": (AsOf, None),
        "force": (Force, False),
        "no_prefect": (Direct, False),
    }

    def command(**given: Any) -> None:
        _make(kind, **given)

    command.__doc__ = f"{kind.about}：内部版和公开版。"
    command.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(name, Parameter.KEYWORD_ONLY, annotation=a, default=d) for name, (a, d) in parameters.items()]
    )
    app.command(kind.name, cls=Command)(command)


def _make(
    kind: Kind,
    year: int | None,
    district: str,
    draft: bool,
    as_of: str | None,
    force: bool,
    no_prefect: bool,
    baseline_out: Path | None = None,
) -> None:
    from flows import pipeline
    from flows.run import server
    from flows.run.terminal import RunProgress

    year, _ = pipeline.due(kind, year, district)
    with pipeline.baseline_copied(baseline_out, kind, year, district):
        if no_prefect:
            progress = RunProgress()
            progress.finish(pipeline.make(kind, year, district, progress, draft, force, _day(as_of)))
            return
        with server.for_one_run(lambda: pipeline.ahead(kind, year, district, force)):
            from flows.run.tasks import FLOWS, here

            here(FLOWS[kind.name], year, district, draft, force, _day(as_of))


for _kind in KINDS.values():
    _offer(_kind)


UNPROVED = 4
"""The exit code of `verify` where nothing disagrees, and the report could not be made again."""


@app.command(cls=Command)
def verify(
    report: Annotated[Path, typer.Argument(help="本系统编印的 report.pdf", metavar="报告")],
) -> None:
    """核对一份报告：附件、印出的文字和数字、签名；原始报表在手边的，重新编印并逐字节比较。不符时退出码为 3，没有重建时为 4。"""
    from expectations.vocabulary import Proof
    from flows.desk.verify import REBUILT, verify

    found = []
    for check in verify(report):
        _say(f"{check.title}　{check.state.word}　{check.told}")
        found.append((check.state, check.title))
    if any(state == Proof.WRONG for state, _ in found):
        raise typer.Exit(3)
    if (Proof.OPEN, REBUILT) in found:
        raise typer.Exit(UNPROVED)


@app.command(cls=Command)
def key(
    accept: Annotated[
        Path | None, typer.Option(help="认可另一编制单位的公钥：随报告提供的 office.pem", metavar="文件")
    ] = None,
    name: Annotated[str, typer.Option(help="与 --accept 同用：该单位的名称", metavar="名称")] = "",
) -> None:
    """生成本单位签名用的密钥；已有的，显示指纹。今后编印的 PDF 都附签名，verify 据此确认由谁编印、有没有改动。"""
    from flows.edition import signature
    from flows.wording import say

    folder = places().keys
    if name and accept is None:
        raise MendableError(say("messages/signature/name_alone"))
    if accept is not None:
        public = signature.accept(folder, accept, name)
        _say(say("messages/signature/accepted", name=name, key=signature.fingerprint(public)))
        return
    public, made = signature.make(folder)
    form = "messages/signature/made" if made else "messages/signature/there"
    _say(say(form, file=folder / signature.PRIVATE, key=signature.fingerprint(public)))


def _of_kind(given: str) -> str:
    if given not in KINDS:
        raise MendableError(f"没有名为 {given} 的报告；--kind 应为 {'、'.join(KINDS)} 之一")
    return given


KindName = Annotated[
    str,
    typer.Option("--kind", help=f"报告的种类：{'、'.join(KINDS)}", metavar="种类", callback=_of_kind),
]


@app.command(cls=Command)
def approve(
    year: Annotated[int, typer.Argument(help="数据年份，2000—2100", min=2000, max=2100, metavar="年份")],
    kind: KindName = YEARLY.name,
    by: Annotated[str, typer.Option("--by", help="审定人姓名；不写的，只列出须确认的事项", metavar="姓名")] = "",
    run: Annotated[
        str, typer.Option("--run", help="看过的一版的运行编号，如列出的；与 --by 同用", metavar="运行编号")
    ] = "",
    acknowledge: Annotated[
        list[str] | None, typer.Option(help="已经核实的事项，写列出的编号；每项一个", metavar="编号")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="只列出须确认的事项")] = False,
    district: District = UNTOLD,
) -> None:
    """审定编成的报告：须确认的事项逐项确认后，原样存为第n版；审定人应是编制人以外的人。有没确认的，退出码为 3。"""
    from flows.desk import approve as desk

    if listing or not by:
        desk.show(district, year, KINDS[kind], sys.stdout)
        return
    _say(desk.told(desk.approve(district, year, KINDS[kind], by, acknowledge or [], run=run)))


@app.command(cls=Command)
def editions(
    district: District = UNTOLD,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="text 或 json", metavar="格式")] = "text",
) -> None:
    """列出全部各版报告：年份、种类、第几版、是否审定、由谁审定、发给了谁。"""
    from flows.desk import editions as desk

    desk.show(district, form, sys.stdout)


@app.command(cls=Command)
def audit(
    explain: Annotated[str, typer.Option(help="说明改动的原因，与 --by、--file 同用", metavar="原因")] = "",
    by: Annotated[str, typer.Option("--by", help="说明人的姓名", metavar="姓名")] = "",
    file: Annotated[list[str] | None, typer.Option(help="说明的是哪一项，可写几项", metavar="年份/文件名")] = None,
    district: District = UNTOLD,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="text 或 json", metavar="格式")] = "text",
) -> None:
    """核对流水有没有改动，登记、文件、报告、审定版与它是否相符，不符时退出码为 3；查清的改动用 --explain 说明。"""
    from flows.desk import audit as desk

    if explain or by or file:
        for line in desk.explain(district, places(), file or [], explain, by):
            _say(line)
        return
    found = desk.audit(district, places())
    desk.show(found, form, sys.stdout)
    if found.wrong:
        raise typer.Exit(3)


@app.command(cls=Command)
def backup(
    file: Annotated[Path, typer.Argument(help="备份文件，以 .tar.gz 结尾", metavar="文件")],
    keys: Annotated[bool, typer.Option("--with-keys", help="连同签名密钥（.keys）")] = False,
    output: Annotated[bool, typer.Option("--with-output", help="连同编成的报告（output）")] = False,
) -> None:
    """备份：报送文件和登记、流水和审定版、目录和设置。编印、审定、登记都停下来等它。"""
    from flows.desk import backup as desk

    for line in desk.backup(places(), file, keys, output).told("written"):
        _say(line)


@app.command(cls=Command)
def restore(
    file: Annotated[Path, typer.Argument(help="backup 写出的备份文件", metavar="文件")],
    to: Annotated[Path, typer.Option("--to", help="恢复到哪个目录：空的，或还没有的", metavar="目录")],
) -> None:
    """由备份恢复到一个空目录：逐个文件核对，并核对流水，全部无误才算恢复。"""
    from flows.desk import backup as desk

    for line in desk.restore(file, to).told("restored"):
        _say(line)


@app.command(cls=Command)
def deliver(
    year: Annotated[int, typer.Argument(help="数据年份，2000—2100", min=2000, max=2100, metavar="年份")],
    kind: KindName = YEARLY.name,
    resend: Annotated[
        list[str] | None,
        typer.Option(help="再次发给这个收件人：已向其核实没有收到，或应其要求；每人一个", metavar="姓名"),
    ] = None,
    district: District = UNTOLD,
) -> None:
    """把审定的报告发给地区文件写明的收件人，每个收件人一次；通知各部门领取监测反馈单。有没有发出或不能确定的，退出码为 3。"""
    from expectations.catalog import load
    from flows.desk import deliver as desk

    catalog = load(district, places().expectations)
    desk.show(desk.deliver(catalog, year, KINDS[kind], resend or []), sys.stdout)


approver = typer.Typer(
    cls=Group,
    help="登记审定人：几个人共用一个账户的，审定人各有口令。",
    rich_markup_mode=None,
)
app.add_typer(approver, name="approver")
Name = Annotated[str, typer.Argument(help="审定人姓名", metavar="姓名")]


@approver.command("add", cls=Command)
def add_approver(
    name: Name,
    title: Annotated[str, typer.Option(help="职务，如 副局长", metavar="职务")] = "",
    district: District = UNTOLD,
) -> None:
    """登记一名审定人，由本人设定口令（不少于8个字符）。"""
    from flows.desk import approvers
    from flows.wording import say

    approvers.add(district, name, title, approvers.ask(name, twice=True))
    _say(say("messages/approver/added", name=name))


@approver.command("remove", cls=Command)
def remove_approver(name: Name, district: District = UNTOLD) -> None:
    """撤销一名审定人；其审定过的各版不变。"""
    from flows.desk import approvers
    from flows.wording import say

    approvers.remove(district, name)
    _say(say("messages/approver/removed", name=name))


@approver.command("list", cls=Command)
def list_approvers(district: District = UNTOLD) -> None:
    """列出登记的审定人。"""
    from flows.desk import approvers
    from flows.wording import say

    for name, known in approvers.listed(district).items():
        _say(f"{name}　{known.title}".strip())
    if not approvers.listed(district):
        _say(say("messages/approver/none"))


@app.command(cls=Command)
def trace(
    figure: Annotated[
        str, typer.Argument(help="指标的代码或中文名，或 figures.csv 中“依据”一栏的数值编号", metavar="指标")
    ],
    year: Annotated[int | None, typer.Argument(help="数据年份", min=2000, max=2100, metavar="年份")] = None,
    area: Annotated[str, typer.Option(help="代码或名称；不写的为全地区", metavar="地区")] = "",
    institution: Annotated[
        str, typer.Option(help="一个单位（如卫生院）的数值：代码或名称；不另写地区", metavar="单位")
    ] = "",
    sex: Annotated[str, typer.Option(help="女、男或合计", metavar="性别")] = "total",
    part: Annotated[str, typer.Option(help="分组的代码（如 rural）；不写的为全体", metavar="分组")] = "",
    district: District = UNTOLD,
    form: Annotated[
        Literal["text", "json", "page"], typer.Option("--format", help="text、json 或 page（网页）", metavar="格式")
    ] = "text",
    to: Annotated[Path | None, typer.Option("--to", help="写到这个文件；不填时显示在终端", metavar="文件")] = None,
) -> None:
    """一个数字从哪里来：定义、算法、分子和分母，取自哪个文件的哪一格、原文是什么，核查、更正和决定，据此评价了哪些目标。"""
    from expectations.catalog import load
    from flows import machine
    from flows.desk.trace import asked, show
    from flows.desk.trace import trace as follow
    from flows.journal import journal

    where = places()
    catalog = load(district, where.expectations)
    wanted = asked(catalog, figure, year, area, sex, part, institution)
    found = follow(where.warehouse / f"{district}.duckdb", catalog, wanted, journal(district))
    if to is None:
        show(found, form, sys.stdout)
        return
    with machine.about(to), to.open("w", encoding="utf-8", newline="\n") as file:
        show(found, form, file)
    _say(f"已写出 {to}")


@app.command(cls=Command)
def compare(
    old: Annotated[
        Path, typer.Argument(help="原来一版报告的文件夹，如 output/120115/2024/annual.earlier/…", metavar="原版")
    ],
    new: Annotated[Path, typer.Argument(help="新一版报告的文件夹，如 output/120115/2024/annual", metavar="新版")],
    form: Annotated[
        Literal["text", "csv", "json"], typer.Option("--format", help="text、csv 或 json", metavar="格式")
    ] = "text",
    apportion: Annotated[
        bool, typer.Option("--apportion", help="逐项撤回新收到的报送和更正，重新计算，说明每项各使数值变动多少")
    ] = False,
) -> None:
    """比较任意两版报告：每个变动的数值、评价和原因，每处变动的文字；可逐项撤回原因重新计算，分摊变动。"""
    from flows.desk.compare import compare, show

    show(compare(old, new, places() if apportion else None), form, sys.stdout)


@app.command(cls=Command)
def plan(
    district: District = UNTOLD,
    form: Annotated[
        Literal["text", "csv", "json"], typer.Option("--format", help="text、csv 或 json", metavar="格式")
    ] = "text",
) -> None:
    """列出规划的全部目标：指标、要求、负责部门。"""
    from expectations.catalog import load
    from flows.report.write import listing

    listing.show(load(district, places().expectations), form, sys.stdout)


@app.command(cls=Command)
def adopt(
    document: Annotated[Path, typer.Argument(help="规划全文，.docx、.txt 或有文字的 .pdf", metavar="规划")],
    to: Annotated[
        Path | None, typer.Option("--to", help="写到哪个目录；不填时为在用目录库的 plans", metavar="目录")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="规划的英文名，如 baodi_women_2026；不填时按对象和起始年份", metavar="名称"),
    ] = None,
) -> None:
    """由规划全文起草规划文件：领域、目标、措施、目标值和最相近的指标，逐处标“# 请确认”，并列出没有读懂的数字。"""
    from flows import adopt

    for line in adopt.adopt(document, to or places().expectations / "plans", name, places().expectations):
        _say(line)


new = typer.Typer(
    cls=Group,
    help="起草一个地区、一个规划或报表：写出文件，逐键说明，须决定处标“# 请确认”。",
    rich_markup_mode=None,
)
app.add_typer(new, name="new")


Home = Annotated[Path | None, typer.Option("--to", help="地区自己的目录；不填时为在用目录", metavar="目录")]


@new.command("district", cls=Command)
def new_district(
    code: Annotated[str, typer.Argument(help="地区代码，六位数字", metavar="代码")],
    name: Annotated[str, typer.Option(help="地区全称，如 云岭县", metavar="名称")],
    year: Annotated[int, typer.Option(help="第一个数据年份，一般是规划的基期年份", min=2000, max=2100, metavar="年份")],
    to: Home = None,
    simulated: Annotated[bool, typer.Option("--simulated", help="数据是模拟的，报告每页写明")] = False,
) -> None:
    """起草一个地区：地区文件和第一份登记表。"""
    from flows.adopt import scaffold

    for line in scaffold.district(code, name, year, to or places().home, simulated):
        _say(line)


def _catalogue(home: Path | None) -> Path:
    return home / "expectations" if home else places().expectations


@new.command("plan", cls=Command)
def new_plan(
    key: Annotated[str, typer.Argument(help="规划的英文名，如 women_2026", metavar="名称")],
    title: Annotated[str, typer.Option(help="规划全称", metavar="全称")],
    start: Annotated[int, typer.Option("--from", help="规划的第一年", min=2000, max=2100, metavar="年份")],
    end: Annotated[int, typer.Option("--until", help="规划的最后一年", min=2000, max=2100, metavar="年份")],
    audience: Annotated[
        str | None,
        typer.Option(help="规划的对象，英文名，如 elders；不填时按全称里的字样", metavar="对象"),
    ] = None,
    to: Home = None,
) -> None:
    """起草一个规划：基本情况和一个领域的示例；有规划全文的用 adopt。"""
    from flows.adopt import scaffold

    for line in scaffold.plan(key, title, start, end, _catalogue(to), audience):
        _say(line)


@new.command("form", cls=Command)
def new_form(
    district: Annotated[
        str | None, typer.Option(help=f"地区代码，六位数字；不写的按 {SETTINGS}", metavar="代码")
    ] = None,
    to: Home = None,
) -> None:
    """按规划用到的指标起草报表：每个部门一个文件，只有规划用到的数据列。"""
    from flows.adopt import scaffold

    for line in scaffold.form(district or default_district(to), _catalogue(to)):
        _say(line)


@app.command(cls=Command)
def assess(
    targets: Annotated[
        Path, typer.Option(help="目标表：target,indicator,rule,value,base_year,target_year,limit,unit", metavar="文件")
    ],
    values: Annotated[Path, typer.Option(help="数值表：indicator,year,value[,numerator,denominator]", metavar="文件")],
    method: Annotated[
        Literal["destatis", "statcan", "own", "all"],
        typer.Option(help="destatis、statcan、own（本系统）或 all", metavar="方法"),
    ] = "all",
    form: Annotated[
        Literal["csv", "json", "text"], typer.Option("--format", help="csv、json 或 text", metavar="格式")
    ] = "csv",
) -> None:
    """评价任意序列的目标，不需要规划和数据库：三种方法各年的结论、外推、概率和理由。"""
    from flows.desk import question

    question.ask(targets, values, method, form, sys.stdout)


Files = Annotated[list[Path], typer.Argument(help="部门送来的 CSV 或 Excel 文件", metavar="文件")]
Dataset = Annotated[str | None, typer.Option(help="报表的英文名；不填时按表头识别", metavar="报表")]
Sender = Annotated[str | None, typer.Option("--from", help="报送部门；不填时按报表或文件名识别", metavar="部门")]
DataYear = Annotated[int | None, typer.Option(help="数据年份；不填时按年份列识别", min=2000, max=2100, metavar="年份")]
Sheet = Annotated[str | None, typer.Option(help="工作表名；不填时按表头识别", metavar="工作表")]
Year = Annotated[int, typer.Argument(help="数据年份，2000—2100", min=2000, max=2100, metavar="年份")]
Forms = Annotated[
    Path | None, typer.Option("--to", help="写到哪个目录；不填时为在用目录的 output/templates", metavar="目录")
]
Day = Annotated[str | None, typer.Option("--date", help="日期，如 2025-03-10；不填时为今天", metavar="日期")]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise MendableError(f"日期写得不对：{text}，应如 2025-03-10") from None


def _answers(texts: list[str]) -> dict[str, str]:
    from flows.questions import QUESTIONS

    answers = {}
    for text in texts:
        rule, equals, how = text.partition("=")
        if not equals or rule not in QUESTIONS or len(how) < 4:
            raise MendableError(
                f"--confirm 应写成 规则=确认人和依据，规则为 {'、'.join(QUESTIONS)} 之一，实为 {text!r}"
            )
        answers[rule] = how
    return answers


@app.command(cls=Command, epilog=_codes("receive"))
def receive(
    files: Files,
    dataset: Dataset = None,
    sender: Sender = None,
    year: DataYear = None,
    sheet: Sheet = None,
    day: Day = None,
    reason: Annotated[str | None, typer.Option(help="重新报送或截止后报送的原因", metavar="原因")] = None,
    unusable: Annotated[bool, typer.Option("--unusable", help="没有可用数据的文件也登记，代替已登记的一版")] = False,
    confirm: Annotated[
        list[str] | None,
        typer.Option(help="部门已经答复的问题，如 surroundings=李某电话确认是全年数", metavar="规则=确认人和依据"),
    ] = None,
    district: District = UNTOLD,
) -> None:
    """登记部门送来的报表：原样存档，核查，写出核查反馈单；重新报送的列出变化和影响。"""
    from expectations.catalog import load
    from flows.desk import intake, shelf
    from flows.desk.filing import Wanted

    here, wanted = places(), Wanted(dataset, sender, year, sheet, _answers(confirm or []))
    with shelf.opened(here, district):
        sound = intake.receive(files, load(district, here.expectations), here, wanted, _day(day), reason, unusable)
    if not sound:
        raise typer.Exit(3)


@app.command(cls=Command, epilog=_codes("check"))
def check(
    file: Annotated[Path, typer.Argument(help="准备报送的 CSV 或 Excel 文件", metavar="文件")],
    dataset: Dataset = None,
    sender: Sender = None,
    year: DataYear = None,
    sheet: Sheet = None,
    district: District = UNTOLD,
) -> None:
    """报送前核查一个文件，在文件旁写出核查反馈单；不登记。"""
    from expectations.catalog import load
    from flows.desk import intake, shelf
    from flows.desk.filing import Wanted

    here, wanted = places(), Wanted(dataset, sender, year, sheet)
    with shelf.opened(here, district):
        tried = intake.check(file, load(district, here.expectations), here, wanted)
    if not all(one.sound for one in tried):
        raise typer.Exit(3)


@app.command(cls=Command, epilog=_codes("inbox"))
def inbox(district: District = UNTOLD) -> None:
    """核查收件目录（地区文件的 inbox）的新文件，结果写在文件旁边，不登记；服务运行时自动核查。"""
    from expectations.catalog import load
    from flows.desk import inbox as desk
    from flows.desk import shelf
    from flows.run.failure import failure

    with shelf.opened(places(), district):
        found = desk.judge(load(district, places().expectations), places(), lambda error: failure(error)[1])
    _say("\n".join(filter(None, desk.said(found))))
    if not found.sound:
        raise typer.Exit(3)


@app.command(cls=Command)
def deliveries(
    year: Year,
    form: Annotated[Literal["text", "csv"], typer.Option("--format", help="text 或 csv", metavar="格式")] = "text",
    day: Day = None,
    district: District = UNTOLD,
) -> None:
    """列出各部门应报、收到、迟报、退回、未报送的报表，以及催报清单。"""
    from datetime import datetime

    from expectations.catalog import load
    from flows.desk import owed, shelf
    from flows.wording import BEIJING

    here, today = places(), _day(day) or datetime.now(BEIJING).date()
    with shelf.opened(here, district):
        owed.show(load(district, here.expectations), here.raw, year, today, form, sys.stdout)


@app.command(cls=Command)
def ledger(
    year: Year,
    form: Annotated[Literal["text", "csv"], typer.Option("--format", help="text 或 csv", metavar="格式")] = "text",
    letters: Annotated[bool, typer.Option("--letters", help="写出当日的催报函和督办函（PDF）")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="函写到哪个目录；不填时为 output/letters/<地区>/<年份>", metavar="目录")
    ] = None,
    day: Day = None,
    district: District = UNTOLD,
) -> None:
    """列出年度报告的预警事项：待答复、整改中、已完成、逾期，按部门；可写出催报函（没有按期答复）和督办函（一级预警、超过时限）。"""
    from datetime import datetime

    from expectations.catalog import load
    from flows.desk import ledger as desk
    from flows.wording import BEIJING

    here, today = places(), _day(day) or datetime.now(BEIJING).date()
    folder = (to or here.output / "letters" / district / str(year)) if letters or to else None
    desk.show(load(district, here.expectations), here, year, today, form, folder, sys.stdout)


@app.command(cls=Command)
def template(
    dataset: Annotated[str, typer.Argument(help="报表的名称或英文名（expectations/datasets）", metavar="报表")],
    year: Year,
    to: Forms = None,
    district: District = UNTOLD,
) -> None:
    """写出一份报表的空表（Excel 和 CSV），带上年数据、下拉选项和填表说明。"""
    from expectations.catalog import load
    from flows.desk import intake

    here = places()
    _tell(intake.empty_forms(load(district, here.expectations), here, dataset, year, to or here.output / "templates"))


@app.command(cls=Command)
def forms(
    year: Year,
    department: Annotated[
        str | None, typer.Option("--department", help="只写一个部门的，写部门的名称或英文名", metavar="部门")
    ] = None,
    to: Forms = None,
    district: District = UNTOLD,
) -> None:
    """写出各部门一年的全部空表，一个部门一个工作簿；不指明部门的，另写出统计报表制度（PDF）。"""
    from expectations.catalog import load
    from flows.desk import intake

    here = places()
    catalog = load(district, here.expectations)
    only = None if department is None else intake.department_of(catalog, department)
    _tell(intake.books(catalog, here, year, only, to or here.output / "templates"))


@app.command(cls=Command)
def serve(port: Port = 4200) -> None:
    """启动本机 Prefect 服务：每年定时运行，也可以在网页上随时运行。按 Ctrl-C 结束。"""
    from flows.run import server

    with server.lasting(port) as password:
        from flows.run.serve import serve

        serve(password)


@app.command(cls=Command)
def run(
    deployment: Annotated[
        str, typer.Argument(help="报告的种类，如 annual；别的地区写作 annual/120115", metavar="部署")
    ] = YEARLY.name,
    param: Annotated[list[str] | None, typer.Option("-p", "--param", help="如 year=2024", metavar="名称=值")] = None,
) -> None:
    """让正在运行的 Prefect 服务立即运行一次，等到结束。"""
    from flows.run import server

    server.reach()
    from flows.run.serve import run

    run(deployment, param or [])


INTERRUPTED = "Query interrupted"
"""The message of DuckDB when Ctrl-C interrupts it."""
CLOSED = 128 + 13
"""The exit code if nobody reads the output any more: a shell's code for SIGPIPE."""


def main() -> None:
    """Run a command. What the user can mend is told in one message with exit code 2; anything else goes to the error
    log.
    """
    try:
        _begin()
        interrupted = typer.main.get_command(app)(sys.argv[1:] or ["--help"], "./monitor", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        try:
            code, message = _answer(error)
        except BaseException:  # no memory, no file to be opened: even to answer
            code, message = 1, f"程序出错，没有完成（{type(error).__name__}）。请检查内存、磁盘和打开的文件数。"
        _leave(code, message)
    if interrupted:
        _leave(interrupted, "已中断" if interrupted == 130 else "")


def _begin() -> None:
    """What must be set before anything is printed: who may read our files, where our words go, how the program is
    ended.
    """
    import atexit

    import flows.run.failure  # noqa: F401  (where no file can be opened, it is too late to look for the words)
    from flows import garbage
    from flows.disk import UMASK
    from flows.run import ending

    garbage.look_rarely(garbage.BEGINNING)
    # What is registered first is called last, after all that others do at the end (Prefect tells its server what is left to tell).
    # Else Python would take apart what it has imported, which takes as long as to check a small file.
    atexit.register(_leave, 0)
    os.umask(UMASK)
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:  # a file of ours must not become the standard output
        pass
    os.close(handle)
    ending.listen()
    if sys.stdout is None:
        raise MendableError("标准输出已关闭，结果无处可写。请重新运行；不需要看结果的，把它转到 /dev/null。")
    sys.stdout = _named(sys.stdout, "（标准输出）")
    if sys.stderr is not None:
        sys.stderr = _named(sys.stderr, "（标准错误）")


def _named(stream: TextIO, name: str) -> TextIO:
    """The same stream; its errors name it, and characters that it cannot show are shown by their numbers."""
    import io

    class Output(io.FileIO):
        def write(self, data: Any, /) -> int:
            try:
                return super().write(data)
            except OSError as error:
                error.filename = name
                raise

    stream.flush()
    raw = io.BufferedWriter(Output(stream.fileno(), "wb", closefd=False))
    lines = stream.isatty() or stream is sys.stderr
    return io.TextIOWrapper(raw, stream.encoding, "backslashreplace", line_buffering=lines)


def _answer(error: BaseException) -> tuple[int, str]:
    """The exit code and what the user is told."""
    from flows.run.failure import failure

    if isinstance(error, KeyboardInterrupt | typer.Abort) or str(error) == INTERRUPTED:
        return 130, "已中断"
    if isinstance(error, SystemExit):
        closed = isinstance(error.__context__, BrokenPipeError)
        return CLOSED if closed else error.code if isinstance(error.code, int) else 1, ""
    if isinstance(error, BrokenPipeError):
        return CLOSED, ""
    if isinstance(error, TyperException):
        return 2, f"{_usage(error)}\n用法见 ./monitor --help"
    return failure(error)


def _say(text: str, err: bool = False) -> None:
    """Print a line; words of others in it cannot command the terminal."""
    from flows.inert import shown

    typer.echo(shown(text), err=err)


def _tell(written: Iterable[Path]) -> None:
    """Print where files stand, as one would type it from here."""
    for path in written:
        _say(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def _leave(code: int, message: str = "") -> NoReturn:
    """End at once: Python would take apart what it has imported or, after an error, complain of connections that the error still holds."""
    from contextlib import suppress

    with suppress(OSError, ValueError, AttributeError):  # who does not listen cannot be told
        sys.stdout.flush()
    with suppress(OSError, ValueError, AttributeError):
        if message:
            _say(message, err=True)
        sys.stderr.flush()
    os._exit(code)


def _usage(error: TyperException) -> str:
    """What is wrong with a command line, told by the kind of typer's error: what it says of it is English."""
    parameter = getattr(error, "param", None)
    if parameter is not None:
        option = next((f" {word} " for word in parameter.opts if word.startswith("--")), "")
        name = f"{option}{parameter.metavar or parameter.name}"
        problem = "缺少" if type(error).__name__ == "MissingParameter" else "写得不对："
        return f"{problem}{name if problem == '缺少' else name.lstrip()}（{parameter.help}）"
    option, message = getattr(error, "option_name", ""), error.message
    if type(error).__name__ == "NoSuchOption":
        near = "、".join(sorted(getattr(error, "possibilities", None) or ()))
        return f"没有选项 {option}" + (f"，相近的有 {near}" if near else "")
    if type(error).__name__ == "BadOptionUsage":
        return f"选项 {option} 后面{'没有写值' if 'requires' in message else '不写值'}"
    if message.startswith("Got unexpected extra argument"):
        command = getattr(getattr(error, "ctx", None), "info_name", "")
        one = "check 一次核查一个文件，" if command == "check" else ""
        return f"{one}多写了：{message.partition(' (')[2].removesuffix(')')}"
    words = {"No such command ": "没有命令 ", "Missing command.": "缺少命令"}
    english = next((word for word in words if message.startswith(word)), "")
    named = message.removeprefix(english).partition(" Did you mean")[0].rstrip(".")
    return f"{words[english]}{named}" if english else "命令写得不对"


if __name__ == "__main__":
    main()
