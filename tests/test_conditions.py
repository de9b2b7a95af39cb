"""Conditions, Procedures, findings and allergies: what counts, what does not, and what becomes unknown."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.snapshot import Allergen, AllergySeverity, ClinicalStatus, Course, Verification
from tests.fhir_examples import (
    ABOUT,
    ICD10CM,
    RXNORM,
    SNOMED,
    coded,
    condition,
    findings_snapshot,
    observation,
    procedure,
    quantity,
    snapshot,
)

C = Concept
PERNICIOUS = coded("84027009", SNOMED)
NEUROPATHY = coded("302226006", SNOMED)
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ILEAL = coded("307193005", SNOMED)


def test_a_missing_clinical_status_counts_as_active() -> None:
    (found,) = snapshot(condition(PERNICIOUS, clinicalStatus=None)).diagnoses
    assert found.status is ClinicalStatus.ACTIVE
    assert found.verification is Verification.CONFIRMED
    assert found.current
    assert C.PERNICIOUS_ANAEMIA in found.concepts
    assert found.code == "84027009"


def test_dates_are_read() -> None:
    sent = condition(
        PERNICIOUS, onsetDateTime="2019-05", recordedDate="2020-01-02", abatementPeriod={"end": "2021-01-01"}
    )
    (found,) = snapshot(sent).diagnoses
    assert (found.onset, found.recorded, found.abated) == (date(2019, 5, 1), date(2020, 1, 2), date(2021, 1, 1))


@pytest.mark.parametrize(
    ("code", "verification", "current"),
    [
        ("confirmed", Verification.CONFIRMED, True),
        ("provisional", Verification.UNCONFIRMED, True),
        ("differential", Verification.UNCONFIRMED, True),
        ("unknown", Verification.UNCONFIRMED, True),
        ("refuted", Verification.REFUTED, False),
    ],
)
def test_verification(code: str, verification: Verification, current: bool) -> None:
    (found,) = snapshot(condition(PERNICIOUS, verificationStatus=coded(code, VERIFICATION))).diagnoses
    assert found.verification is verification
    assert found.current is current


@pytest.mark.parametrize("name", ["clinicalStatus", "verificationStatus"])
def test_a_status_that_is_stated_as_unknown_takes_no_warning_away(name: str) -> None:
    """In R5 or DSTU2; R4 would leave it out, and the diagnosis count. It may be over all the same."""
    found = snapshot(condition(PERNICIOUS, **{name: coded("unknown", VERIFICATION)}))
    assert [each.current for each in found.diagnoses] == [True]
    assert not found.told(ResourceKind.CONDITIONS)


def test_errors_and_family_history_do_not_count() -> None:
    assert snapshot(condition(PERNICIOUS, verificationStatus=coded("entered-in-error", VERIFICATION))).diagnoses == ()
    family = coded("84027009", SNOMED, text="Family history of pernicious anaemia")
    assert snapshot(condition(family)).diagnoses == ()


@pytest.mark.parametrize(
    "elements",
    [
        {"clinicalStatus": coded("sleeping", "x")},
        {"verificationStatus": coded("perhaps", "x")},
        {"clinicalStatus": 5},
        {"meta": {"tag": [{"code": "SUBSETTED"}]}},
        {"verificationStatus": {"extension": [{"url": "x", "valueCode": "masked"}]}},
    ],
)
def test_a_condition_that_cannot_be_read_makes_the_kind_unknown(elements: dict[str, Any]) -> None:
    found = snapshot(condition(PERNICIOUS, **elements))
    assert found.diagnoses == ()
    assert not found.told(ResourceKind.CONDITIONS)


def test_a_bad_condition_that_matters_to_no_rule_is_skipped() -> None:
    found = snapshot(condition(coded("444814009", SNOMED), clinicalStatus=5))
    assert found.told(ResourceKind.CONDITIONS)


def test_e53_8_needs_a_text_that_names_b12() -> None:
    (vague,) = snapshot(condition(coded("E53.8", ICD10CM))).diagnoses
    assert not vague.names_b12
    (named,) = snapshot(condition(coded("E53.8", ICD10CM, text="Vitamin B12 deficiency"))).diagnoses
    assert named.names_b12


def test_a_completed_procedure_is_an_operation_and_a_stopped_one_is_not() -> None:
    (found,) = snapshot(procedure(ILEAL)).operations
    assert C.ILEAL_RESECTION in found.concepts
    assert found.day == date(2020, 1, 1)
    assert snapshot(procedure(ILEAL, status="not-done")).operations == ()
    assert snapshot(procedure(ILEAL, performedDateTime="2026-11-21")).operations == ()
    (undated,) = snapshot(procedure(ILEAL, performedDateTime=None)).operations
    assert undated.day is None
    assert not snapshot(procedure(ILEAL, status="maybe")).told(ResourceKind.PROCEDURES)


def test_an_injection_given_in_clinic_stays_an_operation() -> None:
    sent = procedure(coded("709544008", SNOMED), performedDateTime=None, performedPeriod={"start": "2026-11-01"})
    (found,) = snapshot(sent).operations
    assert found.concepts == {C.B12_ADMINISTRATION}
    assert found.day == date(2026, 11, 1)


def test_a_status_condition_is_an_operation_on_its_onset_day() -> None:
    sent = condition(coded("Z98.84", ICD10CM), onsetDateTime="2015-06-01", recordedDate="2024-01-01")
    (found,) = snapshot(sent).had_operation(C.BARIATRIC_SURGERY)
    assert found.day == date(2015, 6, 1)


@pytest.mark.parametrize(
    ("elements", "present"),
    [
        ({"valueBoolean": True}, True),
        ({"valueString": "present"}, True),
        ({"valueCodeableConcept": coded("52101004", SNOMED)}, True),
        ({}, True),
        ({"valueBoolean": False}, False),
        ({"valueCodeableConcept": coded("2667000", SNOMED)}, False),
        ({"valueString": "Absent"}, False),
    ],
)
def test_a_sign_is_present_or_absent(elements: dict[str, Any], present: bool) -> None:
    (found,) = findings_snapshot(observation(NEUROPATHY, **elements)).findings
    assert found.concept is C.PERIPHERAL_NEUROPATHY
    assert found.present is present
    assert found.day == date(2026, 11, 10)


def test_any_other_answer_is_neither() -> None:
    found = findings_snapshot(observation(NEUROPATHY, valueString="mild"))
    assert found.findings == ()
    assert not found.told(ResourceKind.FINDINGS)


def test_a_sign_that_was_not_asked_about_says_nothing() -> None:
    found = findings_snapshot(observation(NEUROPATHY, dataAbsentReason=coded("not-asked", "x")))
    assert found.findings == ()
    assert found.told(ResourceKind.FINDINGS)


@pytest.mark.parametrize(("flag", "course"), [("B", Course.BETTER), ("W", Course.WORSE), ("H", None)])
def test_the_course_of_a_sign(flag: str, course: Course | None) -> None:
    (found,) = findings_snapshot(observation(NEUROPATHY, interpretation=[coded(flag, "v3")])).findings
    assert found.course is course


def test_pregnancy_status() -> None:
    asked = coded("82810-3")
    (yes,) = findings_snapshot(observation(asked, valueCodeableConcept=coded("77386006", SNOMED))).findings
    assert (yes.concept, yes.present) == (C.PREGNANT, True)
    (no,) = findings_snapshot(observation(asked, valueCodeableConcept=coded("60001007", SNOMED))).findings
    assert (no.concept, no.present) == (C.PREGNANT, False)
    assert findings_snapshot(observation(asked, valueCodeableConcept=coded("1234", SNOMED))).findings == ()


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        ({"text": "Length of ileum resected"}, C.ILEAL_RESECTION_LENGTH),
        ({"coding": [{"code": "x", "display": "length of ileum involved"}]}, C.ILEAL_INVOLVEMENT_LENGTH),
    ],
)
def test_lengths_of_ileum_are_read_by_their_words(code: dict[str, Any], concept: Concept) -> None:
    (found,) = findings_snapshot(observation(code, valueQuantity=quantity("250", "mm"))).findings
    assert (found.concept, found.length_cm) == (concept, Decimal(25))


def test_a_length_that_is_part_of_the_resection_is_read() -> None:
    part = observation({"text": "length"}, valueQuantity=quantity("30", "cm"), partOf=[{"reference": "Procedure/pr1"}])
    found = findings_snapshot(procedure(ILEAL), part).findings
    assert [(each.concept, each.length_cm) for each in found] == [(C.ILEAL_RESECTION_LENGTH, Decimal(30))]
    assert findings_snapshot(part).findings == ()


def test_a_length_without_a_unit_makes_findings_unknown() -> None:
    found = findings_snapshot(observation({"text": "Length of ileum resected"}, valueQuantity=quantity("30", None)))
    assert found.findings == ()
    assert not found.told(ResourceKind.FINDINGS)


def allergy(code: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return {"resourceType": "AllergyIntolerance", "id": "a1", "patient": ABOUT, "code": code} | elements


def test_an_allergy_with_its_severity() -> None:
    (found,) = snapshot(allergy(coded("5514", RXNORM), criticality="high", type="allergy")).allergies
    assert found.allergen is Allergen.HYDROXOCOBALAMIN
    assert found.severity is AllergySeverity.SEVERE
    (mild,) = snapshot(allergy(coded("5514", RXNORM), criticality="low", type="intolerance")).allergies
    assert mild.severity is AllergySeverity.MILD
    assert mild.intolerance
    (reacted,) = snapshot(allergy(coded("5514", RXNORM), reaction=[{"severity": "severe"}])).allergies
    assert reacted.severity is AllergySeverity.SEVERE


_SCT = "http://snomed.info/sct"
_CM = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("elements", "severity"),
    [
        ({"reaction": [{"manifestation": [coded("39579001", _SCT)]}]}, AllergySeverity.SEVERE),
        ({"reaction": [{"manifestation": [coded("417516000", _SCT)]}]}, AllergySeverity.SEVERE),
        ({"reaction": [{"manifestation": [coded("735173007", _SCT)]}]}, AllergySeverity.SEVERE),
        ({"reaction": [{"manifestation": [coded("T78.2XXA", _CM)]}]}, AllergySeverity.SEVERE),
        ({"reaction": [{"manifestation": [coded("T88.6XXS", _CM)]}]}, AllergySeverity.SEVERE),
        ({"reaction": [{"manifestation": {"text": "Anaphylactic shock 2019"}}]}, AllergySeverity.SEVERE),
        ({"reaction": [{"description": "anaphylactoid collapse"}]}, AllergySeverity.SEVERE),
        ({"code": {"text": "Anaphylaxis caused by hydroxocobalamin"}}, AllergySeverity.SEVERE),
        (
            {"criticality": "low", "reaction": [{"severity": "mild", "manifestation": [{"text": "Anaphylaxis"}]}]},
            AllergySeverity.SEVERE,
        ),
        ({"reaction": [{"manifestation": [{"text": "Rash, no anaphylaxis"}]}]}, AllergySeverity.NOT_RECORDED),
        ({"reaction": [{"manifestation": [{"text": "Non-anaphylactic"}]}]}, AllergySeverity.NOT_RECORDED),
        ({"reaction": [{"manifestation": [{"text": "Anaphylaxis ruled out"}]}]}, AllergySeverity.NOT_RECORDED),
        ({"reaction": [{"description": "No rash; anaphylaxis"}]}, AllergySeverity.SEVERE),
        ({"reaction": [{"manifestation": [coded("271807003", _SCT)]}]}, AllergySeverity.NOT_RECORDED),
        ({"reaction": [{"manifestation": [coded("T78.4", _CM)]}]}, AllergySeverity.NOT_RECORDED),
        ({"criticality": "unable-to-assess"}, AllergySeverity.NOT_RECORDED),
        ({"reaction": [{"severity": "moderate"}]}, AllergySeverity.MILD),
        ({"criticality": "low"}, AllergySeverity.MILD),
        ({}, AllergySeverity.NOT_RECORDED),
    ],
)
def test_anaphylaxis_by_code_or_words_is_severe_and_silence_is_not_mild(
    elements: dict[str, Any], severity: AllergySeverity
) -> None:
    (found,) = snapshot(allergy(**{"code": coded("5514", RXNORM), **elements})).allergies
    assert found.severity is severity


def test_refuted_and_resolved_allergies_do_not_count() -> None:
    assert snapshot(allergy(coded("5514", RXNORM), verificationStatus=coded("refuted", "x"))).allergies == ()
    assert snapshot(allergy(coded("5514", RXNORM), clinicalStatus=coded("resolved", "x"))).allergies == ()


def test_cobalt_by_text_is_cobalt() -> None:
    (found,) = snapshot(allergy({"text": "Cobalt (jewellery)"})).allergies
    assert found.allergen is Allergen.COBALT


def test_an_allergy_of_which_a_part_is_hidden_stands_and_the_list_is_not_whole() -> None:
    found = snapshot(allergy(coded("5514", RXNORM), meta={"tag": [{"code": "SUBSETTED"}]}))
    assert len(found.allergies) == 1
    assert not found.told(ResourceKind.ALLERGIES)
