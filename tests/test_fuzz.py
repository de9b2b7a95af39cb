"""10,000 fuzzed requests a run: never a 5xx, never "all clear" by mistake (tests/fuzz).

Counted, so that the fuzz itself cannot become blind; and seen to fail on each of the defects that are planted here.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count, islice
from typing import Any
from uuid import uuid4

import pytest

from cds_service import decide as deciding
from cds_service.clinical.outcomes import Decision
from cds_service.clinical.snapshot import Availability
from cds_service.hooks import actions, rendering
from cds_service.hooks.problems import Problem
from cds_service.patient_data import gather
from fhir_mappings import drafts
from fhir_mappings import snapshot as mapping
from fhir_mappings.parse import UnreadableError
from tests.fuzz.accepted import ACCEPTED
from tests.fuzz.case import Case, Kind
from tests.fuzz.changes import CHANGES
from tests.fuzz.defects import DEFECTS
from tests.fuzz.generator import case
from tests.fuzz.hostile_http import ATTACKS
from tests.fuzz.planted import swallow_refusals
from tests.fuzz.running import Seen, look_at, run
from tests.fuzz.takings import OF_A_DRAFT, OF_A_RESOURCE, OF_A_RESULT, OF_A_SEARCH, OF_THE_PATIENT

SEEDS = (1, 2, 3, 4)
EACH = 2_500
_SEEN = Seen()


def cases(seed: int, *, start: int = 0) -> Any:
    return (case(seed, number) for number in count(start))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_fuzzed_request_fails_or_is_all_clear_by_mistake(seed: int) -> None:
    seen = run(islice(cases(seed), EACH))
    assert seen.failures == [], "\n".join(seen.failures[:5])
    _SEEN.add(seen)


@pytest.mark.slow
def test_the_fuzz_is_not_blind() -> None:
    """Of all that was sent above: how much was judged, and was everything that can be done to a request done?"""
    total = sum(_SEEN.cases.values())
    if total < len(SEEDS) * EACH:
        pytest.skip("only a part of the requests was sent")
    assert total >= 10_000
    assert _SEEN.evaluated > 0.6 * total
    assert _SEEN.with_cards > 0.45 * total
    assert _SEEN.compared > 0.15 * total
    assert _SEEN.statuses[200] > 0.6 * total
    assert _SEEN.statuses[400] > 0.02 * total
    assert _SEEN.statuses[412] > 0.02 * total
    assert {413, 415, 404, 405} <= _SEEN.statuses.keys()
    assert all(_SEEN.cases[kind] > 0.03 * total for kind in Kind)
    done = {*CHANGES, *DEFECTS, *ATTACKS}
    assert sorted(name for name in done if _SEEN.names[name] < 3) == []
    taken = " ".join(name for name in _SEEN.names if name.startswith("taken: "))
    wanted = {*OF_A_SEARCH, *OF_A_RESOURCE, *OF_A_RESULT, *OF_A_DRAFT, *OF_THE_PATIENT}
    assert sorted(name for name in wanted if f": {name}" not in taken) == []
    # What is accepted stays a small part, and nothing is on the list that is not needed.
    assert sum(_SEEN.accepted.values()) < 0.15 * _SEEN.compared
    assert len(_SEEN.accepted) >= len(ACCEPTED) - 4, "exceptions that nothing needs"


def test_a_case_is_the_same_each_time_and_names_itself() -> None:
    for number in range(200):
        once, again = case(9, number), case(9, number)
        assert once == again
        assert str(once).startswith(f"python -m tests.fuzz --seed 9 --case {number}  # {once.kind}")
        assert json.dumps(once.mark)[1:-1] in once.call.body.decode("latin-1") or once.kind is not Kind.VALID


# --- the fuzz is seen to fail


def found(wanted: str, within: int, chosen: Callable[[Case], bool] = lambda _: True) -> bool:
    """Does a fuzz of so many cases find it?"""
    seen = Seen()
    for each in islice(filter(chosen, cases(77)), within):
        look_at(each, seen)
        if any(wanted in failure for failure in seen.failures):
            return True
    return False


def test_what_failed_taken_for_complete_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers with an error, as if it had nothing."""
    real = gather.read_part

    def hopeful(key: Any, raw: Any) -> Any:
        part = real(key, raw)
        return None if part is None else replace(part, state=Availability.COMPLETE)

    monkeypatch.setattr(gather, "read_part", hopeful)
    assert found("ALL CLEAR BY MISTAKE", 400, lambda each: each.kind is Kind.TAKEN)


def test_a_key_that_is_not_there_taken_for_empty_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = gather.Part((), Availability.COMPLETE)
    monkeypatch.setattr(gather, "_NOTHING", nothing)
    assert found("ALL CLEAR BY MISTAKE", 400, lambda each: each.kind is Kind.TAKEN)


def test_an_entry_that_cannot_be_read_passed_over_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    availability = mapping.Snapshot

    def forgetful(**facts: Any) -> Any:
        return availability(**facts | {"unreadable_kinds": frozenset()})

    monkeypatch.setattr(mapping, "Snapshot", forgetful)
    assert found("ALL CLEAR BY MISTAKE", 1500, lambda each: each.kind is Kind.TAKEN)


def test_a_draft_that_cannot_be_read_passed_over_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "_drug_alone", lambda *_: None)
    assert found("ALL CLEAR BY MISTAKE", 1000, lambda each: each.taken[0] == "draft")


def test_an_error_swallowed_into_silence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    swallow_refusals(monkeypatch)
    assert found("without the Patient", 300)


def test_an_unhandled_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = deciding.map_patient_data

    def failing(*given: Any) -> Any:
        mapped = real(*given)
        if mapped.snapshot.unreadable:
            raise UnreadableError
        return mapped

    monkeypatch.setattr(deciding, "map_patient_data", failing)
    assert found("status 500", 300)


def test_four_cards_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = deciding.evaluate

    def talkative(*given: Any) -> Decision:
        decision = real(*given)
        return Decision((*decision.advice, *decision.advice), decision.verdicts)

    monkeypatch.setattr(deciding, "evaluate", talkative)
    assert found("two cards of one topic", 50)


def test_a_name_in_an_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = deciding.map_patient_data

    def telling(resources: Any, availability: Any, patient: str, *given: Any) -> Any:
        mapped = real(resources, availability, patient, *given)
        if mapped.wrong_patient:
            raise Problem(deciding.Fault.WRONG_PATIENT, keys=(patient,))
        return mapped

    monkeypatch.setattr(deciding, "map_patient_data", telling)
    assert found("the error holds what is the patient's", 400)


def test_an_answer_by_chance_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "uuid5", lambda *_: uuid4())
    assert found("not the same answer twice", 50)


def test_a_draft_that_is_changed_where_it_must_not_be_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = actions.fhir_orders.changed_order

    def careless(*given: Any, **named: Any) -> Any:
        return real(*given, **named) | {"status": "active"}

    monkeypatch.setattr(actions.fhir_orders, "changed_order", careless)
    assert found("an update changes ['status']", 100)
