"""What the patient takes: products by code, reference and text; status, period and supply."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.concepts import Ingredient, ProductKind, ResourceKind, Route
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import OrderStatus, Origin
from tests.fhir_examples import (
    ABOUT,
    ICD10CM,
    RXNORM,
    coded,
    dosage,
    mapped,
    medication_request,
    repeat,
    snapshot,
)

I = Ingredient  # noqa: E741
HYDROXO = coded("5514", RXNORM, display="hydroxocobalamin")
MONTHLY = dosage(timing=repeat(1, 1, "mo"))


def statement(code: dict[str, Any] | None, **elements: Any) -> dict[str, Any]:
    base = {"resourceType": "MedicationStatement", "id": "s1", "status": "active", "subject": ABOUT}
    return base | ({} if code is None else {"medicationCodeableConcept": code}) | elements


def test_a_request_is_read_whole() -> None:
    sent = medication_request(
        HYDROXO,
        authoredOn="2026-01-10T09:00:00Z",
        dosageInstruction=[MONTHLY],
        dispenseRequest={
            "numberOfRepeatsAllowed": 2,
            "expectedSupplyDuration": {"value": 30, "code": "d"},
            "validityPeriod": {"end": "2026-02-01"},
        },
        priorPrescription={"reference": "https://ehr.example/fhir/MedicationRequest/m0"},
        basedOn=[{"reference": "CarePlan/x"}],
        reasonCode=[coded("D51.0", ICD10CM)],
        reasonReference=[{"reference": "Condition/c1"}],
        note=[{"text": "as before"}],
    )
    (order,) = snapshot(sent).medications
    assert order.reference == "MedicationRequest/m1"
    assert order.product.ingredients == {I.HYDROXOCOBALAMIN}
    assert (order.status, order.origin, order.index) == (OrderStatus.ACTIVE, Origin.REQUEST, -1)
    assert order.authored == date(2026, 1, 10)
    assert order.supply_ends == date(2026, 4, 10)
    assert order.renews == ("MedicationRequest/m0", "CarePlan/x")
    assert Concept.PERNICIOUS_ANAEMIA in order.reasons
    assert order.reason_references == ("Condition/c1",)
    assert order.has_note
    assert order.cobalamin_dose is not None
    assert order.cobalamin_dose.low_ug == 1000


@pytest.mark.parametrize(
    "elements",
    [{"status": "draft"}, {"status": "cancelled"}, {"status": "entered-in-error"}, {"intent": "proposal"},
     {"intent": "option"}, {"doNotPerform": True}],
)  # fmt: skip
def test_what_was_not_ordered_is_no_record(elements: dict[str, Any]) -> None:
    assert snapshot(medication_request(HYDROXO, **elements)).medications == ()


@pytest.mark.parametrize("intent", ["original-order", "filler-order", "wish"])
def test_an_intent_that_nobody_named_is_neither_used_nor_overlooked(intent: str) -> None:
    found = snapshot(medication_request(HYDROXO, intent=intent))
    assert found.medications == ()
    assert not found.told(ResourceKind.MEDICATIONS)
    assert snapshot(medication_request(coded("314076", RXNORM), intent=intent)).told(ResourceKind.MEDICATIONS)


def test_a_reason_may_name_b12() -> None:
    named = [coded("E53.8", ICD10CM, text="B12 deficiency")]
    assert snapshot(medication_request(HYDROXO, reasonCode=named)).medications[0].names_b12
    assert not snapshot(medication_request(HYDROXO, reasonCode=[coded("E53.8", ICD10CM)])).medications[0].names_b12


def test_completed_and_stopped_orders_are_kept_with_their_status() -> None:
    sent = [medication_request(HYDROXO, id=each, status=each) for each in ("completed", "stopped", "on-hold")]
    found = snapshot(*sent).medications
    assert [each.status.value for each in found] == ["completed", "stopped", "on-hold"]


def test_a_statement_has_its_period() -> None:
    sent = statement(HYDROXO, effectivePeriod={"start": "2025-01", "end": "2025-06"}, dosage=[MONTHLY])
    (order,) = snapshot(sent).medications
    assert order.reference == "MedicationStatement/s1"
    assert (order.starts, order.ends) == (date(2025, 1, 1), date(2025, 6, 30))
    assert order.origin is Origin.STATEMENT
    assert order.timing is not None


@pytest.mark.parametrize("status", ["not-taken", "intended", "entered-in-error"])
def test_a_statement_of_not_taking_is_no_record(status: str) -> None:
    assert snapshot(statement(HYDROXO, status=status)).medications == ()


@pytest.mark.parametrize(
    ("code", "ingredients"),
    [
        (coded("11248", RXNORM, display="vitamin B12"), {I.CYANOCOBALAMIN}),
        (coded("11248", "urn:oid:2.16.840.1.113883.6.88"), {I.CYANOCOBALAMIN}),
        ({"text": "vitamin B12 injection"}, {I.COBALAMIN_UNSPECIFIED}),
        ({"coding": [{"display": "Methylcobalamin 1 mg tablet"}]}, {I.MECOBALAMIN}),
        (coded("99999999", RXNORM, display="Folic acid 5 MG Oral Tablet"), {I.FOLIC_ACID}),
        ({"coding": [{"system": RXNORM, "code": "42604"}, {"system": RXNORM, "code": "5514"}]}, {I.HYDROXOCOBALAMIN}),
        # The code decides, not the words beside it.
        (coded("5514", RXNORM, display="cyanocobalamin"), {I.HYDROXOCOBALAMIN}),
    ],
)
def test_products_by_code_else_by_text(code: dict[str, Any], ingredients: set[Ingredient]) -> None:
    (order,) = snapshot(medication_request(code)).medications
    assert order.product.ingredients == ingredients


def test_two_forms_in_one_line_leave_the_form_open() -> None:
    both = {"coding": [{"system": RXNORM, "code": "5514"}, {"system": RXNORM, "code": "11248"}]}
    (order,) = snapshot(medication_request(both)).medications
    assert order.cobalamin is I.COBALAMIN_UNSPECIFIED


def test_cyanocobalamin_recorded_as_vitamin_b12_is_marked() -> None:
    (order,) = snapshot(medication_request(coded("11248", RXNORM, display="vitamin B12"))).medications
    assert order.product.named_vitamin_b12
    (other,) = snapshot(medication_request(coded("11248", RXNORM, display="cyanocobalamin"))).medications
    assert not other.product.named_vitamin_b12


def test_the_most_specific_coding_gives_strength_and_route() -> None:
    both = {"coding": [{"system": RXNORM, "code": "11248"}, {"system": RXNORM, "code": "309594"}]}
    sent = medication_request(both, dosageInstruction=[dosage("1", "mL")])
    (order,) = snapshot(sent).medications
    assert order.cobalamin_dose is not None
    assert order.cobalamin_dose.low_ug == 1000


def test_the_antidote_is_not_a_medicine() -> None:
    both = {"coding": [{"system": RXNORM, "code": "5514"}, {"system": RXNORM, "code": "700499"}]}
    (order,) = snapshot(medication_request(both)).medications
    assert order.product.kind is ProductKind.CYANIDE_ANTIDOTE


def test_a_contained_medication_is_read() -> None:
    contained = [{"resourceType": "Medication", "id": "med", "code": HYDROXO}]
    sent = medication_request(None, contained=contained, medicationReference={"reference": "#med"})
    (order,) = snapshot(sent).medications
    assert order.cobalamin is I.HYDROXOCOBALAMIN


def test_a_medication_of_the_server_is_read_when_it_was_fetched_and_named_when_not() -> None:
    sent = medication_request(None, medicationReference={"reference": "https://ehr.example/fhir/Medication/x1"})
    medication = {"resourceType": "Medication", "id": "x1", "code": HYDROXO}
    (order,) = snapshot(sent, x1=medication).medications
    assert order.cobalamin is I.HYDROXOCOBALAMIN
    found = mapped(sent)
    assert found.snapshot.medications == ()
    assert len(found.snapshot.unknown_medications) == 1
    assert found.unread_medications == ("https://ehr.example/fhir/Medication/x1",)  # whose server is asked is not ours


def test_a_reference_with_a_display_is_read_by_its_words() -> None:
    sent = medication_request(None, medicationReference={"reference": "Medication/x1", "display": "Hydroxocobalamin"})
    found = mapped(sent)
    assert [each.cobalamin for each in found.snapshot.medications] == [I.HYDROXOCOBALAMIN]
    assert found.unread_medications == ("Medication/x1",)
    other = mapped(medication_request(None, medicationReference={"display": "Lisinopril 10 MG"})).snapshot
    assert other.medications == other.unknown_medications == ()


def test_a_compound_is_the_sum_of_its_ingredients() -> None:
    part = {"numerator": {"value": Decimal(1), "code": "mg"}, "denominator": {"value": Decimal(2), "code": "mL"}}
    medication = {
        "resourceType": "Medication",
        "id": "x1",
        "ingredient": [{"itemCodeableConcept": HYDROXO, "strength": part}, {"itemCodeableConcept": {"text": "saline"}}],
    }
    sent = medication_request(
        None, medicationReference={"reference": "Medication/x1"}, dosageInstruction=[dosage("2", "mL")]
    )
    (order,) = snapshot(sent, x1=medication).medications
    assert order.product.ingredients == {I.HYDROXOCOBALAMIN, I.OTHER_MEDICINE}
    dose = order.cobalamin_dose
    assert dose is not None
    assert dose.low_ug == 1000


def test_a_line_without_any_drug_is_unknown_and_an_irrelevant_one_is_skipped() -> None:
    assert len(snapshot(medication_request(None)).unknown_medications) == 1
    assert snapshot(medication_request(None, status="completed")).unknown_medications == ()
    other = snapshot(medication_request(coded("314076", RXNORM, display="lisinopril 10 MG")))
    assert other.medications == other.unknown_medications == ()


def test_a_hidden_part_makes_the_dose_unknown_and_the_list_not_whole() -> None:
    sent = medication_request(HYDROXO, dosageInstruction=[MONTHLY], meta={"tag": [{"code": "SUBSETTED"}]})
    found = snapshot(sent)
    assert found.medications[0].step.dose_unreadable
    assert not found.told(ResourceKind.MEDICATIONS)


def test_an_entry_that_cannot_be_read_makes_its_own_kind_unknown() -> None:
    assert not snapshot(medication_request(HYDROXO, status=5)).told(ResourceKind.MEDICATIONS)
    other = medication_request(coded("314076", RXNORM, display="lisinopril 10 MG"), status=5)
    assert snapshot(other).told(ResourceKind.MEDICATIONS)
    found = snapshot(statement(HYDROXO, status=5))
    assert found.told(ResourceKind.MEDICATIONS)
    assert not found.told(ResourceKind.STATEMENTS)


def test_the_usual_route_of_a_product_is_used_without_a_coded_one() -> None:
    (order,) = snapshot(medication_request(coded("309594", RXNORM), dosageInstruction=[dosage()])).medications
    assert order.route is Route.INTRAMUSCULAR
