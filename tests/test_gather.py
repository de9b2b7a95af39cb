"""The decision table for prefetch values (REQ-44), one test a row, without and with a FHIR server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.snapshot import Availability
from cds_service.hooks.problems import Problem
from cds_service.patient_data.gather import gather
from tests.gathering import (
    ABSENT,
    ALL_EMPTY,
    CONDITION,
    SETTLED,
    WITH_PATIENT,
    WITHOUT_CONDITIONS,
    from_prefetch,
    from_server,
    outcome,
    searchset,
    standard,
    told,
    without,
)
from tests.hook_calls import PATIENT_RESOURCE, call, draft, read


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


# key absent; prefetch absent or {}


def test_key_absent_optional_is_not_supplied(pool: ThreadPoolExecutor) -> None:
    assert told(gather(read(call(draft(), prefetch=WITHOUT_CONDITIONS)), None, pool)) == ABSENT


def test_key_absent_required_is_412(pool: ThreadPoolExecutor) -> None:
    without(pool)


def test_key_absent_optional_is_fetched_and_nothing_else_is(pool: ThreadPoolExecutor) -> None:
    gathered, server = from_server(pool, lambda _b, _p: searchset(CONDITION), WITHOUT_CONDITIONS)
    assert told(gathered) == (Availability.COMPLETE, ("c1",))
    assert server.paths == ["Condition?patient=pat-7f3a"]


def test_full_prefetch_makes_no_call(pool: ThreadPoolExecutor) -> None:
    _, server = from_server(pool, standard, WITH_PATIENT)
    assert server.asked == []


# resources inside another resource, where nobody looks for them


@pytest.mark.parametrize("kind", ["Bundle", "List", "Parameters"])
def test_a_bundle_of_bundles_is_not_known_to_be_empty(pool: ThreadPoolExecutor, kind: str) -> None:
    assert from_prefetch(pool, searchset(searchset(CONDITION) | {"resourceType": kind})) == (
        Availability.INCOMPLETE,
        (),
    )


# null


def test_null_search_is_known_empty_and_not_fetched(pool: ThreadPoolExecutor) -> None:
    assert from_prefetch(pool, None) == SETTLED
    _, server = from_server(pool, standard, WITH_PATIENT | {"conditions": None})
    assert server.asked == []


def test_null_read_is_fetched_else_412(pool: ThreadPoolExecutor) -> None:
    without(pool, patient=None)
    gathered, server = from_server(pool, standard, WITH_PATIENT | {"patient": None})
    assert server.paths == ["Patient/pat-7f3a"]
    assert told(gathered, ResourceKind.PATIENT)[0] is Availability.COMPLETE


# empty Bundles


@pytest.mark.parametrize(
    "value",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "total": 0},
        {"resourceType": "Bundle", "entry": []},
        {"resourceType": "Bundle", "entry": None, "link": None, "total": None},
        searchset(outcome("information"), mode="outcome"),
        searchset(outcome("warning"), mode="outcome"),
        searchset(outcome("information")),
    ],
    ids=["no-entry", "total-0", "entry-empty", "nulls", "outcome-information", "outcome-warning", "outcome-no-mode"],
)
def test_empty_bundle_is_known_empty(pool: ThreadPoolExecutor, value: Any) -> None:
    assert from_prefetch(pool, value) == SETTLED


def test_bundle_of_an_error_outcome_degrades(pool: ThreadPoolExecutor) -> None:
    assert from_prefetch(pool, searchset(outcome("error"), mode="outcome")) == (Availability.FAILED, ())
    assert from_prefetch(pool, searchset(outcome("fatal", "security"))) == (Availability.REFUSED, ())


def test_bundle_of_an_error_outcome_for_the_patient_is_fetched_else_412(pool: ThreadPoolExecutor) -> None:
    failed = searchset(outcome("error"), mode="outcome")
    without(pool, patient=failed)
    _, server = from_server(pool, standard, WITH_PATIENT | {"patient": failed})
    assert server.paths == ["Patient/pat-7f3a"]


def test_results_beside_an_error_outcome_are_incomplete(pool: ThreadPoolExecutor) -> None:
    assert from_prefetch(pool, searchset(CONDITION, outcome("error"))) == (Availability.INCOMPLETE, ("c1",))
    assert from_prefetch(pool, searchset(CONDITION, outcome("warning"))) == (Availability.COMPLETE, ("c1",))


def test_bare_operation_outcome_optional_degrades_without_a_further_query(pool: ThreadPoolExecutor) -> None:
    assert from_prefetch(pool, outcome("error")) == (Availability.FAILED, ())
    assert from_prefetch(pool, outcome("error", "login")) == (Availability.REFUSED, ())
    assert from_prefetch(pool, outcome("information")) == (Availability.FAILED, ())
    _, server = from_server(pool, standard, WITH_PATIENT | {"conditions": outcome("error")})
    assert server.asked == []


def test_bare_operation_outcome_required_is_412_without_a_further_query(pool: ThreadPoolExecutor) -> None:
    without(pool, patient=outcome("error"))
    with pytest.raises(Problem):
        from_server(pool, lambda _b, _p: pytest.fail("asked"), WITH_PATIENT | {"patient": outcome("error")})


# other shapes


def test_other_resource_types_and_includes_are_left_out(pool: ThreadPoolExecutor) -> None:
    included = {"resource": CONDITION | {"id": "inc"}, "search": {"mode": "include"}}
    value = searchset(CONDITION, {"resourceType": "Basic", "id": "b"})
    value["entry"].append(included)
    assert from_prefetch(pool, value) == (Availability.COMPLETE, ("c1",))


@pytest.mark.parametrize(
    "value",
    [searchset({"resourceType": "Procedure", "id": "p1"}), searchset(CONDITION, mode="include")],
    ids=["another type", "included only"],
)
def test_a_bundle_of_what_was_not_asked_for_is_no_empty_result(pool: ThreadPoolExecutor, value: Any) -> None:
    assert from_prefetch(pool, value) == (Availability.INCOMPLETE, ())


def test_included_medications_are_kept_for_references(pool: ThreadPoolExecutor) -> None:
    value = searchset({"resourceType": "Medication", "id": "m1"}, mode="include")
    request = read(call(draft(), prefetch=WITH_PATIENT | {"medications": value}))
    assert set(gather(request, None, pool).medications) == {"Medication/m1"}


@pytest.mark.parametrize(
    "value",
    [PATIENT_RESOURCE, "text", 7, True, [], [CONDITION], {}, {"a": 1}, {"resourceType": 5}, searchset() | {"entry": 3}],
)
def test_wrong_type_or_malformed_is_treated_as_absent(pool: ThreadPoolExecutor, value: Any) -> None:
    assert from_prefetch(pool, value) == ABSENT
    gathered, _ = from_server(pool, lambda _b, _p: searchset(CONDITION), WITH_PATIENT | {"conditions": value})
    assert told(gathered) == (Availability.COMPLETE, ("c1",))


@pytest.mark.parametrize("value", [CONDITION, "text", 7, searchset()])
def test_wrong_type_for_the_patient_is_fetched_else_412(pool: ThreadPoolExecutor, value: Any) -> None:
    without(pool, patient=value)
    _, server = from_server(pool, standard, WITH_PATIENT | {"patient": value})
    assert server.paths == ["Patient/pat-7f3a"]


def test_one_resource_for_a_search_is_incomplete(pool: ThreadPoolExecutor) -> None:
    assert from_prefetch(pool, CONDITION) == (Availability.INCOMPLETE, ("c1",))


def test_legacy_wrapping_is_taken_off(pool: ThreadPoolExecutor) -> None:
    wrapped = {"response": {"status": "200 OK"}, "resource": searchset(CONDITION)}
    assert from_prefetch(pool, wrapped) == (Availability.COMPLETE, ("c1",))
    prefetch = ALL_EMPTY | {"patient": {"response": {"status": "200"}, "resource": PATIENT_RESOURCE}}
    assert told(gather(read(call(draft(), prefetch=prefetch)), None, pool), ResourceKind.PATIENT)[1] == ("pat-7f3a",)
    assert from_prefetch(pool, {"response": {"status": "404"}, "resource": None}) == ABSENT


def test_keys_that_were_never_asked_for_are_ignored(pool: ThreadPoolExecutor) -> None:
    request = read(call(draft(), prefetch=WITH_PATIENT | {"item1": searchset(CONDITION)}))
    assert told(gather(request, None, pool)) == SETTLED


@pytest.mark.parametrize("entry", [{"resource": None}, {"resource": "x"}, {"resource": {"id": "untyped"}}, {}])
def test_an_entry_that_holds_no_resource_leaves_the_result_incomplete(pool: ThreadPoolExecutor, entry: Any) -> None:
    value = {"resourceType": "Bundle", "entry": [entry, {"resource": CONDITION}]}
    assert from_prefetch(pool, value) == (Availability.INCOMPLETE, ("c1",))


def test_a_malformed_entry_spoils_only_itself(pool: ThreadPoolExecutor) -> None:
    value = searchset(CONDITION)
    value["entry"] += [None, 5, {"resource": None}, {"resource": "x"}, {"resource": CONDITION, "search": "match"}]
    assert from_prefetch(pool, value) == (Availability.INCOMPLETE, ("c1",))


def test_a_resource_type_that_does_not_come_first_is_found(pool: ThreadPoolExecutor) -> None:
    assert from_prefetch(pool, searchset({"id": "c9", "resourceType": "Condition"})) == (Availability.COMPLETE, ("c9",))
