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
SEXES = {"female": "女", "male": "男", "not_stated": "未说明"}
VERDICTS = {
    "met_early": "提前达标", "on_course": "预期可达标", "behind": "达标困难", "away": "背离目标", "met_year": "本年达标",
    "missed_year": "本年未达标", "met": "达标", "missed": "未达标", "unknown": "无法判断",
    "carried_out": "已落实", "in_progress": "推进中", "not_started": "未启动", "suppressed": "数据保护",
}  # fmt: skip
"""The verdicts of `out_assessments`: those of evidence targets, and what the public edition keeps back, stand last."""
REASONS = {
    "not_received": "未报送", "rejected": "核查未通过", "not_applicable": "不适用", "break": "口径变化",
    "no_baseline": "缺基期数据", "no_previous": "缺上年数据", "no_reference": "缺对照数据", "too_few_years": "年度不足",
    "suppressed": "数据保护", "not_published": "未公布", "not_entered": "本表未收录", "ok": "",
}  # fmt: skip
"""Why a figure or a verdict is not there. None of these is zero."""
METHODS = {
    "end": "以期末年数值与要求比较",
    "kept": "以当年数值与要求比较",
    "rise": "以当年升幅与此前年均升幅比较",
    "linear": "以近年平均变动外推至期末年，与目标值比较",
    "direction": "以平均变动和最近一次变动的方向评价",
    "path": "以当年数值与基期到目标值的直线进度比较",
    "model": "小概率事件，以期末达标概率评价",
    "pooled": "小概率事件，以规划期合并值评价",
    "odds": "外推与期末达标概率明显不一致，以概率评价",
    "stated": "以公布的变化评价",
    "statement": "以部门说明的进展评价",
}
"""Which rule decided a verdict: `method` of `out_assessments`."""
WEATHERS = {"sun": "晴", "slightly_cloudy": "少云", "cloudy": "多云", "thunderstorm": "雷雨", "none": "年度不足"}
"""Destatis's symbols, in words."""
LIKELIHOODS = {"probable": "可能性较大", "improbable": "可能性较小"}
"""A probability of which only that can be told (flows/outlook/status.py)."""
SECONDS = {
    "target_achieved": "已达标", "substantial_progress": "进展正常", "moderate_progress": "需要加快", "limited_progress": "进展有限",
    "deterioration": "退步", "not_available": "不适用",
}  # fmt: skip
"""Statistics Canada's progress measure, in words."""
