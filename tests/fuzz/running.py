"""Sends cases and looks at the answers; counts what was seen, so that a fuzz that has become blind is noticed."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.fuzz.accepted import Lost, why_accepted
from tests.fuzz.case import Call, Case
from tests.fuzz.oracles import cards_of, faults, is_silent, reached_evaluation
from tests.fuzz.sending import Answer, service

TWICE_IN = 4
Send = Callable[[str, Call], Answer]


@dataclass(slots=True)
class Seen:
    """cases: by kind. names: how often each thing was done. failures: a line each, with how to reproduce it."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    evaluated: int = 0
    with_cards: int = 0
    compared: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Seen") -> None:
        """What was seen in another run as well."""
        for name in ("cases", "statuses", "names", "accepted"):
            getattr(self, name).update(getattr(other, name))
        for name in ("requests", "evaluated", "with_cards", "compared"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest = max(self.slowest, other.slowest)
        self.failures += other.failures


def in_process(name: str, call: Call) -> Answer:
    return service(name).send(call)


def run(cases: Iterable[Case], seen: Seen | None = None, send: Send = in_process) -> Seen:
    """Every case sent and looked at."""
    seen = Seen() if seen is None else seen
    for case in cases:
        look_at(case, seen, send)
    return seen


def look_at(case: Case, seen: Seen, send: Send = in_process) -> None:
    """One case: its answer alone, the same answer twice, and what became of it when something was taken away."""
    answer = _send(case, case.call, seen, send)
    seen.cases[case.kind] += 1
    seen.statuses[answer.status] += 1
    seen.names.update(case.done[1:])
    seen.evaluated += reached_evaluation(answer)
    seen.with_cards += bool(answer.status == 200 and b'"summary"' in answer.body)
    found = list(faults(case, answer))
    if case.number % TWICE_IN == 0:
        again = _send(case, case.call, seen, send)
        if (again.status, again.body) != (answer.status, answer.body):
            found.append("not the same answer twice")
    if case.before is not None:
        found += _compared(case, answer, seen, send)
    seen.failures += [f"{fault}\n    {case}" for fault in found]


def _compared(case: Case, answer: Answer, seen: Seen, send: Send) -> list[str]:
    """All clear by mistake: silence where there were cards before something was taken away."""
    assert case.before is not None
    before = _send(case, case.before, seen, send)
    if case.taken[0] == "patient":
        must = before.status == 200 and reached_evaluation(before)
        seen.compared += must
        return [f"status {answer.status} without the Patient"] if must and answer.status != 412 else []
    topics = _topics(before)
    seen.compared += bool(topics)
    if not topics or not is_silent(answer):
        return []
    left = None if case.absent is None else _topics(_send(case, case.absent, seen, send))
    warned = any(card["indicator"] != "info" for card in cards_of(before))
    accepted = why_accepted(Lost(case, topics, left, warned))
    if accepted is None:
        return [f"ALL CLEAR BY MISTAKE, before: {sorted(topics)}, were it absent: {left and sorted(left)}"]
    seen.accepted[accepted] += 1
    return []


def _topics(answer: Answer) -> frozenset[str]:
    return frozenset(card["source"]["topic"]["code"] for card in cards_of(answer))


def _send(case: Case, call: Call, seen: Seen, send: Send) -> Answer:
    answer = send(case.service, call)
    seen.requests += 1
    seen.slowest = max(seen.slowest, answer.seconds)
    return answer
