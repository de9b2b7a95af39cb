"""A PostgreSQL server that goes away, hangs and comes back, behind a line to cut. Feedback waits; calls go on."""

import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from cds_service.app import SHOWN_CARDS, WAITS, create_app
from cds_service.records.database import Database
from cds_service.settings import Settings
from cds_service.waiting import MOST_AT_DATABASE, MOST_AT_OWN, MOST_WAITING
from tests.databases import in_transaction, postgresql
from tests.hook_calls import PATIENT_RESOURCE, call, draft
from tests.raw_http import post, read_answer
from tests.running import running

PATH = "/cds-services/b12-order-select"
BODY = {"feedback": [{"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}]}


class Line:
    """A TCP relay to the server. cut: connections end and none is taken. hung: nothing goes through, and none ends."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.cut = threading.Event()
        self.hung = threading.Event()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        self._listening.settimeout(0.05)
        while not self._done.is_set():
            with suppress(TimeoutError):
                near, _ = self._listening.accept()
                if self.cut.is_set():
                    near.close()
                    continue
                self._threads.append(threading.Thread(target=self._relay, args=(near,)))
                self._threads[-1].start()

    def _relay(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far, suppress(OSError):
            while not self._done.is_set() and not self.cut.is_set():
                if self.hung.is_set():
                    time.sleep(0.02)
                    continue
                for end in select.select([near, far], [], [], 0.02)[0]:
                    sent = end.recv(65536)
                    if sent == b"":
                        return
                    (far if end is near else near).sendall(sent)

    def close(self) -> None:
        self._done.set()
        for thread in list(self._threads):
            thread.join(5)
        self._listening.close()


@pytest.fixture
def line() -> Iterator[tuple[Line, Flask]]:
    with postgresql() as url:
        parts = urlsplit(url)
        relay = Line(parts.hostname or "", parts.port or 5432)
        database = Database(url.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{relay.port}"))
        app = create_app(Settings(log_level="error"), database=database)
        yield relay, app
        app.extensions[SHOWN_CARDS].close()
        relay.close()
        database.close()


def status(app: Flask, path: str = f"{PATH}/feedback") -> int:
    return app.test_client().post(path, json=BODY).status_code


def cards(app: Flask) -> int:
    order = draft(text="cyanocobalamin 1 mg tablet")
    answer = app.test_client().post(PATH, json=call(order, prefetch={"patient": PATIENT_RESOURCE}))
    assert answer.status_code == 200
    return len(answer.get_json()["cards"])


def test_feedback_is_refused_while_the_server_is_away_and_taken_when_it_is_back(line: tuple[Line, Flask]) -> None:
    relay, app = line
    assert status(app) == 200
    # a connection that broke while nobody used it is not used again
    relay.cut.set()
    time.sleep(0.2)
    relay.cut.clear()
    assert status(app) == 200
    relay.cut.set()
    assert [status(app), app.test_client().get("/readyz").status_code] == [503, 503]
    # What a pod is asked before it gets calls: that it can give advice
    assert app.test_client().get("/readyz?exclude=database").status_code == 200
    assert cards(app) > 0
    relay.cut.clear()
    assert [status(app), app.test_client().get("/readyz").status_code] == [200, 200]


def test_a_server_that_hangs_holds_four_calls_at_most_and_nobodys_turn(line: tuple[Line, Flask]) -> None:
    relay, app = line
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: status(app), range(8))) == [200] * 8
        relay.hung.set()
        waiting = [threads.submit(status, app) for _ in range(8)]
        try:
            refused = [future.result(timeout=10) for future in wait_for(waiting, timeout=2.5).done]
            # four wait for the server; the others found no connection, and were told so before one could time out
            assert refused == [503] * 4
            assert app.extensions[WAITS].number == 4
            assert threads.submit(cards, app).result(timeout=5) > 0
        finally:
            relay.hung.clear()
        assert [future.result(timeout=10) for future in waiting].count(200) == 4


def test_while_a_server_hangs_much_feedback_at_once_keeps_no_hook_call_waiting() -> None:
    """In a worker as it is served, with its two turns: who finds no place to wait is told so at once."""
    many, seconds = 2 * MOST_AT_DATABASE, []
    sent = post(json.dumps(BODY).encode(), path=f"{PATH}/feedback")
    order = call(draft(text="cyanocobalamin 1 mg tablet"), prefetch={"patient": PATIENT_RESOURCE})
    with postgresql() as url, running(1, database_url=url) as service, ExitStack() as lines:
        assert service.post(f"{PATH}/feedback", BODY) == 200
        with in_transaction(url, "LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE"):
            waiting = [lines.enter_context(socket.create_connection(("127.0.0.1", service.port))) for _ in range(many)]
            for line in waiting:
                line.sendall(sent)
            for _ in range(5):
                began = time.monotonic()
                assert service.post(PATH, order) == 200
                seconds.append(time.monotonic() - began)
        assert max(seconds) < 1
        assert [read_answer(line).status for line in waiting].count(503) >= many - MOST_AT_DATABASE


def test_feedback_and_figures_are_refused_where_too_many_wait_for_the_database(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/records.sqlite3")) as database:
        app = create_app(Settings(log_level="error"), database=database)
        app.extensions[WAITS].number = MOST_WAITING + MOST_AT_OWN
        client = app.test_client()
        for answer in (
            client.post(f"{PATH}/feedback", json=BODY),
            client.get("/feedback-figures?format=json"),
            client.get("/feedback-figures.csv"),
        ):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert answer.get_json()["issue"][0]["details"]["coding"][0]["code"] == "database-away"
