"""Whose turn it is in a worker: calls that wait for another server keep nobody from his, and nobody waits for ever."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack
from typing import Any

import pytest

from cds_service import answering, worker
from cds_service.serve import THREADS
from cds_service.turns import Turns
from cds_service.waiting import Waits
from tests.looping import Held, looping, made
from tests.raw_http import Answer, read_answer


@pytest.fixture
def lines() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def asked(lines: ExitStack, port: int, path: str) -> socket.socket:
    line = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return line


def test_calls_that_wait_for_another_server_keep_nobody_waiting(lines: ExitStack) -> None:
    held = Held()
    with looping(held) as port:
        waiting = [asked(lines, port, "/waits") for _ in range(3 * THREADS)]
        assert read_answer(asked(lines, port, "/")).status == 200
        held.over.set()
        assert [read_answer(line).status for line in waiting] == [200] * 3 * THREADS


@pytest.mark.parametrize(
    ("probe", "written"),
    [
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
        ("/readyz", "/%72eadyz"),
        ("/readyz", "/readyz?now"),
        ("/readyz", "http://x/ready%7A"),
    ],
)
def test_no_probe_is_refused_for_how_many_there_are(lines: ExitStack, probe: str, written: str) -> None:
    """An orchestrator would end a healthy process for it. And calls do not wait for them, however they are written."""
    held = Held(holds=probe)
    with looping(held) as port:
        waiting = [asked(lines, port, written) for _ in range(40)]
        assert read_answer(asked(lines, port, "/")).status == 200
        held.over.set()
        assert [read_answer(line).status for line in waiting] == [200] * 40


def test_what_no_answer_came_of_takes_nobodys_turn(lines: ExitStack) -> None:
    """An application that ends its thread: the next one has the turn, and the client is not left to wait."""
    with looping(Held()) as port:
        for _ in range(2 * THREADS):
            with pytest.raises(ConnectionError):
                read_answer(asked(lines, port, "/ends"))
        assert read_answer(asked(lines, port, "/")).status == 200


def test_no_more_than_so_many_work_at_a_time(lines: ExitStack) -> None:
    """Those that wait come on top, and not in the place of one that works."""
    held = Held()
    with looping(held) as port:
        waiting = [asked(lines, port, "/waits") for _ in range(2)]
        working = [asked(lines, port, "/works") for _ in range(THREADS)]
        late = asked(lines, port, "/")
        late.settimeout(1)
        with pytest.raises(TimeoutError):
            read_answer(late)
        held.over.set()
        assert {read_answer(line).status for line in (*waiting, *working, late)} == {200}


def test_who_has_waited_long_enough_is_told_so_while_all_threads_work(
    lines: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LONGEST_WAIT", 0.2)
    held = Held()
    with looping(held) as port:
        working = [asked(lines, port, "/works") for _ in range(THREADS)]
        late = [asked(lines, port, "/") for _ in range(3)]
        for answer in map(read_answer, late):
            assert_busy(answer)
        assert not held.over.is_set()
        held.over.set()
        assert [read_answer(line).status for line in working] == [200] * THREADS
        late[0].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")  # it was read to its end
        assert read_answer(late[0]).status == 200


def test_many_that_hold_a_little_do_not_keep_out_one_that_brings_more(lines: ExitStack) -> None:
    """Together they hold more than a worker keeps (four times 1 MiB), and each of them less than the one that comes."""
    little, more = 64 * 1024, 256 * 1024
    with looping(Held()) as port:
        for _ in range(80):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            line.sendall(f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {2 * little}\r\n\r\n".encode())
            line.sendall(b" " * little)
        time.sleep(0.5)  # they hold it, and do not go on
        line = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        line.sendall(f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {more}\r\n\r\n".encode() + b" " * more)
        assert read_answer(line).status == 200


def assert_busy(answer: Answer) -> None:
    assert (answer.status, answer.code) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0


def test_several_connections_are_taken_at_a_turn_and_not_all(lines: ExitStack) -> None:
    """With one, those who are connected already would keep others from it; with all, other workers would get none."""
    many = 20
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        loop = made(Held(), listener)
        loop._begin()
        quiet = len(loop.poller.get_map())
        for _ in range(many):
            lines.enter_context(socket.create_connection(listener.getsockname(), timeout=5))
        loop.set_accept_enabled(True)
        loop._turn()
        taken = len(loop.poller.get_map()) - quiet - 1
        loop.alive = False
        loop._finish()
        loop.tmp.close()
    assert 4 <= taken < many


class NoMoreThreads(Executor):
    """A pool that takes work in and cannot start a thread for it, as Python's own does at the limit of a cgroup."""

    def __init__(self) -> None:
        self.queued: list[Any] = []

    def submit(self, call: Any, /, *given: Any, **_named: Any) -> Any:
        self.queued.append((call, *given))
        if len(self.queued) > 1:
            raise RuntimeError("can't start new thread")


def test_where_no_thread_can_be_started_a_request_waits_for_one_that_there_is() -> None:
    pool = NoMoreThreads()
    turns = Turns(pool, print, THREADS, 100, Waits())
    line: Any = object()
    assert turns.take(line, "request")
    turns.ended()
    assert [each[1:3] for each in pool.queued[1:]] == [(line, "request")]


def test_the_body_of_a_request_that_is_refused_is_not_read_in_the_loop(
    lines: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be in a hundred thousand chunks."""
    read: list[int] = []
    monkeypatch.setattr(worker, "MOST_REQUESTS", THREADS)
    held = Held()
    with looping(held) as port:
        monkeypatch.setattr(answering, "read_to_the_end", lambda _: read.append(1) or True)
        working = [asked(lines, port, "/works") for _ in range(THREADS)]
        late = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        late.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
        answer = read_answer(late)
        assert_busy(answer)
        assert read == []
        assert late.recv(1) == b""  # the connection ends, since nobody has looked for the end of the body
        held.over.set()
        assert {read_answer(line).status for line in working} == {200}
