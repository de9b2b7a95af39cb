"""The demo verb: starts the real service on a free port, sends the shipped requests, prints the cards for a person.

Knows HTTP and the terminal; what the requests are is known elsewhere (examples.py).
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from cds_service.examples import examples

_COLOURS = {"critical": "1;31", "warning": "1;33", "info": "1;36", "silent": "1;32", "error": "1;31"}
_START_SECONDS = 60


class DemoError(Exception):
    """The service did not start or did not answer; the message says which."""


def demo(out: TextIO) -> int:
    """Print each example and its answer. 0 when every request was answered with 200, else 1."""
    ask = Printer(out)
    failures = 0
    with _service() as port:
        for number, example in enumerate(examples(datetime.now(UTC).date()), start=1):
            status, answer = _post(port, f"/cds-services/b12-{example.body['hook']}", example.body)
            ask.example(number, example.title)
            if status != 200:
                failures += 1
                ask.refused(status, answer)
            elif not answer["cards"]:
                ask.silence()
            for card in answer.get("cards", ()):
                ask.card(card)
    ask.close()
    return 1 if failures else 0


@contextmanager
def _service() -> Iterator[int]:
    """The service as `serve` runs it, on a free loopback port, for as long as the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--workers", "1"]
    with TemporaryDirectory() as folder:
        # These cards are shown to nobody's clinician: they stay out of the site's figures
        records = f"sqlite:///{folder}/demo.sqlite3"
        quiet = {**os.environ, "CDS_LOG_LEVEL": "error", "CDS_DATABASE_URL": records}
        with subprocess.Popen(  # noqa: S603
            command, env=quiet, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as server:
            try:
                _wait_until_ready(server, port)
                yield port
            finally:
                server.terminate()
                server.wait()


def _wait_until_ready(server: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            said = (server.stderr.read() if server.stderr is not None else "").strip()
            raise DemoError(f"the service did not start: {said}")
        try:
            if _get_status(port, "/readyz") == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise DemoError(f"the service was not ready within {_START_SECONDS} seconds")


def _get_status(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _post(port: int, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


class Printer:
    """Cards on a terminal, as wide as it is; coloured only where somebody looks at a terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._width = min(shutil.get_terminal_size((100, 24)).columns, 100)
        self._coloured = out.isatty() and "NO_COLOR" not in os.environ

    def example(self, number: int, title: str) -> None:
        self._line("=" * self._width)
        self._wrapped(f"{number}. {title}", "", "   ")
        self._line()

    def silence(self) -> None:
        self._line(f"   {self._word('silent', ' NO CARD ')} No rule has anything to say.")
        self._line()

    def refused(self, status: int, outcome: dict[str, Any]) -> None:
        issue = outcome.get("issue", [{}])[0]
        text = issue.get("details", {}).get("text", "no reason given")
        self._line(f"   {self._word('error', f' HTTP {status} ')} {text}")
        self._line()

    def card(self, card: dict[str, Any]) -> None:
        self._line(f"   {self._word(card['indicator'], ' ' + card['indicator'].upper() + ' ')}")
        self._wrapped(card["summary"], "   ", "   ")
        self._line()
        for paragraph in card["detail"].split("\n"):
            text = _plain(paragraph)
            if text:
                bullet = "- " if paragraph.startswith("- ") else ""
                self._wrapped(text, "     " + bullet, "     " + " " * len(bullet))
            else:
                self._line()
        for place, suggestion in enumerate(card.get("suggestions", ()), start=1):
            self._line()
            mark = " (recommended)" if suggestion.get("isRecommended") else ""
            self._wrapped(f"[{place}] {suggestion['label']}{mark}", "     ", "         ")
            for action in suggestion["actions"][1:]:
                self._wrapped(f"and: {action['description']}", "         ", "              ")
        self._line()
        self._line(f"     Source: {card['source']['label']}  <{card['source']['url']}>")
        self._line()

    def close(self) -> None:
        self._line("=" * self._width)
        self._wrapped(
            "These patients are made up. No table of this knowledge has been signed by a clinician yet. "
            "To point an EHR at the service:  cobalamin-cds serve",
            "",
            "",
        )

    def _word(self, kind: str, text: str) -> str:
        return f"\x1b[{_COLOURS[kind]};7m{text}\x1b[0m" if self._coloured else f"[{text.strip()}]"

    def _wrapped(self, text: str, first: str, rest: str) -> None:
        self._line(textwrap.fill(text, self._width, initial_indent=first, subsequent_indent=rest))

    def _line(self, text: str = "") -> None:
        self._out.write(text.rstrip() + "\n")


def _plain(markdown: str) -> str:
    """A line of our own Markdown without its marks: bold, bullets, code and escapes."""
    text = markdown.removeprefix("- ").replace("**", "").replace("`", "")
    return re.sub(r"\\([^\w\s])", r"\1", text)
