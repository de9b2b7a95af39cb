"""Hook calls that let the service fetch from the tester's FHIR server, and what it asked there. Judges nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from cds_service.conformance.fhir_server import Fault, Query
from cds_service.conformance.hook_requests import token_values
from cds_service.conformance.material import best_calls, cards_of, request_of, without
from cds_service.conformance.prefetch import resolved
from cds_service.conformance.subject import Answer, Exchange, Json
from cds_service.conformance.trial import Trial

_LIFETIME: Final = 300


@dataclass(frozen=True, slots=True)
class Fetched:
    """answer: of the service. queries: what it asked the FHIR server; most_at_once: of these, at the same moment."""

    answer: Answer
    queries: tuple[Query, ...]
    most_at_once: int

    @property
    def paths(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        return sorted(canonical(query.path) for query in self.queries)


def canonical(query: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A query so that order and encoding of its parameters do not matter."""
    path, _, parameters = query.partition("?")
    return path.strip("/"), tuple(sorted(parse_qsl(parameters, keep_blank_values=True)))


def access(trial: Trial, base: str | None = None, **changed: Any) -> Json:
    """The members of a request that open a FHIR server: the tester's own, or the one at `base`."""
    bench = trial.bench
    return {
        "fhirServer": base or bench.fhir.base,
        "fhirAuthorization": {
            "access_token": bench.access_token,
            "token_type": "Bearer",
            "expires_in": _LIFETIME,
            "scope": "patient/*.read user/*.read",
            "subject": "conformance-service",
        }
        | changed,
    }


def fetch(
    trial: Trial, call: Exchange, request: Json, label: str, fault: Fault = Fault.NONE, *, base: str | None = None
) -> Fetched:
    """Send the request with access to a FHIR server that holds what the call had prefetched, and has this fault."""
    server = trial.bench.fhir
    server.resources = tuple(resources_of(request_of(call)))
    trial.bench.elsewhere.begin()
    server.begin(fault)
    answer = trial.subject.call(call.service, request | access(trial, base), label)
    return Fetched(answer, server.queries, server.most_at_once)


def resources_of(request: Json) -> Iterator[Json]:
    """Every resource in the prefetch, each once."""
    seen = set()
    for value in request.get("prefetch", {}).values():
        if not isinstance(value, dict):
            continue
        entries = value.get("entry", ()) if value.get("resourceType") == "Bundle" else ({"resource": value},)
        for resource in (entry.get("resource", {}) for entry in entries):
            name = (resource.get("resourceType"), resource.get("id"))
            if name[0] is not None and name not in seen:
                seen.add(name)
                yield resource


def expected(call: Exchange, keys: list[str]) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """The queries for these prefetch keys, their tokens filled from the context."""
    values = token_values((call.request or {}).get("context", {}))
    filled = (resolved(call.service.prefetch[key], values) for key in keys)
    return sorted(canonical(query) for query in filled if query is not None)


def fetching_calls(trial: Trial) -> list[Exchange]:
    """For each service a call for which it asks the FHIR server when nothing is prefetched; tried only once a run."""
    if trial.bench.fetching is None:
        trial.bench.fetching = [
            call for best in best_calls(trial) if (call := _first_fetching(trial, best)) is not None
        ]
    return trial.bench.fetching


def _first_fetching(trial: Trial, best: Exchange) -> Exchange | None:
    """The best call of a service, else another one, that lets it fetch; of a person's own calls only the whole ones."""
    made = [each for each in trial.whole_calls() if each.service == best.service and each.answer.status == 200]
    spoken = [each for each in made if each is not best and cards_of(each.answer)]
    for call in filter(_is_whole, (best, *spoken)):
        if fetch(trial, call, without(request_of(call), "prefetch"), "nothing prefetched, a FHIR server").queries:
            return call
    return None


def _is_whole(call: Exchange) -> bool:
    """Is there a value for every key whose tokens the context can fill?"""
    request = call.request or {}
    values, held = token_values(request.get("context", {})), request.get("prefetch") or {}
    return all(key in held or resolved(template, values) is None for key, template in call.service.prefetch.items())


def why_nothing_fetched(trial: Trial) -> str:
    """Why the checks of FHIR access have nothing to look at."""
    return (
        f"the service never called {trial.bench.fhir.base}: tell it to trust this server "
        f"(cobalamin-cds: CDS_FHIR_SERVERS or fhir_servers; the port is set by --fhir-port)"
    )
