"""Says what became of the warnings of the year before: how many were answered, kept, and moved in the right direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from flows.press.bound import Name, joined
from flows.press.numbers import Figure, figure
from flows.report.facts import followed, warned
from flows.report.facts.followed import Followed, FollowedCounts
from flows.report.facts.items import spans
from flows.report.say.narrative import Narrator, Words
from flows.wording import day, period

NAMED = 6
"""The number of targets that a sentence names."""


def told(
    narrator: Narrator,
    found: Sequence[Followed],
    whole: FollowedCounts,
    years: Sequence[int],
    several: bool = False,
    unsent: Sequence[int] = (),
) -> list[Markup]:
    """The paragraphs, each with its facts; of `several` years, those of whole plans, it is said what becomes of the rest.
    Of `unsent` years nobody knows whether their warnings went out; where that is all of them, no answer is missed.
    """
    words: Words = narrator.words["followed"]
    words = {**words, **words["period"]} if several else words
    before = period(years[0], years[-1])
    over = _ended(narrator, words, years)
    if not found:
        return [*([] if _is_all_over(narrator, years) else [_none(narrator, words, years, over, unsent)]), *over]
    facts = {
        "departments": figure(len({f.entry.promise.lead for f in found}), 0, "followed/all/departments"),
        "times": figure(sum(len(f.entries) for f in found), 0, "followed/all/times"),
    }
    form = "all" if not unsent else "unsent" if len(unsent) == len(years) else "partly"
    first = narrator.say(words[form], before=before, unsent=spans(unsent), **facts, **whole.numbers)
    if form != "unsent":
        first += _answered(narrator, words, whole, _silent(found, unsent), form)
    last = [_left(narrator, words, found, whole)] if several else []
    return [first, _worked(narrator, words, whole), *_exceptions(narrator, found, whole, years), *last, *over]


def _ended(narrator: Narrator, words: Words, years: Sequence[int]) -> list[Markup]:
    """Whose warnings this report does not follow: those under plans that are over."""
    plans = followed.ended(narrator.facts, years)
    names = joined(Name(f"{p.head.short}（{period(p.head.start, p.head.end)}）", f"plan/{p.id}") for p in plans)
    return [narrator.say(words["ended"], plans=names)] if plans else []


def _is_all_over(narrator: Narrator, years: Sequence[int]) -> bool:
    """Whether no plan of those years is in force any more."""
    return not any(plan in narrator.facts.plans for year in years for plan in narrator.facts.catalog.in_force(year))


def _none(
    narrator: Narrator, words: Words, years: Sequence[int], over: Sequence[Markup], unsent: Sequence[int]
) -> Markup:
    """That nothing is to be followed: as it went out or, of `unsent` years, as far as the figures of today tell."""
    form = "none_unsent" if unsent else "none"
    form += "_going_on" if over else ""
    if not over and warned.judged_years(narrator.facts).isdisjoint(years):
        form = "none_unjudged"
    return narrator.say(words[form], before=period(years[0], years[-1]), unsent=spans(unsent))


def _left(narrator: Narrator, words: Words, found: Sequence[Followed], whole: FollowedCounts) -> Markup:
    """What becomes of those that are still open: while a plan goes on, its own departments answer further."""
    if not whole.numbers["open"].value:
        return Markup("")
    never = figure(sum(f.open and not f.answered for f in found), 0, "followed/all/never")
    some = never.value and whole.numbers["answered"].value  # that nobody answered is said before
    silent = narrator.say(words["never"], never=never) if some else ""
    goes_on = any(plan.head.end > narrator.facts.year for plan in narrator.facts.plans)
    return narrator.say(words["going_on" if goes_on else "over"], open=whole.numbers["open"], silent=silent)


def _silent(found: Sequence[Followed], unsent: Sequence[int]) -> Figure:
    """How many were not answered of those that are known to have gone out."""
    sent = [f for f in found if any(entry.year not in unsent for entry in f.entries)]
    return figure(sum(not f.answered for f in sent), 0, f"followed/all/silent{'_known' if unsent else ''}")


def _answered(narrator: Narrator, words: Words, whole: FollowedCounts, unheard: Figure, form: str) -> Markup:
    """How many entries were answered, and how much of what was promised was kept; `unheard` are those without an answer."""
    numbers = {**whole.numbers, "silent": unheard}
    lock = day(narrator.facts.edition.locked)
    if not numbers["answered"].value:
        if not unheard.value:
            return Markup("")
        return narrator.say(words["silent_known" if form == "partly" else "silent"], lock=lock)

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


def _worked(narrator: Narrator, words: Words, whole: FollowedCounts) -> Markup:
    """Whether the figures moved, answered or not."""
    numbers = whole.numbers
    if not numbers["missed"].value:
        return Markup("")

    def parts(forms: Mapping[str, str]) -> Markup:
        there = {field: form for field, form in forms.items() if numbers[field].value}
        return joined([narrator.say(form, number=numbers[field]) for field, form in there.items()], "，")

    text = narrator.say(words["missed"], missed=numbers["missed"], parts=parts(words["stood"]))
    if numbers["numbered"].value:
        text += narrator.say(words["moved"], numbered=numbers["numbered"], parts=parts(words["went"]))
    return text + Markup("。")


def _exceptions(
    narrator: Narrator, found: Sequence[Followed], whole: FollowedCounts, years: Sequence[int]
) -> Iterator[Markup]:
    """What is said to be done and is not, what departments object to, and what was answered without a warning."""
    words = narrator.words["followed"]
    if claimed := [f for f in found if f.claimed]:
        names = joined([f.item.name for f in claimed[:NAMED]])
        yield narrator.say(words["claimed"], claimed=whole.numbers["claimed"], names=names)
    for f in found:
        if f.objecting and f.reply is not None:
            text = followed.quoted(f.reply, "objection")
            department = Name(f.department, f.fact("department"))
            yield narrator.say(words["objections"], department=department, name=f.item.name, text=text)
    if unasked := followed.unasked(narrator.facts, years):
        number = figure(unasked, 0, "followed/unasked")
        yield narrator.say(words["unasked"], unasked=number, before=period(years[0], years[-1]))
