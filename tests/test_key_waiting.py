"""Calls that wait for keys: all of them while the keys may well come, a few while a server hangs or fails."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from cds_service.trust import key_sets, key_shelf
from cds_service.trust.key_sets import FetchedKeys, KeysAwayError
from cds_service.trust.keys import KeySetError
from tests.fetched_keys import URL, Make, text


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


def test_made_up_kids_do_not_hold_up_a_worker_while_a_server_hangs(
    fetched: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "_A_CALL_WAITS", 1.5)
    monkeypatch.setattr(key_shelf, "_RETRIED_AFTER", 0.01)
    fails, hangs = Event(), Event()

    def fetch() -> bytes:
        if hangs.is_set():
            fails.wait(20)
            raise KeySetError("takes too long to read")
        return text("ES384")

    found = fetched(fetch)
    assert found.find("ES384")
    hangs.set()
    first, had = waits(found, "made up", 8)  # nobody can know yet that it hangs
    assert (min(first) > 1.2, max(first) < 6, had) == (True, True, 0)
    second, _ = waits(found, "made up", 8)  # the same fetch still hangs: two wait, six go at once
    assert [waited > 1.2 for waited in second] == [False] * 6 + [True] * 2
    fails.set()
    while found._shelf.look(URL).failures == 0:
        time.sleep(0.01)
    fails.clear()
    while not found._shelf.look(URL).under_way(time.monotonic()):
        time.sleep(0.01)
    later, _ = waits(found, "made up", 8)  # nor does a fetch get more that follows one that failed
    assert [waited > 1.2 for waited in later] == [False] * 6 + [True] * 2
    began = time.perf_counter()
    assert found.find("ES384")  # known keys wait for nothing
    assert time.perf_counter() - began < 0.2
    fails.set()
