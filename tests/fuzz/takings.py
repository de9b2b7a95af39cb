"""Knowledge taken away from a request: what was told is refused, half told, unreadable or about somebody else.

Each is the opposite of a statement of absence (null, an empty Bundle): after it nobody may say that there is nothing.
"""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.fuzz.bases import SEARCHES, counted, drafts, entries
from tests.fuzz.case import Json

Taking = Callable[[Any], Any]
GONE = object()


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken away: scope is search, resource, draft or patient. absent: the request in which the same is
    said not to exist, where that can be said."""

    scope: str
    key: str
    name: str
    absent: Json | None = None


_NEXT = [{"relation": "self", "url": "s"}, {"relation": "next", "url": "https://elsewhere.example/fhir?page=2"}]


def outcome(code: str, severity: str = "error") -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def _every(new: Any) -> Taking:
    """Each entry of the Bundle replaced; of an empty one, a first entry made."""
    return lambda part: part | {"entry": [deepcopy(new) for _ in part.get("entry") or (1,)]}


# A whole search of the prefetch. Every one leaves the kind less than told in full.
OF_A_SEARCH: dict[str, Taking] = {
    "key removed": lambda _: GONE,
    "OperationOutcome, failed": lambda _: outcome("exception"),
    "OperationOutcome, refused": lambda _: outcome("forbidden", "fatal"),
    "OperationOutcome without an issue": lambda _: {"resourceType": "OperationOutcome"},
    "OperationOutcome as the only entry": _every({"resource": outcome("security")}),
    "OperationOutcome beside the entries": lambda part: (
        part | {"entry": [*part.get("entry", ()), {"resource": outcome("exception"), "search": {"mode": "outcome"}}]}
    ),
    "next link": lambda part: part | {"link": _NEXT},
    "next link, no entries": lambda part: part | {"link": _NEXT, "entry": []},
    "larger total": lambda part: part | {"total": len(part.get("entry", ())) + 3},
    "larger total, no entries": lambda part: part | {"total": 2, "entry": []},
    "a string": lambda _: "gone",
    "an empty object": lambda _: {},
    "a list": lambda part: part.get("entry", []),
    "another type": lambda _: {"resourceType": "Basic", "id": "b"},
    "entries that are a string": lambda part: part | {"entry": "gone"},
    "entries that are strings": _every("gone"),
    "entries without a type": _every({"resource": {"id": "x"}}),
    "entries whose resource is null": _every({"resource": None}),
    "wrapped, and failed": lambda _: {"response": {"status": "500"}, "resource": outcome("exception")},
}


def _with(**members: Any) -> Taking:
    return lambda resource: resource | members


def _without(*names: str) -> Taking:
    return lambda resource: {name: value for name, value in resource.items() if name not in names}


def _value(**members: Any) -> Taking:
    return lambda resource: resource | {"valueQuantity": resource["valueQuantity"] | members}


_STRANGER = {"reference": "Patient/somebody-else"}
# One resource on record that cannot be read, is not said to be the patient's, or is held back in part.
OF_A_RESOURCE: dict[str, Taking] = {
    "code that is a string": _with(code="gone", medicationCodeableConcept="gone", medicationReference="gone"),
    "status that is an object": _with(status={"a": 1}, clinicalStatus=[[]], verificationStatus=3),
    "nobody's": _without("subject", "patient"),
    "somebody else's": _with(subject=_STRANGER, patient=_STRANGER),
    "masked": _with(meta={"security": [{"code": "masked"}]}, text={"status": "generated"}),
    "SUBSETTED": _with(meta={"tag": [{"code": "SUBSETTED"}]}),
    "null": lambda _: None,
    "a string": lambda _: "gone",
    "an object without a type": _without("resourceType"),
}
OF_A_RESULT: dict[str, Taking] = {
    "unknown unit": _value(unit="furlong", code="furlong"),
    "no unit": lambda result: result | {"valueQuantity": {"value": result["valueQuantity"]["value"]}},
    "value that is a string": _value(value="a hundred"),
    "no value": lambda result: _without("valueQuantity")(result) | {"dataAbsentReason": {"text": "unknown"}},
    "comparator not known": _value(comparator="ad"),
    "no date": _without("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued"),
    "date that is none": _with(effectiveDateTime="last Tuesday"),
    "status of no list": _with(status="finished"),
}
STATUS_OF_NO_LIST: dict[str, Taking] = {
    "Condition": _with(verificationStatus={"coding": [{"code": "perhaps"}]}),
    "Procedure": _with(status="perhaps"),
}


def searches(request: Json) -> list[str]:
    """The keys that hold a Bundle."""
    prefetch = request["prefetch"]
    return [key for key in SEARCHES if isinstance(prefetch.get(key), dict) and "entry" in prefetch[key]]


def take_search(draw: random.Random, request: Json) -> Taken | None:
    """Take one key away, or all of them, in one way."""
    found = [key for key in searches(request) if key != "ordered"]
    if not found:
        return None
    name = draw.choice(tuple(OF_A_SEARCH))
    keys = found if draw.random() < 0.15 else [draw.choice(found)]
    absent = deepcopy(request)
    for key in keys:
        absent["prefetch"][key] |= {"entry": []}
        _put(request["prefetch"], key, OF_A_SEARCH[name])
    counted(absent)
    return Taken("search", "all" if len(keys) > 1 else keys[0], name, absent)


def take_resource(draw: random.Random, request: Json) -> Taken | None:
    """Take one resource on record away."""
    found = [(key, place) for key in SEARCHES[:-1] for place in range(len(entries(request, key)))]
    if not found:
        return None
    key, place = draw.choice(found)
    entry = entries(request, key)[place]
    resource = entry["resource"]
    takings = dict(OF_A_RESOURCE)
    if key == "results" and "valueQuantity" in resource:
        takings |= OF_A_RESULT
    if resource["resourceType"] in STATUS_OF_NO_LIST:
        takings["status of no list"] = STATUS_OF_NO_LIST[resource["resourceType"]]
    name = draw.choice(tuple(takings))
    absent = deepcopy(request)

    def same(each: Json) -> bool:
        """A resource may come under two keys, or twice: it is taken away wherever it stands."""
        other = each["resource"]
        return other == resource or ("id" in resource and other.get("id") == resource["id"])

    for every in SEARCHES:
        entries(absent, every)[:] = [each for each in entries(absent, every) if not same(each)]
        for each in [each for each in entries(request, every) if same(each)]:
            each["resource"] = takings[name](each["resource"])
    counted(absent)
    return Taken("resource", key, name, absent)


# The Patient is required: without it the answer is 412, whatever is ordered (decisions 6, 17).
OF_THE_PATIENT: dict[str, Taking] = {
    "key removed": lambda _: GONE,
    "null": lambda _: None,
    "OperationOutcome": lambda _: outcome("not-found"),
    "a string": lambda _: "gone",
    "another type": lambda patient: patient | {"resourceType": "Person"},
    "another id": lambda patient: patient | {"id": "somebody-else"},
    "no id": _without("id"),
    "another id, and not readable": lambda patient: patient | {"id": "somebody-else", "birthDate": 3},
    "an empty Bundle": lambda _: {"resourceType": "Bundle", "type": "searchset", "total": 0},
}


def take_patient(draw: random.Random, request: Json) -> Taken | None:
    name = draw.choice(tuple(OF_THE_PATIENT))
    _put(request["prefetch"], "patient", OF_THE_PATIENT[name])
    return Taken("patient", "patient", name)


def _put(prefetch: Json, key: str, taking: Taking) -> None:
    taken = taking(prefetch[key])
    if taken is GONE:
        del prefetch[key]
    else:
        prefetch[key] = taken


_BROKEN: dict[str, Any] = {
    "dosageInstruction": "weekly",
    "authoredOn": {"a": 1},
    "subject": [1],
    "status": 3,
    "intent": [],
    "contained": {"a": 1},
    "reasonCode": "b12",
    "dispenseRequest": 3,
    "extension": {"url": 3},
    "note": 7,
    "priorPrescription": "x",
    "basedOn": {"reference": 4},
    "id": 12,
    "reasonReference": ["Condition/1"],
    "statusReason": True,
}


def _in_r5(draft: Json) -> Json:
    changed = _without("medicationCodeableConcept", "medicationReference")(draft)
    if "medicationReference" in draft:
        return changed | {"medication": {"reference": draft["medicationReference"]}}
    return changed | {"medication": {"concept": draft.get("medicationCodeableConcept")}}


def _in_stu3(draft: Json) -> Json:
    doses = [
        {name: value for name, value in step.items() if name != "doseAndRate"}
        | {"doseQuantity": (step.get("doseAndRate") or [{}])[0].get("doseQuantity")}
        for step in draft.get("dosageInstruction", ())
        if isinstance(step, dict)
    ]
    return draft | {"dosageInstruction": doses, "requester": {"agent": {"reference": "Practitioner/1"}}}


def _in_dstu2(draft: Json) -> Json:
    older = _without("authoredOn", "subject")(_in_stu3(draft))
    return older | {"resourceType": "MedicationOrder", "patient": draft.get("subject"), "dateWritten": "2026-11-20"}


def _contained(draft: Json) -> Json:
    held = {"resourceType": "Medication", "id": "m", "code": draft.get("medicationCodeableConcept")}
    changed = _without("medicationCodeableConcept")(draft)
    return changed | {"contained": [held], "medicationReference": {"reference": "#m"}}


def _by_display(draft: Json) -> Json:
    concept = draft.get("medicationCodeableConcept") or {}
    codings = concept.get("coding") or [{}]
    words = concept.get("text") or codings[0].get("display") or "cyanocobalamin"
    pointer = {"reference": "Medication/not-sent", "display": words}
    return _without("medicationCodeableConcept")(draft) | {"medicationReference": pointer}


# The same drug in another shape: a card may become another card, never silence.
OF_A_DRAFT: dict[str, Taking] = {
    **{f"{name} of an impossible shape": _with(**{name: value}) for name, value in _BROKEN.items()},
    "R5 medication": _in_r5,
    "STU3": _in_stu3,
    "DSTU2": _in_dstu2,
    "contained Medication": _contained,
    "Medication that was not sent": _by_display,
    "coding alone, without its list": lambda draft: (
        draft | {"medicationCodeableConcept": {"coding": (draft["medicationCodeableConcept"].get("coding") or [{}])[0]}}
    ),
    "concept in a list": lambda draft: draft | {"medicationCodeableConcept": [draft["medicationCodeableConcept"]]},
}


def take_draft(draw: random.Random, request: Json) -> Taken | None:
    """Bring every draft of the request into one odd shape, and with DSTU2 the orders on record with them."""
    found = drafts(request)
    if not found or any("medicationCodeableConcept" not in entry["resource"] for entry in found):
        return None
    names = list(OF_A_DRAFT)
    if any(entry["resource"].get("status") in ("stopped", "on-hold", "cancelled") for entry in found):
        names.remove("id of an impossible shape")  # a stop that cannot be tied to its record stops something else
    name = draw.choice(names)
    for entry in found:
        entry["resource"] = OF_A_DRAFT[name](entry["resource"])
    if name == "DSTU2":
        for entry in entries(request, "medications"):
            entry["resource"] = OF_A_DRAFT[name](entry["resource"])
        selections = request["context"].get("selections", [])
        request["context"]["selections"] = [each.replace("MedicationRequest", "MedicationOrder") for each in selections]
    return Taken("draft", "draftOrders", name)
