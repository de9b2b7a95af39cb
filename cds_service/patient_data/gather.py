"""HookRequest -> resources of each kind and what their absence means. Knows Bundles; reads no resource beyond its type.

Each prefetch value is in one of the states of the table in docs (REQ-44): usable, known empty, incomplete, refused,
failed, or absent. Absent ones are fetched, all at once, if a FHIR server may be called.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from msgspec import Raw

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.snapshot import Availability
from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.request import HookRequest
from cds_service.hooks.services import PrefetchKey
from cds_service.patient_data.bundles import MOST_ENTRIES, Part, TooManyError, read_part
from cds_service.patient_data.fhir_client import FhirClient, FhirError, Why
from cds_service.patient_data.reads import read_all

MOST_PAGES = 20


@dataclass(frozen=True, slots=True, repr=False)
class Gathered:
    """Raw resources of each kind, and how far each kind can be believed.

    medications: Medication resources that came along with orders, by "Medication/id". fetched: how many keys were
    asked for at the FHIR server.
    """

    resources: dict[ResourceKind, tuple[bytes | Raw, ...]]
    availability: dict[ResourceKind, Availability]
    medications: dict[str, bytes] = field(default_factory=dict)
    fetched: int = 0


def gather(request: HookRequest, client: FhirClient | None, pool: Executor) -> Gathered:
    """Everything the service asked for. Problem (412) when a required resource cannot be had; 413 where a Bundle holds
    more entries than are read."""
    keys = request.service.prefetch
    parts: dict[str, Part | None] = {key.name: _supplied(key, request) for key in keys}
    work = _work(keys, parts, request, client)
    if client is not None and work:
        for name, given in read_all(work, client, pool).items():
            # what came to nothing keeps its first page
            parts[name] = (parts[name] or Part((), given)) if isinstance(given, Availability) else given
    for key in keys:
        part = parts[key.name]
        if key.required and (part is None or not part.resources):
            raise Problem(Fault.DATA_MISSING, keys=(key.name,))
    found = {key.kind: parts[key.name] or _NOTHING for key in keys}
    return Gathered(
        resources={kind: part.resources for kind, part in found.items()},
        availability={kind: part.availability for kind, part in found.items()},
        medications={name: text for part in found.values() for name, text in part.medications.items()},
        fetched=len(work),
    )


_NOTHING = Part((), Availability.NOT_SUPPLIED)


def _supplied(key: PrefetchKey, request: HookRequest) -> Part | None:
    """The prefetched part, or None where the key counts as absent."""
    raw = request.prefetch.get(key.name)
    try:
        return None if raw is None else read_part(key, raw)
    except TooManyError:  # to answer without it would pass over what the client did send
        rule = f"at most {MOST_ENTRIES} entries in a Bundle"
        raise Problem(Fault.TOO_LARGE, rule=rule, keys=(key.name,)) from None


def _work(
    keys: tuple[PrefetchKey, ...], parts: dict[str, Part | None], request: HookRequest, client: FhirClient | None
) -> dict[str, Callable[[], Part]]:
    """What is left to ask of the server: absent keys, and the pages that follow a first page."""
    work: dict[str, Callable[[], Part]] = {}
    if client is None:
        return work
    for key in keys:
        part = parts[key.name]
        if part is None or (key.required and part.ask_again):
            work[key.name] = _fetch(key, request.patient_id, client)
        elif part.next_page is not None:
            work[key.name] = _follow(key, part, client)
    return work


def _fetch(key: PrefetchKey, patient_id: str, client: FhirClient) -> Callable[[], Part]:
    return lambda: _all_pages(key, _part(key, client.ask(key.template, patient_id), client), client)


def _part(key: PrefetchKey, answer: bytes, client: FhirClient) -> Part:
    try:
        part = read_part(key, answer)
    except TooManyError:
        raise client.failure(Why.TOO_MANY_RESOURCES) from None
    if part is None:
        raise client.failure(Why.UNREADABLE)
    client.count(len(part.resources) + len(part.medications))
    return part


def _follow(key: PrefetchKey, first: Part, client: FhirClient) -> Callable[[], Part]:
    return lambda: _all_pages(key, first, client)


def _all_pages(key: PrefetchKey, part: Part, client: FhirClient) -> Part:
    """A part with its further pages. A page that cannot be had leaves the whole INCOMPLETE, never an error."""
    seen: set[str] = set()
    while part.next_page is not None:
        if part.next_page in seen or len(seen) == MOST_PAGES - 1:
            client.failure(Why.TOO_MANY_PAGES)
            return part
        seen.add(part.next_page)
        try:
            page = _part(key, client.next_page(part.next_page, key.resource_type), client)
        except FhirError:
            return part
        part = part.followed_by(page)
    return part
