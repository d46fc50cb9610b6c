"""Names of cells, as a spreadsheet shows them. Code that makes a workbook asks openpyxl; to import it for these letters took a tenth of
what it takes to check a small file.
"""


def column_letters(column: int) -> str:
    """A column by its number from 1: 28 is AB."""
    before, last = divmod(column - 1, 26)
    return (column_letters(before) if before else "") + chr(ord("A") + last)


def cell_name(column: int, line: int) -> str:
    """D5."""
    return f"{column_letters(column)}{line}"
