"""Turns registers and delivered files into text and numbers with their origin; nothing is lost on the way."""

from flows.ingest.accounting import AccountingError, observe
from flows.ingest.deliveries import store

__all__ = ["AccountingError", "observe", "store"]
