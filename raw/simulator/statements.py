"""An evidence target, its department and a year in; the department's statement of progress out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from expectations.records import Promise
from raw.simulator.figures import dice

Stage = Literal["未启动", "推进中", "已落实"]

STAGES: Mapping[int, tuple[float, float]] = {
    2021: (0.12, 0.92),
    2022: (0.07, 0.82),
    2023: (0.05, 0.66),
    2024: (0.03, 0.46),
    2025: (0.02, 0.14),
}
"""A target's luck, between 0 and 1 and the same in every year: up to the first 未启动, from the second on 已落实."""

SHORTEST, LONGEST = 20, 60

TEXTS: Mapping[Stage, Sequence[str]] = {
    "未启动": (
        "因工作力量调整，{topic}尚未启动，拟于{next}年一季度制定方案后组织实施。",
        "“{title}”尚未列入本年度工作安排，正与配合单位商定{next}年的分工和时限。",
        "{topic}的工作方案仍在征求意见，本年未开展实质性工作，计划{next}年启动。",
    ),
    "推进中": (
        "围绕{topic}制定了工作台账，本年开展活动{many}场次，其余任务正按计划推进。",
        "已就{topic}会同{partner}召开工作会议{few}次，{towns}个街镇按要求开展了工作。",
        "按“{title}”的要求，{topic}已完成年度任务的{share}成左右，余项转入下一年度。",
        "将{topic}列入年度工作要点，组织培训{few}期、{hundreds}余人次，覆盖面仍需扩大。",
        "{topic}在{towns}个街镇推开，收集意见建议{many}条，已办理大部分，其余正在落实。",
        "结合日常工作推动“{title}”，走访单位和家庭{many}户次，建立了问题清单并逐项跟进。",
    ),
    "已落实": (
        "{topic}各项任务均已完成，{areas}个街镇全部覆盖，全年开展活动{many}场次、{hundreds}余人次。",
        "会同{partner}完成了{topic}的年度任务，建立长效机制，经自查未发现遗留问题。",
        "“{title}”已纳入常态化工作，全年组织专题活动{many}场次，群众反映良好。",
        "{topic}的制度、人员和经费均已落实，年内印发文件{few}份，全年检查{few}次。",
        "{topic}已形成部门协作机制，全年通报情况{few}次，办结事项{many}件。",
    ),
}

SOURCES = (
    "{department}{year}年工作总结",
    "{department}{year}年妇女儿童工作情况报告",
    "{department}{year}年度重点任务完成情况统计表",
    "{department}关于规划目标落实情况的自查报告（{year}年）",
    "{department}{year}年工作台账及会议纪要",
)


class Statement(NamedTuple):
    stage: Stage
    text: str
    source: str


def statement(promise: Promise, department: str, partners: Sequence[str], areas: int, year: int) -> Statement:
    name = f"{promise.plan.audience}.{promise.id.partition('.')[2]}"  # without the plan: files made before stay as they are
    luck = dice("stage", name).random()
    asleep, done = STAGES[year]
    stage: Stage = "未启动" if luck < asleep else "已落实" if luck >= done else "推进中"
    chance = dice("text", name, year)
    words = {
        "title": promise.title,
        "topic": topic(promise.target.ask or promise.title),
        "partner": partners[chance.randrange(len(partners))] if partners else "有关单位",
        "next": year + 1,
        "few": chance.randint(2, 6),
        "many": chance.randint(12, 96),
        "hundreds": chance.randint(3, 24) * 100,
        "areas": areas,
        "towns": chance.randint(areas // 3, areas - 2),
        "share": "六七八九"[chance.randrange(4)],
    }
    texts = [text.format(**words) for text in TEXTS[stage]]
    fitting = [text for text in texts if SHORTEST <= len(text) <= LONGEST] or [min(texts, key=len)]
    text = fitting[chance.randrange(len(fitting))]
    source = SOURCES[chance.randrange(len(SOURCES))].format(department=department, year=year)
    return Statement(stage, text, source)


def topic(ask: str) -> str:
    """What the statement is about: the question without the words that only ask for it."""
    short = re.sub(r"(的?情况)?([、和与](数量|人数|成效|水平变化|参与家庭数|妇女参与情况))*$", "", ask)
    return re.sub(r"的(开展|工作)$|的((?:建设|执行|帮扶)?)$", r"\2", short)
