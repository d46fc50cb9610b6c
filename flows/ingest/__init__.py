"""Turns registers and delivered files into text and numbers with their origin; nothing is lost on the way."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.ingest.accounting import AccountingError, observe
    from flows.ingest.deliveries import store
    from flows.ingest.replies import answers

__all__ = ["AccountingError", "answers", "observe", "store"]
MODULES = {"AccountingError": "accounting", "observe": "accounting", "store": "deliveries", "answers": "replies"}
"""The module of each stage."""


def __getattr__(name: str) -> Any:
    """A stage, imported when it is asked for: readers of registers and of answers do not import pandas."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
