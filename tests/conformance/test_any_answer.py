"""Whatever a service answers, the tester ends with a finding on every line and writes its report."""

import io
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cds_service.conformance.profile import PROFILES
from cds_service.conformance.report import as_json, as_junit, as_table
from cds_service.conformance.run import Outcome, run
from cds_service.conformance.subject import Answer, Subject
from cds_service.conformance.trial import Options
from tests.conformance.little_service import Json, correct_answer, correct_discovery


class Canned(Subject):
    """A subject without HTTP: it answers with what it is given."""

    def __init__(self, discovery: Callable[[], bytes], answer: Callable[[Json], bytes]) -> None:
        super().__init__("http://canned.example")
        self.canned = discovery, answer

    def send(self, _: str, __: str, body: bytes | None = None, *___: Any, **____: Any) -> Answer:  # type: ignore[override]
        discovery, answer = self.canned
        return Answer(200, {}, discovery() if body is None else answer(json.loads(body)), 1.0)


def outcome_of(
    discovery: Callable[[], bytes],
    answer: Callable[[Json], bytes],
    profile: str = "crd",
    own: tuple[tuple[str, Json], ...] = (),
) -> Outcome:
    subject = Canned(discovery, answer)
    return run(subject, PROFILES[profile], Options(own), frozenset("ACDEF"), lambda *_: None)


def _dumped(document: Any) -> bytes:
    return json.dumps(document).encode()


def _correct(request: Json) -> Json:
    try:
        return correct_answer(request)
    except (KeyError, TypeError, AttributeError):
        return {"cards": []}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for name, member in below for each in _paths(member, (*path, name)))]


def _with(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at the path, where it has such a path."""
    if not path:
        return value
    changed = deepcopy(document)
    holder = changed
    try:
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = value
    except (KeyError, IndexError, TypeError):
        return document
    return changed


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just("\ud800"),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=4,
)
ANY = ODD | st.sampled_from(["update", "delete", "create", "at-most-one", [{}], {"resourceType": "Patient"}, "{{}}"])
_REQUEST = {
    "hook": "order-select",
    "hookInstance": "1",
    "context": {
        "patientId": "p",
        "draftOrders": {
            "entry": [
                {
                    "resource": {
                        "resourceType": "MedicationRequest",
                        "id": "d",
                        "status": "draft",
                        "intent": "order",
                        "subject": {"reference": "Patient/p"},
                        "medicationCodeableConcept": {"text": "cyanocobalamin"},
                    }
                }
            ]
        },
    },
}
_SAMPLE = correct_answer(_REQUEST)


def _reported(outcome: Outcome) -> None:
    assert len(outcome.results) == 33
    stream = io.StringIO()
    as_table(outcome, stream)
    for text in (stream.getvalue(), as_json(outcome)):
        text.encode()
    as_junit(outcome)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(_paths(_SAMPLE)), ANY, st.sampled_from(sorted(PROFILES)))
@example(("cards", 0, "suggestions", 0, "actions", 0, "resource", "status"), {"\x00": None}, "cds-hooks-1.0")
def test_an_odd_answer(path: tuple[Any, ...], value: Any, profile: str) -> None:
    _reported(
        outcome_of(lambda: _dumped(correct_discovery()), lambda r: _dumped(_with(_correct(r), path, value)), profile)
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(_paths(correct_discovery())), ANY, st.sampled_from(sorted(PROFILES)))
def test_an_odd_discovery(path: tuple[Any, ...], value: Any, profile: str) -> None:
    _reported(outcome_of(lambda: _dumped(_with(correct_discovery(), path, value)), lambda r: _dumped(_correct(r))))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(_paths(_REQUEST["context"], ("context",))), ANY)
def test_an_odd_request_of_ones_own(path: tuple[Any, ...], value: Any) -> None:
    own = (("own.json", _with(_REQUEST, path, value)),)
    _reported(outcome_of(lambda: _dumped(correct_discovery()), lambda _: _dumped(_SAMPLE), own=own))


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[" * 900 + b"]" * 900, b"[" * 90000, b"9" * 9999, b'{"a":' * 300 + b"1" + b"}" * 300],
    ids=["nothing", "no UTF-8", "deep", "too deep", "a long number", "deep objects"],
)
def test_an_odd_body(body: bytes) -> None:
    _reported(outcome_of(lambda: _dumped(correct_discovery()), lambda _: body))
    _reported(outcome_of(lambda: body, lambda _: body))


def test_a_service_that_looks_at_no_data_has_shown_nothing_of_what_it_makes_of_it() -> None:
    subject = Canned(lambda: _dumped(correct_discovery()), lambda _: b'{"cards": []}')
    outcome = run(subject, PROFILES["cds-hooks-2.0"], Options(()), frozenset("G"), lambda *_: None)
    rows = {row["number"]: row["verdict"] for row in json.loads(as_json(outcome))["assertions"]}
    assert {rows[number] for number in (48, 49, 50, 54)} == {"NOT_SEEN"}
