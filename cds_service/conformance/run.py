"""A run: discovery, the made-up calls, every group, the findings in the order of the table. Knows the order only."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from cds_service.conformance import (
    authentication,
    cards,
    choices,
    discovery,
    envelope,
    feedback,
    fetching,
    links,
    missing_data,
    refusals,
    suggestions,
    timing,
    tolerance,
    transport,
)
from cds_service.conformance.assertion import Assertion, Finding, Verdict, judged, load_assertions, not_seen, one_line
from cds_service.conformance.profile import Profile
from cds_service.conformance.subject import Subject, TooManyRequestsError
from cds_service.conformance.trial import Check, NoBenchError, Options, Trial, calls_to_make, not_called, open_trial
from cds_service.terminal import Step


@dataclass(frozen=True, slots=True)
class Group:
    """of_cards: its checks need cards to look at."""

    letter: str
    title: str
    checks: Mapping[int, Check]
    of_cards: bool = False


# In the order of the table.
GROUPS: Final = (
    Group("A", "Discovery", discovery.CHECKS),
    Group("B", "Request handling", {**refusals.CHECKS, **tolerance.CHECKS}),
    Group("C", "Response", envelope.CHECKS),
    Group("D", "Cards", {**cards.CHECKS, **choices.CHECKS}, of_cards=True),
    Group("E", "Suggestions and actions", suggestions.CHECKS, of_cards=True),
    Group("F", "Links", links.CHECKS, of_cards=True),
    Group("G", "Prefetch and FHIR access", {**missing_data.CHECKS, **fetching.CHECKS}),
    Group("H", "Feedback", feedback.CHECKS),
    Group("I", "Security", {**authentication.CHECKS, **transport.GUARD}),
    Group("J", "HTTP", transport.CHECKS),
    Group("K", "Time", timing.CHECKS),
)
# These judge every answer that came in the whole run, so they run after those that send.
_LAST: Final = ("E", "C", "D", "F")


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report."""

    assertion: Assertion
    finding: Finding


@dataclass(frozen=True, slots=True)
class Outcome:
    """results: in the order of the table. seconds: how long the whole run took.
    notes: what was not called, and why. silent: checks of cards were asked for, and no card came."""

    url: str
    profile: str
    results: tuple[Result, ...]
    requests: int
    seconds: float
    notes: tuple[str, ...] = ()
    silent: bool = False

    def count(self, verdict: Verdict) -> int:
        return sum(result.finding.verdict is verdict for result in self.results)

    @property
    def failed(self) -> bool:
        return self.count(Verdict.FAIL) > 0


class UnreachableError(Exception):
    """Nothing answers at the URL."""


def run(subject: Subject, profile: Profile, options: Options, letters: frozenset[str], step: Step) -> Outcome:
    """Test the service with the groups named. step(done, of, what) is called on the way. UnreachableError."""
    step(0, 1, "discovery")
    subject.extension = dict(profile.extension)
    trial = open_trial(subject, profile, options)
    begun = perf_counter()  # what was waited for a service to come up is not the tester's time
    if trial.discovery.status == 0:
        raise UnreachableError(f"{subject.discovery_url}: {trial.discovery.fault}")
    chosen = [group for group in GROUPS if group.letter in letters]
    calls = calls_to_make(trial)
    total = len(calls) + sum(len(group.checks) for group in chosen)
    done = 0
    for service, label, request in calls:
        step(done, total, one_line(f"{service.id}: {label}"))
        subject.call(service, request, label)
        done += 1
    trial.made.extend(subject.exchanges)
    table = load_assertions()
    found: dict[int, Finding] = {}
    for group in sorted(chosen, key=_when):
        for number, check in group.checks.items():
            step(done, total, f"{number} {table[number].title}")
            found[number] = judged(table[number], _made(check, trial))
            done += 1
    step(total, total, "")
    results = tuple(Result(table[number], found[number]) for number in sorted(found))
    return Outcome(
        url=subject.base,
        profile=profile.name,
        results=results,
        requests=subject.sent,
        seconds=perf_counter() - begun,
        notes=tuple(not_called(trial)),
        silent=any(group.of_cards for group in chosen) and not any(True for _ in trial.cards()),
    )


def _when(group: Group) -> int:
    return _LAST.index(group.letter) + 1 if group.letter in _LAST else 0


def _made(check: Check, trial: Trial) -> Finding:
    try:
        return check(trial)
    except TooManyRequestsError as limit:
        return not_seen(str(limit))
    except NoBenchError:
        return not_seen("the run was begun without the tester's own servers")
