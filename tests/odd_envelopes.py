"""One R4 call sent in the other forms that real clients use. Knows the envelope and the Bundle; changes no fact."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
Form = Callable[[Json], Json]
# 200 characters, as Epic's ids of unsigned orders.
LONG = "e" + "Kx3.9-zQ" * 24 + "end-200"


def wrapped(call: Json) -> Json:
    """Every prefetch value as an entry of a batch answer, as before 1.0."""
    values = {name: {"response": {"status": "200 OK"}, "resource": value} for name, value in call["prefetch"].items()}
    return call | {"prefetch": values}


def outside(call: Json) -> Json:
    """The prefetch keys beside `prefetch`, which is not there."""
    return {name: value for name, value in call.items() if name != "prefetch"} | call["prefetch"]


def half_outside(call: Json) -> Json:
    """Every second prefetch key beside `prefetch`."""
    names = sorted(call["prefetch"])
    inside = {name: call["prefetch"][name] for name in names[::2]}
    return call | {"prefetch": inside} | {name: call["prefetch"][name] for name in names[1::2]}


def with_old_members(call: Json) -> Json:
    """What the first drafts of the specification sent, and what products add."""
    old = {"user": "Practitioner/1", "patient": "somebody-else", "userId": "x", "applyCql": False, "item1": {"a": [1]}}
    return call | old | {"extension": {"com.example": {"x": 1}}, "fhirAuthorization": None}


def prefixed(call: Json) -> Json:
    """Types before the ids of the context."""
    context = call["context"] | {"patientId": f"Patient/{call['context']['patientId']}", "encounterId": "Encounter/e1"}
    return call | {"context": context}


def _entries(call: Json) -> list[Json]:
    entries: list[Json] = call["context"].get("draftOrders", {}).get("entry", [])
    return entries


def _selecting(call: Json, name: Callable[[Json], str]) -> Json:
    """Selections written anew, each as `name` of its entry."""
    context = call["context"]
    if "selections" in context:
        by_reference = {f"{e['resource']['resourceType']}/{e['resource']['id']}": e for e in _entries(call)}
        context["selections"] = [name(by_reference[each]) for each in context["selections"]]
    return call


def bare_selections(call: Json) -> Json:
    return _selecting(call, lambda entry: str(entry["resource"]["id"]))


def absolute_selections(call: Json) -> Json:
    return _selecting(
        call, lambda e: f"https://ehr.example/fhir/{e['resource']['resourceType']}/{e['resource']['id']}/_history/1"
    )


def full_url_selections(call: Json) -> Json:
    """Entries with a fullUrl of their own, and selections that name it."""
    for place, entry in enumerate(_entries(call)):
        entry["fullUrl"] = f"urn:uuid:00000000-0000-4000-8000-{place:012d}"
    return _selecting(call, lambda entry: str(entry["fullUrl"]))


def crowded_selections(call: Json) -> Json:
    """Each twice, with one that names nothing and one that is empty."""
    context = call["context"]
    if context.get("selections"):
        context["selections"] = ["MedicationRequest/not-here", *context["selections"] * 2, ""]
    return call


def other_orders_first(call: Json) -> Json:
    """A diet and a bed before the medicines, and a Bundle that states no type."""
    about = {"reference": f"Patient/{call['context']['patientId']}"}
    others = [
        {"resource": {"resourceType": "NutritionOrder", "id": "n1", "status": "draft", "patient": about}},
        {"resource": {"resourceType": "DeviceRequest", "id": "dev1", "status": "draft", "subject": about}},
    ]
    if "draftOrders" in call["context"]:
        call["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": [*others, *_entries(call)]}
    return call


def bare_order(call: Json) -> Json:
    """A single draft without its Bundle."""
    entries = _entries(call)
    if len(entries) == 1:
        call["context"]["draftOrders"] = entries[0]["resource"]
    return call


def nothing_as_null(call: Json) -> Json:
    """Empty searches as null, or as a Bundle with an empty entry list."""
    for place, (name, value) in enumerate(sorted(call["prefetch"].items())):
        if value is not None and value["resourceType"] == "Bundle" and not value.get("entry"):
            call["prefetch"][name] = None if place % 2 else {"resourceType": "Bundle", "entry": []}
    return call


def long_ids(call: Json) -> Json:
    """Every draft with an id of 200 characters; one on record under the same id goes with it."""
    renamed = {}
    for place, entry in enumerate(_entries(call)):
        order = entry["resource"]
        renamed[order["id"]] = f"{LONG[:-2]}{place:02d}"
    for old, new in renamed.items():
        call = json.loads(
            json.dumps(call).replace(f'"{old}"', f'"{new}"').replace(f'Request/{old}"', f'Request/{new}"')
        )
    return call


def medications_beside(call: Json) -> Json:
    """Each drug in a Medication of its own at the end of the Bundle, by reference to its fullUrl."""
    beside = []
    for place, entry in enumerate(_entries(call)):
        order = entry["resource"]
        if "medicationCodeableConcept" in order:
            url = f"urn:uuid:10000000-0000-4000-8000-{place:012d}"
            code = order.pop("medicationCodeableConcept")
            order["medicationReference"] = {"reference": url}
            beside.append(
                {"fullUrl": url, "resource": {"resourceType": "Medication", "id": f"med{place}", "code": code}}
            )
    _entries(call).extend(beside)
    return call


def contained_medications(call: Json) -> Json:
    """Each drug in a contained Medication."""
    for entry in _entries(call):
        order = entry["resource"]
        if "medicationCodeableConcept" in order:
            order["contained"] = [
                {"resourceType": "Medication", "id": "m", "code": order.pop("medicationCodeableConcept")}
            ]
            order["medicationReference"] = {"reference": "#m"}
    return call


def many_codings(call: Json) -> Json:
    """Twenty codings on each drug, without any display; the one that we know stands in the middle."""
    for entry in _entries(call):
        concept = entry["resource"].get("medicationCodeableConcept", {})
        known = [
            {name: value for name, value in each.items() if name != "display"} for each in concept.get("coding", [])
        ]
        local = [{"system": f"urn:oid:1.2.3.{place}", "code": f"L{place}"} for place in range(20 - len(known))]
        if known:
            concept["coding"] = [*local[:9], *known, *local[9:]]
    return call


# Forms in which everything said is the same to the letter, and those in which an order has another name or place.
SAME: dict[str, Form] = {
    each.__name__: each
    for each in (
        wrapped, outside, half_outside, with_old_members, bare_selections, absolute_selections, full_url_selections,
        crowded_selections, other_orders_first, bare_order, nothing_as_null,
    )
}  # fmt: skip
ALIKE: dict[str, Form] = {
    each.__name__: each for each in (prefixed, long_ids, medications_beside, contained_medications, many_codings)
}


def sent_as(call: Json, form: Form) -> Json:
    """The call in another form; the one given is left as it is."""
    return form(deepcopy(call))
