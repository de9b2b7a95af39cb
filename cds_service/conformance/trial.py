"""One trial of one service: what every check is made with, and the answers seen so far. Knows no assertion.

A group is a module with `CHECKS`, a mapping from the number of an assertion to a function of the Trial that returns
a Finding. A check that sends requests of its own sends hook calls through `trial.subject.call`, so that the groups
that judge answers (C to F, which run last) judge these answers too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, Final

from cds_service.conformance.assertion import Finding, one_line
from cds_service.conformance.bench import SANDBOX, Bench
from cds_service.conformance.hook_requests import hook_requests, scenarios_for
from cds_service.conformance.profile import Profile
from cds_service.conformance.subject import Answer, Exchange, Json, Service, Subject

_PAUSE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who runs the trial gave. own: their hook requests as (file name, request).

    bench: what the tester brings along. repeats: identical calls; timed: calls that are timed; both for each service.
    budget: seconds that an answer may take whatever the FHIR server does. origin: a browser's that may call.
    wait: seconds that the service may take to come up.
    """

    own: tuple[tuple[str, Json], ...] = ()
    bench: Bench | None = None
    repeats: int = 20
    timed: int = 40
    budget: float = 5.0
    origin: str = SANDBOX
    wait: float = 0.0


class NoBenchError(Exception):
    """A check needs the tester's own servers, and the run was begun without them."""


@dataclass(frozen=True, slots=True)
class Trial:
    """subject: the service. discovery: the answer to the first GET. services: the entries that can be called.
    made: the complete, correct calls with which the run begins."""

    subject: Subject
    profile: Profile
    discovery: Answer
    services: tuple[Service, ...]
    options: Options = field(default_factory=Options)
    made: list[Exchange] = field(default_factory=list)

    @property
    def bench(self) -> Bench:
        """The tester's own servers and keys. NoBenchError where there are none."""
        if self.options.bench is None:
            raise NoBenchError
        return self.options.bench

    def service_for(self, *hooks: str) -> Service | None:
        """The first service for one of these hooks, in the order given, or None."""
        return next((each for hook in hooks for each in self.services if each.hook == hook), None)

    def whole_calls(self) -> tuple[Exchange, ...]:
        """The made-up calls with all that a service asks for, and the person's own."""
        return tuple(self.made)

    def answers(self) -> Iterator[Exchange]:
        """Every hook call answered with 200 so far; the same answer to the same request only once."""
        seen = set()
        for exchange in self.subject.exchanges:
            told = (exchange.service.id, exchange.label, exchange.answer.body)
            if exchange.answer.status == 200 and told not in seen:
                seen.add(told)
                yield exchange

    def cards(self) -> Iterator["Card"]:
        """Every card that is a JSON object, in every answer."""
        for exchange in self.answers():
            cards = (exchange.answer.object or {}).get("cards")
            for place, card in enumerate(cards if isinstance(cards, list) else ()):
                if isinstance(card, dict):
                    yield Card(card, f"cards[{place}]", exchange)

    def system_actions(self) -> Iterator[tuple["Card", str, Any]]:
        """(where it was seen, path, action) of every system action."""
        for exchange in self.answers():
            listed = (exchange.answer.object or {}).get("systemActions")
            for place, action in enumerate(listed if isinstance(listed, list) else ()):
                yield Card({}, "$", exchange), f"systemActions[{place}]", action

    def why_no_card(self) -> str:
        """Why the checks of cards have nothing to look at."""
        if not self.services:
            return "discovery named no service that can be called"
        if not self.subject.exchanges:
            return "no request could be made up for these hooks: give one with --request FILE"
        answered = sum(1 for _ in self.answers())
        if not answered:
            return f"no call was answered with 200 ({self.subject.exchanges[0].answer.told})"
        return f"no card in {answered} answers: give requests that raise cards with --request FILE"

    def why_no(self, what: str) -> str:
        """Why a check has nothing to look at that only some cards have."""
        return f"no card with {what}" if any(True for _ in self.cards()) else self.why_no_card()


@dataclass(frozen=True, slots=True)
class Card:
    """One card with where it was seen."""

    json: Json
    path: str
    exchange: Exchange

    def fault(self, what: str, member: str = "") -> str:
        """One line: which service, which call, which member, what is wrong with it."""
        where = f"{self.path}.{member}" if member else self.path
        return f"{self.exchange.service.id}, {self.exchange.label}: {where} {what}"

    @property
    def context(self) -> Json:
        found = (self.exchange.request or {}).get("context")
        return found if isinstance(found, dict) else {}

    def list_of(self, name: str) -> list[Any]:
        """A member that is a list; an empty one where it is missing or something else."""
        found = self.json.get(name)
        return found if isinstance(found, list) else []

    def drafts(self) -> dict[str, Json]:
        """The orders of the call that are not signed yet, by "Type/id"."""
        return drafts_of(self.context)

    def actions(self) -> Iterator[tuple[str, Json]]:
        """(path, action) of every action that is an object."""
        for place, suggestion in enumerate(self.list_of("suggestions")):
            listed = suggestion.get("actions") if isinstance(suggestion, dict) else None
            for number, action in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(action, dict):
                    yield f"suggestions[{place}].actions[{number}]", action

    def targets(self) -> set[str]:
        """The resources, as "Type/id", that updates and deletes of this card are about."""
        return {name for _, action in self.actions() if (name := target_of(action)) is not None}


def drafts_of(context: Json) -> dict[str, Json]:
    """The resources of draftOrders, medications or orders in a hook's context, by "Type/id"."""
    found: dict[str, Json] = {}
    for member in ("draftOrders", "medications", "orders"):
        bundle = context.get(member)
        entries = bundle.get("entry") if isinstance(bundle, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                found[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource
    return found


def target_of(action: Json) -> str | None:
    """What an update or a delete is about, as "Type/id"; None for anything else."""
    resource = action.get("resource")
    match action.get("type"):
        case "update" if isinstance(resource, dict):
            return f"{resource.get('resourceType')}/{resource.get('id')}"
        case "delete":
            named = action.get("resourceId", resource)
            return named if isinstance(named, str) else None
        case _:
            return None


Check = Callable[[Trial], Finding]


def open_trial(subject: Subject, profile: Profile, options: Options) -> Trial:
    """Discovery, asked for again until the service is up or the wait is over. The calls come later."""
    ends = monotonic() + options.wait
    while (discovery := subject.discover()).status == 0 and monotonic() < ends:
        sleep(_PAUSE)
    listed = (discovery.object or {}).get("services")
    entries = listed if isinstance(listed, list) else []
    services = tuple(found for entry in entries if (found := _service(entry)) is not None)
    return Trial(subject, profile, discovery, services, options)


def calls_to_make(trial: Trial) -> list[tuple[Service, str, Json]]:
    """The person's own calls, then every made-up call, each for the services of its hook."""
    own = [
        (each, name, call) for name, call in trial.options.own for each in trial.services if each.hook == call["hook"]
    ]
    made = [(each, scenario.label, call) for each in trial.services for scenario, call in hook_requests(each)]
    return own + made


def not_called(trial: Trial) -> Iterator[str]:
    """What of the service and of the person's own requests took no part in the trial, one line each."""
    hooks = {service.hook for service in trial.services}
    own = {request.get("hook") for _, request in trial.options.own}
    for name, request in trial.options.own:
        if request.get("hook") not in hooks:
            yield one_line(f"{name} was not sent: no service is for its hook")
    for service in trial.services:
        if not scenarios_for(service) and service.hook not in own:
            yield one_line(f"{service.id} was not called: for {service.hook} give a request with --request FILE")


def _service(entry: Any) -> Service | None:
    if not isinstance(entry, dict):
        return None
    identity, hook, prefetch = entry.get("id"), entry.get("hook"), entry.get("prefetch")
    if not (isinstance(identity, str) and identity and isinstance(hook, str) and hook):
        return None
    templates = prefetch if isinstance(prefetch, dict) else {}
    return Service(identity, hook, {k: v for k, v in templates.items() if isinstance(v, str)}, entry)
