"""What is particular to Redis: what it is given to keep, whose clock counts, and what it may not answer."""

import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from redis import Redis
from redis.crc import key_slot

from cds_service.trust.redis_state import PREFIX, RedisState
from cds_service.trust.shared_state import SharedState, SharedStateError, Standing
from tests.redis_servers import URL, keys_of, own_prefix

NOW = 1_800_000_000.0
FIRST = Standing()


def admit(state: SharedState, jti: str = "jti-1", now: float = NOW, limit: int = 1000) -> Standing:
    return state.admit("General Hospital", limit, now, ("https://ehr.example", jti), NOW + 330)


@pytest.fixture
def prefix() -> Iterator[str]:
    with own_prefix() as made:
        yield made


def test_keys_are_digests_that_end_by_themselves(prefix: str) -> None:
    state = RedisState(URL, prefix)
    admit(state)
    state.check()
    with Redis.from_url(URL) as server:
        left = {key.decode().removeprefix(prefix): server.pttl(key) / 1000 for key in keys_of(server, prefix)}
        values = {server.get(key) for key in keys_of(server, prefix)}
    assert values == {b"", b"1"}
    times = {re.sub("[0-9a-f]{64}$", "DIGEST", name): seconds for name, seconds in left.items()}
    assert times.keys() == {":used:DIGEST", ":calls:DIGEST", ":check"}
    assert 600 < times[":used:DIGEST"] <= 630  # five minutes longer than the token is good for
    assert 30 < times[":calls:DIGEST"] <= 60
    assert 30 < times[":check"] <= 60
    state.close()


def test_all_keys_are_in_one_slot() -> None:
    slots = {key_slot(RedisState("redis://unused.example")._key(kind, "x").encode()) for kind in ("used", "calls")}
    assert slots == {key_slot(PREFIX.encode())}


def test_hosts_need_not_agree_about_the_time(prefix: str) -> None:
    ahead, behind = RedisState(URL, prefix), RedisState(URL, prefix)
    assert admit(ahead, now=NOW + 329) == FIRST
    with Redis.from_url(URL) as server:  # 330 s are left where the clock is 329 s behind
        (key,) = keys_of(server, f"{prefix}:used")
        assert server.pttl(key) > 300_000
    told = [admit(state, jti, now, limit=3) for state, jti, now in ((behind, "b", NOW), (ahead, "c", NOW + 200))]
    assert told == [FIRST, FIRST]
    assert admit(behind, "d", NOW, limit=3).wait in range(30, 61)
    ahead.close()
    behind.close()


def test_a_counter_that_does_not_end_shuts_nobody_out(prefix: str) -> None:
    state = RedisState(URL, prefix)
    admit(state, limit=1)
    with Redis.from_url(URL) as server:
        (key,) = keys_of(server, f"{prefix}:calls")
        server.persist(key)
    assert admit(state, "jti-2", limit=1) == FIRST
    state.close()


@contextmanager
def answering(answer: bytes, *, hangs_up: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """The URL of something that answers whatever it is asked with this, and what it was asked."""
    asked: list[bytes] = []
    connections: list[socket.socket] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            asked.append(connection.recv(65_536))
            if hangs_up:
                connection.close()
            else:
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"redis://127.0.0.1:{listener.getsockname()[1]}", asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for connection in connections:
                connection.close()


GARBAGE = {
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "yes": b"+OK\r\n",
    "zero": b":0\r\n",
    "no number": b":zero\r\n",
    "nothing": b"$-1\r\n",
    "too deep": b"*1\r\n" * 100_000,
    "too long": b"$99999999999\r\n",
    "an answer to another question": b"*2\r\n$16\r\n0123456789abcdef\r\n:0\r\n",
    "bytes": bytes(range(256)),
    "still loading": b"-LOADING Redis is loading the dataset in memory\r\n",
    "another node of a cluster": b"-MOVED 3999 127.0.0.1:6381\r\n",
    "keys in two slots": b"-CROSSSLOT Keys in request don't hash to the same slot\r\n",
    "the disk is full": b"-MISCONF Errors writing to disk\r\n",
    "an error without words": b"-\r\n",
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_answer_to_the_question_lets_nobody_in(answer: bytes) -> None:
    with answering(answer) as (url, asked):
        state = RedisState(url)
        for number in range(2):
            with pytest.raises(SharedStateError) as caught:
                admit(state)
            assert re.fullmatch(r"the shared state cannot be used \(\w+(: \w+)?\)", str(caught.value))
            assert len(asked) == number + 1  # a connection on which something went wrong is not used again
            state._silent = False  # some of these end by time
        state.close()


@pytest.mark.parametrize("user", ["", ":secret@"])
def test_nothing_is_asked_twice(user: str) -> None:
    """It may have been done: the second time, the token would be one that was used before. Nor is a password."""
    with answering(b"", hangs_up=True) as (url, asked):
        state = RedisState(url.replace("://", f"://{user}"))
        with pytest.raises(SharedStateError, match="ConnectionError"):
            admit(state)
        assert len(asked) == 1
        state.close()


def test_a_redis_that_never_answers_holds_nobody_up() -> None:
    """Four connections wait a second each. Who finds them all taken waits a quarter of one."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        state = RedisState(f"redis://:secret@127.0.0.1:{silent.getsockname()[1]}/3")

        def refused(number: int) -> float:
            began = time.monotonic()
            with pytest.raises(SharedStateError):
                admit(state, str(number))
            return time.monotonic() - began

        with ThreadPoolExecutor(16) as threads:
            assert max(threads.map(refused, range(32))) < 5
        state.close()


def test_while_redis_is_silent_one_call_now_and_then_waits_for_it() -> None:
    with answering(b"") as (url, asked):
        state = RedisState(url)
        with pytest.raises(SharedStateError, match="TimeoutError"):
            admit(state)
        began = time.monotonic()
        for number in range(50):
            with pytest.raises(SharedStateError, match=r"a moment ago|TimeoutError"):
                admit(state, str(number))
        assert len(asked) <= 2 + (time.monotonic() - began) / 2
        state.close()


def test_a_call_that_fails_late_shuts_out_nobody_when_others_were_answered(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who began to wait before Redis came back may give up after it did."""
    state = RedisState(URL, prefix)
    ask, answered = state._run, Event()

    def fails_late(keys: list[str], *numbers: int) -> int:
        if numbers[0] != 7:
            return ask(keys, *numbers)
        answered.wait(10)
        time.sleep(1)
        raise TimeoutError

    monkeypatch.setattr(state, "_run", fails_late)
    with ThreadPoolExecutor(1) as other:
        late = other.submit(state.admit, "c", 7, 1.8e9, ("i", "late"), 1.8e9 + 330)
        assert admit(state) == Standing()
        answered.set()
        with pytest.raises(SharedStateError, match="TimeoutError"):
            late.result()
    assert admit(state, "jti-2") == Standing()
    state.close()
