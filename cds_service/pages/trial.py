"""One trial: a shipped example, changed within bounds, with suggestions applied one after another, and the answers.

Knows the service's own `decide`, which answers the hooks too. Evaluates nothing that a caller wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import msgspec

from cds_service.audit import Trail
from cds_service.decide import Decided, Means, decide
from cds_service.examples import Example, examples
from cds_service.hooks.services import SERVICE_BY_ID, Service
from cds_service.pages.applied import applied
from cds_service.pages.what_if import Changes

Json = dict[str, Any]
MOST_STEPS: Final = 6
NO_CHANGES: Final = Changes({}, {}, {})
# Of today, and of the day before for who asks at midnight
shipped = lru_cache(maxsize=2)(examples)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried. steps: uuids of the suggestions to apply, in order."""

    example: Example
    changes: Changes = NO_CHANGES
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. request: as the hook got it last. taken: the suggestions that were applied. lost: one of the
    steps was no suggestion of the cards that were there, so that it and what follows was not applied."""

    service: Service
    request: Json
    decided: Decided
    taken: tuple[Json, ...]
    lost: bool


def tried(asked: Asked, means: Means, base_url: str) -> Trial:
    """Fire the hook, and again after each suggestion that is applied."""
    today = means.clock().date()
    service = SERVICE_BY_ID[f"b12-{asked.example.body['hook']}"]
    means = replace(means, library=asked.changes.of_library(means.library))
    request = asked.changes.of_request(asked.example.body, today)
    decided = _fired(service, request, means, base_url)
    taken: list[Json] = []
    for step in asked.steps[:MOST_STEPS]:
        chosen = _suggestion(decided.answer, step)
        if chosen is None:
            break
        taken.append(chosen)
        request = applied(request, chosen, today)
        decided = _fired(service, request, means, base_url)
    return Trial(service, request, decided, tuple(taken), len(taken) < len(asked.steps))


def _fired(service: Service, request: Json, means: Means, base_url: str) -> Decided:
    """As a hook call: from bytes. What it leaves behind is not the trail of the page's own request."""
    return decide(service, msgspec.json.encode(request), base_url, means, Trail(request_id=""))


def _suggestion(answer: Json, uuid: str) -> Json | None:
    every: Sequence[Json] = [each for card in answer["cards"] for each in card.get("suggestions", ())]
    return next((each for each in every if each["uuid"] == uuid), None)
