"""The FHIR resources in actions. Knows R4 (by its models) and what a proposed order must carry."""

from collections.abc import Iterator
from typing import Any, Final

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_service.conformance.exact import encoded
from cds_service.conformance.subject import Json

Fault = tuple[str, str]

_RXNORM: Final = ("http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88")
_UCUM: Final = "http://unitsofmeasure.org"
# Say whose and which order it is; no suggestion has a reason to change them.
_IDENTITY: Final = (
    "resourceType", "id", "identifier", "subject", "encounter", "requester", "authoredOn", "priorPrescription",
)  # fmt: skip
# Describe what is ordered: an update may rewrite them or drop them with the old product.
_CONTENT: Final = frozenset(
    {"medicationCodeableConcept", "medicationReference", "dosageInstruction", "dispenseRequest", "substitution", "text",
     "contained", "code", "orderDetail", "quantityQuantity", "occurrenceDateTime", "occurrencePeriod",
     "occurrenceTiming", "note", "meta"}
)  # fmt: skip


def judge_created(action: Json, context: Json) -> tuple[list[Fault], list[Fault]]:
    """(what is wrong, what is doubtful) with the resource of a create or an update, each as (path below it, what)."""
    resource = action.get("resource")
    if not isinstance(resource, dict):
        return [("", "is missing or no object")], []
    wrong = list(_no_r4(resource))
    weak: list[Fault] = []
    patient = context.get("patientId")
    subject = resource.get("subject")
    if isinstance(subject, dict) and isinstance(patient, str):
        reference = str(subject.get("reference", ""))
        if reference != f"Patient/{patient}" and not reference.endswith(f"/Patient/{patient}"):
            wrong.append((".subject", "is not the patient of the context"))
    if resource.get("resourceType") == "MedicationRequest" and not wrong:
        weak += _medication_faults(resource, new=action.get("type") == "create")
    return wrong, weak


def judge_updated(draft: Json, updated: Json) -> tuple[list[Fault], list[Fault]]:
    """(what is wrong, what is doubtful) with an update, beside the draft that it updates."""
    wrong: list[Fault] = []
    weak: list[Fault] = []
    for name, value in draft.items():
        if name in _CONTENT:
            continue
        if name not in updated:
            wrong.append((f".{name}", "is in the draft and not in the update, which is the whole resource"))
        elif not _kept(value, updated[name]):
            (wrong if name in _IDENTITY else weak).append((f".{name}", "is not as it was in the draft"))
    return wrong, weak


def _no_r4(resource: Json) -> Iterator[Fault]:
    kind = resource.get("resourceType")
    try:
        model = get_fhir_model_class(str(kind))
    except (KeyError, LookupError, ValueError):
        yield ".resourceType", "is no FHIR R4 resource"
        return
    try:
        model.model_validate(resource)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False, include_context=False):
            yield "".join(f".{part}" for part in fault["loc"] if part != "__root__"), "is no FHIR R4"
    except (TypeError, ValueError, AttributeError):
        yield "", "is no FHIR R4"


def _medication_faults(resource: Json, *, new: bool) -> Iterator[Fault]:
    if new and resource.get("status") != "draft":
        yield ".status", "is not draft"
    concept = resource.get("medicationCodeableConcept")
    codings = _list(concept.get("coding")) if isinstance(concept, dict) else []
    if isinstance(concept, dict) and not any(each.get("system") in _RXNORM for each in codings):
        yield ".medicationCodeableConcept", "has no RxNorm code"
    for place, dosage in enumerate(_list(resource.get("dosageInstruction"))):
        for number, dose in enumerate(_list(dosage.get("doseAndRate"))):
            quantity = dose.get("doseQuantity")
            if quantity is not None and (quantity.get("system") != _UCUM or not quantity.get("code")):
                yield f".dosageInstruction[{place}].doseAndRate[{number}].doseQuantity", "has no UCUM code"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _kept(value: Any, now: Any) -> bool:
    """The same; a list may have been added to."""
    if isinstance(value, list) and isinstance(now, list):
        there = [_text(each) for each in now]
        return all(_text(each) in there for each in value)
    return _text(value) == _text(now)


def _text(value: Any) -> bytes:
    """Byte for byte, but for the order of members, which says nothing in JSON."""
    return encoded(value, sort_keys=True)
