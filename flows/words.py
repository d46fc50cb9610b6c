"""The words for codes that several places print, each once."""

from __future__ import annotations

SEVERITIES = {"critical": "不能使用", "warning": "提请核实", "info": "提示"}
STATUSES = {
    "accepted": "采用",
    "partial": "部分采用",
    "refused": "退回",
    "missing": "未报送",
    "superseded": "已被更正",
}
GATES = {"file": "接收", "contract": "核对", "plausibility": "合理性", "plan": "规划"}
SEXES = {"female": "女", "male": "男"}
