"""Seed and number -> one Case, always the same one. Knows the catalogues and how often each is drawn; no service."""

import json
import random
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

from tests.fuzz.bases import Base, as_call, bases, resources
from tests.fuzz.case import Call, Case, Json, Kind
from tests.fuzz.changes import CHANGES
from tests.fuzz.defects import DEFECTS
from tests.fuzz.feedback import feedback
from tests.fuzz.hostile_http import ATTACKS
from tests.fuzz.sending import SERVICES
from tests.fuzz.takings import take_draft, take_patient, take_resource, take_search

# How often each kind is drawn, and each service.
SHARES = {Kind.VALID: 34, Kind.DEFECT: 26, Kind.TAKEN: 28, Kind.HOSTILE: 8, Kind.FEEDBACK: 4}
SPOILT = 0.2
_NUMBER = re.compile(r'"@number ([^@"]*)@"')
_SERVICES = ("uk", "uk", "uk", "us", "us", *list(SERVICES)[2:])


def case(seed: int, number: int) -> Case:
    """The case of this number; any of them can be made without those before it."""
    draw = random.Random(f"{seed}:{number}")  # noqa: S311 - not for secrets
    kind = draw.choices(tuple(SHARES), tuple(SHARES.values()))[0]
    name = draw.choice(_SERVICES)
    base = draw.choice(bases())
    request, mark = _marked(base, f"zq{seed}x{number}")
    done = [base.name]
    if kind is Kind.TAKEN:
        _some(draw, CHANGES, request, done, draw.choice((0, 0, 1, 2, 3, 5)))
        return _taken(draw, Case(seed, number, kind, name, tuple(done), as_call(request), mark), request)
    if kind is Kind.FEEDBACK:
        call, done = feedback(draw, mark)
        if draw.random() < SPOILT:
            call = _attacked(draw, call, done)
        return Case(seed, number, kind, name, tuple(done), call, mark)
    if kind is Kind.DEFECT:
        _some(draw, CHANGES, request, done, draw.choice((0, 1)))
        path = as_call(request).path
        _some(draw, DEFECTS, request, done, draw.choice((1, 1, 2)))
        call = Call(_text(request), path)
    else:
        _some(draw, CHANGES, request, done, draw.choice((0, 1, 2, 3, 5, 8) if kind is Kind.VALID else (0, 1)))
        call = as_call(request)
    if kind is Kind.HOSTILE:
        call = _attacked(draw, call, done)
    return Case(seed, number, kind, name, tuple(done), call, mark)


def _taken(draw: random.Random, case: Case, request: Json) -> Case:
    """Something that the request knows is taken away; what it is, by chance, and something else where it has none."""
    takings = draw.choices((take_search, take_resource, take_draft, take_patient), (40, 35, 18, 7), k=20)
    taken = next(found for taking in (*takings, take_patient) if (found := taking(draw, request)) is not None)
    return replace(
        case,
        done=(*case.done, f"taken: {taken.scope} {taken.key}: {taken.name}"),
        call=as_call(request),
        before=case.call,
        absent=None if taken.absent is None else as_call(taken.absent),
        taken=(taken.scope, taken.key, taken.name),
    )


def _attacked(draw: random.Random, call: Call, done: list[str]) -> Call:
    name = draw.choice(tuple(ATTACKS))
    done.append(name)
    try:
        return ATTACKS[name](draw, call)
    except (KeyError, TypeError, AttributeError):  # one that looks for what a feedback does not have
        return call


def _text(request: Json) -> bytes:
    return _NUMBER.sub(r"\1", json.dumps(request)).encode()


def _marked(base: Base, mark: str) -> tuple[Json, str]:
    """A copy of the base about a patient whose id, name and address are words that occur nowhere else."""
    patient = f"{mark}patient"
    old = base.request()["context"]["patientId"].removeprefix("Patient/")
    text = base.text.replace(f'Patient/{old}"', f'Patient/{patient}"').replace(f'"{old}"', f'"{patient}"')
    request: Json = json.loads(text)
    name = [{"family": f"{mark}name", "text": f"Jo {mark}name"}]
    request["prefetch"]["patient"] |= {"name": name, "address": [{"text": f"{mark}street"}]}
    for _, resource in resources(request):
        resource["note"] = [{"text": f"{mark}note"}]
    token = {"access_token": f"{mark}token", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "cds"}
    request["fhirAuthorization"] = token
    return request, mark


def _some(draw: random.Random, catalogue: dict[str, Any], request: Json, done: list[str], wanted: int) -> None:
    """Apply so many of a catalogue, drawn again where one finds nothing to be applied to."""
    for _ in range(wanted):
        for _ in range(20):
            name = draw.choice(tuple(catalogue))
            # After one defect another may find nothing left of the shape that it looks for.
            with suppress(AttributeError, KeyError, TypeError, IndexError):
                if catalogue[name](draw, request):
                    done.append(name)
                    break
