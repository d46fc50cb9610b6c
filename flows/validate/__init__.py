"""Two gates and what lies between them: is a delivery what was agreed, can it be true, was the target met?"""

from flows.validate.blanks import unfilled
from flows.validate.causes import cells_of_ratios
from flows.validate.deliveries import contract
from flows.validate.figures import plausibility, ratios, settle, withdraw
from flows.validate.findings import Trial, is_long, shorten
from flows.validate.promises import gate_results, plan_gate
from flows.validate.replies import answers

__all__ = [
    "Trial",
    "answers",
    "cells_of_ratios",
    "contract",
    "gate_results",
    "is_long",
    "plan_gate",
    "plausibility",
    "ratios",
    "settle",
    "shorten",
    "unfilled",
    "withdraw",
]
