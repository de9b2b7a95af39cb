"""One thing wrong with a request that is otherwise sound, by name: what real clients and servers get wrong, and what
only a hostile one would. The service may refuse, or answer; it may not fail.
"""

import random
from collections.abc import Callable
from typing import Any

from tests.fuzz.bases import drafts, entries, resources
from tests.fuzz.case import Json
from tests.fuzz.junk import BAD_DATES, HUGE, JUNK, LONE, ODD_UNITS
from tests.fuzz.takings import OF_A_DRAFT, OF_A_RESOURCE, OF_A_SEARCH, OF_THE_PATIENT, searches, take_search

Defect = Callable[[random.Random, Json], bool]
DEFECTS: dict[str, Defect] = {}


def defect(function: Defect) -> Defect:
    DEFECTS[function.__name__.replace("_", " ").strip()] = function
    return function


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(container, name) of everything inside a value."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        names = list(here) if isinstance(here, dict) else range(len(here))
        for name in names:
            found.append((here, name))
            if isinstance(here[name], dict | list):
                waiting.append(here[name])
    return found


def _resource(draw: random.Random, request: Json) -> Json | None:
    """Any resource of the request: a draft, one on record, or the Patient."""
    found = [entry["resource"] for entry in drafts(request)]
    found += [each for _, each in resources(request)]
    patient = request["prefetch"].get("patient")
    found = [each for each in (*found, patient) if isinstance(each, dict)]
    return draw.choice(found) if found else None


def _junk_in(draw: random.Random, value: Json) -> bool:
    places = _places(value)
    if not places:
        return False
    here, name = draw.choice(places)
    here[name] = draw.choice(JUNK)
    return True


@defect
def wrong_type_in_a_resource(draw: random.Random, request: Json) -> bool:
    one = _resource(draw, request)
    return one is not None and _junk_in(draw, one)


@defect
def wrong_type_in_a_draft(draw: random.Random, request: Json) -> bool:
    return bool(drafts(request)) and _junk_in(draw, draw.choice(drafts(request)))


@defect
def wrong_type_in_the_context(draw: random.Random, request: Json) -> bool:
    name = draw.choice(tuple(request["context"]))
    request["context"][name] = draw.choice(JUNK)
    return True


@defect
def wrong_type_in_the_envelope(draw: random.Random, request: Json) -> bool:
    request[draw.choice((*request, "fhirServer", "fhirAuthorization", "extension"))] = draw.choice(JUNK)
    return True


@defect
def wrong_type_in_the_prefetch(draw: random.Random, request: Json) -> bool:
    request["prefetch"][draw.choice(tuple(request["prefetch"]))] = draw.choice(JUNK)
    return True


@defect
def member_missing(draw: random.Random, request: Json) -> bool:
    places = [(here, name) for here, name in _places(request) if isinstance(here, dict)]
    here, name = draw.choice(places)
    del here[name]
    return True


@defect
def member_null(draw: random.Random, request: Json) -> bool:
    here, name = draw.choice(_places(request))
    here[name] = None
    return True


@defect
def bad_date(draw: random.Random, request: Json) -> bool:
    places = [(here, name) for here, name in _places(request) if _is_date(here, name)]
    if places:
        here, name = draw.choice(places)
        here[name] = draw.choice(BAD_DATES)
    return bool(places)


def _is_date(here: Any, name: Any) -> bool:
    return isinstance(name, str) and name.endswith(("Date", "DateTime", "On", "start", "end", "issued"))


def _quantities(request: Json) -> list[Json]:
    return [here for here, name in _places(request) if name == "value" and isinstance(here, dict) and "unit" in here]


@defect
def odd_unit(draw: random.Random, request: Json) -> bool:
    found = _quantities(request)
    if found:
        unit = draw.choice(ODD_UNITS)
        draw.choice(found).update({"unit": unit, "code": draw.choice((unit, "1"))})
    return bool(found)


@defect
def odd_number(draw: random.Random, request: Json) -> bool:
    """A number that a double cannot hold: written into the text afterwards, in place of a mark."""
    found = _quantities(request)
    if found:
        draw.choice(found)["value"] = f"@number {draw.choice(HUGE)}@"
    return bool(found)


@defect
def odd_comparator(draw: random.Random, request: Json) -> bool:
    found = _quantities(request)
    if found:
        draw.choice(found)["comparator"] = draw.choice(("ad", "~", "=", "\u2264", "", 3))
    return bool(found)


@defect
def data_absent(draw: random.Random, request: Json) -> bool:
    found = [each for _, each in resources(request) if each["resourceType"] == "Observation"]
    if found:
        one = draw.choice(found)
        one["dataAbsentReason"] = draw.choice(({"coding": [{"code": "masked"}]}, {"text": "x"}, {}, "unknown"))
    return bool(found)


@defect
def deeply_nested(draw: random.Random, request: Json) -> bool:
    one = _resource(draw, request)
    nested: Any = "x"
    for _ in range(draw.choice((10, 40, 60, 70))):
        nested = {"extension": [nested]} if draw.random() < 0.5 else [nested]
    if one is not None:
        one["extension"] = [{"url": "https://deep.example", "extension": nested}]
    return one is not None


@defect
def odd_id(draw: random.Random, request: Json) -> bool:
    one = _resource(draw, request)
    if one is not None:
        one["id"] = draw.choice(("x" * 5000, "a/b", "../x", "", " ", "\n", LONE, "\u202ex", "x\x1fy", 7))
    return one is not None


@defect
def odd_patient_id(draw: random.Random, request: Json) -> bool:
    request["context"]["patientId"] = draw.choice(
        ("", " ", "../x", "a b", "x" * 3000, "Patient/", LONE, "\u0000", "a?b")
    )
    return True


@defect
def odd_text(draw: random.Random, request: Json) -> bool:
    places = [(here, name) for here, name in _places(request) if isinstance(here[name], str)]
    if places:
        here, name = draw.choice(places)
        words = (LONE, "\ude00" + LONE, "<script>alert(1)</script>", "[x](javascript:y)", "`|*_~\n\n# h", "\x00\x1b[2J")
        here[name] = draw.choice((*words, "e\u0301" * 200, "\ufeff", "\u202e" * 9, "\\u003a", '":"', "A" * 20_000))
    return bool(places)


@defect
def other_version_of_fhir(draw: random.Random, request: Json) -> bool:
    name = draw.choice(("R5 medication", "STU3", "DSTU2", "contained Medication", "Medication that was not sent"))
    found = [entry for entry in drafts(request) if "medicationCodeableConcept" in entry["resource"]]
    for entry in found:
        entry["resource"] = OF_A_DRAFT[name](entry["resource"])
    return bool(found)


@defect
def search_not_told(draw: random.Random, request: Json) -> bool:
    return take_search(draw, request) is not None


@defect
def all_searches_not_told(draw: random.Random, request: Json) -> bool:
    taking = OF_A_SEARCH[draw.choice(tuple(name for name in OF_A_SEARCH if name != "key removed"))]
    for key in searches(request):
        request["prefetch"][key] = taking(request["prefetch"][key])
    return True


@defect
def search_null_or_wrapped(draw: random.Random, request: Json) -> bool:
    found = searches(request)
    if found:
        key = draw.choice(found)
        part = request["prefetch"][key]
        wrapped = {"response": {"status": "200 OK"}, "resource": part}
        request["prefetch"][key] = draw.choice((None, wrapped, {"resource": {"resource": part}}))
    return bool(found)


@defect
def resource_not_readable(draw: random.Random, request: Json) -> bool:
    found = [entry for key in searches(request) for entry in entries(request, key)]
    if found:
        entry = draw.choice(found)
        entry["resource"] = OF_A_RESOURCE[draw.choice(tuple(OF_A_RESOURCE))](entry["resource"])
    return bool(found)


@defect
def odd_entry(draw: random.Random, request: Json) -> bool:
    found = searches(request)
    if found:
        odd = draw.choice(
            (None, "x", {}, {"resource": "x"}, {"search": 3}, {"resource": {}, "search": {"mode": "odd"}}, 5)
        )
        request["prefetch"][draw.choice(found)].setdefault("entry", []).append(odd)
    return bool(found)


@defect
def patient_not_usable(draw: random.Random, request: Json) -> bool:
    name = draw.choice(tuple(name for name in OF_THE_PATIENT if name != "key removed"))
    if "patient" in request["prefetch"]:
        request["prefetch"]["patient"] = OF_THE_PATIENT[name](request["prefetch"]["patient"])
    return "patient" in request["prefetch"]


@defect
def fhir_access_that_does_not_hold(draw: random.Random, request: Json) -> bool:
    request["fhirServer"] = draw.choice(
        ("https://elsewhere.example/fhir", "file:///etc/passwd", "http://[", "x", 7, None)
    )
    request["fhirAuthorization"] = draw.choice(
        (
            None,
            {},
            {"access_token": "tok-3"},
            {"access_token": "tok-3", "token_type": "Bearer", "expires_in": -1},
            "x",
            [],
        )
    )
    return True


@defect
def hook_instance_odd(draw: random.Random, request: Json) -> bool:
    request["hookInstance"] = draw.choice(("", " ", "not a uuid", "x" * 10_000, None, 4, LONE))
    return True


@defect
def drafts_odd(draw: random.Random, request: Json) -> bool:
    if "draftOrders" not in request["context"]:
        return False
    found = request["context"]["draftOrders"]
    bare = found["entry"][0].get("resource") if found.get("entry") else {}
    odd = ([], {}, bare, [found], {"entry": None}, {"entry": [None]}, {"entry": [bare]}, {"entry": {}}, None, "x")
    request["context"]["draftOrders"] = draw.choice(odd)
    return True


@defect
def selections_odd(draw: random.Random, request: Json) -> bool:
    odd = ([], None, "x", [None], [3, {}], ["MedicationRequest/"], ["a/b/c"], {"a": 1}, ["#"], [LONE], [""])
    request["context"]["selections"] = draw.choice(odd)
    return True
