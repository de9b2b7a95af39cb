"""The demo verb: starts the real service on a free port, sends the shipped requests, prints the cards for a person.

Knows HTTP; what the requests are (examples.py) and how a card looks on a terminal (card_text.py) is known elsewhere.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from tempfile import TemporaryDirectory
from typing import Any, Final, TextIO

from cds_service.card_text import answer_text, list_text
from cds_service.examples import Example, examples
from cds_service.terminal import Screen, Step, progress

_START_SECONDS: Final = 60
_RECORDING: Final = ("CDS_RECORD_DIR", "CDS_RECORD_KEY_FILE")  # for patients, and these are made up
# Who may call, and by which way: the demo is the only caller, on a port of its own
_OF_CALLERS: Final = frozenset({"CDS_CLIENTS", "CDS_TRUSTED_PROXIES", "CDS_SHARED_STATE_URL", *_RECORDING})
# Where the links of the cards lead, once `serve` runs
_SERVED: Final = "http://127.0.0.1:8000"


class DemoError(Exception):
    """The service did not start or did not answer; the message says which."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One shipped request, the id of the service that it was sent to, and the status and the body of the answer."""

    example: Example
    service: str
    status: int
    answer: dict[str, Any]


def demo(out: TextIO, errors: TextIO, *, as_json: bool, command: str) -> int:
    """Print each example and its answer. 0 when every request was answered with 200, else 1. DemoError.

    as_json: one document for a program. command: what a person types to run this program.
    """
    with progress(errors) as step:
        answered = _ask_all(step)
    document = as_document(answered)
    if as_json:
        out.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        print_cards(Screen(out), answered, command)
    return 1 if document["failed"] else 0


def as_document(answered: Sequence[Answered]) -> dict[str, Any]:
    """For a program: docs/command-line.md has its members."""
    rows = [
        {
            "id": each.example.id,
            "title": each.example.title,
            "service": each.service,
            "request": each.example.body,
            "status": each.status,
            "answer": each.answer,
        }
        for each in answered
    ]
    return {"failed": sum(each.status != 200 for each in answered), "examples": rows}


def print_cards(screen: Screen, answered: Sequence[Answered], command: str) -> None:
    """For a person: each answer, then all of them in a list, and how to go on."""
    for number, each in enumerate(answered, start=1):
        screen.rule()
        screen.wrapped(each.example.title, f"{number:>2}. ", "    ", "bold")
        screen.line()
        answer_text(screen, each.status, each.answer)
    screen.rule()
    screen.line((f"{len(answered)} examples", "bold"))
    list_text(screen, [(each.example.title, each.status, each.answer) for each in answered])
    screen.line()
    screen.wrapped("These patients are made up, and no clinician has signed any table of this knowledge yet.")
    screen.line("Try them in a browser:  ", (f"{command} serve", "bold"))
    screen.line("then open               ", (f"{_SERVED}/", "bold"))


def _ask_all(step: Step) -> list[Answered]:
    found = examples(datetime.now(UTC).date())
    answered = []
    step(0, len(found), "starting the service")
    with _service() as port:
        for done, example in enumerate(found):
            step(done, len(found), example.title)
            answered.append(_ask(port, example))
    return answered


@contextmanager
def _service() -> Iterator[int]:
    """The service as `serve` runs it, on a free loopback port, for as long as the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--workers", "1"]
    with _folder() as folder:
        # These cards are shown to nobody's clinician: they stay out of the site's figures
        records = f"sqlite:///{folder}/demo.sqlite3"
        kept = {name: value for name, value in os.environ.items() if name not in _OF_CALLERS}
        quiet = {"CDS_PUBLIC_URL": _SERVED, **kept, "CDS_LOG_LEVEL": "error", "CDS_DATABASE_URL": records}
        away = subprocess.DEVNULL
        with subprocess.Popen(  # noqa: S603
            command, env=quiet, stdin=away, stdout=away, stderr=subprocess.PIPE, text=True
        ) as server:
            try:
                _wait_until_ready(server, port)
                yield port
            finally:
                server.terminate()
                server.wait()


def _folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory()
    except OSError:
        raise DemoError("no folder for temporary files can be written: set TMPDIR") from None


def _wait_until_ready(server: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemoError(f"the service did not start: {_told(server)}")
        try:
            if _get_status(port, "/readyz") == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise DemoError(f"the service was not ready within {_START_SECONDS} seconds")


def _told(server: subprocess.Popen[str]) -> str:
    """What it wrote before it ended: the messages of its log."""
    lines = server.stderr.read().splitlines() if server.stderr is not None else []
    return "; ".join(json.loads(line).get("message", line) if line.startswith("{") else line for line in lines)


def _get_status(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _ask(port: int, example: Example) -> Answered:
    service = f"b12-{example.body['hook']}"
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"/cds-services/{service}", json.dumps(example.body), headers)
        response = connection.getresponse()
        return Answered(example, service, response.status, json.loads(response.read()))
    except (OSError, HTTPException, ValueError) as error:
        raise DemoError(f"no answer that can be read to: {example.title} ({type(error).__name__})") from error
    finally:
        connection.close()
