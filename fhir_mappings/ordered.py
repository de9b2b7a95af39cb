"""Tests and referrals on order: among the drafts, or active on the record (derivations 2.1). Reads codes and text.

An oddly shaped ServiceRequest is passed over: asking twice is safe.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Raw

from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.validity import within_days
from fhir_mappings.codes import lab
from fhir_mappings.parse import Subjects
from fhir_mappings.primitives import day
from fhir_mappings.records import Reference
from fhir_mappings.sent_codes import test_concept

TEST_CODES = {coding["code"]: test for test in LabTest for coding in test_concept(test.value)["coding"]}
# The full blood count with a differential; basic and comprehensive metabolic panels hold potassium.
TEST_CODES |= {"57021-8": LabTest.CBC, "51990-0": LabTest.POTASSIUM, "24323-8": LabTest.POTASSIUM}
_BY_ANALYTE = {
    "B12": LabTest.B12,
    "HOLOTRANSCOBALAMIN": LabTest.HOLOTRANSCOBALAMIN,
    "MMA": LabTest.MMA,
    "HOMOCYSTEINE": LabTest.HOMOCYSTEINE,
    "CREATININE": LabTest.CREATININE_EGFR,
    "EGFR": LabTest.CREATININE_EGFR,
    "POTASSIUM": LabTest.POTASSIUM,
}
_REFERRALS = {
    "neurolog": Referral.NEUROLOGY,
    "haematolog": Referral.HAEMATOLOGY,
    "hematolog": Referral.HAEMATOLOGY,
    "metabolic medicine": Referral.METABOLIC,
    "allerg": Referral.ALLERGY,
    "obstetric": Referral.OBSTETRICS,
    "ophthalmolog": Referral.OPHTHALMOLOGY,
    "paediatric": Referral.PAEDIATRICS,
    "pediatric": Referral.PAEDIATRICS,
}
# A referral says so, or is nothing but the name of the specialty: "obstetric ultrasound" asks nobody for advice.
_ASKS = re.compile(r"refer|advice|advise|consult|clinic|opinion|\bsee\b")
_BARE = re.compile(r"(?:paediatric |pediatric )?\w+(?: medicine)?")
# ProcedureRequest is what STU3 calls it.
_REQUESTS = ("ServiceRequest", "ProcedureRequest")
_OPEN = ("draft", "active", None)  # no set: a status may be any JSON at all, also a list


_NOT_ORDERED = ("proposal", "plan", "directive", "option")
Ordered = frozenset[LabTest | Referral]


def already_ordered(drafts: Sequence[Mapping[str, Any]]) -> Ordered:
    """What stands among the drafts, and need not be asked for again."""
    found: set[LabTest | Referral] = set()
    for draft in drafts:
        if draft.get("resourceType") in _REQUESTS and draft.get("status") in _OPEN:
            found |= _asked_for(draft)
    return frozenset(found)


def on_order(entries: Iterable[bytes | Raw], patient_id: str, today: date, t: Thresholds) -> Ordered:
    """What is active on the patient's record and was ordered not long ago; potassium, only just now.

    An order without a date, or an old one that nobody closed, keeps nothing from being asked for.
    """
    found: set[LabTest | Referral] = set()
    subjects = Subjects(patient_id)
    for raw in entries:
        request = _decoded(raw)
        if request.get("resourceType") not in _REQUESTS or request.get("status") not in ("draft", "active"):
            continue
        about, authored = request.get("subject"), request.get("authoredOn")
        reference = about.get("reference") if isinstance(about, dict) else None
        if not isinstance(reference, str) or not subjects.is_patient(Reference(reference=reference)):
            continue
        ordered = day(authored) if isinstance(authored, str) else None
        if request.get("intent") in _NOT_ORDERED or not within_days(ordered, today, t.test_on_order_days):
            continue
        asked = _asked_for(request)
        # Potassium is asked for before and with the first doses: an older order is not the one that is meant.
        found |= asked if within_days(ordered, today, t.potassium_check_days) else asked - {LabTest.POTASSIUM}
    return frozenset(found)


def _decoded(raw: bytes | Raw) -> Mapping[str, Any]:
    try:
        decoded = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _asked_for(request: Mapping[str, Any]) -> set[LabTest | Referral]:
    found: set[LabTest | Referral] = set()
    if request.get("doNotPerform"):
        return found
    for system, code, text in _words(request.get("code")):
        analyte = lab(system, code)
        if code in TEST_CODES:
            found.add(TEST_CODES[code])
        elif analyte is not None and analyte.analyte.name in _BY_ANALYTE:
            found.add(_BY_ANALYTE[analyte.analyte.name])
        found |= referrals_in(text)
    return found


def referrals_in(text: str) -> set[Referral]:
    """The specialties that the text of a request asks."""
    text = text.lower().strip()
    if not _ASKS.search(text) and not _BARE.fullmatch(text):
        return set()
    return {referral for word, referral in _REFERRALS.items() if word in text}


def _words(concept: object) -> Iterator[tuple[str, str, str]]:
    if isinstance(concept, dict) and isinstance(concept.get("concept"), dict):
        concept = concept["concept"]  # R5
    if not isinstance(concept, dict):
        return
    yield "", "", str(concept.get("text", ""))
    codings = concept.get("coding")
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, dict):
            yield str(coding.get("system", "")), str(coding.get("code", "")), str(coding.get("display", ""))
