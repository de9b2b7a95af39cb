"""The hook calls that the tester makes up. Knows the context of each hook and how prefetch goes with it."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final
from uuid import uuid4

from cds_service.conformance.orders import CHARTS, ORDERS, Scenario
from cds_service.conformance.patient import ENCOUNTER, PRACTITIONER, record
from cds_service.conformance.prefetch import prefetched
from cds_service.conformance.subject import Json, Service

PATIENT: Final = "conformance-patient"


def scenarios_for(service: Service) -> tuple[Scenario, ...]:
    """The situations for the service's hook; none where no plain context can be made up."""
    if service.hook in _CHARTS:
        return CHARTS
    return ORDERS if service.hook in _CONTEXTS else ()


def hook_request(service: Service, scenario: Scenario, patient_id: str = PATIENT, **more: Any) -> Json:
    """A complete, correct call with prefetch for every template. more: members that replace or join the others."""
    context = _context(service, scenario, patient_id)
    on_record = record(patient_id, ill=scenario.ill, name=scenario.name, allergy=scenario.allergy)
    envelope: Json = {
        "hook": service.hook,
        "hookInstance": str(uuid4()),
        "context": context,
    }
    filled = prefetched(service.prefetch, token_values(context), on_record)
    if filled:
        envelope["prefetch"] = filled
    return envelope | more


def hook_requests(service: Service) -> Iterator[tuple[Scenario, Json]]:
    """Every made-up call for one service."""
    for scenario in scenarios_for(service):
        yield scenario, hook_request(service, scenario)


def token_values(context: Json) -> Mapping[str, str]:
    """The text of every prefetch token that this context can fill."""
    values = {f"context.{name}": value for name, value in context.items() if isinstance(value, str)}
    kind, _, identity = context.get("userId", "").partition("/")
    if kind in {"Practitioner", "PractitionerRole", "Patient", "RelatedPerson"}:
        values[f"user{kind}Id"] = identity
    return values


def _context(service: Service, scenario: Scenario, patient_id: str) -> Json:
    drafts = tuple(_about(draft, patient_id) for draft in scenario.drafts)
    base: Json = {"userId": PRACTITIONER, "patientId": patient_id, "encounterId": ENCOUNTER}
    return base | _CONTEXTS[service.hook](drafts, scenario)


def _about(draft: Json, patient_id: str) -> Json:
    return deepcopy(draft) | {
        "subject": {"reference": f"Patient/{patient_id}"},
        "encounter": {"reference": f"Encounter/{ENCOUNTER}"},
    }


def _bundle(resources: tuple[Json, ...]) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def _name(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _select(drafts: tuple[Json, ...], scenario: Scenario) -> Json:
    return {"selections": [_name(draft) for draft in drafts[: scenario.selected]], "draftOrders": _bundle(drafts)}


def _sign(drafts: tuple[Json, ...], _: Scenario) -> Json:
    return {"draftOrders": _bundle(drafts)}


def _refill(drafts: tuple[Json, ...], _: Scenario) -> Json:
    return {"medications": _bundle(tuple(each for each in drafts if each["resourceType"] == "MedicationRequest"))}


def _dispatch(drafts: tuple[Json, ...], _: Scenario) -> Json:
    return {"dispatchedOrders": [_name(draft) for draft in drafts], "performer": "Organization/conformance"}


def _review(drafts: tuple[Json, ...], _: Scenario) -> Json:
    return {"orders": _bundle(drafts)}


def _appointment(drafts: tuple[Json, ...], _: Scenario) -> Json:
    """Booked for the reason of the first order."""
    booked: Json = {
        "resourceType": "Appointment",
        "id": "conformance-appointment",
        "status": "proposed",
        "description": "Follow-up",
        "participant": [{"actor": draft["subject"], "status": "needs-action"} for draft in drafts[:1]],
    }
    return {"appointments": _bundle((booked,))}


def _chart(_: tuple[Json, ...], __: Scenario) -> Json:
    return {}


_CHARTS: Final = frozenset({"patient-view", "encounter-start", "encounter-discharge"})
_CONTEXTS: Final[Mapping[str, Callable[[tuple[Json, ...], Scenario], Json]]] = {
    "patient-view": _chart,
    "encounter-start": _chart,
    "encounter-discharge": _chart,
    "order-select": _select,
    "order-sign": _sign,
    "order-dispatch": _dispatch,
    "medication-refill": _refill,
    "medication-prescribe": _refill,
    "order-review": _review,
    "appointment-book": _appointment,
}
