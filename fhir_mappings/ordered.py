"""Tests and referrals that are already among the draft orders (derivations 2.1). Reads codes and text only."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cds_service.clinical.errands import LabTest, Referral
from fhir_mappings.codes import lab
from fhir_mappings.sent_codes import test_concept

_CODES = {coding["code"]: test for test in LabTest for coding in test_concept(test.value)["coding"]}
# The full blood count with a differential; basic and comprehensive metabolic panels hold potassium.
_CODES |= {"57021-8": LabTest.CBC, "51990-0": LabTest.POTASSIUM, "24323-8": LabTest.POTASSIUM}
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
_OPEN = ("draft", "active", None)  # no set: a status may be any JSON at all, also a list


def already_ordered(drafts: Sequence[Mapping[str, Any]]) -> frozenset[LabTest | Referral]:
    """What need not be asked for again. An oddly shaped ServiceRequest is passed over: asking twice is safe."""
    found: set[LabTest | Referral] = set()
    for draft in drafts:
        if draft.get("resourceType") != "ServiceRequest" or draft.get("status") not in _OPEN:
            continue
        if draft.get("doNotPerform"):
            continue
        for system, code, text in _words(draft.get("code")):
            analyte = lab(system, code)
            if code in _CODES:
                found.add(_CODES[code])
            elif analyte is not None and analyte.analyte.name in _BY_ANALYTE:
                found.add(_BY_ANALYTE[analyte.analyte.name])
            found |= _referrals(text.lower().strip())
    return frozenset(found)


def _referrals(text: str) -> set[Referral]:
    if not _ASKS.search(text) and not _BARE.fullmatch(text):
        return set()
    return {referral for word, referral in _REFERRALS.items() if word in text}


def _words(concept: object) -> Iterator[tuple[str, str, str]]:
    if not isinstance(concept, dict):
        return
    yield "", "", str(concept.get("text", ""))
    codings = concept.get("coding")
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, dict):
            yield str(coding.get("system", "")), str(coding.get("code", "")), str(coding.get("display", ""))
