"""One fault: what is done, what a client must see, and what came of it when it was tried. Knows time and statuses."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from tests.faults.stage import Answer, Stage
from tests.steady_load import load
from tests.test_two_instances import ORDER
from tests.until import holds, until

Act = Callable[[Stage], object]
_ROUNDS: Final = 3
_SETTLES: Final = 1.2  # what was written just before proves to /readyz for a second that all is well
_LONGEST: Final = 90.0  # for everything to be as before, and that so many times in a row:
_WELL: Final = 10


@dataclass(frozen=True, slots=True)
class Fault:
    """parts: of the stage that it needs. sees: statuses by probe (PROBES), in any of which it may be answered; the
    others are not asked. within: seconds of the slowest answer meanwhile; back: seconds until all is as before.

    loses: in words, what beside nothing. restarts: the service is ended by it, and calls at hand get no answer.
    """

    name: str
    parts: tuple[str, ...]
    begin: Act
    end: Act
    sees: Mapping[str, tuple[int, ...]]
    within: float
    back: float
    loses: str = "nothing"
    restarts: bool = False


@dataclass
class Outcome:
    """seen: statuses and the slowest answer by probe. callers: calls of the load by status. wrong: what was not as
    expected, in words."""

    fault: Fault
    seen: dict[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)
    callers: Counter[int] = field(default_factory=Counter)
    acknowledged: int = 0
    back: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        return max(seconds for _, seconds in self.seen.values())


class _Told:
    """Feedback of probes, each item about a card of its own."""

    def __init__(self) -> None:
        self.acknowledged: set[str] = set()
        self._count = 0

    def ask(self, stage: Stage) -> Answer:
        self._count += 1
        card = str(UUID(int=(0xFA17 << 112) + self._count + (time.time_ns() << 32) % (1 << 96), version=5))
        answer = stage.told(card)
        if answer.status == 200:
            self.acknowledged.add(card)
        return answer


PROBES: Final[Mapping[str, Callable[[Stage], Answer]]] = {
    "hook": Stage.hook,
    "fetched": Stage.fetched_with_patient,
    "no patient": Stage.fetched_without_patient,
    "/readyz": lambda stage: stage.ask("GET", "/readyz"),
    "/healthz": lambda stage: stage.ask("GET", "/healthz"),
}


def play(stage: Stage, fault: Fault) -> Outcome:
    """The fault begins under load, is looked at, and ends; then everything must be as before."""
    outcome, told = Outcome(fault), _Told()
    probes = {**PROBES, "feedback": told.ask}
    before = {name: probes[name](stage) for name in fault.sees}
    for name, answer in before.items():
        assert answer.status == 200, f"{name} is {answer.status} before anything is done"
    with load(2, stage.caller, ORDER, 0.1) as seen:
        until(lambda: len(seen.acknowledged) > 3)
        fault.begin(stage)
        try:
            time.sleep(0 if fault.restarts else _SETTLES)
            _look(stage, fault, outcome, probes, before)
        finally:
            fault.end(stage)
        ended = time.monotonic()
        outcome.back = (
            _well_since(lambda: all(_as_before(probes[name](stage), before[name], name) for name in before)) - ended
        )
    for (_, status), count in seen.answers.items():
        outcome.callers[status] += count
    acknowledged = seen.acknowledged | told.acknowledged
    outcome.acknowledged = len(acknowledged)
    kept = stage.kept()
    if lost := sum(kept[card] == 0 for card in acknowledged):
        outcome.wrong.append(f"{lost} acknowledged and lost")
    if twice := sum(kept[card] > 1 for card in acknowledged):
        outcome.wrong.append(f"{twice} kept twice")
    if outcome.slowest > fault.within:
        outcome.wrong.append(f"the slowest answer took {outcome.slowest:.1f} s, and not {fault.within} s at most")
    if outcome.back > fault.back:
        outcome.wrong.append(f"back after {outcome.back:.1f} s, and not {fault.back} s at most")
    if not fault.restarts and outcome.callers[0]:
        outcome.wrong.append("calls without an answer")
    return outcome


def _well_since(as_before: Callable[[], bool]) -> float:
    """When it began to be so for good, on the monotonic clock: one worker may be well when another is not yet."""
    gives_up = time.monotonic() + _LONGEST
    since, rounds = 0.0, 0
    while rounds < _WELL:
        now = time.monotonic()
        assert now < gives_up, f"not as before within {_LONGEST} s"
        if not holds(as_before):
            rounds = 0
            time.sleep(0.02)
            continue
        since, rounds = now if rounds == 0 else since, rounds + 1
    return since


def _look(
    stage: Stage,
    fault: Fault,
    outcome: Outcome,
    probes: Mapping[str, Callable[[Stage], Answer]],
    before: Mapping[str, Answer],
) -> None:
    """Each probe some times, one after the other, as long as the fault lasts."""
    answers: dict[str, list[Answer]] = {name: [] for name in fault.sees}
    for _ in range(_ROUNDS):
        for name in fault.sees:
            answers[name].append(probes[name](stage))
    for name, expected in fault.sees.items():
        statuses = tuple(sorted({answer.status for answer in answers[name]}))
        outcome.seen[name] = (statuses, max(answer.seconds for answer in answers[name]))
        if not set(statuses) <= set(expected):
            outcome.wrong.append(f"{name} was answered {statuses}, and not {expected}")
        names_what_is_missing = fault.sees.get("no patient") == (412,)
        for answer in answers[name]:
            if answer.status == 200 and not _is_whole(answer, before[name], name, names_what_is_missing):
                outcome.wrong.append(f"{name} was answered 200 with other cards")


def _is_whole(answer: Answer, before: Answer, name: str, names_what_is_missing: bool) -> bool:
    """The same cards, byte by byte; of data that could not be had, cards that name it: an error is no silence."""
    if name not in {"hook", "fetched", "no patient"}:
        return True
    if name == "hook" or not names_what_is_missing:
        return answer.body == before.body
    cards = json.loads(answer.body)["cards"]
    return any("could not be" in card.get("detail", "") for card in cards) and answer.body != before.body


def _as_before(answer: Answer, before: Answer, name: str) -> bool:
    same = name not in {"hook", "fetched", "no patient"} or answer.body == before.body
    return answer.status == before.status and same
