"""What is asked of the FHIR server: all at once, page after page, within the budget and nowhere else."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cds_service.clinical.snapshot import Availability
from cds_service.hooks.problems import Fault, Problem
from cds_service.patient_data.gather import MOST_PAGES
from tests.fhir_server import Reply, serving
from tests.gathering import (
    ALL_EMPTY,
    CONDITION,
    EMPTY,
    WITH_PATIENT,
    WITHOUT_CONDITIONS,
    from_prefetch,
    from_server,
    outcome,
    searchset,
    standard,
    told,
)
from tests.hook_calls import PATIENT_RESOURCE


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


@pytest.mark.parametrize("prefetch", [None, {}])
def test_prefetch_absent_or_empty_asks_for_every_key_at_once(pool: ThreadPoolExecutor, prefetch: Any) -> None:
    started = time.monotonic()
    gathered, server = from_server(pool, lambda b, p: Reply(standard(b, p), wait=0.3), prefetch)
    assert time.monotonic() - started < 1.8  # one after the other would take 2.7
    assert len(server.asked) == 9
    assert set(gathered.availability.values()) == {Availability.COMPLETE}
    assert all(headers["Authorization"] == "Bearer tok-abc123" for _, headers in server.asked)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(b"", 401), Availability.REFUSED),
        (Reply(b"", 403), Availability.REFUSED),
        (Reply(b"", 500), Availability.FAILED),
        (Reply(b"<html>"), Availability.FAILED),
        (Reply(EMPTY, wait=1.0), Availability.FAILED),
        (Reply(outcome("error", "forbidden")), Availability.REFUSED),
        (Reply(outcome("error")), Availability.FAILED),
        (Reply(CONDITION | {"resourceType": "Basic"}), Availability.FAILED),
    ],
    ids=["401", "403", "500", "garbage", "hangs", "outcome-forbidden", "outcome-error", "wrong-type"],
)
def test_an_optional_key_that_cannot_be_fetched_is_named_as_such(
    pool: ThreadPoolExecutor, reply: Reply, expected: Availability
) -> None:
    gathered, _ = from_server(pool, lambda _b, _p: reply, WITHOUT_CONDITIONS, deadline_ms=400)
    assert told(gathered) == (expected, ())


@pytest.mark.parametrize(
    "reply", [Reply(b"", 403), Reply(b"", 500), Reply(PATIENT_RESOURCE, wait=1.0), Reply(PATIENT_RESOURCE, drip=0.1)]
)
def test_a_required_key_that_cannot_be_fetched_is_412_within_the_budget(pool: ThreadPoolExecutor, reply: Reply) -> None:
    started = time.monotonic()
    with pytest.raises(Problem) as caught:
        from_server(pool, lambda _b, _p: reply, ALL_EMPTY, deadline_ms=300)
    assert caught.value.fault is Fault.DATA_MISSING
    assert time.monotonic() - started < 0.9


def test_next_link_without_access_is_incomplete(pool: ThreadPoolExecutor) -> None:
    value = searchset(CONDITION, link=[{"relation": "next", "url": "https://ehr.example/fhir?p=2"}])
    assert from_prefetch(pool, value) == (Availability.INCOMPLETE, ("c1",))


def test_next_links_are_followed_to_the_end(pool: ThreadPoolExecutor) -> None:
    def answer(base: str, path: str) -> Any:
        page = int(path.rpartition("=")[2]) if "page=" in path else 1
        link = [{"relation": "next", "url": f"{base}/Condition?page={page + 1}"}] if page < 4 else []
        return searchset({"resourceType": "Condition", "id": f"c{page}"}, link=link, total=4)

    gathered, server = from_server(pool, answer, WITHOUT_CONDITIONS)
    assert told(gathered) == (Availability.COMPLETE, ("c1", "c2", "c3", "c4"))
    assert len(server.asked) == 4


def test_pages_after_a_prefetched_first_page_are_followed(pool: ThreadPoolExecutor) -> None:
    first = searchset(CONDITION, link=[{"relation": "next", "url": "Condition?page=2"}])
    prefetch = WITH_PATIENT | {"conditions": first}
    gathered, server = from_server(pool, lambda _b, _p: searchset(CONDITION | {"id": "c2"}), prefetch)
    assert told(gathered) == (Availability.COMPLETE, ("c1", "c2"))
    assert server.paths == ["Condition?page=2"]


def test_next_links_without_end_stop_at_the_cap(pool: ThreadPoolExecutor) -> None:
    def answer(base: str, path: str) -> Any:
        page = int(path.rpartition("=")[2]) if "page=" in path else 1
        return searchset(CONDITION, link=[{"relation": "next", "url": f"{base}/Condition?page={page + 1}"}])

    gathered, server = from_server(pool, answer, WITHOUT_CONDITIONS)
    assert told(gathered)[0] is Availability.INCOMPLETE
    assert len(server.asked) == MOST_PAGES


@pytest.mark.parametrize("second", [Reply(b"", 500), Reply(b"", 403), Reply(outcome("error")), Reply(EMPTY, wait=1.0)])
def test_a_page_that_fails_leaves_what_was_found(pool: ThreadPoolExecutor, second: Reply) -> None:
    def answer(base: str, path: str) -> Any:
        first = searchset(CONDITION, link=[{"relation": "next", "url": f"{base}/Condition?page=2"}])
        return second if "page=2" in path else first

    first_page_prefetched = WITH_PATIENT | {"conditions": answer("http://127.0.0.1", "")}
    for prefetch in (WITHOUT_CONDITIONS, first_page_prefetched):
        gathered, _ = from_server(pool, answer, prefetch, deadline_ms=600)
        assert told(gathered) == (Availability.INCOMPLETE, ("c1",))


def test_a_next_link_to_another_origin_is_not_followed(pool: ThreadPoolExecutor) -> None:
    with serving(lambda _: Reply(searchset(CONDITION))) as other:
        first = searchset(CONDITION, link=[{"relation": "next", "url": f"{other.base}/Condition?page=2"}])
        gathered, _ = from_server(pool, lambda _b, _p: first, WITHOUT_CONDITIONS)
        assert told(gathered) == (Availability.INCOMPLETE, ("c1",))
        assert other.asked == []


def test_fewer_entries_than_the_total_are_incomplete(pool: ThreadPoolExecutor) -> None:
    assert from_prefetch(pool, searchset(CONDITION, total=3)) == (Availability.INCOMPLETE, ("c1",))
