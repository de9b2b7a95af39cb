"""Every quirk of the published requests (shared/requests/manifest.json), put into one small call with a B12 order.

Knows what each quirk looks like and what the service must do about it; the manifest gives the names.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests import odd_envelopes as forms
from tests.other_versions import as_dstu2, in_version

Json = dict[str, Any]


@dataclass(frozen=True)
class Quirk:
    """make: puts it into a call. then: "same" answer, same cards ("alike") or only their "words", "refused" at `at`,
    "missing" the Patient, "silent", or other cards, whose topics `at` names."""

    make: Callable[[Json], Json]
    then: str
    at: str = ""


def _with(**members: Any) -> Callable[[Json], Json]:
    """Members of the call; None takes one away."""
    return lambda call: {name: value for name, value in (call | members).items() if value is not None}


def _context(**members: Any) -> Callable[[Json], Json]:
    """The same for the context."""

    def make(call: Json) -> Json:
        context = call["context"] | members
        return call | {"context": {name: value for name, value in context.items() if value is not None}}

    return make


def _order(**members: Any) -> Callable[[Json], Json]:
    """The same for the one order."""

    def make(call: Json) -> Json:
        entry = call["context"]["draftOrders"]["entry"][0]
        entry["resource"] = {n: value for n, value in (entry["resource"] | members).items() if value is not None}
        return call

    return make


def _dosage(**members: Any) -> Callable[[Json], Json]:
    """The same for its one dosage instruction."""

    def make(call: Json) -> Json:
        order = call["context"]["draftOrders"]["entry"][0]["resource"]
        dosage = order["dosageInstruction"][0] | members
        order["dosageInstruction"] = [{name: value for name, value in dosage.items() if value is not None}]
        return call

    return make


def _prefetch(**members: Any) -> Callable[[Json], Json]:
    return lambda call: call | {"prefetch": call["prefetch"] | members}


def _beside(resource_type: str, **members: Any) -> Callable[[Json], Json]:
    """Another order in front, about the same patient."""

    def make(call: Json) -> Json:
        about = {"reference": f"Patient/{call['context']['patientId']}"}
        other = {"resourceType": resource_type, "id": "other", "status": "draft", "subject": about} | members
        call["context"]["draftOrders"]["entry"].insert(0, {"resource": other})
        return call

    return make


def _as_sign(call: Json) -> Json:
    return call | {"hook": "order-sign"}


def _after(*makes: Callable[[Json], Json]) -> Callable[[Json], Json]:
    def make(call: Json) -> Json:
        for each in makes:
            call = each(call)
        return call

    return make


def _codings(**members: Any) -> Callable[[Json], Json]:
    """Every coding of the drug changed."""

    def make(call: Json) -> Json:
        concept = call["context"]["draftOrders"]["entry"][0]["resource"]["medicationCodeableConcept"]
        concept["coding"] = [
            {name: value for name, value in (each | members).items() if value is not None} for each in concept["coding"]
        ]
        return call

    return make


_PARACETAMOL = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "161"}], "text": "x"}
_OTHER = _beside("MedicationRequest", intent="order", medicationCodeableConcept=_PARACETAMOL)
_TOKENLESS = {"token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "cds"}
_SERVER = "https://ehr.example/fhir"
_B12_TEXT = {"text": "cyanocobalamin 1 MG/ML injectable solution"}
_DISPATCHED = {"patientId": "demo", "performer": "Organization/1"}
_CARDS = "CyanocobalaminRenal"

QUIRKS: dict[str, Quirk] = {
    "DSTU2-MedicationOrder": Quirk(lambda call: in_version(call, as_dstu2), "words"),
    "category-object-not-array": Quirk(_order(category={"text": "community"}), "words"),
    "code-system:NO-SYSTEM": Quirk(_codings(system=None), "alike"),
    "context-empty": Quirk(_with(context={}), "refused", "context.patientId"),
    "deprecated-hook": Quirk(_with(hook="medication-prescribe"), "refused", "hook"),
    "draftOrders-is-a-bare-MedicationRequest": Quirk(forms.bare_order, "same"),
    "draftOrders-without-type": Quirk(forms.other_orders_first, "same"),
    "empty-prefetch": Quirk(_with(prefetch={}), "missing"),
    "encounterId-has-type-prefix": Quirk(_context(encounterId="Encounter/e1"), "same"),
    "extension": Quirk(_with(extension={"com.example.ehr": {"version": "9"}}), "same"),
    "extension-davinci": Quirk(_with(extension={"davinci-crd.configuration": {"x": True}}), "alike"),
    "extra-top-level:applyCql": Quirk(_with(applyCql=False), "same"),
    "extra-top-level:applyCql,user": Quirk(_with(applyCql=False, user="Practitioner/1"), "same"),
    "extra-top-level:itemN (prefetch keys outside prefetch)": Quirk(
        _after(_with(item1={"response": {"status": "200 OK"}, "resource": {"resourceType": "Patient"}}), forms.outside),
        "same",
    ),
    "extra-top-level:patient,user": Quirk(_with(patient="somebody-else", user="Practitioner/1"), "same"),
    "extra-top-level:patient,userId": Quirk(_with(patient="somebody-else", userId="Practitioner/1"), "same"),
    "extra-top-level:user": Quirk(_with(user="Practitioner/1"), "same"),
    "fhirAuthorization-without-token": Quirk(_with(fhirServer=_SERVER, fhirAuthorization=_TOKENLESS), "same"),
    "fhirServer-trailing-slash": Quirk(_with(fhirServer=f"{_SERVER}/"), "same"),
    "hookInstance-missing": Quirk(_with(hookInstance=None), "refused", "hookInstance"),
    "hookInstance-not-uuid": Quirk(_with(hookInstance="d1577c69-dfbe-44ad"), "alike"),
    "medicationReference-external": Quirk(
        _order(medicationCodeableConcept=None, medicationReference={"reference": f"{_SERVER}/Medication/1"}),
        "topics",
        "DataGap",
    ),
    "multiple-orders": Quirk(_after(_OTHER, _beside("ServiceRequest", id="third")), "same"),
    "no-dosageInstruction": Quirk(_order(dosageInstruction=None), "topics", "CyanocobalaminRenal DataGap"),
    "no-draftOrders": Quirk(_context(draftOrders=None), "refused", "context.draftOrders"),
    "no-encounterId": Quirk(_context(encounterId=None), "same"),
    "no-fhirAuthorization": Quirk(_with(fhirServer=_SERVER), "same"),
    "no-fhirServer": Quirk(_with(fhirServer=None, fhirAuthorization=_TOKENLESS | {"access_token": "t"}), "same"),
    "no-patientId": Quirk(_context(patientId=None), "refused", "context.patientId"),
    "no-prefetch": Quirk(_with(prefetch=None), "missing"),
    "no-selections": Quirk(_context(selections=None), "same"),
    "no-userId": Quirk(_context(userId=None), "same"),
    "non-ascii": Quirk(_after(_order(id="draft\u20111", note=[{"text": "日本語"}]), _context(selections=[])), "alike"),
    "null-fhirAuthorization": Quirk(lambda call: call | {"fhirServer": _SERVER, "fhirAuthorization": None}, "same"),
    "order-dispatch-1.0 (order)": Quirk(
        _with(hook="order-dispatch", context=_DISPATCHED | {"order": "MedicationRequest/1"}), "refused", "hook"
    ),
    "order-dispatch-2.0 (dispatchedOrders)": Quirk(
        _with(hook="order-dispatch", context=_DISPATCHED | {"dispatchedOrders": ["MedicationRequest/1"]}),
        "refused",
        "hook",
    ),
    "order-id-over-64-chars": Quirk(forms.long_ids, "alike"),
    "order-status-active": Quirk(_after(_as_sign, _order(status="active")), "alike"),
    "order-subject-differs-from-patientId": Quirk(
        _order(subject={"reference": "Patient/somebody-else"}),
        "refused",
        "context.draftOrders.entry[0].resource.subject",
    ),
    "order-type:DeviceRequest": Quirk(_beside("DeviceRequest", codeCodeableConcept=_B12_TEXT), "same"),
    "order-type:NutritionOrder": Quirk(_beside("NutritionOrder", oralDiet={"type": [_B12_TEXT]}), "same"),
    "order-type:ServiceRequest": Quirk(_beside("ServiceRequest", code={"text": "MRI"}), "same"),
    "order-without-id": Quirk(_after(_order(id=None), _context(selections=None)), "topics", _CARDS),
    "patientId-has-type-prefix": Quirk(_context(patientId="Patient/demo"), "same"),
    "prefetch-bundle-empty-entry": Quirk(_prefetch(statements={"resourceType": "Bundle", "entry": []}), "same"),
    "prefetch-bundle-without-entry": Quirk(_prefetch(statements={"resourceType": "Bundle"}), "same"),
    "prefetch-bundle-without-type": Quirk(_prefetch(conditions={"resourceType": "Bundle", "total": 0}), "same"),
    "prefetch-null-entry": Quirk(_prefetch(statements=None, procedures=None), "same"),
    "prefetch-value-str": Quirk(_prefetch(patient="demo", note="text"), "missing"),
    "prefetch-wrapped-in-resource/response": Quirk(forms.wrapped, "same"),
    "selections-not-in-draftOrders": Quirk(_context(selections=["MedicationRequest/gone"]), "same"),
    "selections-on-order-sign": Quirk(_as_sign, "alike"),
    "selections-subset-of-draftOrders": Quirk(_OTHER, "same"),
    "text-only-code": Quirk(_order(medicationCodeableConcept=_B12_TEXT), "alike"),
    "userId-PractitionerRole": Quirk(_context(userId="PractitionerRole/r1"), "same"),
    "userId-without-type": Quirk(_context(userId="COL3"), "same"),
}

# Not in the manifest, named in the issue or in cds-hooks.md 2.4, 3.2 and 3.4.
_ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
MORE: dict[str, Quirk] = {
    "context is an array": Quirk(_with(context=[]), "refused", "context"),
    "medications in place of draftOrders": Quirk(
        lambda call: _context(medications=call["context"]["draftOrders"], draftOrders=None)(call),
        "refused",
        "context.draftOrders",
    ),
    "orders in place of draftOrders": Quirk(
        _context(orders=[], draftOrders=None), "refused", "context.draftOrders"
    ),
    "draftOrders is an array": Quirk(
        lambda call: _context(draftOrders=call["context"]["draftOrders"]["entry"])(call),
        "refused",
        "context.draftOrders",
    ),
    "draftOrders is a List": Quirk(_context(draftOrders={"resourceType": "List"}), "refused", "context.draftOrders"),
    "a Bundle within the Bundle": Quirk(
        _beside("Bundle", entry=[]), "refused", "context.draftOrders.entry[0].resource"
    ),
    "medication-refill": Quirk(_with(hook="medication-refill"), "refused", "hook"),
    "no drug picked yet": Quirk(_order(medicationCodeableConcept=None), "silent"),
    "the drug as a display alone": Quirk(
        _order(medicationCodeableConcept=None, medicationReference={"display": _B12_TEXT["text"]}), "alike"
    ),
    "the drug by an identifier alone": Quirk(
        _order(medicationCodeableConcept=None, medicationReference={"identifier": {"value": "1"}}), "topics", "DataGap"
    ),
    "a contained Medication": Quirk(forms.contained_medications, "alike"),
    "a Medication beside the order": Quirk(forms.medications_beside, "alike"),
    "only the Medication selected": Quirk(
        _after(forms.medications_beside, _context(selections=["Medication/med0"])), "alike"
    ),
    "RxNorm by its OID": Quirk(_codings(system="urn:oid:2.16.840.1.113883.6.88"), "alike"),
    "twenty codings without a display": Quirk(forms.many_codings, "alike"),
    "a requester that is not known": Quirk(_order(requester=_ABSENT), "alike"),
    "doses calculated, drawn up and ordered": Quirk(
        _dosage(
            doseAndRate=[
                {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": {"value": 1100, "unit": "mcg"}},
                {"type": {"coding": [{"code": "admin-amount"}]}, "doseQuantity": {"value": 1.1, "unit": "mL"}},
                {"type": {"coding": [{"code": "ordered"}]}, "doseQuantity": {"value": 1000, "unit": "mcg"}},
            ]
        ),
        "same",
    ),
    "doseAndRate as an object": Quirk(_dosage(doseAndRate={"doseQuantity": {"value": 1, "unit": "mg"}}), "same"),
    "a dose above doseAndRate": Quirk(_dosage(doseAndRate=None, doseQuantity={"value": 1, "unit": "mg"}), "words"),
    "an R5 order": Quirk(
        lambda call: _order(
            medication={"concept": call["context"]["draftOrders"]["entry"][0]["resource"]["medicationCodeableConcept"]},
            medicationCodeableConcept=None,
        )(call),
        "words",
    ),
    "an STU3 requester": Quirk(_order(requester={"agent": {"reference": "Practitioner/1"}}), "words"),
    "bare selections": Quirk(forms.bare_selections, "same"),
    "absolute selections": Quirk(forms.absolute_selections, "same"),
    "selections by fullUrl": Quirk(forms.full_url_selections, "same"),
    "crowded selections": Quirk(forms.crowded_selections, "same"),
    "a selection that is a Reference": Quirk(
        _after(_OTHER, _context(selections=[{"reference": "MedicationRequest/other"}])), "silent"
    ),
    "selections that cannot be read": Quirk(
        _after(_OTHER, _context(selections=[7, "MedicationRequest/other"])), "same"
    ),
    "an id that two orders share": Quirk(
        _after(_beside("NutritionOrder", id="draft-1"), _context(selections=["draft-1"])), "same"
    ),
    "another order selected": Quirk(_after(_OTHER, _context(selections=["MedicationRequest/other"])), "silent"),
    "a user who is the patient": Quirk(_context(userId="Patient/demo"), "silent"),
    "a user who is a relative, by URL": Quirk(_context(userId=f"{_SERVER}/RelatedPerson/2"), "silent"),
    "patientId with dots": Quirk(_context(patientId="Patient/.."), "refused", "context.patientId"),
    "patientId as a URL": Quirk(_context(patientId=f"{_SERVER}/Patient/demo"), "refused", "context.patientId"),
    "a key beside prefetch that prefetch has": Quirk(_with(patient={"resourceType": "Patient", "id": "x"}), "same"),
    "a null beside prefetch": Quirk(
        lambda call: {n: v for n, v in call.items() if n != "prefetch"} | {"patient": None, "prefetch": {}}, "missing"
    ),
}  # fmt: skip


def made(quirk: Quirk, call: Json) -> Json:
    """The call with the quirk; the one given is left as it is."""
    return quirk.make(deepcopy(call))
