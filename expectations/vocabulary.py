"""The words of the domain: each code that the warehouse keeps is one record, with its Chinese word and what it means to
others.

A code is its text (`Verdict.MET == "met"`), so that tables and files hold it as it is. What groups codes (met, short,
unknown) is a property here and nowhere else. `GLOSSARY.md` is made of these records.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Self, cast


class Code(StrEnum):
    """A code with its word."""

    def __new__(cls, code: str, *rest: object) -> Self:
        found = str.__new__(cls, code)
        found._value_ = code
        return found

    def __init__(self, code: str, word: str) -> None:
        self.word = word

    @classmethod
    def of(cls, code: object) -> Self:
        """The record of a code; raises KeyError where there is none."""
        return cast(Self, cls._value2member_map_[str(code)])

    @classmethod
    def words(cls) -> dict[str, str]:
        """Code → word, in the order of the records."""
        return {record.value: record.word for record in cls}


Standing = Literal["attained", "on_course", "short", "unknown", "told", "suppressed"]
"""Kept; expected to be kept; falls short; cannot be judged; told by a department; not told by the public edition."""


class Verdict(Code):
    """How a target stands in a year: `verdict` of `out_assessments`.

    `mark` is legible without colour; `met` says what the verdict tells of the year's own figure, None where it tells
    nothing.
    """

    def __init__(self, code: str, word: str, mark: str, standing: Standing, met: bool | None = None) -> None:
        super().__init__(code, word)
        self.mark, self.standing, self.met = mark, standing, met

    MET_EARLY = "met_early", "提前达标", "●", "attained", True
    ON_COURSE = "on_course", "预期可达标", "○", "on_course"
    BEHIND = "behind", "达标困难", "△", "short"
    AWAY = "away", "背离目标", "▲", "short"
    MET_YEAR = "met_year", "本年达标", "●", "attained", True
    MISSED_YEAR = "missed_year", "本年未达标", "▲", "short", False
    MET = "met", "达标", "●", "attained", True
    MISSED = "missed", "未达标", "▲", "short", False
    UNKNOWN = "unknown", "无法判断", "？", "unknown"
    CARRIED_OUT = "carried_out", "已落实", "■", "told"
    IN_PROGRESS = "in_progress", "推进中", "□", "told"
    NOT_STARTED = "not_started", "未启动", "×", "told"
    SUPPRESSED = "suppressed", "数据保护", "※", "suppressed"


def stand(*standings: Standing) -> tuple[Verdict, ...]:
    """The verdicts that stand so, in the order given and in that of the records."""
    return tuple(verdict for wanted in standings for verdict in Verdict if verdict.standing == wanted)


ATTAINED = stand("attained")
FINE = stand("attained", "on_course")
SHORT = stand("short")
EVIDENCE = stand("told")
OF_YEAR = frozenset({Verdict.MET_YEAR, Verdict.MISSED_YEAR})
"""Verdicts on a year by itself: of a promise for every year, or of a state that is to be kept."""
DECIDED = frozenset(verdict for verdict in Verdict if verdict.met is False)
"""Verdicts of targets that are missed for good: the year or the plan's end has decided."""


class Reason(Code):
    """Why a figure or a verdict is not there; none of these is zero. `state` of `out_indicators`, `reason` of
    `out_assessments`.

    `meaning` is told in the workbook; `sdmx` is the observation status of SDMX:CL_OBS_STATUS(2.2): not collected,
    cannot exist, missing, suppressed. The warehouse has no `NOT_ASKED`: its readers tell it apart (flows/absence.py).
    """

    def __init__(self, code: str, word: str, meaning: str, sdmx: str = "") -> None:
        super().__init__(code, word)
        self.meaning, self.sdmx = meaning, sdmx

    @property
    def is_of_figure(self) -> bool:
        """Whether a figure can lack for this reason; the others are of verdicts and of years alone."""
        return bool(self.sdmx)

    @property
    def is_computed(self) -> bool:
        """Whether the warehouse says so of a figure."""
        return self.is_of_figure and self is not Reason.NOT_ASKED

    @classmethod
    def of_compared(cls, reason: str | None, *, kept_back: bool) -> Reason:
        """Why the compared value of a target is not there, by the reason of its verdict and by whether something of it is kept back. A
        verdict that was reached (none), or failed for what it is compared with (口径变化), had a value: then it has it no more.
        Where nothing is kept back, the reason is of the value itself.
        """
        found = cls.SUPPRESSED if reason is None else cls.of(reason)
        return cls.SUPPRESSED if kept_back and not found.is_of_figure else found

    NOT_RECEIVED = "not_received", "未报送", "部门没有报送", "L"
    REJECTED = "rejected", "核查未通过", "报送的数据不能使用", "O"
    NOT_APPLICABLE = "not_applicable", "不适用", "分母为零，或不适用于该地区", "M"
    BREAK = "break", "口径变化", "口径变化，不能与基期或上年比较"
    NO_BASELINE = "no_baseline", "缺基期数据", "没有基期数据"
    ZERO_BASELINE = "zero_baseline", "基期为零", "基期数值为零，相对变化没有目标值"
    NO_PREVIOUS = "no_previous", "缺上年数据", "没有上年数据"
    NO_REFERENCE = "no_reference", "缺对照数据", "没有用于对照的数据"
    TOO_FEW_YEARS = "too_few_years", "年度不足", "可比年度过少，不作判断"
    SUPPRESSED = "suppressed", Verdict.SUPPRESSED.word, "人数过少，为保护个人信息不予公布", "Q"
    NOT_PUBLISHED = "not_published", "未公布", "公布数值的机构没有公布", "O"
    NOT_ASKED = "not_asked", "未布置", "该年没有布置报送，没有部门应报", "L"
    NOT_SUMMED = "not_summed", "不汇总", "所辖地区中有的只有数值，没有分子分母，不能相加", "M"
    NOT_ENTERED = "not_entered", "本表未收录", "没有录入，不说明是否公布过", "L"
    OK = "ok", "", ""


NOT_IN_PRINT = frozenset({Reason.NOT_PUBLISHED, Reason.NOT_ENTERED})
"""Why published figures that somebody put together lack one."""
EARLIER_LACKS = frozenset({Reason.NO_BASELINE, Reason.NO_PREVIOUS})
"""Why there is no verdict, where it is the figure of an earlier year that lacks."""


class Ending(Code):
    """What became of a target over the whole period (期末状况): the final evaluation's word."""

    def __init__(self, code: str, word: str, sign: str, attained: bool = False) -> None:
        super().__init__(code, word)
        self.sign, self.attained = sign, attained

    EARLY = "early", Verdict.MET_EARLY.word, "◎", True
    MET = "met", Verdict.MET.word, "●", True
    NEARLY = "nearly", "基本达标", "◐", True
    MISSED = "missed", Verdict.MISSED.word, "▲"
    NO_DATA = "no_data", "无数据", "？"
    UNKNOWN = "unknown", Verdict.UNKNOWN.word, "◇"
    SUPPRESSED = "suppressed", Verdict.SUPPRESSED.word, "※"
    CARRIED_OUT = "carried_out", Verdict.CARRIED_OUT.word, "■"
    IN_PROGRESS = "in_progress", Verdict.IN_PROGRESS.word, "□"
    NOT_STARTED = "not_started", Verdict.NOT_STARTED.word, "×"
    NO_STATEMENT = "no_statement", "无说明", "／"
    NOT_ASKED = "not_asked", Reason.NOT_ASKED.word, "—"


UNJUDGED = (Ending.NO_DATA, Ending.UNKNOWN)
"""Endings of targets that nobody can judge, although nothing is kept back."""
BASELESS = (*UNJUDGED, Ending.SUPPRESSED, Ending.NO_STATEMENT, Ending.NOT_ASKED)
"""Endings that nothing decided (`Basis`)."""
NOT_WHOLLY_MET = frozenset({Ending.NEARLY, Ending.MISSED})
"""Endings of targets whose end value, or some year, was not as the plan asks."""


class Method(Code):
    """Which rule decided a verdict: `method` of `out_assessments`."""

    END = "end", "以期末年数值与要求比较"
    KEPT = "kept", "以当年数值与要求比较"
    RISE = "rise", "以当年升幅与此前年均升幅比较"
    LINEAR = "linear", "以近年平均变动外推至期末年，与目标值比较"
    DIRECTION = "direction", "以平均变动和最近一次变动的方向评价"
    BEST = "best", "已为最好值，以保持评价"
    PATH = "path", "以当年数值与基期到目标值的直线进度比较"
    MODEL = "model", "小概率事件，以期末达标概率评价"
    POOLED = "pooled", "小概率事件，以规划期合并值评价"
    ODDS = "odds", "外推与期末达标概率明显不一致，以概率评价"
    STATED = "stated", "以公布的变化评价"
    STATEMENT = "statement", "以部门说明的进展评价"


class Prospect(Code):
    """What another's method makes of a target; `fine` where it is met or expected to be met."""

    def __init__(self, code: str, word: str, fine: bool = False) -> None:
        super().__init__(code, word)
        self.fine = fine


class Symbol(Prospect):
    """How a target is heading, by Destatis's rule for its weather symbols."""

    SUN = "sun", "好", True
    SLIGHTLY_CLOUDY = "slightly_cloudy", "较好", True
    CLOUDY = "cloudy", "一般"
    THUNDERSTORM = "thunderstorm", "差"
    NONE = "none", "年度不足"


class Pace(Prospect):
    """Statistics Canada's progress measure, in words."""

    TARGET_ACHIEVED = "target_achieved", "已达标", True
    SUBSTANTIAL_PROGRESS = "substantial_progress", "进展正常", True
    MODERATE_PROGRESS = "moderate_progress", "需要加快"
    LIMITED_PROGRESS = "limited_progress", "进展有限"
    DETERIORATION = "deterioration", "退步"
    NOT_AVAILABLE = "not_available", "不适用"


class Likelihood(Code):
    """A probability, told only as likely or unlikely (flows/outlook/status.py)."""

    PROBABLE = "probable", "可能性较大"
    IMPROBABLE = "improbable", "可能性较小"


class Basis(Code):
    """What decided the ending of a target."""

    END = "end", "以期末数值与要求比较"
    NEAR = "near", "以期末数值与基本达标的界限比较"
    YEARLY = "yearly", "以实施期各年数值与要求比较"
    STATED = Method.STATED.value, Method.STATED.word
    STATEMENT = Method.STATEMENT.value, Method.STATEMENT.word


class Moved(Code):
    """Which way a value went since the baseline, by what is better for its indicator."""

    IMPROVED = "improved", "改善"
    FLAT = "flat", "持平"
    WORSE = "worse", "退步"
    UNDIRECTED = "undirected", "不分优劣"
    INCOMPARABLE = "incomparable", "无法比较"


class Gap(Code):
    """What became of the distance between women and men; turned: the one that was ahead is now behind."""

    NARROWED = "narrowed", "缩小"
    WIDENED = "widened", "扩大"
    TURNED = "turned", "反转"
    SAME = "same", "持平"


class Following(Code):
    """How the next plan takes an indicator over.

    press: missed or basically met; hold: all others; routine: met and at its limit; supply: without data; compare: with
    a value that nothing can be compared with; protected: not told.
    """

    PRESS = "press", "继续攻坚"
    HOLD = "hold", "巩固监测"
    ROUTINE = "routine", "转为常规监测"
    SUPPLY = "supply", "补齐数据后监测"
    COMPARE = "compare", "补齐可比数据后监测"
    PROTECTED = "protected", "继续监测"


class WarningKind(Code):
    """What is warned of: `kind` of `out_warnings`."""

    MISS = "miss", "预计达标困难"
    SWING = "swing", "波动较大"


class Cause(Code):
    """The class of a warning's cause; a swing and a probability tell nothing of their cause. Of `out_warnings` the first three are
    `cause`; the others are `reason`, where no verdict is.
    """

    LATE_DATA = "late_data", "数据缺失"
    QUALITY = "quality", "数据质量"
    LAG = "lag", "进展滞后"
    SWING = "swing", "变动原因待部门说明"
    UNLIKELY = "unlikely", "达标把握不足"
    LATE = "late", "评价依据缺失"


class Fate(Code):
    """What became of a warning: `outcome` of `out_track`."""

    MISSED = "missed", Verdict.MISSED.word
    MET = "met", "已达标"
    OPEN = "open", "未到期"
    UNKNOWN = "unknown", Verdict.UNKNOWN.word


class Weight(Code):
    """How much a promise weighs (`weight` in expectations/stakes.py)."""

    FIRST = "1", "一类"
    SECOND = "2", "二类"
    THIRD = "3", "三类"


class ChangeCause(Code):
    """Why a figure or a verdict is another than in the edition before, in the order in which the causes are named."""

    CORRECTED = "corrected", "更正报送"
    SENT_SINCE = "sent_since", "补报"
    WITHDRAWN = "withdrawn", "撤回报送"
    UNFILED = "unfiled", "登记以外的改动"
    EXPLAINED = "explained", "本单位说明的改动"
    CORRECTION = "correction", "更正登记"
    CATALOGUE = "catalogue", "目录调整"
    PROGRAM = "program", "程序调整"
    PROTECTION = "protection", Verdict.SUPPRESSED.word
    NOT_KNOWN = "not_known", "原因不明"


class Level(Code):
    """How urgent a warning is (expectations/stakes.py), the most urgent first."""

    SERIOUS = "serious", "一级"
    MODERATE = "moderate", "二级"
    LIGHT = "light", "三级"


class AnswerSheet(Code):
    """What is sent to a department for an answer, and comes back: `sheet` of `meta_replies`."""

    LEDGER = "ledger", "整改台账"
    FEEDBACK = "feedback", "核查反馈单"


class Redress(Code):
    """How far a department is with what a warning asks for: `state` of `core_replies`; `answered` unless it has said
    nothing.
    """

    def __init__(self, code: str, word: str, answered: bool = True) -> None:
        super().__init__(code, word)
        self.answered = answered

    WAITING = "waiting", "待答复", False
    UNDERWAY = "underway", "整改中"
    DONE = "done", "已完成"
    UNDONE = "undone", "未完成"


class Severity(Code):
    """How much a finding weighs."""

    CRITICAL = "critical", "不能使用"
    WARNING = "warning", "提请核实"
    INFO = "info", "提示"


class DeliveryStatus(Code):
    """What became of a delivery."""

    ACCEPTED = "accepted", "采用"
    PARTIAL = "partial", "部分采用"
    REFUSED = "refused", "退回"
    MISSING = "missing", Reason.NOT_RECEIVED.word
    SUPERSEDED = "superseded", "已被更正"

    @property
    def is_used(self) -> bool:
        """Whether figures of it are used, all or some."""
        return self in {DeliveryStatus.ACCEPTED, DeliveryStatus.PARTIAL}

    @property
    def is_absent(self) -> bool:
        """Whether nothing is there that could be used."""
        return self in {DeliveryStatus.MISSING, DeliveryStatus.REFUSED}

    @property
    def is_wanting(self) -> bool:
        """Whether something is still to be sent, or to be mended."""
        return self.is_absent or self is DeliveryStatus.PARTIAL


class Fit(Code):
    """What a file that was only checked would be, if it were filed."""

    SAME = "same", "与已收文件相同"
    USABLE = "usable", "可以采用"
    PARTLY = "partly", "部分可以采用"
    UNUSABLE = "unusable", "不能采用"

    @property
    def is_sound(self) -> bool:
        """Whether nothing in the file must be mended."""
        return self in {Fit.SAME, Fit.USABLE}

    @classmethod
    def if_filed(cls, status: DeliveryStatus) -> Fit:
        """What a file is of which this would become."""
        if status == DeliveryStatus.ACCEPTED:
            return cls.USABLE
        return cls.UNUSABLE if status == DeliveryStatus.REFUSED else cls.PARTLY


class Mending(Code):
    """What became of a registered correction in a file: `state` of `meta_corrections`."""

    APPLIED = "applied", "已更正"
    MENDED = "mended", "不再需要"
    ELSEWHERE = "elsewhere", "针对其他行或其他版本"
    SEVERAL = "several", "不止一格相符"
    EXPIRED = "expired", "已到期"


class Proof(Code):
    """What `verify` found of one thing in a paper; open: nothing was there to hold it against."""

    OK = "ok", "相符"
    WRONG = "wrong", "不符"
    OPEN = "open", "未查"


class Gate(Code):
    """Where a finding was made."""

    FILE = "file", "接收"
    CONTRACT = "contract", "核对"
    PLAUSIBILITY = "plausibility", "合理性"
    PLAN = "plan", "规划"


class Against(Code):
    """How a district's figure differs from the city's: beyond chance, or not."""

    BETTER = "better", "显著优于"
    LIKE = "like", "无显著差异"
    WORSE = "worse_than", "显著劣于"
    HIGHER = "higher", "显著高于"
    LOWER = "lower", "显著低于"


class Versus(Code):
    """How a district's figure stands to that of an area above it (全国): by what the indicator wants, or higher and lower."""

    AHEAD = "ahead", "好于"
    AFTER = "after", "差于"
    EVEN = "even", "相当"
    OVER = "over", "更高"
    UNDER = "under", "更低"


class Apart(Code):
    """How an area's figure stands to the district's: within what chance makes of so few people, or beyond it.

    `side`: +1 above, −1 below; `far`: beyond the outer limits of the funnel (99.8 %), and not only the inner (95 %).
    """

    def __init__(self, code: str, word: str, side: int = 0, far: bool = False) -> None:
        super().__init__(code, word)
        self.side, self.far = side, far

    FAR_ABOVE = "far_above", "明显高于", 1, True
    ABOVE = "above", "偏高", 1
    WITHIN = "within", "正常波动"
    BELOW = "below", "偏低", -1
    FAR_BELOW = "far_below", "明显低于", -1, True

    @property
    def near(self) -> Apart:
        """The same side, and not far."""
        return {Apart.FAR_ABOVE: Apart.ABOVE, Apart.FAR_BELOW: Apart.BELOW}.get(self, self)


class Readership(Code):
    """For whom an edition is."""

    INTERNAL = "internal", "内部版"
    PUBLIC = "public", "公开版"


class Makeup(Code):
    """A number of a released figure: a district's edition tells its city what a figure is made of."""

    NUMERATOR = "numerator", "分子"
    DENOMINATOR = "denominator", "分母"
    VALUE = "value", "数值"


class Sex(Code):
    """Of whom a figure is; `sdmx`: SDMX:CL_SEX(2.1)."""

    def __init__(self, code: str, word: str, sdmx: str) -> None:
        super().__init__(code, word)
        self.sdmx = sdmx

    FEMALE = "female", "女", "F"
    MALE = "male", "男", "M"
    NOT_STATED = "not_stated", "未说明", "_U"
    TOTAL = "total", "合计", "_T"


WHOLE = "*"
"""In stg_<dataset>, the code for all institutions, or all parts of a dimension, together."""


def people(sex: str | None) -> str:
    """女性 or 男性, as a sentence calls them; of both together nothing is said."""
    return f"{word}性" if (word := told_sex(sex)) in {Sex.FEMALE.word, Sex.MALE.word} else ""


def told_sex(sex: str | None) -> str:
    """The word for women or men, where it is said at all: of both together nothing is."""
    return "" if sex in {None, Sex.TOTAL} else Sex.words().get(str(sex), "")


class Concern(Code):
    """Why somebody must have a look before an edition is approved."""

    MISSING = "missing", Reason.NOT_RECEIVED.word
    NOT_ASKED = "not_asked", Reason.NOT_ASKED.word
    CRITICAL = "critical", Severity.CRITICAL.word
    QUESTION = "question", Severity.WARNING.word
    UNEXPLAINED = "unexplained", "变动原因不明"
    AS_OF = "as_of", "数据截至某日"
    NOT_PUBLIC = "not_public", "无公开版"
    UNSIGNED = "unsigned", "未签名"


class Posting(Code):
    """How the sending of an approved edition to somebody has ended."""

    SENT = "sent", "已发送"
    BEFORE = "before", "此前已发送"
    UNSENT = "unsent", "没有发出"
    DOUBTFUL = "doubtful", "不能确定"

    @property
    def is_open(self) -> bool:
        """Whether it is not known to have been sent."""
        return self in {Posting.UNSENT, Posting.DOUBTFUL}


class Deed(Code):
    """What an event of the journal says was done (flows/journal.py)."""

    ADOPTED = "adopted", "首次记入"
    FILING = "filing", "开始登记"
    FILED = "filed", "登记报送"
    EXPLAINED = "explained", "说明改动"
    MADE = "made", "编成"
    APPOINTED = "appointed", "登记审定人"
    DISMISSED = "dismissed", "撤销审定人"
    APPROVED = "approved", "审定"
    SENDING = "sending", "开始发送"
    SENT = "sent", "已发送"
    UNSENT = "unsent", "未能发送"
    RESTORED = "restored", "恢复备份"


GLOSSES: Mapping[type[Code], str] = {
    Verdict: "目标的年度评价",
    Ending: "目标的期末状况",
    Reason: "没有数值或评价的原因",
    Method: "评价所依据的方法",
    Symbol: "走势（德国联邦统计局的规则）",
    Pace: "进展评价（加拿大统计局）",
    Likelihood: "期末达标的可能性",
    Basis: "期末状况的依据",
    Moved: "数值较基期的变化",
    Gap: "两性差距的变化",
    Following: "下一规划期的监测安排",
    WarningKind: "预警类型",
    Cause: "预警的成因",
    Fate: "预警的结果",
    Weight: "目标的类别",
    ChangeCause: "较上一版变动的原因",
    Level: "预警级别",
    AnswerSheet: "发给部门答复的表",
    Redress: "整改的进展",
    Severity: "核查结果的轻重",
    DeliveryStatus: "报表的收取情况",
    Fit: "报送前核查的结果",
    Mending: "更正登记的结果",
    Proof: "核对一份报告的结果",
    Gate: "核查的环节",
    Sex: "性别",
    Against: "一个地区与全市的比较",
    Versus: "本地区与上级地区的比较",
    Apart: "所辖地区与全体的比较（控制限）",
    Readership: "报告的版别",
    Makeup: "已发布指标数据的组成",
    Concern: "审定前须确认的事项",
    Posting: "发送的结果",
    Deed: "流水所记的事",
}
"""The subject of each set of codes."""
