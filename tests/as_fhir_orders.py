"""Typed orders and records written as MedicationRequests. Knows FHIR's spelling of dose, route and timing."""

from datetime import date
from decimal import Decimal
from typing import Any

from cds_service.clinical.concepts import COBALAMINS, FOLATES, ProductKind, Route
from cds_service.clinical.orders import DosageStep, MedicationOrder, Product, StopReason
from cds_service.clinical.timing import Timing
from fhir_mappings.drafts import NEUROLOGICAL_STATUS
from fhir_mappings.systems import RXNORM
from tests.as_fhir_codes import NotInFhir, coded, medicine

Json = dict[str, Any]
_UCUM, _SNOMED = "http://unitsofmeasure.org", "http://snomed.info/sct"
_ROUTES = {
    Route.INTRAMUSCULAR: "78421000",
    Route.SUBCUTANEOUS: "34206005",
    Route.INTRAVENOUS: "47625008",
    Route.ORAL: "26643006",
    Route.SUBLINGUAL: "37839007",
    Route.BUCCAL: "54471007",
    Route.NASAL: "46713006",
}
STATUS_REASON = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason"
_STOP_REASONS = {
    StopReason.ALLERGY_OR_INTOLERANCE: "sintol",
    StopReason.DUPLICATE: "sdupther",
    StopReason.LEVEL_HIGH: "drughigh",
    StopReason.ADMISSION: "hospadm",
    StopReason.SURGERY: "surg",
    StopReason.TEST: "labint",
    StopReason.OTHER: "altchoice",
}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def draft(order: MedicationOrder, subject: Json) -> Json:
    """A draft of the request, with its id, reasons, and the prescriber's own statement."""
    codes = [coded(frozenset({reason}), "conditions", "reasons", "findings") for reason in sorted(order.reasons)]
    stated, stopped = order.stated_neurology, order.stop_reasons
    said = {} if stated is None else {"extension": [{"url": NEUROLOGICAL_STATUS, "valueCode": stated.value}]}
    return {
        **medication_request(order),
        "id": order.reference.partition("/")[2],
        "subject": subject,
        **({"reasonCode": codes} if codes else {}),
        **said,
        **({"statusReason": {"coding": [_why_stopped(each) for each in sorted(stopped)]}} if stopped else {}),
        **({"note": [{"text": "as discussed"}]} if order.has_note else {}),
    }


def _why_stopped(reason: StopReason) -> Json:
    if reason not in _STOP_REASONS:
        raise NotInFhir(f"a code for {reason}")
    return {"system": STATUS_REASON, "code": _STOP_REASONS[reason]}


def medication_request(order: MedicationOrder) -> Json:
    """Status, drug, dosage and dates of an order or a record."""
    authored = {} if order.authored is None else {"authoredOn": order.authored.isoformat()}
    renewed = {"priorPrescription": {"reference": order.renews[0]}} if order.renews else {}
    steps = [_dosage(step, order) for step in order.steps]
    return {
        "resourceType": "MedicationRequest",
        "status": order.status.value,
        "intent": "order",
        "medicationCodeableConcept": _medicine(order.product),
        **authored,
        **renewed,
        **({"dosageInstruction": steps} if steps else {}),
    }


def _medicine(product: Product) -> Json:
    if product.kind is ProductKind.CYANIDE_ANTIDOTE:
        return {"text": "Cyanokit 5 g powder for solution for infusion"}
    if not product.ingredients:
        return {"text": product.text, "coding": [{"system": RXNORM, "code": "0", "display": product.text}]}
    return medicine(product.ingredients)


def _dosage(step: DosageStep, order: MedicationOrder) -> Json:
    dosage: Json = {}
    if step.dose_unreadable:
        dosage["doseAndRate"] = [{"doseQuantity": {"value": 1, "unit": "as directed"}}]
    elif step.doses:
        dosage["doseAndRate"] = [_dose(step)]
    if step.route is not None:
        if step.route not in _ROUTES:
            raise NotInFhir(f"route {step.route}")
        dosage["route"] = {"coding": [{"system": _SNOMED, "code": _ROUTES[step.route]}]}
    elif order.product.ingredients & (COBALAMINS | FOLATES):
        dosage["route"] = {"text": "not stated"}
    if step.gluteal_site:
        dosage["site"] = {"coding": [{"system": _SNOMED, "code": "46862004"}]}
    if step.as_needed:
        dosage["asNeededBoolean"] = True
    if step.timing is not None or order.starts is not None:
        dosage["timing"] = _timing(step.timing, order.starts if order.authored is None else None)
    return dosage


def _dose(step: DosageStep) -> Json:
    if len(step.doses) != 1:
        raise NotInFhir("doses of several ingredients")
    low, high = _micrograms(step.doses[0].low_ug), _micrograms(step.doses[0].high_ug)
    return {"doseQuantity": low} if low == high else {"doseRange": {"low": low, "high": high}}


def _micrograms(value: Decimal) -> Json:
    return {"value": float(value), "unit": "micrograms", "system": _UCUM, "code": "ug"}


def _timing(timing: Timing | None, starts: date | None) -> Json:
    bounds = {} if starts is None else {"boundsPeriod": {"start": starts.isoformat()}}
    if timing is None:
        return {"repeat": bounds}
    if timing.events:
        return {"event": [day.isoformat() for day in timing.events]}
    if timing.starts is not None or timing.ends is not None:
        raise NotInFhir("calendar bounds of one step")
    if timing.bounds_days is not None:
        if bounds:
            raise NotInFhir("two bounds")
        bounds = {"boundsDuration": {"value": float(timing.bounds_days), "unit": "d", "system": _UCUM, "code": "d"}}
    repeat: Json = {**bounds}
    numbers = {
        "frequency": timing.frequency,
        "frequencyMax": timing.frequency_max,
        "period": timing.period,
        "periodMax": timing.period_max,
        "count": 1 if timing.once else timing.count,
    }
    repeat |= {name: _number(value) for name, value in numbers.items() if value is not None}
    if timing.unit is not None:
        repeat["periodUnit"] = timing.unit
    if timing.days_of_week:
        repeat["dayOfWeek"] = list(_WEEKDAYS[: timing.days_of_week])
    return {"repeat": repeat}


def _number(value: Decimal | int) -> int | float:
    return int(value) if value == int(value) else float(value)
