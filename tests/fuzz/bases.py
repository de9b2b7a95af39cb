"""What is fuzzed: the scenario requests and those of the demo, as texts; and what can be taken from one for another."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cds_service.examples import examples
from tests.fuzz.case import Call, Json
from tests.fuzz.sending import NOW
from tests.scenarios import FOLDERS

SEARCHES = ("results", "findings", "conditions", "medications", "statements", "procedures", "allergies", "ordered")


@dataclass(frozen=True, slots=True)
class Base:
    name: str
    text: str

    def request(self) -> Json:
        """A fresh copy."""
        found: Json = json.loads(self.text)
        return found


@cache
def bases() -> tuple[Base, ...]:
    found = [Base(folder.name, (folder / "request.json").read_text("utf-8")) for folder in FOLDERS]
    found += [Base(f"demo: {each.title}", json.dumps(each.body)) for each in examples(NOW.date())]
    return tuple(found)


@cache
def bases_of(hook: str) -> tuple[Base, ...]:
    return tuple(base for base in bases() if base.request()["hook"] == hook)


def entries(request: Json, key: str) -> list[Json]:
    """The entries of a search of the prefetch, to be changed in place; an empty list where there is none."""
    part = request.get("prefetch", {}).get(key)
    found = part.get("entry") if isinstance(part, dict) else None
    return found if isinstance(found, list) else []


def resources(request: Json) -> Iterator[tuple[str, Json]]:
    """(key, resource) of everything on record, the Patient excepted."""
    for key in SEARCHES:
        for entry in entries(request, key):
            yield key, entry["resource"]


def drafts(request: Json) -> list[Json]:
    """The entries of draftOrders, to be changed in place."""
    found: list[Json] = request["context"].get("draftOrders", {}).get("entry", [])
    return found


def counted(request: Json) -> None:
    """Make the totals right again after entries came or went."""
    for key in SEARCHES:
        part = request["prefetch"].get(key)
        if isinstance(part, dict) and "total" in part:
            part["total"] = len(part.get("entry", ()))


def as_call(request: Json) -> Call:
    return Call(json.dumps(request).encode(), f"/cds-services/b12-{request['hook']}")


@cache
def _pool(key: str) -> tuple[str, ...]:
    found = {json.dumps(each) for base in bases() for name, each in resources(base.request()) if name == key}
    return tuple(sorted(found))


@cache
def _draft_pool() -> tuple[str, ...]:
    found = {json.dumps(each["resource"]) for base in bases() for each in drafts(base.request())}
    return tuple(sorted(found))


def another(draw: random.Random, key: str, request: Json) -> Json | None:
    """A resource of this key from any base, about the patient of this request."""
    pool = _pool(key)
    return about(json.loads(draw.choice(pool)), request) if pool else None


def another_draft(draw: random.Random, request: Json) -> Json:
    return about(json.loads(draw.choice(_draft_pool())), request)


def about(resource: Json, request: Json) -> Json:
    name = "patient" if resource["resourceType"] == "AllergyIntolerance" else "subject"
    return resource | {name: {"reference": f"Patient/{request['context']['patientId']}"}}
