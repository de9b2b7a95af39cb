"""MedicationRequest.statusReason, R4 and DSTU2, as reasons for a stop. One that is not understood silences nothing."""

from typing import Any

import pytest

from cds_service.clinical.orders import OrderStatus, StopReason
from fhir_mappings.drafts import read_drafts

HL7 = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason"


def reasons(sent: Any, element: str = "statusReason", kind: str = "MedicationRequest") -> frozenset[StopReason]:
    draft = {
        "resourceType": kind,
        "id": "1",
        "status": "stopped",
        "medicationCodeableConcept": {"text": "hydroxocobalamin"},
        element: sent,
    }
    (order,) = read_drafts([draft], [None], [], "p")
    assert order.status is OrderStatus.STOPPED
    return order.stop_reasons


def coded(*codes: str, system: str = HL7, text: str | None = None) -> dict[str, Any]:
    said = {"coding": [{"system": system, "code": code} for code in codes]}
    return said if text is None else said | {"text": text}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("salg", StopReason.ALLERGY_OR_INTOLERANCE),
        ("sintol", StopReason.ALLERGY_OR_INTOLERANCE),
        ("sdupther", StopReason.DUPLICATE),
        ("drughigh", StopReason.LEVEL_HIGH),
        ("hospadm", StopReason.ADMISSION),
        ("surg", StopReason.SURGERY),
        ("labint", StopReason.TEST),
        *((code, StopReason.OTHER) for code in ("altchoice", "clarif", "non-avail", "preg", "sddi", "washout")),
    ],
)
def test_every_code_of_hl7_is_read(code: str, reason: StopReason) -> None:
    assert reasons(coded(code)) == {reason}


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"text": "Duplicate therapy."}, {StopReason.DUPLICATE}),
        ({"text": "Adverse  reaction"}, {StopReason.ALLERGY_OR_INTOLERANCE}),
        ({"text": "no adverse reaction, B12 normal"}, {StopReason.OTHER}),
        ({"text": "B12 normal"}, {StopReason.OTHER}),
        (coded("0008", system="https://example.org/reasons", text="Duplicate Prescription"), {StopReason.DUPLICATE}),
        (coded("0009", system="https://example.org/reasons"), {StopReason.OTHER}),
        (coded("drughigh", text="allergy"), {StopReason.LEVEL_HIGH}),
        (coded("salg", "drughigh"), {StopReason.ALLERGY_OR_INTOLERANCE, StopReason.LEVEL_HIGH}),
        ([coded("surg"), coded("hospadm")], {StopReason.SURGERY, StopReason.ADMISSION}),
        ({}, set()),
        ({"coding": []}, set()),
        (None, set()),
    ],
)
def test_a_text_is_read_as_a_whole_and_only_without_a_known_code(sent: Any, found: set[StopReason]) -> None:
    assert reasons(sent) == found


def test_dstu2_calls_it_reason_ended() -> None:
    assert reasons({"text": "Intolerance"}, "reasonEnded", "MedicationOrder") == {StopReason.ALLERGY_OR_INTOLERANCE}


@pytest.mark.parametrize("sent", ["drughigh", 4, ["drughigh"]])
def test_an_impossible_shape_leaves_the_stop_and_no_reason(sent: Any) -> None:
    assert reasons(sent) == frozenset()
