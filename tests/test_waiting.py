"""How many calls may wait for FHIR servers, of one client and of all; and what becomes of a call that may not."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from cds_service.clinical.snapshot import Availability
from cds_service.hooks.problems import Fault, Problem
from cds_service.waiting import MOST_OF_ONE, MOST_WAITING, Share, Waits
from tests.fhir_server import Reply, serving
from tests.gathering import ALL_EMPTY, CONDITION, EMPTY, WITHOUT_CONDITIONS, from_server, searchset, standard, told
from tests.hook_calls import AUTHORIZATION, PATIENT_RESOURCE, call, draft
from tests.signing import Serve, token


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def test_one_client_may_not_take_the_places_of_all() -> None:
    waits = Waits()
    one, another, third = (Share(waits) for _ in range(3))
    with ExitStack() as held:
        assert all(held.enter_context(one.place()) for _ in range(MOST_OF_ONE))
        assert not held.enter_context(one.place())
        assert all(held.enter_context(another.place()) for _ in range(MOST_WAITING - MOST_OF_ONE))
        assert not held.enter_context(another.place())
        assert not held.enter_context(third.place())
        assert waits.number == MOST_WAITING
    assert waits.number == 0
    with one.place() as given:
        assert given


def full() -> Waits:
    waits = Waits()
    waits.number = MOST_WAITING
    return waits


def test_a_call_that_may_not_wait_asks_for_nothing_and_names_what_it_lacks(pool: ThreadPoolExecutor) -> None:
    first = searchset(CONDITION, link=[{"relation": "next", "url": "Condition?page=2"}])
    for prefetch, expected in (
        (WITHOUT_CONDITIONS, (Availability.FAILED, ())),
        (WITHOUT_CONDITIONS | {"conditions": first}, (Availability.INCOMPLETE, ("c1",))),
    ):
        gathered, server = from_server(pool, standard, prefetch, waits=full())
        assert told(gathered) == expected
        assert server.asked == []


def test_without_the_patient_such_a_call_is_412(pool: ThreadPoolExecutor) -> None:
    with pytest.raises(Problem) as caught:
        from_server(pool, standard, ALL_EMPTY, waits=full())
    assert caught.value.fault is Fault.DATA_MISSING


def test_the_reads_of_a_client_never_stand_behind_those_of_another(guarded: Serve) -> None:
    """Ten calls of nine reads each to a server that is silent, and one call to a server that is not."""

    def asked(of: str, server: str) -> Any:
        order = draft(text="cyanocobalamin 1 mg tablet")
        body = call(order, fhirServer=server, fhirAuthorization=AUTHORIZATION)
        return served.ask(token(iss=f"https://{of}.example"), body=body)

    over = threading.Event()

    def silence(_path: str) -> Reply:
        over.wait(60)
        return Reply(b"", 500)

    def answer(path: str) -> Reply:
        return Reply(PATIENT_RESOURCE if path.startswith("Patient/") else EMPTY)

    with serving(silence) as silent, serving(answer) as sound, ThreadPoolExecutor(10) as callers:
        clients = [
            {"name": name, "issuer": f"https://{name}.example", "fhir_servers": [server.base]}
            for name, server in (("silent", silent), ("sound", sound))
        ]
        served = guarded(*clients, deadline_ms=30_000)
        held = [callers.submit(asked, "silent", silent.base) for _ in range(10)]
        ends = time.monotonic() + 20
        while len(silent.asked) < 64:
            assert time.monotonic() < ends
            time.sleep(0.01)
        assert asked("sound", sound.base).status_code == 200
        assert not any(future.done() for future in held)
        over.set()
        assert {future.result().status_code for future in held} == {412}
