"""Proposed orders -> FHIR R4 resources that an EHR can apply as they are (cards.md 5). Never changes what was sent."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from fhir.resources.R4B.medicationrequest import MedicationRequest

from cds_service.clinical import phrases
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.orders import DosageStep, NeurologicalStatement
from cds_service.clinical.outcomes import Proposal
from cds_service.clinical.policy import Regimen
from cds_service.clinical.timing import DAYS_PER, Timing
from fhir_mappings.drafts import NEUROLOGICAL_STATUS
from fhir_mappings.sent_codes import medication_concept, route_concept, test_concept

Json = dict[str, Any]
_NOTHING: tuple[Any, ...] = ("", [], {})
_UCUM = "http://unitsofmeasure.org"
# What described the product or the quantity of the old order (cards.md 5, derivations 2.3e).
_OLD_PRODUCT = ("medicationCodeableConcept", "medicationReference", "dosageInstruction", "text", "substitution")
_OLD_SUPPLY = ("quantity", "expectedSupplyDuration")
_OLD_FILL = ("quantity", "duration")
# When a test is taken, for the person who takes it (derivations 9.3).
_WHEN = {LabTest.POTASSIUM: "Before or with the first dose of vitamin B12, and again within 48 hours."}
_KEPT_TIMING = ("sequence", "timing", "asNeededBoolean", "asNeededCodeableConcept")


def order_text(proposal: Proposal, regimen: Regimen | None, kept: str = "") -> str:
    """The order in a sentence. kept: the timing of the draft in words, where it is kept."""
    name = proposal.form.value.capitalize()
    if proposal.dose_ug is None:
        return f"{name} {phrases.by_route(proposal.route)}; dose and timing by the metabolic team"
    timing = regimen.text if regimen is not None else kept
    return f"{name} {phrases.micrograms(proposal.dose_ug)} {phrases.by_route(proposal.route)} {timing}".strip()


def copied(value: Any) -> Any:
    """A JSON value with objects and arrays of its own; several times as fast as the general copy.deepcopy.

    What holds nothing is left out: a client may send it, and neither FHIR nor CDS Hooks lets it be sent back. A null
    in an array of primitives keeps the place of one that has an extension only.
    """
    if isinstance(value, dict):
        members: Json = {}
        for name, member in value.items():
            kept = copied(member) if isinstance(member, dict | list) else member
            if kept is not None and kept not in _NOTHING:
                members[name] = kept
        return members
    if isinstance(value, list):
        items = [copied(item) if isinstance(item, dict | list) else item for item in value]
        filled = [item for item in items if item not in _NOTHING]
        return filled if any(item is not None for item in filled) else []
    return value


def new_order(proposal: Proposal, regimen: Regimen, region: str, *, patient_id: str, encounter_id: str | None) -> Json:
    """A draft MedicationRequest to create."""
    medication, dosage = _parts(proposal, regimen, region)
    order: Json = {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": copied(medication),
        "subject": {"reference": f"Patient/{patient_id}"},
    }
    if encounter_id is not None:
        order["encounter"] = {"reference": f"Encounter/{encounter_id}"}
    order["dosageInstruction"] = [copied(dosage)]
    return _with_statement(order, proposal.states)


def changed_order(
    draft: Mapping[str, Any],
    steps: tuple[DosageStep, ...],
    proposal: Proposal,
    regimen: Regimen | None,
    region: str,
    *,
    patient_id: str,
) -> Json:
    """The draft with medication and dosage rewritten; everything else exactly as sent, in a new object.

    steps: the draft's dosage as read, for the words of a timing that is kept. regimen None keeps that timing.
    What R4 requires and the draft left out is put in: status, intent and the subject, who is the context patient.
    """
    order: Json = copied({name: value for name, value in draft.items() if name not in _OLD_PRODUCT})
    medication, dosage = _parts(proposal, regimen, region)
    order["medicationCodeableConcept"] = copied(medication)
    if proposal.dose_ug is None:
        order["dosageInstruction"] = [{"text": order_text(proposal, None), "route": copied(dosage["route"])}]
    elif regimen is not None:
        order["dosageInstruction"] = [copied(dosage)]
    else:
        order["dosageInstruction"] = _kept_timings(draft, steps, proposal, dosage)
    for name, plain in (("status", "draft"), ("intent", "order")):
        if not isinstance(order.get(name), str):
            order[name] = plain
    subject = order.get("subject")
    if not isinstance(subject, dict) or not isinstance(subject.get("reference"), str):
        kept = subject if isinstance(subject, dict) else {}
        order["subject"] = kept | {"reference": f"Patient/{patient_id}"}
    _drop_supply(order)
    _drop_unreferenced(order)
    return _with_statement(order, proposal.states)


def lab_order(test: LabTest, *, patient_id: str, encounter_id: str | None) -> Json:
    """A draft ServiceRequest for one laboratory test."""
    order = _service(test_concept(test.value), patient_id, encounter_id)
    return order | {"note": [{"text": _WHEN[test]}]} if test in _WHEN else order


def referral_order(referral: Referral, *, patient_id: str, encounter_id: str | None) -> Json:
    """A draft ServiceRequest that asks for urgent specialist advice; no code list names it, so it is text."""
    order = _service({"text": f"Urgent advice from {referral.value}"}, patient_id, encounter_id)
    return order | {"priority": "urgent"}


def _service(code: Json, patient_id: str, encounter_id: str | None) -> Json:
    order: Json = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": code,
        "subject": {"reference": f"Patient/{patient_id}"},
    }
    if encounter_id is not None:
        order["encounter"] = {"reference": f"Encounter/{encounter_id}"}
    return order


@lru_cache(maxsize=256)
def _parts(proposal: Proposal, regimen: Regimen | None, region: str) -> tuple[Json, Json]:
    """Medication and dosage of a proposal, checked once against the R4B model; callers copy them.

    They depend on the knowledge alone, never on a patient, so they may be remembered.
    """
    medication = medication_concept(proposal.form, proposal.route, region)
    dosage: Json = {"text": order_text(proposal, regimen)}
    if regimen is not None and proposal.dose_ug is not None:
        dosage["timing"] = {"repeat": _repeat(regimen)}
    dosage["route"] = route_concept(proposal.route)
    if proposal.dose_ug is not None:
        dosage["doseAndRate"] = [{"doseQuantity": _micrograms(proposal.dose_ug)}]
    MedicationRequest.model_validate(
        {
            "resourceType": "MedicationRequest",
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": medication,
            "subject": {"reference": "Patient/check"},
            "dosageInstruction": [dosage],
        }
    )
    return medication, dosage


def _micrograms(dose: Decimal) -> Json:
    value = int(dose) if dose == dose.to_integral_value() else dose
    return {"value": value, "unit": "micrograms", "system": _UCUM, "code": "ug"}


def _repeat(regimen: Regimen) -> Json:
    repeat: Json = {}
    if regimen.bounds_weeks is not None:
        repeat["boundsDuration"] = {"value": regimen.bounds_weeks, "unit": "wk", "system": _UCUM, "code": "wk"}
    if regimen.count is not None:
        repeat["count"] = regimen.count
    repeat |= {"frequency": regimen.frequency, "period": regimen.period}
    if regimen.period_max is not None:
        repeat["periodMax"] = regimen.period_max
    return repeat | {"periodUnit": regimen.unit}


def _kept_timings(
    draft: Mapping[str, Any], steps: tuple[DosageStep, ...], proposal: Proposal, dosage: Json
) -> list[Json]:
    """One new instruction for each old one: its timing as sent, its dose and route from the proposal."""
    old = draft.get("dosageInstruction")
    instructions = [old] if isinstance(old, dict) else list(old or ())
    kept = []
    for place, instruction in enumerate(instructions):
        timing = steps[place].timing if place < len(steps) else None
        new: Json = {name: copied(instruction[name]) for name in _KEPT_TIMING if name in instruction}
        if timing is not None:
            new["timing"] = _full_timing(new.get("timing"), timing)
        new["text"] = order_text(proposal, None, phrases.schedule(timing))
        new["route"] = copied(dosage["route"])
        new["doseAndRate"] = copied(dosage["doseAndRate"])
        kept.append(new)
    return kept


def _full_timing(sent: object, timing: Timing) -> Json:
    """The timing as sent where it is R4 in full, else with the repeat read from it (a code, an odd spelling)."""
    kept: Json = dict(sent) if isinstance(sent, dict) else {}
    repeat = kept.get("repeat")
    if _is_r4_repeat(repeat) or kept.get("event"):
        return kept
    plain: Json = {}
    if timing.bounds_days is not None:
        plain["boundsDuration"] = {"value": timing.bounds_days, "unit": "d", "system": _UCUM, "code": "d"}
    if timing.count is not None:
        plain["count"] = timing.count
    for name, value in (
        ("frequency", timing.frequency),
        ("frequencyMax", timing.frequency_max),
        ("period", timing.period),
        ("periodMax", timing.period_max),
        ("periodUnit", timing.unit),
    ):
        if value is not None:
            plain[name] = value
    own = repeat if isinstance(repeat, dict) else {}
    extra = {name: value for name, value in own.items() if name in ("dayOfWeek", "timeOfDay", "when", "boundsPeriod")}
    return kept | {"repeat": plain | extra}


def _is_r4_repeat(repeat: object) -> bool:
    """Has the repeat frequency, period and a UCUM unit in the types of R4, or a count of its own?"""
    if not isinstance(repeat, dict):
        return False
    unit = repeat.get("periodUnit")
    if unit is None:
        return "dayOfWeek" in repeat or "count" in repeat
    numbers = all(isinstance(repeat.get(name, 1), int | Decimal) for name in ("frequency", "period"))
    return numbers and isinstance(unit, str) and unit in DAYS_PER


def _drop_supply(order: Json) -> None:
    """A quantity or a duration of supply belongs to the old product."""
    dispense = order.get("dispenseRequest")
    if not isinstance(dispense, dict):
        return
    for name in _OLD_SUPPLY:
        dispense.pop(name, None)
    fill = dispense.get("initialFill")
    if isinstance(fill, dict):
        for name in _OLD_FILL:
            fill.pop(name, None)
        if not fill:
            del dispense["initialFill"]
    if not dispense:
        del order["dispenseRequest"]


def _drop_unreferenced(order: Json) -> None:
    """A contained Medication that nothing points to any more goes with the old product."""
    contained = order.pop("contained", None)
    if not isinstance(contained, list):
        return
    referenced = _local_references(order) | _local_references(contained)
    kept = [
        item
        for item in contained
        if not isinstance(item, dict) or item.get("resourceType") != "Medication" or f"#{item.get('id')}" in referenced
    ]
    if kept:
        order["contained"] = kept


def _local_references(value: object) -> set[str]:
    if isinstance(value, dict):
        found = {text for name, text in value.items() if name == "reference" and isinstance(text, str)}
        return found.union(*(_local_references(item) for item in value.values()))
    if isinstance(value, list):
        return set[str]().union(*(_local_references(item) for item in value))
    return set()


def _with_statement(order: Json, states: NeurologicalStatement | None) -> Json:
    """cards.md 8: choosing this option says what was found; an older statement is replaced."""
    if states is None:
        return order
    sent = order.get("extension")
    items = sent if isinstance(sent, list) else ()
    extensions = [item for item in items if isinstance(item, dict) and item.get("url") != NEUROLOGICAL_STATUS]
    return order | {"extension": [*extensions, {"url": NEUROLOGICAL_STATUS, "valueCode": states.value}]}
