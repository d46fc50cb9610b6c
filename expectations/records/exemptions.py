"""What a statistician decided about single cells and findings: corrections and overrides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from expectations.records.dataset import Dataset, with_codes
from expectations.records.record import Identifier, MistakeError, Record, Title, Year


class Exemption(Record):
    """Something that a named person answers for, until a date."""

    year: Year
    dataset: Identifier
    department: Identifier | None = None
    """Given only for datasets that every department sends."""
    column: str | None = None
    """The header in the dataset's record."""
    reason: Annotated[str, Field(min_length=4)]
    by: Title
    until: date
    """The last 成文日期 for which it is valid."""


class Correction(Exemption):
    """Correction (数据订正): a cell that is read otherwise than it is written, as long as the file has the
    expected text.
    """

    line: int = Field(ge=1)
    column: str
    """The header in the dataset's record, another name of it, or what the file prints."""
    expect: str
    """The text that the file must have; if the file has been mended, the correction fails."""
    value: str
    row: Mapping[str, str] = {}
    """Header in the dataset's record → the word of the row that is meant (街镇: 西桥镇), so that no other row is changed."""
    version: int | None = Field(default=None, ge=1)
    """The version of the delivery that is meant. A file that was sent again asks for it, or for a row that is told from all others."""

    @model_validator(mode="after")
    def _changes(self) -> Correction:
        if self.expect == self.value:
            raise MistakeError("value", f"与 expect 相同（{self.value!r}），没有订正什么")
        return self

    def names_row(self, dataset: Dataset) -> bool:
        """Whether `row` tells its row from all others of the form; it need not where the form has one row."""
        named = with_codes(str(column.role) for header, column in dataset.columns.items() if header in self.row)
        return named >= {role for role in dataset.key if role in dataset.roles}


class Override(Exemption):
    """Override (免予说明): a finding that nobody needs to answer any more, as long as it is about the figure that was explained."""

    rule: Identifier
    area: str | None = None
    """Name of an area or institution."""
    value: str | None = None
    """The figure that was explained, as the finding tells it."""
    version: int | None = Field(default=None, ge=1)
    """The version of the delivery that was explained. A file that was sent again asks for it, or for the value."""


class Exemptions(Record):
    corrections: tuple[Correction, ...] = ()
    overrides: tuple[Override, ...] = ()


CheckLevel = Literal["structure", "cell", "whole", "ratio", "between", "time", "magnitude", "plan"]
