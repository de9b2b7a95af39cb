"""Where the attacks are played: the whole service with the clients file of the victims, and a clock that stands still.

The service is imported by name when it is made, so that a stage shows the service as it is at that moment, with a check
taken out of it or not.
"""

import importlib
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from cds_service.app import SHOWN_CARDS
from cds_service.audit import AuditLog
from cds_service.knowledge.tables import load
from cds_service.records.database import Database
from cds_service.settings import Settings
from tests.attacks.attack import Attack, Call, Good
from tests.attacks.victims import victims
from tests.hook_calls import call as hook_call
from tests.hook_calls import draft
from tests.signing import BASE, NOW, SECONDS

REQUEST_ID = "0c9d9a2b6f1e4c1f8a7be2d5c3f40917"
HOOK = json.dumps(hook_call(draft())).encode()
FEEDBACK = json.dumps(
    {"feedback": [{"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"}]}
).encode()
_load = cache(load)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller got, and the line of the log."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    line: str

    @property
    def note(self) -> str:
        return str(json.loads(self.line).get("note", ""))

    @property
    def ending(self) -> str:
        return self.note if self.status == 401 else "let in" if self.status == 200 else f"status {self.status}"


def body(call: Call) -> bytes:
    return b"" if call.method == "GET" else FEEDBACK if "feedback" in call.path else HOOK


def sent(call: Call, now: int, request_id: str = REQUEST_ID) -> list[tuple[str, str]]:
    """The headers of a call that is made now."""
    shown = [("Authorization", show(now)) for show in call.shown]
    return [("Content-Type", "application/json"), ("X-Request-Id", request_id), *call.headers, *shown]


class Stage:
    """One service that has seen no call yet."""

    def __init__(self, http: FlaskClient, stream: io.StringIO) -> None:
        self._http = http
        self._stream = stream

    def ask(self, call: Call) -> Answer:
        self._stream.seek(0)
        self._stream.truncate()
        answer = self._http.open(call.path, method=call.method, data=body(call), headers=sent(call, SECONDS))
        return Answer(answer.status_code, tuple(answer.headers), answer.data, self._stream.getvalue())

    def play(self, scene: Attack | Good) -> Answer:
        """The answer to an attack, or to the first of its calls before that is not let in; of good calls the last, or
        the first that is not let in."""
        calls = (*scene.before, scene.call) if isinstance(scene, Attack) else scene.calls
        for call in calls:
            answer = self.ask(call)
            if answer.status != 200:
                break
        return answer


@contextmanager
def served(settings: Settings, **more: Any) -> Iterator[tuple[FlaskClient, io.StringIO]]:
    """The service as it is at this moment, with records of its own, and its audit lines. more: for create_app."""
    wiring: Any = importlib.import_module("cds_service.app")
    stream = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/records.sqlite3")
        kept, wiring.AuditLog = wiring.AuditLog, lambda *_: AuditLog(stream)
        try:
            app = wiring.create_app(settings, database=database, read_knowledge=_load, **more)
        finally:
            wiring.AuditLog = kept
        try:
            yield app.test_client(), stream
        finally:
            app.extensions[SHOWN_CARDS].close()
            database.close()


@contextmanager
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(public_url=BASE, clients=victims(Path(folder)))
        with served(settings, clock=lambda: NOW) as (http, stream):
            yield Stage(http, stream)
