"""The basis of a decision -> the same hook request about nobody. Knows prefetch and drafts; what of a resource is kept
is known in fhir_mappings.disguise.

Only what a reader reads something in is kept. What was fetched stands beside what was sent, and what could not be had
stands there as it failed: a replay asks nobody.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import Raw

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.snapshot import Availability
from cds_service.decide import Basis
from fhir_mappings.chart_scope import chart_matters
from fhir_mappings.disguise.person import Disguise
from fhir_mappings.disguise.resource import in_disguise, kept_of
from fhir_mappings.drafts import read_drafts
from fhir_mappings.medicine_records import DrugRecord
from fhir_mappings.ordered import already_ordered
from fhir_mappings.parse import UnreadableError, decode
from fhir_mappings.primitives import local_reference
from fhir_mappings.snapshot import Entries, map_patient_data

Json = dict[str, Any]
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
# The same for all: it would name the call in the EHR's log
_INSTANCE: Final = "00000000-0000-4000-8000-000000000000"
_MORE: Final = {"link": [{"relation": "next", "url": "urn:more"}]}
_ISSUES: Final = {Availability.REFUSED: "forbidden", Availability.FAILED: "exception"}


def recorded_request(basis: Basis, disguise: Disguise) -> bytes:
    """A hook request as JSON, which the service that decided the first would decide in the same way."""
    request = basis.request
    context: Json = {"patientId": disguise.id(request.patient_id)}
    if not request.service.opens_chart:
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": [*_drafts(basis, disguise)]}
        if request.selections:
            context["selections"] = [disguise.reference(each) for each in request.selections]
    call = {"hook": request.service.hook, "hookInstance": _INSTANCE, "context": context}
    return _ENCODER.encode(call | {"prefetch": _prefetch(basis, disguise)})


def _prefetch(basis: Basis, disguise: Disguise) -> Json:
    kept = _kept(basis)
    parts: Json = {}
    for key in basis.request.service.prefetch:
        state = basis.gathered.availability[key.kind]
        entries = [in_disguise(raw, key.resource_type, disguise) for raw in kept[key.kind]]
        if key.kind is ResourceKind.PATIENT:  # is always there; what lies beside it is found from every list
            entries += _medications(basis.gathered.medications, _drugs(kept), disguise)
        if state in _ISSUES and not entries:
            issue = {"severity": "error", "code": _ISSUES[state]}
            parts[key.name] = {"resourceType": "OperationOutcome", "issue": [issue]}
        elif state is not Availability.NOT_SUPPLIED:
            bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in entries]}
            parts[key.name] = bundle if state is Availability.COMPLETE else bundle | _MORE
    return parts


def _kept(basis: Basis) -> dict[ResourceKind, Entries]:
    """Of each kind the resources that a reader, given nothing else, reads something in. One whose subject is another
    patient, or nobody, is none of them: how far its kind can be believed is known already."""
    resources = basis.gathered.resources
    read = partial(
        map_patient_data,
        availability={},
        patient_id=basis.request.patient_id,
        today=basis.today,
        medications=basis.gathered.medications,
    )

    def telling(kind: ResourceKind, beside: dict[ResourceKind, Entries]) -> Entries:
        nothing = read(resources=beside)
        blank = nothing.snapshot, nothing.unread_medications

        def tells(raw: bytes | Raw) -> bool:
            mapped = read(resources=beside | {kind: (raw,)})
            if (mapped.snapshot, mapped.unread_medications) != blank:
                return True
            # Because of what may be anything a chart is judged
            return basis.request.service.opens_chart and chart_matters({kind: (raw,)}, basis.gathered.medications)

        return tuple(filter(tells, resources.get(kind, ())))

    kept = {kind: telling(kind, {}) for kind in (ResourceKind.PROCEDURES,)}
    # What was resected is told by an Observation that is part of an operation
    kept |= {kind: telling(kind, kept) for kind in resources if kind not in (ResourceKind.PROCEDURES, *_WHOLE)}
    orders = resources.get(ResourceKind.ORDERED, ())
    ordered = tuple(raw for raw in orders if already_ordered([_decoded(raw)]))
    return kept | {ResourceKind.PATIENT: resources[ResourceKind.PATIENT], ResourceKind.ORDERED: ordered}


_WHOLE: Final = (ResourceKind.PATIENT, ResourceKind.ORDERED)


def _decoded(raw: bytes | Raw) -> Json:
    try:
        found = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _drugs(kept: dict[ResourceKind, Entries]) -> set[str]:
    return {
        name
        for kind in (ResourceKind.MEDICATIONS, ResourceKind.STATEMENTS)
        for raw in kept[kind]
        for name in _drug_named(raw)
    }


def _drug_named(raw: bytes | Raw) -> Iterator[str]:
    try:
        record = decode(raw, DrugRecord)
    except UnreadableError:
        return
    in_r5 = record.medication.pointer if record.medication is not None else None
    for each in (record.medication_reference, in_r5):
        name = local_reference(each.reference) if each is not None else None
        if name is not None:
            yield name


def _medications(found: dict[str, bytes], wanted: Iterable[str], disguise: Disguise) -> list[Raw]:
    """Those that are referred to, each under the id by which it is."""
    named = {local_reference(name) or name: text for name, text in found.items()}
    told = []
    for name in sorted(set(wanted) & named.keys()):
        written = msgspec.json.decode(in_disguise(named[name], "Medication", disguise), type=dict[str, Raw])
        written |= {"id": Raw(_ENCODER.encode(disguise.id(name.rpartition("/")[2])))}
        told.append(Raw(_ENCODER.encode(written | {"resourceType": Raw(b'"Medication"')})))
    return told


def _drafts(basis: Basis, disguise: Disguise) -> Iterator[Json]:
    """Entries of the drafts that a reader reads something in, in their order, and of the Medications that they name."""
    request = basis.request
    drafts = list(zip(request.drafts, request.full_urls, strict=True))
    beside = [each for each in drafts if each[0].get("resourceType") == "Medication"]
    names = Counter(_name(draft) for draft, _ in drafts)  # an id that two drafts have names neither
    wanted: set[str] = set()
    for draft, url in drafts:
        if draft.get("resourceType") == "Medication":
            continue
        resources, urls = zip(*beside, (draft, url), strict=True)
        orders = read_drafts(resources, urls, (), request.patient_id, basis.of_drafts)
        matter = any(each.product.ingredients or not each.product.recognised for each in orders)
        if matter or already_ordered([draft]) or names[_name(draft)] > 1:
            wanted |= set(_drug_named(_ENCODER.encode(draft)))
            yield _entry(kept_of(draft, "MedicationRequest", disguise), url, disguise)
    for medication, url in beside:
        yield _entry(kept_of(medication, "Medication", disguise), url, disguise)
    for text in _medications(basis.of_drafts, wanted, disguise):
        yield {"resource": text}


def _name(draft: Json) -> str:
    return f"{draft.get('resourceType')}/{draft.get('id')}"


def _entry(resource: Json, url: str | None, disguise: Disguise) -> Json:
    return {"resource": resource} | ({} if url is None else {"fullUrl": disguise.reference(url)})
