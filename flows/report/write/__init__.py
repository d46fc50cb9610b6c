"""Writes the files of an edition from its facts."""

from collections.abc import Callable

Later = Callable[[Callable[[], object]], object]
"""Puts off a step that no page waits for: this process shall first compose all pages, which others then set."""


def at_once(step: Callable[[], object]) -> None:
    """Puts nothing off."""
    step()
