"""The patient and the orders of a request, as an EHR shows them in words. Knows FHIR's names; no rule.

For shipped examples only: what they hold is known, and a test shows each of them whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cds_service.clinical import phrases
from fhir_mappings.drafts import read_drafts

Json = dict[str, Any]
_KINDS: Final = {
    "results": "Results",
    "findings": "Findings",
    "conditions": "Problems",
    "medications": "Medicines",
    "statements": "Medicines as told",
    "procedures": "Procedures",
    "allergies": "Allergies",
    "ordered": "Tests and advice asked for",
}
_NOTHING: Final = "Nothing on record"
_DATES: Final = ("recordedDate", "onsetDateTime", "authoredOn", "performedDateTime")
_COURSE: Final = {"W": "worse", "B": "better"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the chart. new: it is not so in the example as shipped."""

    text: str
    new: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One draft. state: how it stands to the example as shipped: "", "changed" or "added"."""

    title: str
    lines: tuple[tuple[str, str], ...]
    state: str


def facts(request: Json, shipped: Json, today: date) -> list[tuple[str, list[Fact]]]:
    """The patient and every kind of entry. What is not there is said too: nothing on record is not the same as not
    told."""
    told = dict(_told(request, today))
    before = dict(_told(shipped, today))
    return [
        (kind, [Fact(line, kind != _NOTHING and line not in before.get(kind, ())) for line in lines])
        for kind, lines in told.items()
    ]


def _told(request: Json, today: date) -> Iterator[tuple[str, list[str]]]:
    prefetch = request["prefetch"]
    yield "Patient", [_person(prefetch["patient"], today)]
    nothing = []
    for key, kind in _KINDS.items():
        sent = prefetch.get(key)
        if sent is None:
            continue
        if sent["resourceType"] == "OperationOutcome":
            yield kind, ["not shown to the service: the EHR refused"]
        elif "entry" in sent:
            yield kind, [_line(entry["resource"]) for entry in sent["entry"]]
        else:
            nothing.append(kind.lower())
    if nothing:
        yield _NOTHING, [", ".join(nothing)]


def orders(request: Json, shipped: Json) -> list[Order]:
    """The drafts. Empty where a chart is opened."""
    before = {resource["id"]: resource for resource in _drafts(shipped)}
    found = []
    for resource in _drafts(request):
        known = before.get(resource["id"])
        state = "added" if known is None else "" if known == resource else "changed"
        found.append(Order(_name(resource), tuple(_order_lines(resource)), state))
    return found


def _drafts(request: Json) -> list[Json]:
    entries = request["context"].get("draftOrders", {}).get("entry", ())
    return [entry["resource"] for entry in entries]


def _person(patient: Json, today: date) -> str:
    born = date.fromisoformat(patient["birthDate"])
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{patient['gender']}, {age} years"


def _line(resource: Json) -> str:
    kind = resource["resourceType"]
    if kind == "Observation":
        return f"{_name(resource)}: {_value(resource)} ({resource['effectiveDateTime'][:10]})"
    if kind == "MedicationRequest":
        said = ", ".join(text for _, text in _dosage(resource))
        return f"{_name(resource)}: {said} ({resource['status']}, {resource['authoredOn'][:10]})"
    status = resource["clinicalStatus"]["coding"][0]["code"] if kind == "Condition" else resource.get("status", "")
    day = next((str(resource[name])[:10] for name in _DATES if name in resource), "")
    return f"{_name(resource)} ({', '.join(filter(None, (status, day)))})"


def _name(resource: Json) -> str:
    concept: Json = resource["medicationCodeableConcept" if "medicationCodeableConcept" in resource else "code"]
    text = str(concept.get("text") or concept["coding"][0]["display"])
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]  # eGFR keeps its small letter


def _amount(quantity: Json) -> str:
    unit = "micrograms" if quantity["unit"] == "ug" else quantity["unit"]
    return f"{phrases.number(Decimal(str(quantity['value'])))} {unit}"


def _value(resource: Json) -> str:
    course = [_COURSE[c["code"]] for each in resource.get("interpretation", ()) for c in each["coding"]]
    if "valueQuantity" in resource:
        said = _amount(resource["valueQuantity"])
    else:
        said = "present" if resource["valueBoolean"] else "absent"
    return ", ".join([said, *course])


def _order_lines(resource: Json) -> Iterator[tuple[str, str]]:
    if resource["resourceType"] == "MedicationRequest":
        yield from _dosage(resource) or [("Dose, route and timing", "not stated")]
        for dosage in resource.get("dosageInstruction", ()):
            if "text" in dosage:
                yield "As written", str(dosage["text"])
        if resource["status"] != "draft":
            why = [each.get("display", each["code"]) for each in resource.get("statusReason", {}).get("coding", ())]
            yield "Status", ": ".join([str(resource["status"]), *why])
        if "priorPrescription" in resource:
            yield "Renews", "the active order"
    else:
        if "priority" in resource:
            yield "Priority", str(resource["priority"])
        for note in resource.get("note", ()):
            yield "Note", str(note["text"])


def _dosage(resource: Json) -> list[tuple[str, str]]:
    """Dose and route as sent; the timing in the words that cards have for it."""
    read = read_drafts([resource], [None], (), resource["subject"]["reference"].removeprefix("Patient/"))
    found = []
    for number, dosage in enumerate(resource.get("dosageInstruction", ())):
        found += [("Dose", _amount(rate["doseQuantity"])) for rate in dosage.get("doseAndRate", ())]
        if "route" in dosage:
            route = dosage["route"]
            said = str(route.get("text") or route["coding"][0]["display"]).removesuffix(" route")
            found.append(("Route", said[:1].lower() + said[1:]))
        if "timing" in dosage and read:
            found.append(("Timing", phrases.schedule(read[0].steps[number].timing)))
    return found
