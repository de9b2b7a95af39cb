"""How long a call took is told as its client knows it: from the whole request to the answer, waiting included."""

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

import pytest

from cds_service import worker
from cds_service.app import REFUSING, create_app
from cds_service.audit import Trail
from cds_service.hooks.edge import WHOLE, Edge
from cds_service.metrics import PREFIX, Metrics
from cds_service.refusal import refused
from cds_service.settings import Settings
from tests.hook_calls import call, draft
from tests.log_lines import requests
from tests.looping import THREADS, Held, looping
from tests.raw_http import read_answer


class Told(Held):
    """With the layer that every answer goes through. told: waited, status and seconds of each."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[float, int, float]] = []
        self._edge = Edge(super().__call__, (), "1+0", self._tell)
        self.extensions[REFUSING] = Edge(refused, (), "1+0", self._tell)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self._edge(environ, start_response)

    def _tell(self, trail: Trail, status: int, milliseconds: float) -> None:
        self.told.append((trail.waited, status, milliseconds / 1000))


def asked(lines: ExitStack, port: int, path: str) -> socket.socket:
    line = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return line


def test_the_wait_for_a_thread_is_part_of_it_and_known_by_itself() -> None:
    held = Told()
    with looping(held) as port, ExitStack() as lines:
        working = [asked(lines, port, "/works") for _ in range(THREADS)]
        late = asked(lines, port, "/")
        time.sleep(0.4)
        held.over.set()
        assert {read_answer(line).status for line in (*working, late)} == {200}
    assert len(held.told) == THREADS + 1
    waited, _, seconds = max(held.told)
    assert 0.1 < waited <= seconds < 20


def test_who_is_refused_after_a_wait_has_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LONGEST_WAIT", 0.3)
    held = Told()
    with looping(held) as port, ExitStack() as lines:
        for _ in range(THREADS):
            asked(lines, port, "/works")
        assert read_answer(asked(lines, port, "/")).status == 503
        waited, status, seconds = held.told[0]
    assert status == 503
    assert 0.3 <= waited <= seconds < 20


def test_log_and_counts_begin_where_the_request_was_whole(capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(Settings())
    body = call(draft(text="cyanocobalamin 1 mg"))
    app.test_client().post("/cds-services/b12-patient-view", json=body, environ_base={WHOLE: time.monotonic() - 5})
    (line,) = requests(capsys.readouterr().err)
    assert 5000 <= line["ms"] < 30_000
    text = app.test_client().get("/metrics").text
    assert f'{PREFIX}_request_seconds_bucket{{le="2.5",service="b12-patient-view"}} 0.0' in text


def test_a_call_in_scope_counts_its_wait_as_a_step() -> None:
    metrics = Metrics()
    metrics.note(Trail("r", service="s", in_scope=True, waited=3.0), 200, 3001.0)
    assert f'{PREFIX}_step_seconds_sum{{step="wait"}} 3.0' in metrics.text().decode()
