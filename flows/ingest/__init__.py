"""Turns registers and delivered files into text and numbers with their origin; nothing is lost on the way."""

from flows.ingest.accounting import AccountingError, observe
from flows.ingest.deliveries import store
from flows.ingest.replies import answers

__all__ = ["AccountingError", "answers", "observe", "store"]
