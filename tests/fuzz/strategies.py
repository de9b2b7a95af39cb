"""Hook requests for Hypothesis, built from nothing: orders and records in the words of FHIR, each part small, so that
what is left of a failure after shrinking is the one part that matters. The oracles are those of the fuzz.
"""

import json
import random
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.bases import SEARCHES, as_call
from tests.fuzz.case import Call, Case, Json, Kind
from tests.fuzz.changes import CLINICAL, PERIODS, ROUTES, STATUSES, UNITS, VERIFICATION
from tests.fuzz.defects import DEFECTS
from tests.fuzz.junk import BAD_DATES, JUNK
from tests.fuzz.sending import SERVICES
from tests.fuzz.takings import OF_A_SEARCH, OF_THE_PATIENT

MARK = "zqhypothesis"
PATIENT = f"{MARK}patient"
ABOUT = {"reference": f"Patient/{PATIENT}"}
_RXNORM, _SNOMED, _LOINC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://snomed.info/sct", "http://loinc.org"
_ICD = "http://hl7.org/fhir/sid/icd-10-cm"

days = st.sampled_from(
    ("2026-11-20", "2026-11-10", "2026-08-20", "2025-11-20", "2024", "2020-01", "2016-05-04T10:00:00Z")
)
numbers = st.one_of(st.sampled_from((0, 9, 35, 49.9, 50, 80, 110, 180, 350, 1000, 10001)), st.integers(0, 20000))
drugs = st.sampled_from(("11248", "5514", "29421", "42604", "309594", "11248", "5514", "4511", "617312", "860975"))
diagnoses = st.sampled_from(
    ((_ICD, "D51.0"), (_ICD, "E53.8"), (_ICD, "N18.4"), (_ICD, "E11.21"), (_SNOMED, "58610003"), (_SNOMED, "77386006"),
     (_SNOMED, "302226006"), (_SNOMED, "31220004"), (_SNOMED, "38106008"), (_SNOMED, "38341003"), (_ICD, "D69.6"))
)  # fmt: skip
results = st.sampled_from(
    (("2132-9", "pg/mL"), ("98979-8", "mL/min/{1.73_m2}"), ("2160-0", "mg/dL"), ("777-3", "10*3/uL"), ("718-7", "g/dL"),
     ("2823-3", "mmol/L"), ("13964-2", "nmol/L"), ("6301-6", "{INR}"), ("2093-3", "mmol/L"))
)  # fmt: skip
operations = st.sampled_from(("442338001", "359587007", "709544008", "80146002", "26452005"))


def concept(pair: tuple[str, str]) -> Json:
    return {"coding": [{"system": pair[0], "code": pair[1]}]}


@st.composite
def dosages(draw: st.DrawFn) -> Json:
    unit = draw(st.sampled_from(("ug", "ug", "mg", "mL")))
    repeat: Json = {"frequency": draw(st.integers(1, 3)), "period": draw(st.integers(1, 6))}
    repeat["periodUnit"] = draw(st.sampled_from(PERIODS))
    found: Json = {"doseAndRate": [{"doseQuantity": {"value": draw(numbers), "unit": unit, "code": unit}}]}
    found["timing"] = {"repeat": repeat}
    route = draw(st.none() | st.sampled_from(ROUTES))
    return found if route is None else found | {"route": concept((_SNOMED, route))}


@st.composite
def orders(draw: st.DrawFn, identity: str, statuses: tuple[str, ...]) -> Json:
    order: Json = {"resourceType": "MedicationRequest", "id": identity, "intent": "order", "subject": ABOUT}
    order |= {"status": draw(st.sampled_from(statuses)), "authoredOn": draw(days)}
    order["medicationCodeableConcept"] = concept((_RXNORM, draw(drugs)))
    return order | {"dosageInstruction": draw(st.lists(dosages(), max_size=2))}


@st.composite
def observations(draw: st.DrawFn, identity: str) -> Json:
    code, unit = draw(results)
    unit = draw(st.just(unit) | st.sampled_from(UNITS))
    status = draw(st.sampled_from(STATUSES["Observation"]))
    found: Json = {"resourceType": "Observation", "id": identity, "status": status, "subject": ABOUT}
    found |= {"code": concept((_LOINC, code)), "effectiveDateTime": draw(days)}
    return found | {"valueQuantity": {"value": draw(numbers), "unit": unit, "code": unit}}


@st.composite
def conditions(draw: st.DrawFn, identity: str) -> Json:
    found: Json = {"resourceType": "Condition", "id": identity, "subject": ABOUT, "code": concept(draw(diagnoses))}
    found["clinicalStatus"] = concept(("x", draw(st.sampled_from(CLINICAL))))
    found["verificationStatus"] = concept(("x", draw(st.sampled_from(VERIFICATION))))
    return found | {"recordedDate": draw(days)}


@st.composite
def procedures(draw: st.DrawFn, identity: str) -> Json:
    found: Json = {"resourceType": "Procedure", "id": identity, "status": "completed", "subject": ABOUT}
    return found | {"code": concept((_SNOMED, draw(operations))), "performedDateTime": draw(days)}


def _bundle(resources: list[Json]) -> Json:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


_RECORDS: dict[str, Any] = {
    "results": observations,
    "conditions": conditions,
    "procedures": procedures,
    "medications": lambda identity: orders(identity, STATUSES["MedicationRequest"]),
}


@st.composite
def requests(draw: st.DrawFn) -> Json:
    """A request that any client could send, with everything told."""
    hook = draw(st.sampled_from(("order-select", "order-sign", "patient-view")))
    context: Json = {"userId": "Practitioner/1", "patientId": PATIENT}
    if hook != "patient-view":
        states = ("draft", "draft", "active", "stopped")
        found = [draw(orders(f"draft-{place}", states)) for place in range(draw(st.integers(1, 3)))]
        context["draftOrders"] = _bundle(found)
    prefetch: Json = {key: _bundle([]) for key in SEARCHES}
    for key, record in _RECORDS.items():
        wanted = draw(st.integers(0, 3))
        prefetch[key] = _bundle([draw(record(f"{key}-{place}")) for place in range(wanted)])
    gender = draw(st.sampled_from(("female", "male", "other")))
    birth = draw(st.sampled_from(("1950-03-04", "1990-01-01", "2008-11-20", "2015")))
    prefetch["patient"] = {"resourceType": "Patient", "id": PATIENT, "gender": gender, "birthDate": birth}
    instance = "5f0e3c0e-8d0b-4c39-9c38-0f6f4c1d7b12"
    return {"hook": hook, "hookInstance": instance, "context": context, "prefetch": prefetch}


def _case(service: str, kind: Kind, done: tuple[str, ...], request: Json, **more: Any) -> Case:
    return Case(0, 1, kind, service, done, as_call(request), MARK, **more)


@st.composite
def sound(draw: st.DrawFn) -> Case:
    return _case(draw(st.sampled_from(tuple(SERVICES))), Kind.VALID, (), draw(requests()))


@st.composite
def spoilt(draw: st.DrawFn) -> Case:
    """With one defect of the catalogue, or junk in any one place that Hypothesis chooses."""
    request = draw(requests())
    path = as_call(request).path
    name = draw(st.sampled_from((*DEFECTS, "junk", "junk", "date")))
    if name in DEFECTS:
        DEFECTS[name](random.Random(draw(st.integers(0, 99))), request)  # noqa: S311 - not for secrets
    else:
        places = _places(request)
        here, member = places[draw(st.integers(0, len(places) - 1))]
        here[member] = draw(st.sampled_from(JUNK if name == "junk" else BAD_DATES))
    return Case(0, 1, Kind.DEFECT, "uk", (name,), Call(json.dumps(request).encode(), path), MARK)


def _places(value: Any) -> list[tuple[Any, Any]]:
    names = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for name in names for place in ((value, name), *_places(value[name]))]


@st.composite
def deprived(draw: st.DrawFn) -> Case:
    """With one search, or the Patient, taken away."""
    request, service = draw(requests()), draw(st.sampled_from(tuple(SERVICES)))
    before = as_call(request)
    key = draw(st.sampled_from((*SEARCHES[:-1], "patient")))
    takings = OF_THE_PATIENT if key == "patient" else OF_A_SEARCH
    name = draw(st.sampled_from(tuple(takings)))
    taken = takings[name](request["prefetch"][key])
    absent = {**request, "prefetch": request["prefetch"] | {key: _bundle([])}}
    more: Json = {"before": before, "absent": None if key == "patient" else as_call(absent)}
    more["taken"] = ("patient" if key == "patient" else "search", key, name)
    prefetch = {each: value for each, value in request["prefetch"].items() if each != key}
    if isinstance(taken, dict | list | str | None):
        prefetch[key] = taken
    return _case(service, Kind.TAKEN, (f"taken: {key}: {name}",), {**request, "prefetch": prefetch}, **more)
