"""What each rule made of each order, in rows for a page: fired first. Knows outcomes; decides nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.clinical import phrases
from cds_service.clinical.outcomes import CannotTell, Decision, Input, Recommend, Verdict

FIRED: Final = "fired"
CANNOT_TELL: Final = "could not tell"
NOT_APPLICABLE: Final = "not applicable"


@dataclass(frozen=True, slots=True)
class Row:
    """kind: one of the three above. why: what became of it, or because of what. inputs: what it rests on."""

    rule: str
    title: str
    order: str
    kind: str
    why: str
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flip:
    """One verdict that is another one now. before, now: "" where the rule was not asked."""

    rule: str
    title: str
    order: str
    before: str
    now: str


def rows(decision: Decision) -> dict[str, list[Row]]:
    """By kind, in the order in which a reader wants them; within it, in the order of the rules."""
    found: dict[str, list[Row]] = {FIRED: [], CANNOT_TELL: [], NOT_APPLICABLE: []}
    for verdict in decision.verdicts:
        row = _row(verdict, decision)
        found[row.kind].append(row)
    return found


def flips(before: Decision, now: Decision) -> list[Flip]:
    """What differs between two answers to the same hook. That a rule was asked about an order more, and had nothing
    to say, is no news."""
    was, are = _kinds(before), _kinds(now)
    titles = {verdict.rule.id: verdict.rule.title for verdict in (*before.verdicts, *now.verdicts)}
    return [
        Flip(rule, titles[rule], order, was.get((rule, order), ""), are.get((rule, order), ""))
        for rule, order in dict.fromkeys((*are, *was))
        if was.get((rule, order)) != are.get((rule, order))
        and {was.get((rule, order)), are.get((rule, order))} != {None, NOT_APPLICABLE}
    ]


def untold(decision: Decision) -> tuple[str, ...]:
    """What the rules that fired could not find out: not what their cards list beside that for completeness."""
    fired = [verdict.outcome for verdict in decision.verdicts if isinstance(verdict.outcome, Recommend)]
    return tuple(dict.fromkeys(gap for outcome in fired for gap in outcome.missing))


def _kinds(decision: Decision) -> Mapping[tuple[str, str], str]:
    return {(verdict.rule.id, verdict.order): _kind(verdict) for verdict in decision.verdicts}


def _kind(verdict: Verdict) -> str:
    match verdict.outcome:
        case Recommend():
            return FIRED
        case CannotTell():
            return CANNOT_TELL
        case _:
            return NOT_APPLICABLE


def _row(verdict: Verdict, decision: Decision) -> Row:
    rule, outcome = verdict.rule, verdict.outcome
    match outcome:
        case Recommend():
            return Row(rule.id, rule.title, verdict.order, FIRED, _shown(verdict, decision), _inputs(outcome.found))
        case CannotTell(missing, beside):
            why = f"not known: {', '.join(missing)}"
            more = "; no reason for a card of its own" if beside else ""
            return Row(rule.id, rule.title, verdict.order, CANNOT_TELL, why + more)
        case _:
            return Row(rule.id, rule.title, verdict.order, NOT_APPLICABLE, outcome.because)


def _shown(verdict: Verdict, decision: Decision) -> str:
    """Where a rule that fired is heard: precedence may give its word to the card of another rule."""
    about = [advice for advice in decision.advice if not verdict.order or verdict.order in advice.orders]
    if any(advice.rule.id == verdict.rule.id for advice in about):
        return "it has a card"
    others = [advice.rule.id for advice in about if verdict.rule.id in advice.trace_rules]
    return f"it speaks on the card of {others[0]}" if others else "a card that stands above it settles the point"


def _inputs(found: Iterable[Input]) -> tuple[str, ...]:
    return tuple(_input(each) for each in found)


def _input(each: Input) -> str:
    value = " ".join(filter(None, (each.value, phrases.unit(each.unit))))
    beside = [each.day.isoformat() if each.day is not None else "", "worked out here" if each.derived else ""]
    said = ", ".join(filter(None, beside))
    return f"{each.name}: {value}" + (f" ({said})" if said else "")
