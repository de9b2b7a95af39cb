"""Calls that wait for keys: who waits, how many at a time, and that whoever has a known kid never does."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from cds_service.trust import key_sets
from cds_service.trust.key_sets import FetchedKeys, KeysAwayError
from cds_service.trust.keys import KeySetError
from cds_service.waiting import Waits
from tests.fetched_keys import Make, text
from tests.until import until


def waits(found: FetchedKeys, kid: str, calls: int) -> tuple[list[float], int]:
    """How long each of these calls waited, at the same time, and how many ended with the key."""
    together = Barrier(calls)

    def call(_: int) -> tuple[float, bool]:
        together.wait()
        began = time.perf_counter()
        try:
            had = bool(found.find(kid))
        except KeysAwayError:
            had = False
        return time.perf_counter() - began, had

    with ThreadPoolExecutor(calls) as pool:
        done = list(pool.map(call, range(calls)))
    return sorted(waited for waited, _ in done), sum(had for _, had in done)


def test_no_good_call_is_refused_because_others_wait_too(fetched: Make) -> None:
    published = ["ES384"]

    def fetch() -> bytes:
        time.sleep(0.5)
        return text(*published)

    found = fetched(fetch)
    assert waits(found, "ES384", 16)[1] == 16  # at the start
    published[:] = ["ES384-2"]
    assert waits(found, "ES384-2", 16)[1] == 16  # and when keys change


def test_so_many_made_up_kids_wait_while_a_server_takes_its_time_and_known_ones_do_not(
    fetched: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that wait are counted, so that the worker gives their turns to others; the rest is told to come again."""
    monkeypatch.setattr(key_sets, "_A_CALL_WAITS", 20.0)
    process, hangs, over = Waits(), Event(), Event()

    def fetch() -> bytes:
        if hangs.is_set():
            over.wait(20)
        return text("ES384")

    found = fetched(fetch, waits=process)
    assert found.find("ES384")
    assert process.number == 0
    hangs.set()
    with ThreadPoolExecutor(20) as callers:
        made_up = [callers.submit(found.find, f"made up {number}") for number in range(20)]
        until(lambda: sum(call.done() for call in made_up) == 4)
        assert process.number == 16
        with pytest.raises(KeysAwayError):
            found.find("made up too")
        began = time.perf_counter()
        assert found.find("ES384")
        assert time.perf_counter() - began < 0.2
        over.set()
        ended = [call.exception() or call.result() for call in made_up]
    assert Counter(map(repr, ended)) == {"KeysAwayError()": 4, "()": 16}  # of the others it is known now
    assert process.number == 0


def test_those_who_are_known_keep_places_to_wait(fetched: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """In all, whichever clients' kids are made up."""
    monkeypatch.setattr(key_sets, "_A_CALL_WAITS", 20.0)
    process, over = Waits(), Event()

    def fetch() -> bytes:
        over.wait(20)
        return text("ES384")

    sets = [fetched(fetch, waits=process) for _ in range(4)]
    with ThreadPoolExecutor(64) as callers:
        made_up = [callers.submit(sets[number % 4].find, "made up") for number in range(64)]
        until(lambda: sum(call.done() for call in made_up) == 24)
        assert process.number == 40
        over.set()
    assert process.number == 0


def test_a_call_waits_so_long_and_no_longer(fetched: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sets, "_A_CALL_WAITS", 0.5)
    over = Event()

    def fetch() -> bytes:
        over.wait(20)
        raise KeySetError("takes too long to read")

    waited, had = waits(fetched(fetch), "made up", 8)
    over.set()
    assert (min(waited) > 0.4, max(waited) < 5, had) == (True, True, 0)
