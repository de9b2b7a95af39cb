"""The service in this process, open to everybody, with all that any logger says at the lowest level at hand."""

import io
import json
import logging
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from cds_service.app import SHOWN_CARDS, create_app
from cds_service.log_lines import log_as_json
from cds_service.settings import Settings
from tests.fuzz.sending import NOW
from tests.privacy.answers import leaks
from tests.privacy.calls import marked_call
from tests.privacy.lines import faults
from tests.privacy.marking import Json, Marker
from tests.privacy.marks import BORN, NUMBER, Marks, word

NAMELESS = 4711
# What an exception of any library may print of what it failed on
TOLD = f"Ms {word('name', NAMELESS)}, {BORN}, {NUMBER}, https://e.example/Patient/{word('patient', NAMELESS)}?x=1"


@dataclass
class Watched:
    """app: as made. Everything said since then is in `said`."""

    app: Flask
    stream: io.StringIO
    marks: Marks = field(default_factory=Marks)

    @property
    def said(self) -> str:
        return self.stream.getvalue()

    def post(self, path: str, body: Any, mark: Marker | None = None, **headers: str) -> tuple[int, list[str]]:
        """The status, and what is wrong with the answer."""
        self.marks.add_all(mark.words if mark else ())
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        found = self.app.test_client().post(path, data=data, content_type="application/json", headers=headers)
        head = "\r\n".join(f"{name}: {value}" for name, value in found.headers).encode()
        return found.status_code, leaks(found.status_code, head, found.data, self.marks)

    def hits(self) -> list[str]:
        """What stands in the log and should not."""
        lines = self.said.encode().splitlines()
        wrong = [f"{each}: {line!r}" for line in lines for each in faults(line)]
        return wrong + [f"log: {each!r}" for each in self.marks.found_in(self.said.encode())]

    def close(self) -> None:
        self.app.extensions[SHOWN_CARDS].close()


@pytest.fixture
def watch(logging_as_before: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """watch(settings=..., **more of create_app): a Watched, ended with the test."""
    made: list[Watched] = []

    def start(settings: Settings | None = None, **more: Any) -> Watched:
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        chosen = settings or Settings(log_level="debug")
        app = create_app(chosen, **{"clock": lambda: NOW} | more)
        log_as_json(stream, "debug")
        for library in ("urllib3", "requests"):
            monkeypatch.setattr(logging.getLogger(library), "level", logging.DEBUG)
        made.append(Watched(app, stream))
        return made[-1]

    yield start
    for each in made:
        each.close()


def marked(number: int, wanted: str = "") -> tuple[Json, Marker]:
    """A marked request of the scenarios. wanted: part of the name of the base."""
    mark = Marker(number)
    return marked_call(random.Random(number), mark, wanted), mark  # noqa: S311 - not for secrets


def marked_feedback(number: int) -> tuple[Json, Marker]:
    """A batch of which nothing free may be kept."""
    mark = Marker(number)
    return mark.feedback(random.Random(number), kept=False), mark  # noqa: S311 - not for secrets


def path_of(request: Json) -> str:
    return f"/cds-services/b12-{request['hook']}"
