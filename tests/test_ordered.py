"""Tests and referrals among the drafts are not asked for again; what is none of them silences nothing."""

from typing import Any

import pytest

from cds_service.clinical.errands import LabTest, Referral
from fhir_mappings.ordered import already_ordered
from fhir_mappings.orders import lab_order, referral_order

LOINC = "http://loinc.org"


def request(text: str = "", code: str = "", **more: Any) -> dict[str, Any]:
    coding = [{"system": LOINC, "code": code}] if code else []
    return {"resourceType": "ServiceRequest", "status": "draft", "code": {"text": text, "coding": coding}} | more


@pytest.mark.parametrize("test", list(LabTest))
def test_a_test_as_this_service_proposes_it_is_recognised(test: LabTest) -> None:
    assert already_ordered([lab_order(test, patient_id="p", encounter_id=None)]) == {test}


@pytest.mark.parametrize("referral", list(Referral))
def test_a_referral_as_this_service_proposes_it_is_recognised(referral: Referral) -> None:
    assert already_ordered([referral_order(referral, patient_id="p", encounter_id=None)]) == {referral}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("2823-3", {LabTest.POTASSIUM}),
        ("6298-4", {LabTest.POTASSIUM}),
        ("51990-0", {LabTest.POTASSIUM}),
        ("24323-8", {LabTest.POTASSIUM}),
        ("58410-2", {LabTest.CBC}),
        ("57021-8", {LabTest.CBC}),
        ("777-3", set()),
        ("718-7", set()),
    ],
)
def test_codes_of_potassium_and_blood_count(code: str, found: set[LabTest]) -> None:
    assert already_ordered([request(code=code)]) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Neurology", {Referral.NEUROLOGY}),
        ("Ambulatory referral to Hematology", {Referral.HAEMATOLOGY}),
        ("Obstetric clinic", {Referral.OBSTETRICS}),
        ("Paediatric neurology advice", {Referral.PAEDIATRICS, Referral.NEUROLOGY}),
        ("Metabolic medicine", {Referral.METABOLIC}),
        ("Consult allergist", {Referral.ALLERGY}),
        ("Obstetric ultrasound", set()),
        ("Allergy panel, food", set()),
        ("Neurological examination", set()),
        ("Haematology: blood film", set()),
        ("Paediatric blood tube", set()),
    ],
)
def test_a_referral_in_words(text: str, found: set[Referral]) -> None:
    assert already_ordered([request(text)]) == found


@pytest.mark.parametrize(
    "more",
    [{"status": "revoked"}, {"status": "completed"}, {"doNotPerform": True}, {"resourceType": "Task"}, {"code": "K"}],
)
def test_what_is_not_going_to_be_done_silences_nothing(more: dict[str, Any]) -> None:
    assert already_ordered([request(code="2823-3") | more]) == frozenset()
