"""Nitrous oxide in an Observation without a code, as social history has it: whole texts only, and a plain answer."""

from typing import Any

import pytest

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.conditions import Concept
from fhir_mappings.disguise.words import finding
from tests.answers import ask, service
from tests.as_fhir import hook_call
from tests.case_language import read
from tests.fhir_examples import findings_snapshot, observation

YES = {"valueBoolean": True}


def found(text: str, answer: dict[str, Any]) -> list[bool]:
    snapshot = findings_snapshot(observation({"text": text}, **answer))
    return [each.present for each in snapshot.findings if each.concept is Concept.NITROUS_OXIDE_EXPOSURE]


@pytest.mark.parametrize(
    "text", ["Nitrous oxide use", "nitrous  oxide misuse", "Recreational nitrous oxide use", "Use of nitrous oxide."]
)
def test_a_text_that_is_nothing_but_the_exposure(text: str) -> None:
    assert found(text, YES) == [True]
    assert found(text, {"valueString": "yes"}) == [True]
    assert found(text, {"valueBoolean": False}) == [False]


@pytest.mark.parametrize(
    "text", ["No nitrous oxide use", "Denies nitrous oxide use", "Family history: nitrous oxide use",
             "Nitrous oxide level in theatre", "Nitrous oxide and oxygen offered", "Nitric oxide use"],
)  # fmt: skip
def test_any_other_text_is_no_exposure(text: str) -> None:
    assert found(text, YES) == []


def test_a_recording_keeps_the_meaning() -> None:
    assert finding("Use of nitrous oxide.") == "nitrous oxide use"
    assert "nitrous" not in finding("No nitrous oxide use")


def test_an_answer_that_is_not_understood_is_neither() -> None:
    snapshot = findings_snapshot(observation({"text": "Nitrous oxide use"}, valueString="see letter"))
    assert snapshot.findings == ()
    assert ResourceKind.FINDINGS in snapshot.unreadable_kinds


def test_with_signs_the_chart_proposes_treatment_whatever_the_b12() -> None:
    """SG-11."""
    given = ["B12 420 pg/mL, 7 days ago", "sign: paraesthesia, 30 days ago"]
    request = hook_call(read(given), "chart opened")
    assert ask(service(), request)["cards"] == []
    exposure = {
        "resourceType": "Observation", "id": "n2o", "status": "final", "subject": {"reference": "Patient/p1"},
        "code": {"text": "Nitrous oxide use"}, "effectiveDateTime": "2026-11-10", "valueBoolean": True,
    }  # fmt: skip
    request["prefetch"]["findings"].setdefault("entry", []).append({"resource": exposure})
    (card, *_) = ask(service(), request)["cards"]
    assert card["source"]["topic"]["code"] == "RegimenNeurological"
