"""What all records share: exact numbers, names, years, and what is there from one year to another."""

from __future__ import annotations

from calendar import monthrange
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator


def _exact(value: object) -> object:
    """YAML reads 8.5 as a binary float; its shortest text is the number that the author wrote."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


class MistakeError(ValueError):
    """A contradiction within one record, with the key at which it is told; a key below a key has a dot before it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


HALF_WIDTH = str.maketrans("％／", "%/")
Measured = Annotated[str, AfterValidator(lambda unit: unit.translate(HALF_WIDTH))]
"""A unit as a record writes it; a sign that a Chinese keyboard makes wide (％) is the same unit."""
Exact = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number"})]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Measures = Annotated[
    tuple[Identifier, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
"""One measure, or a list of them that are added."""


def has_words(text: str) -> bool:
    """Whether a text can be a name: figures or signs alone would be taken for data where they are printed."""
    return any(letter.isalpha() for letter in text)


def _named(text: str) -> str:
    if not has_words(text):
        raise ValueError("名称应有文字；只有数字、符号的，印出来与数据分不开")
    if len(text.strip().splitlines()) > 1:
        raise ValueError("名称应写在一行内")
    return text.strip()


Title = Annotated[str, Field(min_length=2, max_length=60), AfterValidator(_named)]
"""A name that papers print. It may have numerals (3号街道, 婴幼儿照护（0—3岁）)."""
CALLED = "^[\u4e00-\u9fff（）、]{2,12}$"
"""What places are called together; it is printed within sentences and as the heading of a column."""
DayOfYear = Annotated[str, Field(pattern=r"^\d{2}-\d{2}$")]
"""A day of every year: 03-15."""
COMMON_YEAR = 2023
"""What is due every year has a day in every year, and most have no 29 February."""


def day_of_year(text: str, key: str) -> tuple[int, int]:
    """Month and day; raises `MistakeError` if not every year has that day."""
    month, day = map(int, text.split("-"))
    if not (1 <= month <= 12 and 1 <= day <= monthrange(COMMON_YEAR, month)[1]):
        raise MistakeError(key, f"没有{month}月{day}日这一天；应为月-日，如 03-15")
    return month, day


GridLine = Annotated[int, Field(ge=1, le=16)]
"""A row, counted from the north, or a column, counted from the west, of a tile map."""
SexCode = Literal["female", "male", "total"]
Counted = Literal["female", "male", "not_stated", "total"]
"""The sexes that persons are counted by."""
ClauseKind = Literal["goal", "action"]
MIDDLE = Decimal(50)
"""The share (%) at which there are as many women as men; near_balance is measured from it."""
SHARE_DECIMALS = 1
"""The decimals with which the distance of women and men is printed in % of men's figure."""
KEEPING = "保持"
"""Words of a plan for a number that is to be kept and not to be reached."""
LIMITING = "控制"
"""Words for a limit to stay below. If the baseline year was above it, it is a number to be reached."""


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Year = Annotated[int, Field(ge=1900, le=2100)]
FOREVER = 9999
"""The last data year of what has no end."""


class Lasting(Record):
    """What is there from one data year to another."""

    since: Year = 0
    until: Year = FOREVER
    """The first and the last data year in which it is there."""

    @model_validator(mode="after")
    def _in_order(self) -> Lasting:
        if self.since > self.until:
            raise MistakeError("until", f"until（{self.until}）早于 since（{self.since}）")
        return self

    def there(self, year: int) -> bool:
        return self.since <= year <= self.until

    def together(self, other: Lasting) -> bool:
        """Whether both are there in some year."""
        return self.since <= other.until and other.since <= self.until

    @property
    def always(self) -> bool:
        """Whether it is there in every data year."""
        return not self.since and self.until == FOREVER
