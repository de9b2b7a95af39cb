"""An end that cuts nobody off: what has connected is let in, and restarts in turn cost no call under load."""

import http.client
import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from cds_service.records.database import Database
from cds_service.records.schema import FEEDBACK
from tests.raw_http import post, read_answer, service
from tests.steady_load import Ask, load
from tests.test_two_instances import ORDER
from tests.two_instances import TwoInstances, two_instances
from tests.until import until

# More than a worker accepts at a turn
QUEUED = 30
ROUNDS = 2
CALLERS = 6
PAUSE = 0.03  # seconds, by caller; all of them stay below the calls per minute of the example client


def test_who_has_connected_when_the_service_ends_is_answered_and_nobody_new_is_let_in(tmp_path: Path) -> None:
    with service(tmp_path) as served:
        (worker,) = (int(pid) for pid in _children(served.process.pid))
        os.kill(worker, signal.SIGSTOP)
        lines = [served.line(post()) for _ in range(QUEUED)]
        served.process.send_signal(signal.SIGTERM)
        until(lambda: not _connects(served.port))
        os.kill(worker, signal.SIGCONT)
        answers = [read_answer(line) for line in lines]
        assert {(answer.status, answer.headers["connection"]) for answer in answers} == {(200, "close")}
        assert served.process.wait(20) == 0


def _children(parent: int) -> list[str]:
    return Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()


def _connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except (TimeoutError, ConnectionRefusedError):
        return False
    return True


@pytest.mark.long
def test_restarts_one_after_the_other_cost_no_call_and_no_feedback(tmp_path: Path) -> None:
    """Through the proxy of docker/, on connections that callers keep open, with a new token for each call."""
    with two_instances(tmp_path) as both:
        with load(CALLERS, lambda: _asking(both), ORDER, PAUSE) as seen:
            for number in (0, 1) * ROUNDS:
                assert both.stop(number) == 0
                both.start(number)
                before = sum(seen.answers.values())
                until(lambda: sum(seen.answers.values()) > before + 10 * CALLERS, seconds=60)  # noqa: B023
        database = Database(both.database)
        with database.reading() as connection:
            kept = Counter(connection.execute(select(FEEDBACK.c.card)).scalars())
        database.close()
        tried = Counter(line.split('"upstream":"')[1].split('"')[0] for line in both.proxy.log.splitlines())
    assert seen.failed == {}, tried
    assert kept == dict.fromkeys(seen.acknowledged, 1)
    assert len(kept) > 100
    assert any(upstream.endswith(", 200") for upstream in tried)  # the other instance was asked


@contextmanager
def _asking(both: TwoInstances) -> Iterator[Ask]:
    connection = http.client.HTTPSConnection("localhost", both.proxy.tls, timeout=30, context=both.proxy.trusting())

    def ask(path: str, body: bytes) -> int:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {both.token(path)}"}
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        return answer.status

    try:
        yield ask
    finally:
        connection.close()
