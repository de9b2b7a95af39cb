"""The services on offer and the data each asks for. Knows ids, titles and prefetch templates; no request."""

from dataclasses import dataclass, field
from typing import Any

from cds_service.clinical.concepts import ResourceKind
from cds_service.hooks.clients import DEFAULT, Profile
from fhir_mappings.codes import code_search_list


@dataclass(frozen=True, slots=True)
class PrefetchKey:
    """One prefetch key. Only a required key can end a request (412); any other gap is an `unknown` in the snapshot."""

    name: str
    template: str
    kind: ResourceKind
    required: bool = False
    is_read: bool = field(init=False)
    resource_type: str = field(init=False)

    def __post_init__(self) -> None:
        """is_read: a read of one resource, not a search."""
        object.__setattr__(self, "is_read", "?" not in self.template)
        object.__setattr__(self, "resource_type", self.template.partition("?")[0].partition("/")[0])


@dataclass(frozen=True, slots=True)
class Service:
    id: str
    hook: str
    title: str
    description: str
    usage_requirements: str
    prefetch: tuple[PrefetchKey, ...]

    @property
    def opens_chart(self) -> bool:
        """Is it called when a chart is opened, with no orders in its context?"""
        return self.hook == "patient-view"


def _search(name: str, resource: str, kind: ResourceKind, narrowed: str = "") -> PrefetchKey:
    """A search over one patient. No status filter: refuted, resolved and completed entries are facts too."""
    return PrefetchKey(name, f"{resource}?patient={{{{context.patientId}}}}{narrowed}", kind)


_NEWEST_FIRST = "&_sort=-date&_count=200"
_FINDING_CATEGORIES = "exam,procedure,social-history,survey"

_PREFETCH = (
    PrefetchKey("patient", "Patient/{{context.patientId}}", ResourceKind.PATIENT, required=True),
    _search("results", "Observation", ResourceKind.RESULTS, f"&code={','.join(code_search_list())}{_NEWEST_FIRST}"),
    _search("findings", "Observation", ResourceKind.FINDINGS, f"&category={_FINDING_CATEGORIES}{_NEWEST_FIRST}"),
    _search("conditions", "Condition", ResourceKind.CONDITIONS),
    _search("medications", "MedicationRequest", ResourceKind.MEDICATIONS),
    _search("statements", "MedicationStatement", ResourceKind.STATEMENTS),
    _search("procedures", "Procedure", ResourceKind.PROCEDURES),
    _search("allergies", "AllergyIntolerance", ResourceKind.ALLERGIES),
    # What is on order need not be asked for again. Not knowing it takes nothing from the advice.
    _search("ordered", "ServiceRequest", ResourceKind.ORDERED, "&status=active&_count=100"),
)

_USAGE = (
    "FHIR R4. Only the Patient is required; every other key that is missing narrows the advice and is named on the "
    "card. Orders are read from the draft orders of the request."
)

SERVICES: tuple[Service, ...] = (
    Service(
        "b12-order-select",
        "order-select",
        "Vitamin B12 and folic acid: order being written",
        "Checks a vitamin B12 or folic acid order while it is written: form in renal disease, dose, route and "
        "schedule for the indication, and vitamin B12 status before folic acid.",
        _USAGE,
        _PREFETCH,
    ),
    Service(
        "b12-order-sign",
        "order-sign",
        "Vitamin B12 and folic acid: orders about to be signed",
        "Checks vitamin B12 and folic acid orders before they are signed, together and with those that are stopped: "
        "form in renal disease, dose, route and schedule for the indication, two orders at once, stopping, and vitamin "
        "B12 status before folic acid.",
        _USAGE,
        _PREFETCH,
    ),
    Service(
        "b12-patient-view",
        "patient-view",
        "Vitamin B12: treatment, prophylaxis and monitoring that are due",
        "Looks, when a chart is opened, for vitamin B12 deficiency without treatment, prophylaxis that is due after "
        "ileal or bariatric surgery, injections that are overdue, and monitoring that is due.",
        "FHIR R4. Only the Patient is required; every other key that is missing narrows the advice and is named on "
        "the card.",
        _PREFETCH,
    ),
)

SERVICE_BY_ID = {service.id: service for service in SERVICES}


# The edition of CDS Hooks, and the version of the three hooks as their published definitions state it.
_VERSIONS = {"version": "3.0.0", "hookVersion": "1.0"}


def discovery_document(profile: Profile = DEFAULT) -> dict[str, Any]:
    """The answer to GET /cds-services: no null and no empty member."""
    versions = _VERSIONS if profile.versions else {}
    return {"services": [_described(service) | versions for service in SERVICES]}


def _described(service: Service) -> dict[str, Any]:
    return {
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "id": service.id,
        "prefetch": {key.name: key.template for key in service.prefetch},
        "usageRequirements": service.usage_requirements,
    }
