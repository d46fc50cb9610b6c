"""Counts targets by verdict or ending; every figure is bound to its fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Generic, Protocol, Self, TypeVar

from expectations.vocabulary import ATTAINED, FINE, SHORT, Reason, Verdict
from flows.press.numbers import Figure, figure
from flows.report.facts.items import Item


class Countable(Protocol):
    """A target, as far as counting needs it."""

    @property
    def code(self) -> str:
        """Its verdict, or its ending."""
        ...

    @property
    def quantitative(self) -> bool: ...

    @property
    def numbered(self) -> bool: ...


T = TypeVar("T", bound=Countable)


def has_share(judged: Figure) -> bool:
    """Whether a share of so many judged targets may be told in a sentence: a share of one target would say more than is known, and of no
    target there is no share.
    """
    return judged.value > 1


class Counts(Generic[T]):
    """How many of some targets have each verdict or ending; every figure is bound to a fact below `fact`."""

    def __init__(self, targets: Iterable[T], fact: str) -> None:
        self.targets, self.fact = list(targets), fact
        self.codes: Counter[str] = Counter(target.code for target in self.targets)

    def number(self, *codes: str) -> Figure:
        return self._counted(sum(self.codes[code] for code in codes), "+".join(codes))

    def _counted(self, number: int, name: str) -> Figure:
        return figure(number, 0, f"{self.fact}/count/{name}")

    def _rate(self, part: Decimal, whole: Figure, name: str) -> Figure | str:
        """A share in %; a word if there is nothing to divide by."""
        return (
            Reason.NOT_APPLICABLE.word
            if whole.value == 0
            else figure(part * 100 / whole.value, 1, f"{self.fact}/rate/{name}")
        )

    @property
    def all(self) -> Figure:
        return self._counted(sum(t.quantitative for t in self.targets), "quantitative")

    @property
    def evidence(self) -> Figure:
        return self._counted(sum(not t.quantitative for t in self.targets), "evidence")

    @property
    def numbers(self) -> Self:
        """The same counts for targets that ask for a number."""
        return type(self)((t for t in self.targets if t.numbered), f"{self.fact}/numbers")

    @property
    def directions(self) -> Self:
        return type(self)((t for t in self.targets if t.quantitative and not t.numbered), f"{self.fact}/directions")


class Tally(Counts[Item]):
    """Counts by verdict, and the attainment rate with both of its denominators."""

    @property
    def judged(self) -> Figure:
        return self.number(*FINE, *SHORT)

    @property
    def fine(self) -> Figure:
        return self.number(*FINE)

    @property
    def attained(self) -> Figure:
        return self.number(*ATTAINED)

    @property
    def short(self) -> Figure:
        return self.number(*SHORT)

    @property
    def unknown(self) -> Figure:
        return self._counted(sum(i.quantitative and i.verdict == Verdict.UNKNOWN for i in self.targets), "unknown")

    @property
    def suppressed(self) -> Figure:
        """Targets that the public edition says nothing of."""
        return self.number(Verdict.SUPPRESSED)

    @property
    def attained_rate(self) -> Figure | str:
        return self._rate(self.attained.value, self.judged, "attained")

    @property
    def fine_rate(self) -> Figure | str:
        return self._rate(self.fine.value, self.judged, "fine")

    @property
    def fine_rate_all(self) -> Figure | str:
        return self._rate(self.fine.value, self.all, "fine_all")

    @property
    def fine_rate_most(self) -> Figure | str:
        """The rate over all targets if all that cannot be judged were met; `fine_rate_all` is the rate if none of them
        were.
        """
        return self._rate(self.fine.value + self.unknown.value + self.suppressed.value, self.all, "fine_most")
