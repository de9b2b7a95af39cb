"""Which FHIR version an order is written in, as far as it shows: R4, or another. Knows elements' names and shapes only.

A request states no version (REQ-24 knows no such member), so what the versions name differently must tell. Only an R4
draft may be touched by an action (cards.md 5): an update of another would mix two versions in one resource.
"""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
# What MedicationRequest has in DSTU2 (as MedicationOrder), in STU3 or in R5, and not in R4.
_BEFORE = ("patient", "dateWritten", "prescriber", "context", "definition", "reasonCodeableConcept", "dateEnded")
_AFTER = (
    "medication", "reason", "informationSource", "reported", "statusChanged", "renderedDosageInstruction",
    "effectiveDosePeriod", "device",
)  # fmt: skip
_OF_OTHERS = (*_BEFORE, *_AFTER)
# A dose above `doseAndRate` is DSTU2's or STU3's.
_DOSAGE_OF_OTHERS = (
    "doseQuantity", "doseRange", "rateRatio", "rateRange", "rateQuantity", "siteCodeableConcept", "asNeeded",
    "asNeededFor",
)  # fmt: skip
# Lists in R4; STU3 has one category, DSTU2 one note. Dosage is not among them: a change writes it anew.
_LISTS = (
    "identifier", "category", "supportingInformation", "reasonCode", "reasonReference", "instantiatesCanonical",
    "instantiatesUri", "basedOn", "insurance", "note", "detectedIssue", "eventHistory", "contained", "extension",
    "modifierExtension",
)  # fmt: skip


def is_r4_order(draft: Json) -> bool:
    """May this be an R4 MedicationRequest? False as soon as one element is another version's, in name or in shape."""
    if draft.get("resourceType") != "MedicationRequest" or draft.get("status") == "ended":
        return False
    if any(name in draft for name in _OF_OTHERS) or any(_is_no_list(draft.get(name)) for name in _LISTS):
        return False
    requester = draft.get("requester")
    if isinstance(requester, Mapping) and "agent" in requester:
        return False  # STU3
    sent = draft.get("dosageInstruction")
    instructions = sent if isinstance(sent, list) else [sent]
    return not any(isinstance(each, Mapping) and _is_of_another(each) for each in instructions)


def _is_no_list(value: object) -> bool:
    return value is not None and not isinstance(value, list)


def _is_of_another(instruction: Json) -> bool:
    timing = instruction.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, Mapping) else None
    dstu2 = isinstance(repeat, Mapping) and ("periodUnits" in repeat or "boundsQuantity" in repeat)
    return dstu2 or any(name in instruction for name in _DOSAGE_OF_OTHERS)
