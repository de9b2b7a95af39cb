"""R4 resources rewritten as R5, STU3 or DSTU2 resources that say the same. Knows what the versions name differently.

Written from the published definitions; `test_other_versions` holds the R5 and STU3 results against their models.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
Rewrite = Callable[[Json], Json]


def _moved(resource: Json, **names: str) -> None:
    """Rename members: old=new."""
    for old, new in names.items():
        if old in resource:
            resource[new] = resource.pop(old)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def as_r5(resource: Json) -> Json:
    """The resource as R5 has it."""
    new = deepcopy(resource)
    match new["resourceType"]:
        case "MedicationRequest" | "MedicationStatement":
            _r5_drug(new)
            _r5_reasons(new)
            for dosage in _each(new.get("dosageInstruction")) + _each(new.get("dosage")):
                _moved(dosage, asNeededBoolean="asNeeded", asNeededCodeableConcept="asNeededFor")
                if "asNeededFor" in dosage:
                    dosage["asNeededFor"] = [dosage["asNeededFor"]]
            if new["resourceType"] == "MedicationStatement":
                _r5_statement(new)
        case "Medication":
            for part in new.get("ingredient", []):
                _moved(part, itemCodeableConcept="item", strength="strengthRatio")
                part["item"] = {"concept": part["item"]}
        case "Procedure":
            _moved(new, performedDateTime="occurrenceDateTime", performedPeriod="occurrencePeriod")
        case "AllergyIntolerance":
            if "type" in new:
                system = "http://hl7.org/fhir/allergy-intolerance-type"
                new["type"] = {"coding": [{"system": system, "code": new["type"]}]}
            for reaction in new.get("reaction", []):
                reaction["manifestation"] = [{"concept": each} for each in reaction["manifestation"]]
        case "ServiceRequest":
            new["code"] = {"concept": new["code"]}
            _r5_reasons(new)
    return new


def _r5_drug(order: Json) -> None:
    found: Json = {}
    for old, part in (("medicationCodeableConcept", "concept"), ("medicationReference", "reference")):
        if old in order:
            found[part] = order.pop(old)
    if found:
        order["medication"] = found
    order["contained"] = [as_r5(each) for each in order.get("contained", [])]
    if not order["contained"]:
        del order["contained"]


def _r5_reasons(order: Json) -> None:
    reasons = [{"concept": each} for each in order.pop("reasonCode", [])]
    reasons += [{"reference": each} for each in order.pop("reasonReference", [])]
    if reasons:
        order["reason"] = reasons


def _r5_statement(statement: Json) -> None:
    said = {"active": "taking", "not-taken": "not-taking", "on-hold": "on-hold", "stopped": "stopped"}
    if statement["status"] in said:
        system = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
        coding = {"system": system, "code": said[statement["status"]]}
        statement |= {"status": "recorded", "adherence": {"code": {"coding": [coding]}}}


def as_stu3(resource: Json) -> Json:
    """The resource as STU3 has it."""
    new = deepcopy(resource)
    match new["resourceType"]:
        case "MedicationRequest":
            _moved(new, encounter="context")
            new.pop("statusReason", None)  # STU3 has no place for it
            if "requester" in new:
                new["requester"] = {"agent": new["requester"]}
            if new.get("category"):
                new["category"] = new["category"][0]
            _dose_above(new.get("dosageInstruction"))
        case "MedicationStatement":
            new["taken"] = "n" if new["status"] == "not-taken" else "y"
            new["status"] = "active" if new["status"] == "not-taken" else new["status"]
            _dose_above(new.get("dosage"))
        case "Condition":
            _plain_statuses(new)
            _moved(new, recordedDate="assertedDate")
        case "AllergyIntolerance":
            _plain_statuses(new)
            _moved(new, recordedDate="assertedDate")
            new.setdefault("verificationStatus", "confirmed")
        case "Observation":
            _one_interpretation(new)
        case "ServiceRequest":
            new["resourceType"] = "ProcedureRequest"
    return new


def as_dstu2(resource: Json) -> Json:
    """The resource as DSTU2 has it."""
    new = deepcopy(resource)
    match new["resourceType"]:
        case "MedicationRequest":
            new["resourceType"] = "MedicationOrder"
            new.pop("intent", None)
            new.pop("category", None)
            _moved(new, subject="patient", authoredOn="dateWritten", requester="prescriber", statusReason="reasonEnded")
            if "reasonCode" in new:
                new["reasonCodeableConcept"] = new.pop("reasonCode")[0]
            _dose_above(new.get("dosageInstruction"))
            _old_timing(new.get("dosageInstruction"))
        case "MedicationStatement":
            new["wasNotTaken"] = new["status"] == "not-taken"
            new["status"] = "active" if new["wasNotTaken"] else new["status"]
            _moved(new, subject="patient")
            _dose_above(new.get("dosage"))
            _old_timing(new.get("dosage"))
            for dosage in _each(new.get("dosage")):
                _moved(dosage, doseQuantity="quantityQuantity", doseRange="quantityRange")
        case "Condition":
            _plain_statuses(new)
            _moved(new, subject="patient", recordedDate="dateRecorded")
        case "AllergyIntolerance":
            status = _code(new.pop("clinicalStatus", None))
            new["status"] = _code(new.pop("verificationStatus", None)) or status or "active"
            if status in ("inactive", "resolved"):
                new["status"] = status
            _moved(new, code="substance")
            if "criticality" in new:
                new["criticality"] = {"high": "CRITH", "low": "CRITL"}.get(new["criticality"], "CRITU")
        case "Observation":
            _one_interpretation(new)
        case "Procedure":
            new["notPerformed"] = False
        case "ServiceRequest":
            new["resourceType"] = "ProcedureRequest"
    return new


def _dose_above(dosages: Any) -> None:
    """No doseAndRate before R4: of several the first."""
    for dosage in _each(dosages):
        for each in _each(dosage.pop("doseAndRate", None))[:1]:
            dosage |= {name: value for name, value in each.items() if name != "type"}


def _old_timing(dosages: Any) -> None:
    for dosage in _each(dosages):
        repeat = dosage.get("timing", {}).get("repeat", {})
        _moved(repeat, periodUnit="periodUnits", boundsDuration="boundsQuantity")
        _moved(dosage, site="siteCodeableConcept")


def _code(concept: Any) -> str | None:
    return concept["coding"][0]["code"] if concept else None


def _plain_statuses(resource: Json) -> None:
    """Codes where R4 has CodeableConcepts."""
    for name in ("clinicalStatus", "verificationStatus"):
        if name in resource:
            resource[name] = _code(resource[name])


def _one_interpretation(observation: Json) -> None:
    if "interpretation" in observation:
        observation["interpretation"] = observation["interpretation"][0]


VERSIONS: dict[str, Rewrite] = {"R5": as_r5, "STU3": as_stu3, "DSTU2": as_dstu2}


def in_version(request: Json, rewrite: Rewrite) -> Json:
    """A whole call with its drafts and its prefetch rewritten."""
    new = deepcopy(request)
    orders = new["context"].get("draftOrders")
    if orders is not None:
        _rewrite_entries(orders, rewrite)
        kinds = {entry["resource"]["resourceType"] for entry in orders["entry"]}
        if "MedicationOrder" in kinds and "selections" in new["context"]:
            selections = new["context"]["selections"]
            new["context"]["selections"] = [
                each.replace("MedicationRequest/", "MedicationOrder/") for each in selections
            ]
    for name, value in new.get("prefetch", {}).items():
        if value is None:
            continue
        if value["resourceType"] == "Bundle":
            _rewrite_entries(value, rewrite)
        else:
            new["prefetch"][name] = rewrite(value)
    return new


def _rewrite_entries(bundle: Json, rewrite: Rewrite) -> None:
    for entry in bundle.get("entry", []):
        entry["resource"] = rewrite(entry["resource"])
        if entry["resource"]["resourceType"] == "MedicationOrder":
            _references_in(entry["resource"])


def _references_in(order: Json) -> None:
    for name in ("priorPrescription",):
        if name in order:
            pointer = order[name]["reference"]
            order[name] = {"reference": pointer.replace("MedicationRequest/", "MedicationOrder/")}
