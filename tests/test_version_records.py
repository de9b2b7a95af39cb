"""Records as R5, STU3 and DSTU2 write them: each element that differs, beside what it is in R4."""

from datetime import date
from typing import Any

import pytest

from cds_service.clinical.concepts import Ingredient, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import MedicationOrder, OrderStatus
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import AllergySeverity
from cds_service.knowledge.tables import load
from fhir_mappings.ordered import already_ordered, on_order
from tests.fhir_examples import (
    ABOUT,
    ICD10CM,
    LOINC,
    RXNORM,
    SNOMED,
    TODAY,
    coded,
    condition,
    dosage,
    mapped,
    medication_request,
    procedure,
    quantity,
    raw,
    repeat,
    snapshot,
)
from tests.other_versions import VERSIONS, as_r5, as_stu3
from tests.test_medications import statement

HYDROXO = coded("5514", RXNORM, display="hydroxocobalamin")
FULL = medication_request(
    HYDROXO,
    authoredOn="2026-01-10",
    dosageInstruction=[
        dosage(
            timing=repeat(1, 1, "mo", boundsDuration=quantity("300", "d")),
            route=coded("78421000", SNOMED),
            site=coded("46862004", SNOMED),
            asNeededBoolean=True,
        )
    ],
    dispenseRequest={"expectedSupplyDuration": {"value": 30, "code": "d"}},
    reasonCode=[coded("D51.0", ICD10CM)],
)


def only(*resources: dict[str, Any]) -> MedicationOrder:
    (order,) = snapshot(*resources).medications
    return order


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_on_record_says_the_same_in_every_version(version: str) -> None:
    rewritten = VERSIONS[version](FULL)
    assert rewritten != FULL
    order, plain = only(rewritten), only(FULL)
    assert order.steps == plain.steps
    assert order.steps[0].gluteal_site
    assert order.steps[0].as_needed
    assert order.step.timing is not None
    assert order.step.timing.bounds_days == 300
    for name in ("product", "status", "authored", "supply_ends", "reasons", "names_b12"):
        assert getattr(order, name) == getattr(plain, name), name
    assert order.reference == f"{rewritten['resourceType']}/m1"


def test_the_reason_of_an_r5_order_may_be_a_concept_or_a_reference() -> None:
    about = [{"concept": coded("D51.0", ICD10CM)}, {"reference": {"reference": "Condition/c1"}}]
    order = only(as_r5(FULL) | {"reason": about})
    assert Concept.PERNICIOUS_ANAEMIA in order.reasons
    assert order.reason_references == ("Condition/c1",)
    assert only(as_r5(FULL) | {"reason": "anaemia"}).reasons == frozenset()


@pytest.mark.parametrize(
    "medication",
    [
        {"concept": HYDROXO},
        HYDROXO,
        {"reference": {"reference": "Medication/x"}},
        {"reference": "Medication/x"},
        {"reference": {"display": "hydroxocobalamin 1 mg injection"}},
        {"concept": {"text": "as below"}, "reference": {"reference": "Medication/x"}},
    ],
)
def test_the_drug_of_an_r5_line_is_seen(medication: dict[str, Any]) -> None:
    order = {name: value for name, value in FULL.items() if name != "medicationCodeableConcept"}
    beside = {"resourceType": "Medication", "id": "x", "code": HYDROXO}
    (line,) = mapped(order | {"medication": medication}, x=beside).snapshot.medications
    assert line.cobalamin is Ingredient.HYDROXOCOBALAMIN


def test_of_two_elements_for_the_drug_the_one_that_matters_counts() -> None:
    other = coded("314076", RXNORM, display="lisinopril")
    assert only(FULL | {"medication": {"concept": other}}).cobalamin
    assert only(FULL | {"medicationCodeableConcept": other, "medication": {"concept": HYDROXO}}).cobalamin


def test_a_drug_that_is_only_referred_to_is_asked_for() -> None:
    order = {name: value for name, value in FULL.items() if name != "medicationCodeableConcept"}
    read = mapped(order | {"medication": {"reference": {"reference": "Medication/x"}}})
    assert read.unread_medications == ("Medication/x",)
    assert len(read.snapshot.unknown_medications) == 1


STRENGTH = {"numerator": quantity("1", "mg"), "denominator": quantity("1", "mL")}


@pytest.mark.parametrize(
    "ingredient",
    [
        {"itemCodeableConcept": HYDROXO, "strength": STRENGTH},
        {"item": {"concept": HYDROXO}, "strengthRatio": STRENGTH},
        {"itemCodeableConcept": HYDROXO, "amount": STRENGTH},
    ],
    ids=["R4", "R5", "STU3"],
)
def test_a_product_is_known_by_its_ingredients(ingredient: dict[str, Any]) -> None:
    product = {"resourceType": "Medication", "id": "x", "ingredient": [ingredient]}
    order = medication_request(
        None, contained=[product], medicationReference={"reference": "#x"}, dosageInstruction=[dosage("1", "mL")]
    )
    dose = only(order).cobalamin_dose
    assert dose is not None
    assert dose.low_ug == 1000


def test_an_amount_in_one_unit_is_a_strength_in_r5() -> None:
    part = {"item": {"concept": HYDROXO}, "strengthQuantity": quantity("1", "mg")}
    product = {"resourceType": "Medication", "id": "x", "ingredient": [part]}
    order = as_r5(FULL) | {"contained": [product], "medication": {"reference": {"reference": "#x"}}}
    dose = only(
        order | {"dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "ampoule"}}]}]}
    ).cobalamin_dose
    assert dose is not None
    assert dose.low_ug == 2000


def test_an_order_that_has_ended_is_no_current_order() -> None:
    assert only(as_r5(FULL) | {"status": "ended"}).status is OrderStatus.STOPPED


def adherence(code: str | None) -> dict[str, Any]:
    said = {} if code is None else {"adherence": {"code": coded(code, "x")}}
    return {"resourceType": "MedicationStatement", "id": "s1", "status": "recorded", "subject": ABOUT} | {
        "medication": {"concept": HYDROXO},
        **said,
    }


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("taking", OrderStatus.ACTIVE),
        ("taking-as-directed", OrderStatus.ACTIVE),
        ("taking-not-as-directed", OrderStatus.UNKNOWN),
        ("on-hold-as-directed", OrderStatus.ON_HOLD),
        ("stopped-not-as-directed", OrderStatus.STOPPED),
        ("unknown", OrderStatus.UNKNOWN),
        (None, OrderStatus.UNKNOWN),
    ],
)
def test_an_r5_statement_says_by_adherence_whether_it_is_taken(code: str | None, status: OrderStatus) -> None:
    assert only(adherence(code)).status is status


@pytest.mark.parametrize(
    "elements",
    [{"taken": "n"}, {"wasNotTaken": True}, {"status": "not-taken"}, {"status": "entered-in-error", "taken": "y"}],
)
def test_what_was_not_taken_is_no_treatment(elements: dict[str, Any]) -> None:
    assert snapshot(statement(HYDROXO, **elements)).medications == ()
    assert snapshot(adherence("not-taking")).medications == ()


@pytest.mark.parametrize(("taken", "status"), [("y", OrderStatus.ACTIVE), ("unk", OrderStatus.UNKNOWN)])
def test_an_stu3_statement_says_apart_whether_it_is_taken(taken: str, status: OrderStatus) -> None:
    assert only(statement(HYDROXO, taken=taken)).status is status


@pytest.mark.parametrize("version", VERSIONS)
def test_the_dose_of_a_statement_is_read_in_every_version(version: str) -> None:
    order = only(VERSIONS[version](statement(HYDROXO, dosage=[dosage(timing=repeat(1, 1, "mo"))])))
    assert order.status is OrderStatus.ACTIVE
    assert order.cobalamin_dose is not None
    assert order.timing is not None
    assert order.timing.longest_interval is not None


@pytest.mark.parametrize("element", ["notDone", "notPerformed"])
def test_a_procedure_that_was_not_done_is_none(element: str) -> None:
    injection = procedure(coded("709544008", SNOMED))
    assert len(snapshot(injection).operations) == 1
    assert snapshot(injection | {element: True}).operations == ()


def test_an_r5_procedure_is_dated_by_its_occurrence() -> None:
    (operation,) = snapshot(as_r5(procedure(coded("709544008", SNOMED)))).operations
    assert operation.day == date(2020, 1, 1)


def allergy(**elements: Any) -> dict[str, Any]:
    base = {"resourceType": "AllergyIntolerance", "id": "a1", "patient": ABOUT, "code": HYDROXO}
    return base | {"clinicalStatus": coded("active", "x"), "verificationStatus": coded("confirmed", "x")} | elements


ANAPHYLAXIS = {"manifestation": [coded("39579001", SNOMED, display="Anaphylaxis")]}


@pytest.mark.parametrize("version", VERSIONS)
def test_anaphylaxis_is_severe_in_every_version(version: str) -> None:
    sent = VERSIONS[version](allergy(reaction=[ANAPHYLAXIS], recordedDate="2024-05-06", type="allergy"))
    (read,) = snapshot(sent).allergies
    assert read.severity is AllergySeverity.SEVERE
    assert read.recorded == date(2024, 5, 6)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_criticality_of_an_allergy_is_read_in_every_version(version: str) -> None:
    (high,) = snapshot(VERSIONS[version](allergy(criticality="high"))).allergies
    (low,) = snapshot(VERSIONS[version](allergy(criticality="low", type="intolerance"))).allergies
    assert (high.severity, low.severity) == (AllergySeverity.SEVERE, AllergySeverity.MILD)
    assert low.intolerance


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_a_refuted_allergy_is_none_in_every_version(version: str, status: str) -> None:
    assert snapshot(VERSIONS[version](allergy(verificationStatus=coded(status, "x")))).allergies == ()


def test_an_r5_condition_whose_status_is_unknown_makes_the_list_unknown() -> None:
    unknown = condition(coded("D51.0", ICD10CM), clinicalStatus=coded("unknown", "x"))
    assert ResourceKind.CONDITIONS in snapshot(unknown).unreadable_kinds
    assert len(snapshot(unknown).diagnoses) == 1


@pytest.mark.parametrize("rewrite", [as_r5, as_stu3, lambda same: same], ids=["R5", "STU3", "R4"])
def test_a_test_on_order_is_seen_in_every_version(rewrite: Any) -> None:
    request = {"resourceType": "ServiceRequest", "id": "sr", "status": "active", "intent": "order", "subject": ABOUT}
    sent = rewrite(request | {"code": coded("2132-9", LOINC), "authoredOn": TODAY.isoformat()})
    t: Thresholds = load().knowledge.thresholds
    assert len(on_order([raw(sent)], "p1", TODAY, t)) == 1
    assert len(already_ordered([sent])) == 1


def test_a_record_about_a_contained_patient_leaves_the_list_incomplete() -> None:
    read = mapped(FULL | {"subject": {"reference": "#pat"}})
    assert read.snapshot.medications == ()
    assert not read.snapshot.told(ResourceKind.MEDICATIONS)
