"""First seen is decided once, whichever process and thread asks; a minute is counted over all. In each store."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from cds_service.trust.redis_state import RedisState
from cds_service.trust.shared_state import SharedState, Standing
from cds_service.trust.sqlite_state import STATE_FILE, SqliteState
from tests.redis_servers import URL, keys_of, own_prefix

FIRST, REPEATED = Standing(), Standing(repeated=True)
TOKENS = list(range(100))


@dataclass
class Memory:
    """A memory, and the time that its callers have. open: the same memory as another process sees it. slack: seconds
    that may really have gone by, where the store has a clock of its own."""

    open: Callable[[], SharedState]
    pass_in_store: Callable[[float], None] = lambda _: None
    slack: int = 0
    now: float = 1_800_000_000.0

    def __post_init__(self) -> None:
        self.state = self.open()

    def admit(self, jti: str | None = "j", *, issuer: str = "i", client: str = "c", limit: int = 1000) -> Standing:
        token = None if jti is None else (issuer, jti)
        return self.state.admit(client, limit, self.now, token, self.now + 330)

    def waits(self, standing: Standing, seconds: int) -> bool:
        return not standing.repeated and seconds - self.slack <= standing.wait <= seconds

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.pass_in_store(seconds)


def _pass_in_redis(prefix: str, seconds: float) -> None:
    """Each key has so much less time left, as if it had gone by."""
    with Redis.from_url(URL) as server:
        for key in keys_of(server, prefix):
            server.pexpire(key, int(server.pttl(key) - seconds * 1000))


@pytest.fixture(params=["memory", "file", "redis"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Memory]:
    if request.param == "redis":
        with own_prefix() as prefix:
            made = Memory(partial(RedisState, URL, prefix), partial(_pass_in_redis, prefix), slack=8)
            yield made
            made.state.close()  # type: ignore[attr-defined]
    else:
        yield Memory(partial(SqliteState, None if request.param == "memory" else STATE_FILE.made_in(tmp_path)))


@pytest.fixture(params=["file", "redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], SharedState]]:
    """What opens the memory in any process."""
    if request.param == "file":
        yield partial(SqliteState, STATE_FILE.made_in(tmp_path))
    else:
        with own_prefix() as prefix:
            yield partial(RedisState, URL, prefix)


def test_a_token_is_first_seen_once(memory: Memory) -> None:
    told = [memory.admit(), memory.admit(), memory.admit("k"), memory.admit(issuer="h")]
    assert told == [FIRST, REPEATED, FIRST, FIRST]


def test_issuer_and_id_are_not_run_together(memory: Memory) -> None:
    assert [memory.admit("c", issuer="ab"), memory.admit("bc", issuer="a")] == [FIRST, FIRST]


def test_any_text_is_an_id(memory: Memory) -> None:
    odd = ["j\x00", "j\x00k", "\ud800", "j\r\n", "{j}", "j" * 8000]
    assert [memory.admit(each) for each in odd + odd] == [FIRST] * 6 + [REPEATED] * 6


def test_a_token_is_remembered_for_as_long_as_anybody_could_use_it(memory: Memory) -> None:
    memory.admit()
    memory.later(329)
    assert memory.admit() == REPEATED
    memory.later(331)
    assert memory.admit() == FIRST


def test_a_client_without_a_check_for_repeats_is_counted_only(memory: Memory) -> None:
    assert [memory.admit(None, limit=2) for _ in range(2)] == [FIRST, FIRST]
    assert memory.waits(memory.admit(None, limit=2), 60)


def test_a_minute_begins_with_a_call(memory: Memory) -> None:
    for passed, wait in ((0, 0), (20, 0), (20, 20), (10, 10), (10, 0), (1, 0), (1, 58)):
        memory.later(passed)
        standing = memory.admit(None, limit=2)
        assert memory.waits(standing, wait) if wait else standing == FIRST
    assert memory.admit(None, client="d", limit=2) == FIRST


def test_a_call_that_must_wait_has_not_used_its_token(memory: Memory) -> None:
    assert memory.admit("a", limit=1) == FIRST
    assert memory.waits(memory.admit("b", limit=1), 60)
    memory.later(60)
    assert memory.admit("b", limit=1) == FIRST


def test_a_repeated_token_is_not_counted_as_a_call(memory: Memory) -> None:
    told = [memory.admit(jti, limit=2) for jti in ("a", "a", "a", "b")]
    assert told == [FIRST, REPEATED, REPEATED, FIRST]
    assert memory.waits(memory.admit("c", limit=2), 60)


def test_being_asked_if_it_can_be_used_counts_for_nobody(memory: Memory) -> None:
    for _ in range(3):
        memory.state.check()
    assert memory.admit(limit=1) == FIRST


def _offer(open_: Callable[[], Any]) -> list[bool]:
    """What one process is told about the same hundred tokens, each shown twice, by four threads."""
    state = open_()
    with ThreadPoolExecutor(4) as threads:
        asked = threads.map(lambda number: state.admit("c", 1000, 1.8e9, ("i", str(number)), 1.8e9 + 330), TOKENS * 2)
        return [not standing.repeated for standing in asked]


def test_of_several_processes_and_threads_one_is_first(shared: Callable[[], SharedState]) -> None:
    with get_context("spawn").Pool(2) as processes:
        told = processes.map(_offer, [shared, shared])
    first = [token for each in told for token, was_first in zip(TOKENS * 2, each, strict=True) if was_first]
    assert sorted(first) == TOKENS


def test_calls_of_several_processes_are_counted_together(shared: Callable[[], SharedState]) -> None:
    states = [shared(), shared()]
    told = [states[number % 2].admit("c", 5, 1.8e9, None, 0) for number in range(7)]
    assert told[:5] == [FIRST] * 5
    assert all(not standing.repeated and 50 <= standing.wait <= 60 for standing in told[5:])
