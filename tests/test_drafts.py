"""Draft orders: every shape that clients publish, selections, references, and what is in scope."""

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.orders import MedicationOrder, NeurologicalStatement, OrderStatus, Origin
from fhir_mappings.drafts import NEUROLOGICAL_STATUS, any_in_scope, count_foreign, read_drafts
from fhir_mappings.versions import is_r4_order
from tests.fhir_examples import ABOUT, RXNORM, SNOMED, coded, dosage, medication_request, quantity, repeat

I = Ingredient  # noqa: E741
HYDROXO = coded("5514", RXNORM, display="hydroxocobalamin")
FOLIC = coded("4511", RXNORM, display="folic acid")


def draft(code: dict[str, Any] | None = HYDROXO, **elements: Any) -> dict[str, Any]:
    return medication_request(code, **({"status": "draft"} | elements))


def read(
    *drafts: dict[str, Any], urls: tuple[str | None, ...] | None = None, selections: tuple[str, ...] = ()
) -> tuple[MedicationOrder, ...]:
    return read_drafts(drafts, urls or (None,) * len(drafts), selections, "p1")


def only(*drafts: dict[str, Any], urls: tuple[str | None, ...] | None = None) -> MedicationOrder:
    (order,) = read(*drafts, urls=urls)
    return order


def test_an_r4_draft_is_read_whole() -> None:
    instruction = dosage(timing=repeat(1, 2, "d"), route=coded("78421000", SNOMED))
    order = only(draft(dosageInstruction=[instruction], priorPrescription={"reference": "MedicationRequest/m0"}))
    assert order.reference == "MedicationRequest/m1"
    assert (order.status, order.origin, order.index) == (OrderStatus.DRAFT, Origin.DRAFT, 0)
    assert order.cobalamin is I.HYDROXOCOBALAMIN
    assert order.cobalamin_dose is not None
    assert order.cobalamin_dose.low_ug == 1000
    assert order.route is Route.INTRAMUSCULAR
    assert order.timing is not None
    assert order.timing.longest_interval == 2
    assert order.renews == ("MedicationRequest/m0",)
    assert order.changeable


def test_numbers_keep_their_digits() -> None:
    order = only(draft(dosageInstruction=[dosage("1.050", "mg")]))
    assert order.cobalamin_dose is not None
    assert order.cobalamin_dose.low_ug == Decimal(1050)


def test_a_dstu2_order_is_read_and_known_as_no_r4() -> None:
    older = {
        "resourceType": "MedicationOrder",
        "id": "mo1",
        "status": "draft",
        "patient": ABOUT,
        "dateWritten": "2026-11-20",
        "medicationCodeableConcept": HYDROXO,
        "dosageInstruction": [
            {
                "doseQuantity": quantity("1", "mg"),
                "timing": {"repeat": {"frequency": 1, "period": 3, "periodUnits": "mo"}},
            }
        ],
    }
    order = only(older)
    assert order.reference == "MedicationOrder/mo1"
    assert not is_r4_order(older)
    assert order.cobalamin_dose is not None
    assert order.timing is not None
    assert order.timing.longest_interval == Decimal("91.32")
    assert order.authored is not None


def test_an_stu3_shape_is_read_and_known_as_no_r4() -> None:
    sent = draft(dosageInstruction=[{"doseQuantity": quantity("1000", "ug")}])
    assert only(sent).cobalamin_dose is not None
    assert not is_r4_order(sent)


def test_dose_and_rate_as_an_object_is_read_and_may_be_changed() -> None:
    order = only(draft(dosageInstruction=[{"doseAndRate": {"doseQuantity": quantity("1000", "ug")}}]))
    assert order.cobalamin_dose is not None
    assert order.changeable


def test_the_reference_falls_back_to_the_full_url_and_then_to_the_position() -> None:
    assert only(draft(id=None), urls=("urn:uuid:1",)).reference == "urn:uuid:1"
    assert only(draft(id=None)).reference == "#draft-0"


def test_the_index_counts_every_entry() -> None:
    orders = read({"resourceType": "NutritionOrder", "id": "n"}, draft(), {"resourceType": "Unheard"}, draft(id="m2"))
    assert [each.index for each in orders] == [1, 3]


@pytest.mark.parametrize(
    "selection",
    ["MedicationRequest/m2", "m2", "https://ehr.example/fhir/MedicationRequest/m2", "urn:uuid:two",
     "MedicationRequest/m2/_history/1"],
)  # fmt: skip
def test_selections_choose_by_id_url_or_full_url(selection: str) -> None:
    orders = read(draft(), draft(id="m2"), urls=(None, "urn:uuid:two"), selections=(selection,))
    assert [each.selected for each in orders] == [False, True]


@pytest.mark.parametrize("selections", [(), ("MedicationRequest/absent",), ("",)])
def test_selections_that_name_nothing_select_all(selections: tuple[str, ...]) -> None:
    assert all(each.selected for each in read(draft(), draft(id="m2"), selections=selections))


def test_a_selected_diet_leaves_the_medicines_unselected() -> None:
    orders = read(draft(), {"resourceType": "NutritionOrder", "id": "n"}, selections=("NutritionOrder/n",))
    assert [each.selected for each in orders] == [False]


def test_an_order_about_somebody_else_is_left_out_and_counted() -> None:
    other = draft(subject={"reference": "Patient/p2"})
    assert read(other) == ()
    assert count_foreign([other, draft(), draft(subject=None)], "p1") == 1
    assert len(read(draft(subject=None))) == 1
    assert len(read(draft(subject={"reference": "https://ehr.example/fhir/Patient/p1"}))) == 1


def test_the_subject_of_an_older_order_counts_beside_an_empty_one() -> None:
    other = draft(patient={"reference": "Patient/p2"}) | {"subject": None}
    assert count_foreign([other], "p1") == 1


def test_an_id_sent_as_a_number_can_be_selected() -> None:
    orders = read(draft(id=7), draft(id="m2"), selections=("MedicationRequest/7",))
    assert [each.selected for each in orders] == [True, False]


@pytest.mark.parametrize(
    "elements",
    [{"medication": [{"concept": HYDROXO}]}, {"medication": [HYDROXO]}, {"medication": "hydroxocobalamin 1 mg"}],
)
def test_a_drug_in_an_odd_shape_is_seen_and_its_dose_is_not_guessed(elements: dict[str, Any]) -> None:
    order = only(draft(None, dosageInstruction=[dosage()], **elements))
    assert order.cobalamin is I.HYDROXOCOBALAMIN
    assert order.dose_unreadable
    assert not order.changeable


def test_an_order_not_to_give_is_no_order() -> None:
    assert read(draft(doNotPerform=True)) == ()


@pytest.mark.parametrize("pointer", ["Medication/x", "urn:uuid:med", "https://ehr.example/fhir/Medication/x"])
def test_a_medication_beside_the_order_is_found(pointer: str) -> None:
    medication = {"resourceType": "Medication", "id": "x", "code": HYDROXO}
    order = only(medication, draft(None, medicationReference={"reference": pointer}), urls=("urn:uuid:med", None))
    assert order.cobalamin is I.HYDROXOCOBALAMIN


def test_drugs_that_are_contained_named_or_missing() -> None:
    contained = [{"resourceType": "Medication", "id": "x", "code": HYDROXO}]
    assert only(draft(None, contained=contained, medicationReference={"reference": "#x"})).cobalamin
    assert only(draft(None, medicationReference={"display": "Hydroxocobalamin 1 mg"})).cobalamin
    empty = only(draft(None))
    assert not empty.product.recognised
    assert not any_in_scope([empty])


@pytest.mark.parametrize("status", ["draft", "active", "stopped", "on-hold", "cancelled", "completed"])
def test_the_status_is_kept(status: str) -> None:
    assert only(draft(status=status)).status.value == status


def test_a_missing_status_is_a_draft_and_a_strange_one_is_unknown() -> None:
    assert only(draft(status=None)).status is OrderStatus.DRAFT
    assert only(draft(status="odd")).status is OrderStatus.UNKNOWN


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        ({"valueCode": "present"}, NeurologicalStatement.PRESENT),
        ({"valueCode": "assessed-absent"}, NeurologicalStatement.ASSESSED_ABSENT),
        ({"valueCoding": {"code": "present"}}, NeurologicalStatement.PRESENT),
        ({"valueCodeableConcept": coded("assessed-absent", "x")}, NeurologicalStatement.ASSESSED_ABSENT),
        ({"valueCode": "maybe"}, None),
        ({}, None),
    ],
)
def test_the_prescribers_statement_is_read(value: dict[str, Any], stated: NeurologicalStatement | None) -> None:
    order = only(
        draft(extension=[{"url": "https://other.example", "valueInteger": 3}, {"url": NEUROLOGICAL_STATUS} | value])
    )
    assert order.stated_neurology is stated


def test_two_statements_that_contradict_are_none() -> None:
    both = [{"url": NEUROLOGICAL_STATUS, "valueCode": each} for each in ("present", "assessed-absent")]
    assert only(draft(extension=both)).stated_neurology is None


def test_a_draft_with_an_impossible_element_is_still_an_order_of_its_drug() -> None:
    order = only(draft(reasonCode="a text", dosageInstruction=[dosage()]))
    assert order.cobalamin is I.HYDROXOCOBALAMIN
    assert order.step.dose_unreadable
    assert any_in_scope([order])


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (draft(), True),
        (draft(FOLIC), True),
        (draft(status="stopped"), True),
        (draft(status="completed"), False),
        (draft(status="entered-in-error"), False),
        (draft(coded("314076", RXNORM, display="lisinopril")), False),
        (draft(coded("91516", RXNORM)), False),
        (draft(coded("700499", RXNORM)), False),
        (draft({"text": "vitamin B12 injection"}), True),
        (draft(None, medicationReference={"reference": "Medication/unknown"}), True),  # it may be one: named
        (draft(coded("MED-1", "urn:oid:1.2.3")), True),  # a code of the site, with no name: it may be one
        (draft(coded("MED-1", "urn:oid:1.2.3", display="lisinopril")), False),
        (
            draft({"coding": [{"system": "urn:oid:1.2.3", "code": "MED-1"}, {"system": RXNORM, "code": "314076"}]}),
            False,
        ),
    ],
)
def test_scope(order: dict[str, Any], expected: bool) -> None:
    assert any_in_scope(read(order)) is expected


def test_an_unselected_order_does_not_open_the_scope() -> None:
    orders = read(draft(), draft(coded("314076", RXNORM), id="m2"), selections=("m2",))
    assert not any_in_scope(orders)
