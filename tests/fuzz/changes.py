"""What any honest client may send instead: other values, units, dates, codes, statuses; entries in another order,
fewer, more, twice. Each change keeps the request valid; its name goes into the line that reproduces a failure.
"""

import random
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

from tests.fuzz.bases import SEARCHES, another, another_draft, counted, drafts, entries, resources
from tests.fuzz.case import Json
from tests.fuzz.sending import NOW

Change = Callable[[random.Random, Json], bool]
CHANGES: dict[str, Change] = {}
UNITS = (
    "pg/mL", "ng/L", "pmol/L", "nmol/L", "umol/L", "mg/dL", "g/dL", "g/L", "10*3/uL", "10*9/L", "mmol/L", "mL/min",
    "mL/min/{1.73_m2}", "fL", "{INR}", "mg/g", "cm",
)  # fmt: skip
STATUSES = {
    "Observation": ("final", "amended", "corrected", "preliminary", "registered", "cancelled", "entered-in-error"),
    "Procedure": ("completed", "not-done", "in-progress", "entered-in-error", "unknown"),
    "MedicationRequest": ("active", "completed", "stopped", "on-hold", "cancelled", "entered-in-error", "unknown"),
    "MedicationStatement": ("active", "completed", "intended", "not-taken", "stopped", "entered-in-error", "unknown"),
    "ServiceRequest": ("active", "completed", "revoked"),
}
CLINICAL = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
VERIFICATION = ("confirmed", "unconfirmed", "provisional", "differential", "refuted", "entered-in-error")
NUMBERS = (
    0,
    1,
    9,
    10,
    24.9,
    25,
    49.9,
    50,
    79,
    80,
    99,
    100,
    179.9,
    180,
    350,
    350.1,
    500,
    1000,
    2000,
    5000,
    10000,
    10001,
)
DATES = ("effectiveDateTime", "recordedDate", "onsetDateTime", "performedDateTime", "authoredOn", "abatementDateTime")
ROUTES = ("78421000", "34206005", "26643006", "47625008", "37839007", "46713006")
PERIODS = ("d", "wk", "mo", "a")


def change(function: Change) -> Change:
    CHANGES[function.__name__.replace("_", " ").strip()] = function
    return function


def _one(draw: random.Random, request: Json, *types: str) -> Json | None:
    found = [each for _, each in resources(request) if not types or each["resourceType"] in types]
    return draw.choice(found) if found else None


def _drafted(draw: random.Random, request: Json) -> Json | None:
    found = [each["resource"] for each in drafts(request)]
    return draw.choice(found) if found else None


def _day(draw: random.Random) -> str:
    ago = draw.choice((0, 1, 7, 29, 30, 31, 89, 90, 91, 180, 364, 365, 366, 400, 800, 1500, 4000))
    moment = NOW - timedelta(days=ago)
    forms = ("%Y-%m-%d", "%Y-%m", "%Y", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.000+13:00")
    return moment.strftime(draw.choice(forms[:1] * 4 + forms))


@change
def entries_shuffled(draw: random.Random, request: Json) -> bool:
    for key in SEARCHES:
        draw.shuffle(entries(request, key))
    return True


@change
def drafts_shuffled(draw: random.Random, request: Json) -> bool:
    draw.shuffle(drafts(request))
    return len(drafts(request)) > 1


@change
def value_changed(draw: random.Random, request: Json) -> bool:
    one = _one(draw, request, "Observation")
    if one is None or "valueQuantity" not in one:
        return False
    one["valueQuantity"]["value"] = draw.choice((*NUMBERS, round(draw.uniform(0, 600), 2)))
    return True


@change
def comparator_added(draw: random.Random, request: Json) -> bool:
    one = _one(draw, request, "Observation")
    if one is None or "valueQuantity" not in one:
        return False
    one["valueQuantity"]["comparator"] = draw.choice(("<", "<=", ">=", ">"))
    return True


@change
def unit_changed(draw: random.Random, request: Json) -> bool:
    one = _one(draw, request, "Observation")
    if one is None or "valueQuantity" not in one:
        return False
    unit = draw.choice(UNITS)
    one["valueQuantity"] |= {"unit": unit, "code": unit}
    return True


@change
def date_changed(draw: random.Random, request: Json) -> bool:
    one = _one(draw, request)
    names = [name for name in DATES if one is not None and name in one]
    if one is None or not names:
        return False
    one[draw.choice(names)] = _day(draw)
    return True


@change
def status_changed(draw: random.Random, request: Json) -> bool:
    one = _one(draw, request)
    if one is None:
        return False
    if one["resourceType"] in STATUSES:
        one["status"] = draw.choice(STATUSES[one["resourceType"]])
    else:
        name, codes = draw.choice((("clinicalStatus", CLINICAL), ("verificationStatus", VERIFICATION)))
        one[name] = {"coding": [{"code": draw.choice(codes)}]}
    return True


@change
def code_of_another(draw: random.Random, request: Json) -> bool:
    found = [(key, each) for key, each in resources(request) if "code" in each]
    if not found:
        return False
    key, one = draw.choice(found)
    other = another(draw, key, request)
    one["code"] = other.get("code", one["code"]) if other is not None else one["code"]
    return True


@change
def resource_dropped(draw: random.Random, request: Json) -> bool:
    keys = [key for key in SEARCHES if entries(request, key)]
    if keys:
        found = entries(request, draw.choice(keys))
        found.pop(draw.randrange(len(found)))
        counted(request)
    return bool(keys)


@change
def resource_twice(draw: random.Random, request: Json) -> bool:
    keys = [key for key in SEARCHES if entries(request, key)]
    if keys:
        found = entries(request, draw.choice(keys))
        twin = deepcopy(draw.choice(found))
        renamed = twin | {"resource": twin["resource"] | {"id": f"twin-{draw.randrange(99)}"}}
        found.append(draw.choice((twin, renamed)))
        counted(request)
    return bool(keys)


@change
def resource_of_another_patient_s_story(draw: random.Random, request: Json) -> bool:
    key = draw.choice(SEARCHES[:-1])
    part, more = request["prefetch"].get(key), another(draw, key, request)
    if not isinstance(part, dict) or part.get("resourceType") != "Bundle" or more is None:
        return False
    part.setdefault("entry", []).append({"resource": more | {"id": f"more-{draw.randrange(999)}"}})
    counted(request)
    return True


@change
def another_order_drafted(draw: random.Random, request: Json) -> bool:
    if not drafts(request):
        return False
    more = another_draft(draw, request) | {"id": f"order-{draw.randrange(999)}"}
    drafts(request).insert(draw.randrange(2), {"resource": more})
    return True


@change
def order_of_another(draw: random.Random, request: Json) -> bool:
    if not drafts(request):
        return False
    entry = draw.choice(drafts(request))
    kept = {"id": entry["resource"]["id"]} if "id" in entry["resource"] else {}
    entry["resource"] = another_draft(draw, request) | kept
    return True


@change
def dose_changed(draw: random.Random, request: Json) -> bool:
    order = _drafted(draw, request)
    steps = order.get("dosageInstruction") if order is not None else None
    if not steps:
        return False
    unit = draw.choice(("ug", "ug", "mg", "g", "mL", "{tbl}"))
    quantity = {"value": draw.choice((*NUMBERS, 0.5, 1.5)), "unit": unit, "code": unit}
    steps[0]["doseAndRate"] = [{"doseQuantity": quantity | {"system": "http://unitsofmeasure.org"}}]
    return True


@change
def route_changed(draw: random.Random, request: Json) -> bool:
    order = _drafted(draw, request)
    steps = order.get("dosageInstruction") if order is not None else None
    if not steps:
        return False
    steps[0]["route"] = {"coding": [{"system": "http://snomed.info/sct", "code": draw.choice(ROUTES)}]}
    return True


@change
def timing_changed(draw: random.Random, request: Json) -> bool:
    order = _drafted(draw, request)
    steps = order.get("dosageInstruction") if order is not None else None
    if not steps:
        return False
    repeat: dict[str, Any] = {"frequency": draw.choice((1, 1, 2, 3)), "period": draw.choice((1, 2, 3, 6))}
    repeat["periodUnit"] = draw.choice(PERIODS)
    repeat |= draw.choice(({}, {"count": 6}, {"periodMax": 9}, {"boundsPeriod": {"end": _day(draw)}}))
    steps[0]["timing"] = {"repeat": repeat}
    return True


@change
def person_changed(draw: random.Random, request: Json) -> bool:
    birth = f"{draw.choice((1930, 1956, 1980, 1996, 2008, 2012, 2024))}-11-{draw.choice(('19', '20', '21'))}"
    changed = draw.choice(({"birthDate": birth}, {"gender": draw.choice(("male", "female", "other", "unknown"))}))
    request["prefetch"]["patient"] |= changed
    return True


@change
def hook_changed(draw: random.Random, request: Json) -> bool:
    hooks = ["order-select", "order-sign", "patient-view"] if drafts(request) else ["patient-view"]
    request["hook"] = draw.choice(hooks)
    if request["hook"] == "patient-view":
        for name in ("draftOrders", "selections"):
            request["context"].pop(name, None)
    return True


@change
def selections_changed(draw: random.Random, request: Json) -> bool:
    if draw.random() < 0.5:
        return request["context"].pop("selections", None) is not None
    if drafts(request):
        one = draw.choice(drafts(request))["resource"]
        request["context"]["selections"] = [f"{one['resourceType']}/{one.get('id')}"]
    return bool(drafts(request))


@change
def draft_status_changed(draw: random.Random, request: Json) -> bool:
    order = _drafted(draw, request)
    if order is not None:
        order["status"] = draw.choice(("draft", "draft", "active", "stopped", "on-hold", "cancelled", "completed"))
    return order is not None


@change
def product_shown(draw: random.Random, request: Json) -> bool:
    name = draw.choice(("com.epic.cdshooks.request.bpa-trigger-action", "davinci-crd.configuration", "com.example"))
    request["extension"] = {name: draw.choice((True, {"a": 1}, "x"))}
    return True


@change
def key_not_supplied(draw: random.Random, request: Json) -> bool:
    return request["prefetch"].pop(draw.choice(SEARCHES), None) is not None
