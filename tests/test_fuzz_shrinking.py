"""The same oracles for requests that Hypothesis builds, so that a failure comes as the smallest request that fails."""

import json

import pytest
from hypothesis import HealthCheck, find, given, settings

from tests.fuzz.case import Case
from tests.fuzz.oracles import faults
from tests.fuzz.planted import swallow_refusals
from tests.fuzz.running import Seen, in_process, look_at
from tests.fuzz.strategies import deprived, sound, spoilt

STEADY = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def failures(case: Case) -> list[str]:
    seen = Seen()
    look_at(case, seen)
    return seen.failures


@STEADY
@given(sound())
def test_sound_requests(case: Case) -> None:
    assert failures(case) == []
    again = in_process(case.service, case.call)
    assert again.body == in_process(case.service, case.call).body
    assert list(faults(case, again)) == []
    assert again.status == 200


@STEADY
@given(spoilt())
def test_requests_with_one_thing_wrong(case: Case) -> None:
    assert failures(case) == []


@STEADY
@given(deprived())
def test_requests_from_which_something_was_taken_away(case: Case) -> None:
    assert failures(case) == []


def test_a_failure_shrinks_to_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a refusal swallowed into silence, what is left is one draft and no record."""
    swallow_refusals(monkeypatch)
    small = find(
        deprived(), lambda case: any("without the Patient" in each for each in failures(case)), settings=STEADY
    )
    request = json.loads(small.call.body)
    assert not any(part["entry"] for part in request["prefetch"].values() if isinstance(part, dict) and "entry" in part)
    assert len(request["context"].get("draftOrders", {"entry": [0]})["entry"]) == 1
