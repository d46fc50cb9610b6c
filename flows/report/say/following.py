"""Says what became of the warnings of the year before: how many were answered, kept, and moved in the right direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from flows.press.bound import Name, joined
from flows.press.numbers import figure
from flows.report.facts import followed
from flows.report.facts.followed import Followed, FollowedCounts
from flows.report.say.narrative import Narrator
from flows.wording import day

NAMED = 6
"""The number of targets that a sentence names."""


def told(narrator: Narrator, found: Sequence[Followed], whole: FollowedCounts) -> list[Markup]:
    """The paragraphs, each with its facts."""
    facts, words = narrator.facts, narrator.words["followed"]
    before = facts.year - 1
    if not found:
        return [narrator.say(words["none"], before=before)]
    departments = figure(len({f.entry.promise.lead for f in found}), 0, "followed/all/departments")
    first = narrator.say(words["all"], before=before, departments=departments, **whole.numbers)
    first += _answered(narrator, whole)
    return [first, _worked(narrator, whole), *_exceptions(narrator, found, whole)]


def _answered(narrator: Narrator, whole: FollowedCounts) -> Markup:
    """How many entries were answered, and how much of what was promised was kept."""
    words, numbers = narrator.words["followed"], whole.numbers
    lock = day(narrator.facts.edition.locked)
    if not numbers["answered"].value:
        return narrator.say(words["silent"], lock=lock)

    def part(form: str, field: str) -> Markup:
        return narrator.say(words[form], **numbers) if numbers[field].value else Markup("")

    late, objecting, silent = (
        part(*of) for of in (("late", "late"), ("objecting", "objecting"), ("silent_part", "silent"))
    )
    text = narrator.say(
        words["answered"], lock=lock, answered=numbers["answered"], late=late, objecting=objecting, silent_part=silent
    )
    if whole.rate is None:
        return text + narrator.say(words["due_none"])
    return text + narrator.say(words["due"], due=numbers["due"], kept=numbers["kept"], rate=whole.rate)


def _worked(narrator: Narrator, whole: FollowedCounts) -> Markup:
    """Whether the figures moved, answered or not."""
    words, numbers = narrator.words["followed"], whole.numbers
    if not numbers["missed"].value:
        return Markup("")

    def parts(forms: Mapping[str, str]) -> Markup:
        there = {field: form for field, form in forms.items() if numbers[field].value}
        return joined([narrator.say(form, number=numbers[field]) for field, form in there.items()], "，")

    text = narrator.say(words["missed"], missed=numbers["missed"], parts=parts(words["stood"]))
    if numbers["numbered"].value:
        text += narrator.say(words["moved"], numbered=numbers["numbered"], parts=parts(words["went"]))
    return text + Markup("。")


def _exceptions(narrator: Narrator, found: Sequence[Followed], whole: FollowedCounts) -> Iterator[Markup]:
    """What is said to be done and is not, what departments object to, and what was answered without a warning."""
    words, before = narrator.words["followed"], narrator.facts.year - 1
    if claimed := [f for f in found if f.claimed]:
        names = joined([f.item.name for f in claimed[:NAMED]])
        yield narrator.say(words["claimed"], claimed=whole.numbers["claimed"], names=names)
    for f in found:
        if f.objecting and f.reply is not None:
            text = followed.quoted(f.reply, "objection")
            department = Name(f.department, f.fact("department"))
            yield narrator.say(words["objections"], department=department, name=f.item.name, text=text)
    if unasked := followed.unasked(narrator.facts):
        number = figure(unasked, 0, "followed/unasked")
        yield narrator.say(words["unasked"], unasked=number, before=before)
