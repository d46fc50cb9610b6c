"""What the files of a catalogue say of each other: records in, a mistake for each contradiction out.

What a record can tell of itself it tells alone (records); here stands what two records must agree on. One module a kind of
record: `district`, `forms` (and indicators, dimensions, exemptions), `targets`; `agreed` has what all ask.
"""

from collections.abc import Iterator

from expectations.agreement import district, forms, targets
from expectations.agreement.agreed import Agreed, Mistake


def mistakes(agreed: Agreed) -> Iterator[Mistake]:
    """Every contradiction between the records of a catalogue."""
    yield from district.mistakes(agreed)
    yield from forms.mistakes(agreed)
    yield from targets.mistakes(agreed)
