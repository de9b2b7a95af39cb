"""The drug of a draft that cannot be read as a whole. Knows which few elements name a drug, and nothing of dosage.

One element of an impossible shape must not lose the order: an order that is lost looks like one that is right.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
# How FHIR names the drug of an order: R4 and before, then R5.
MEDICATION_ELEMENTS = ("medicationCodeableConcept", "medicationReference", "medication")


def drug_elements(draft: Mapping[str, Any]) -> Json:
    """A MedicationRequest of plain shape with only what names its drug and its status; what is no text is left out."""
    kept: Json = {"resourceType": "MedicationRequest"}
    for name in ("id", "status"):
        if isinstance(draft.get(name), str):
            kept[name] = draft[name]
    either = _first(draft.get("medication"))
    in_r5 = either if isinstance(either, dict) else {"concept": either}
    concept = _concept(draft.get("medicationCodeableConcept")) or _concept(in_r5.get("concept") or either)
    if concept:
        kept["medicationCodeableConcept"] = concept
    pointer = _pointer(draft.get("medicationReference")) or _pointer(in_r5.get("reference"))
    if pointer:
        kept["medicationReference"] = pointer
    contained = draft.get("contained")
    items = contained if isinstance(contained, list) else [contained]
    kept["contained"] = [_medication(item) for item in items if isinstance(item, dict)]
    return kept


def _medication(item: Json) -> Json:
    found = _texts(item, ("resourceType", "id"))
    return found | {"code": _concept(item.get("code"))}


def _pointer(value: object) -> Json:
    pointer = _first(value)
    if isinstance(pointer, str):
        return {"reference": pointer}
    return _texts(pointer, ("reference", "display")) if isinstance(pointer, dict) else {}


def _concept(value: object) -> Json:
    """A CodeableConcept; words that stand where it should are its text."""
    concept = _first(value)
    if isinstance(concept, str):
        return {"text": concept}
    if not isinstance(concept, dict):
        return {}
    codings = concept.get("coding")
    listed = codings if isinstance(codings, list) else [codings]
    plain = [_texts(each, ("system", "code", "display")) for each in listed if isinstance(each, dict)]
    return _texts(concept, ("text",)) | {"coding": plain}


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _texts(value: Json, names: tuple[str, ...]) -> Json:
    """Members that are text; a number in place of a code is its digits."""
    found = {}
    for name in names:
        member = value.get(name)
        if isinstance(member, str):
            found[name] = member
        elif isinstance(member, int) and not isinstance(member, bool):
            found[name] = str(member)
    return found
