"""A Redis that cannot do it, for each reason: nobody comes in, and all goes on by itself when it can."""

import socket
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from cds_service.trust.redis_state import RedisState, warnings
from cds_service.trust.shared_state import SharedStateError, Standing
from cds_service.waiting import Share, Waits
from tests.redis_servers import Server, own_server

pytestmark = pytest.mark.long

FIRST = Standing()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with own_server(tmp_path) as made:
        yield made


@pytest.fixture
def state(server: Server) -> Iterator[RedisState]:
    made = RedisState(server.url)
    yield made
    made.close()


def admit(state: RedisState, jti: str) -> Standing:
    return state.admit("c", 1000, 1.8e9, ("i", jti), 1.8e9 + 330)


def refuses(state: RedisState, jti: str, why: str) -> None:
    for ask in (lambda: admit(state, jti), state.check):
        with pytest.raises(SharedStateError, match=f"^the shared state cannot be used .{why}.$"):
            ask()


def test_who_waits_for_a_redis_that_is_silent_takes_nobodys_turn() -> None:
    waits, seen = Waits(), []
    waits.tell = lambda: seen.append(waits.number)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        made = RedisState(f"redis://127.0.0.1:{silent.getsockname()[1]}", share=Share(waits))
        with pytest.raises(SharedStateError, match="TimeoutError"):
            admit(made, "j")
    assert (seen, waits.number) == ([1], 0)


Do = Callable[[Server], object]
REASONS: dict[str, tuple[str, Do, Do]] = {
    "a replica": (
        "ReadOnlyError",
        lambda server: server.ask("REPLICAOF", "127.0.0.1", "1"),
        lambda server: server.ask("REPLICAOF", "NO", "ONE"),
    ),
    "no memory": (
        "OutOfMemoryError",
        lambda server: server.ask("CONFIG", "SET", "maxmemory", "1"),
        lambda server: server.ask("CONFIG", "SET", "maxmemory", "0"),
    ),
    "too few replicas": (
        "ResponseError",
        lambda server: server.ask("CONFIG", "SET", "min-replicas-to-write", "1"),
        lambda server: server.ask("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
    "scripts are forbidden": (
        "NoPermissionError",
        lambda server: server.ask("ACL", "SETUSER", "default", "-eval"),
        lambda server: server.ask("ACL", "SETUSER", "default", "+@all"),
    ),
    "gone": ("ConnectionError: ConnectionRefusedError", Server.kill, Server.start),
}


@pytest.mark.parametrize(("why", "begin", "end"), REASONS.values(), ids=REASONS)
def test_nobody_comes_in_until_it_can_again(server: Server, state: RedisState, why: str, begin: Do, end: Do) -> None:
    assert admit(state, "before") == FIRST
    begin(server)
    refuses(state, "during", why)
    end(server)
    assert admit(state, "during") == FIRST  # it was not remembered when it was refused
    state.check()


def test_a_server_that_became_a_replica_is_left(server: Server, state: RedisState) -> None:
    """Its name may stand for another server now, which only a new connection finds."""
    server.ask("REPLICAOF", "127.0.0.1", "1")
    seen = []
    for number in range(3):
        with pytest.raises(SharedStateError):
            admit(state, str(number))
        seen.append(server.ask("INFO", "stats")["total_connections_received"])
    # each question here is a connection, and so is each of the calls
    assert [later - earlier for earlier, later in pairwise(seen)] == [2, 2]


def test_who_has_the_password_needs_these_rights_and_no_others(server: Server) -> None:
    rights = ["+eval", "+exists", "+get", "+incr", "+pttl", "+set", "+info", "~{cobalamin-cds}:*"]
    server.ask("ACL", "SETUSER", "cds", "on", ">right", *rights)
    server.ask("ACL", "SETUSER", "default", "off")
    place = server.url.removeprefix("redis://")
    for user in ("", ":right@", "cds:wrong@"):
        refuses(RedisState(f"redis://{user}{place}"), "j", "AuthenticationError")
        (said,) = warnings(f"redis://{user}{place}")
        assert said.endswith("cannot be used (AuthenticationError): calls are refused with 503 until it can")
    assert list(warnings(f"redis://cds:right@{place}")) == []
    state = RedisState(f"redis://cds:right@{place}")
    assert [admit(state, "j"), admit(state, "j")] == [FIRST, Standing(repeated=True)]
    state.close()


def test_what_an_operator_should_know_is_said(server: Server) -> None:
    assert list(warnings(server.url)) == []
    server.ask("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
    (said,) = warnings(server.url)
    assert "set maxmemory-policy noeviction" in said
    server.ask("ACL", "SETUSER", "default", "-info")
    (said,) = warnings(server.url)
    assert "does not tell its maxmemory-policy" in said


def test_a_redis_on_another_host_should_be_encrypted() -> None:
    """At an address that is nobody's."""
    plain = list(warnings("redis://:secret@192.0.2.1:6379/0"))
    assert "not encrypted" in plain[0]
    assert [said for said in plain if "secret" in said or "192.0.2.1" in said] == []
    assert len(plain) == 2
    (said,) = warnings("rediss://192.0.2.1:6379/0")
    assert "calls are refused with 503" in said


def test_it_is_back_when_redis_is(server: Server, state: RedisState) -> None:
    """Also where a connection waits for an answer while Redis stands still."""
    server.ask("CLIENT", "PAUSE", "4000", "ALL")
    began = time.monotonic()
    with pytest.raises(SharedStateError, match="TimeoutError"):
        admit(state, "j")
    assert time.monotonic() - began < 5
    ends = time.monotonic() + 20
    while True:
        try:
            assert admit(state, "k") == FIRST
        except SharedStateError:
            assert time.monotonic() < ends
        else:
            break
    assert [admit(state, str(number)) for number in range(5)] == [FIRST] * 5
