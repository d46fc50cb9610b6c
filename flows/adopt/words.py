"""Words of plans that say what a part of a catalogue is called: domains, audiences, periods, levels of government."""

import re
from functools import cache
from typing import NamedTuple

from expectations.records import is_of_city
from flows import wording

FILES = (
    ("健康", "health"),
    ("教育", "education"),
    ("经济", "economy"),
    ("决策", "decision"),
    ("管理", "decision"),
    ("社会保障", "security"),
    ("保障", "security"),
    ("安全", "safety"),
    ("福利", "welfare"),
    ("家庭", "family"),
    ("环境", "environment"),
    ("法律", "law"),
    ("指标", "indicators"),
)
"""A word of a domain's title → the name of its file, after its number."""
KINDS = ("纲要", "规划")
"""What a plan is called; the last one where it does not say."""
PERIODS = (("十三五", 2016), ("十四五", 2021), ("十五五", 2026))
"""A five-year period → its first year."""
LEVELS = "省市县区旗州盟"
"""How a district's name may end; it is put before the names of its departments (县教育局)."""
AREAS = ("乡镇（街道）", "县（市、区）")
"""What the areas of a county are called together, and those of what is above it (whose code ends on 00)."""
ISSUER = "统计局"
"""Who issues a report, after the district's name."""
ISSUED = re.compile(r"((?:19|20)\d\d)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
"""The day of a document."""
SPAN = re.compile(r"((?:19|20)\d\d)\s*年?\s*[—–\-~～至]+\s*((?:19|20)\d\d)\s*年?")
"""The first and the last year of a plan."""
LETTERS = re.compile("[一-龥]{2}")
"""Two Chinese letters."""
DISTRICT = re.compile(rf"^[一-龥]{{1,10}}?(?P<level>[{LEVELS}])(?![一-龥]?(?:域|级))")
"""A district at the beginning of a plan's title: 云岭县妇女发展规划."""


class Audience(NamedTuple):
    """Whom plans are about, as far as their texts tell it; what each field means stands in adopt.yml."""

    title: str
    own: str
    others: str
    by_sex: bool
    female: bool


@cache
def audiences() -> dict[str, Audience]:
    """Those that the words of a plan are known of, by what plan.yml calls them."""
    return {key: Audience(**words) for key, words in wording.read("adopt")["audiences"].items()}


def about(words: str) -> tuple[str, str]:
    """Whom a plan is about, by its title, and the title's word for them; two empty words if none is known."""
    found = ((key, re.search(audience.title, words)) for key, audience in audiences().items())
    return next(((key, match[0]) for key, match in found if match), ("", ""))


def called(title: str) -> dict[str, str]:
    """What stands for the places in shared names that a district fills in, as far as a plan's title tells it."""
    found = DISTRICT.match(title)
    level = found["level"] if found else "区"
    of_city = not found or is_of_city(found[0])
    return {"{areas}": "街镇" if of_city else "乡镇（街道）", "{whole}": f"全{level}", "{level}": level}
