"""Typed facts written as a CDS Hooks request, as an EHR would send them: the way back from fhir_mappings.

For tests that ask one question twice, of the core and of the whole service. Facts that no FHIR of ours says are
NotInFhir, so that a test leaves them out knowingly. `respell` sends results of an analyte in another unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cds_service.clinical.concepts import CANONICAL_UNITS, Analyte, EgfrMethod, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.snapshot import (
    Allergy,
    AllergySeverity,
    Availability,
    Course,
    Diagnosis,
    Finding,
    LabResult,
    Operation,
    UnreadableResult,
)
from fhir_mappings.orders import lab_order, referral_order
from tests.answers import TODAY
from tests.as_fhir_codes import NotInFhir, allergen_coding, coded
from tests.as_fhir_orders import draft, medication_request
from tests.case_language import Situation

Json = dict[str, Any]
PATIENT = "p1"
ABOUT = {"reference": f"Patient/{PATIENT}"}
_LOINC, _UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_TERMS = "http://terminology.hl7.org/CodeSystem"
_KEYS = {
    ResourceKind.RESULTS: "results",
    ResourceKind.FINDINGS: "findings",
    ResourceKind.CONDITIONS: "conditions",
    ResourceKind.MEDICATIONS: "medications",
    ResourceKind.STATEMENTS: "statements",
    ResourceKind.PROCEDURES: "procedures",
    ResourceKind.ALLERGIES: "allergies",
    ResourceKind.ORDERED: "ordered",
}
_LABS = {
    Analyte.B12: "2132-9",
    Analyte.HOLOTRANSCOBALAMIN: "72160-5",
    Analyte.MMA: "13964-2",
    Analyte.HOMOCYSTEINE: "13965-9",
    Analyte.CREATININE: "2160-0",
    Analyte.CREATININE_CLEARANCE: "2164-2",
    Analyte.URINE_ACR: "14959-1",
    Analyte.PLATELETS: "777-3",
    Analyte.HAEMOGLOBIN: "718-7",
    Analyte.MCV: "787-2",
    Analyte.POTASSIUM: "2823-3",
    Analyte.INR: "6301-6",
    Analyte.SERUM_FOLATE: "2284-8",
    Analyte.BODY_WEIGHT: "29463-7",
}
_EGFRS = {
    EgfrMethod.CKD_EPI_2021: "98979-8",
    EgfrMethod.OTHER: "33914-3",
    EgfrMethod.CYSTATIN_C: "50210-4",
    EgfrMethod.CREATININE_CYSTATIN_C: "98980-6",
    EgfrMethod.AMONG_BLACKS: "48643-1",
}
_LENGTHS = {Concept.ILEAL_RESECTION_LENGTH, Concept.ILEAL_INVOLVEMENT_LENGTH}
_NOT_SENT = {Availability.REFUSED: "forbidden", Availability.FAILED: "exception"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit to send results in: the code of its Observation, its UCUM code, and how many of it make one canonical."""

    loinc: str
    ucum: str
    per_canonical: Decimal


def hook_call(
    situation: Situation, order: str, hook: str = "order-select", respell: Mapping[Analyte, Unit] | None = None
) -> Json:
    """The request in which the situation's facts and drafts are sent. NotInFhir where they cannot be."""
    chart = order == "chart opened"
    context: Json = {"userId": "Practitioner/1", "patientId": PATIENT}
    if not chart:
        drafts = situation.orders(order)
        entries = [{"resource": draft(each, ABOUT)} for each in drafts]
        entries += [
            {"resource": _service_request(each, number)} for number, each in enumerate(sorted(situation.ordered))
        ]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        context["selections"] = [each.reference for each in drafts if each.selected]
    return {
        "hook": "patient-view" if chart else hook,
        "hookInstance": "4a1b1b1e-0000-4000-8000-000000000001",
        "context": context,
        "prefetch": {"patient": _patient(situation), **_prefetch(situation, respell or {}, chart=chart)},
    }


def _service_request(ordered: LabTest | Referral, number: int) -> Json:
    """A test or referral among the drafts, as this service itself would have proposed it."""
    ids = {"patient_id": PATIENT, "encounter_id": None}
    found = lab_order(ordered, **ids) if isinstance(ordered, LabTest) else referral_order(ordered, **ids)
    return found | {"id": f"s{number}"}


def _prefetch(situation: Situation, respell: Mapping[Analyte, Unit], *, chart: bool) -> Json:
    if situation.unreadable_kinds or situation.unknown_medications:
        raise NotInFhir("an entry that cannot be read")
    entries: dict[ResourceKind, list[Json]] = {kind: [] for kind in _KEYS}
    for number, fact in enumerate(situation.facts):
        kind, resource = _resource(fact, respell)
        identity = fact.reference.partition("/")[2] if isinstance(fact, MedicationOrder) else f"f{number}"
        entries[kind].append(resource | {"id": identity, "subject": ABOUT})
    entries[ResourceKind.ALLERGIES] = [_allergy(each, number) for number, each in enumerate(situation.allergies)]
    told = {kind: situation.availability.get(kind, Availability.COMPLETE) for kind in _KEYS}
    if chart:
        active = {"status": "active", "intent": "order", "authoredOn": TODAY.isoformat()}
        requests = [_service_request(each, number) | active for number, each in enumerate(sorted(situation.ordered))]
        entries[ResourceKind.ORDERED] = requests
    return {
        _KEYS[kind]: _bundle(entries[kind], told[kind]) for kind in _KEYS if told[kind] is not Availability.NOT_SUPPLIED
    }


def _bundle(resources: list[Json], told: Availability) -> Json:
    if told in _NOT_SENT:
        return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": _NOT_SENT[told]}]}
    total = len(resources) + (told is Availability.INCOMPLETE)
    found = [{"resource": each, "search": {"mode": "match"}} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": total, "entry": found}


def _patient(situation: Situation) -> Json:
    person = situation.person
    birth = {} if person.birth is None else {"birthDate": person.birth.earliest.isoformat()}
    if person.birth is not None and not person.birth.exact:
        raise NotInFhir("a birth date in part")
    return {"resourceType": "Patient", "id": PATIENT, "gender": person.sex.value, **birth}


def _resource(fact: object, respell: Mapping[Analyte, Unit]) -> tuple[ResourceKind, Json]:
    match fact:
        case LabResult():
            return ResourceKind.RESULTS, _result(fact, respell.get(fact.analyte))
        case UnreadableResult():
            code = {"coding": [{"system": _LOINC, "code": _loinc(fact.analyte, EgfrMethod.CKD_EPI_2021)}]}
            if fact.why != "unit missing":
                raise NotInFhir(fact.why)
            day = {} if fact.day is None else {"effectiveDateTime": fact.day.isoformat()}
            return ResourceKind.RESULTS, _observation(code) | day | {"valueQuantity": {"value": 1}}
        case Diagnosis():
            return ResourceKind.CONDITIONS, _condition(fact)
        case Finding():
            return ResourceKind.FINDINGS, _finding(fact)
        case Operation():
            day = {} if fact.day is None else {"performedDateTime": fact.day.isoformat()}
            code = coded(fact.concepts, "procedures")
            return ResourceKind.PROCEDURES, {"resourceType": "Procedure", "status": "completed", "code": code, **day}
        case MedicationOrder():
            return ResourceKind.MEDICATIONS, medication_request(fact)
    raise NotInFhir(f"a fact of type {type(fact).__name__}")


def _observation(code: Json) -> Json:
    return {"resourceType": "Observation", "status": "final", "code": code}


def _loinc(analyte: Analyte, method: EgfrMethod | None) -> str:
    if analyte is Analyte.EGFR and method in _EGFRS:
        return _EGFRS[method]
    if analyte not in _LABS:
        raise NotInFhir(f"{analyte} {method}")
    return _LABS[analyte]


def _result(result: LabResult, unit: Unit | None) -> Json:
    if result.specimen:
        raise NotInFhir("a specimen in words of the test")
    sent = unit or Unit(_loinc(result.analyte, result.method), CANONICAL_UNITS[result.analyte], Decimal(1))
    comparator = {} if result.measured.comparator is None else {"comparator": result.measured.comparator.value}
    limits = {"low": result.lower_limit, "high": result.upper_limit}
    span = {name: _quantity(limit, sent) for name, limit in limits.items() if limit is not None}
    return {
        **_observation({"coding": [{"system": _LOINC, "code": sent.loinc}]}),
        "effectiveDateTime": result.taken.isoformat(),
        "valueQuantity": _quantity(result.measured.value, sent) | comparator,
        **({"referenceRange": [span]} if span else {}),
    }


def _quantity(value: Decimal, unit: Unit) -> Json:
    number = float(value * unit.per_canonical)
    if unit.ucum == "{INR}":
        return {"value": number}
    return {"value": number, "unit": unit.ucum, "system": _UCUM, "code": unit.ucum}


def _condition(diagnosis: Diagnosis) -> Json:
    dates = {
        "onsetDateTime": diagnosis.onset,
        "recordedDate": diagnosis.recorded,
        "abatementDateTime": diagnosis.abated,
    }
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": f"{_TERMS}/condition-clinical", "code": diagnosis.status.value}]},
        "verificationStatus": {
            "coding": [{"system": f"{_TERMS}/condition-ver-status", "code": diagnosis.verification.value}]
        },
        "code": coded(diagnosis.concepts, "conditions", "findings"),
        **{name: day.isoformat() for name, day in dates.items() if day is not None},
    }


def _finding(finding: Finding) -> Json:
    day = {} if finding.day is None else {"effectiveDateTime": finding.day.isoformat()}
    if finding.concept in _LENGTHS:
        length = {"value": float(finding.length_cm or 0), "unit": "cm", "system": _UCUM, "code": "cm"}
        return {**_observation({"text": str(finding.concept)}), **day, "valueQuantity": length}
    course = {None: None, Course.BETTER: "B", Course.WORSE: "W"}[finding.course]
    flag = {} if course is None else {"interpretation": [{"coding": [{"code": course}]}]}
    code = coded(frozenset({finding.concept}), "findings", "conditions")
    return {**_observation(code), **day, **flag, "valueBoolean": finding.present}


def _allergy(allergy: Allergy, number: int) -> Json:
    intolerance = {"type": "intolerance", "criticality": "low"} if allergy.intolerance else {}
    severe: Json = {"criticality": "high"} if allergy.severity is AllergySeverity.SEVERE else {}
    if allergy.severity is AllergySeverity.MILD and not allergy.intolerance:
        severe = {"reaction": [{"manifestation": [{"text": "Rash"}], "severity": "mild"}]}
    recorded = {} if allergy.recorded is None else {"recordedDate": allergy.recorded.isoformat()}
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"a{number}",
        "clinicalStatus": {"coding": [{"system": f"{_TERMS}/allergyintolerance-clinical", "code": "active"}]},
        "patient": ABOUT,
        "code": {"coding": [allergen_coding(allergy.allergen)]},
        **intolerance,
        **severe,
        **recorded,
    }
