"""Callers that go on whatever happens to the service: hook calls, and feedback to the cards that came, all noted."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.own_uuids import own_uuid

# A path and a body -> the status of the answer; OSError or HTTPException where none comes
Ask = Callable[[str, bytes], int]
HOOK = "/cds-services/b12-order-select"
TOLD = f"{HOOK}/feedback"


def card(caller: int, number: int) -> str:
    """The uuid of a card as ours look, another one for each item of feedback."""
    return own_uuid(caller, number)


def feedback(uuid: str) -> dict[str, Any]:
    return {"feedback": [{"card": uuid, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}]}


@dataclass
class Load:
    """answers: how many of each path and status; 0 is no answer. acknowledged: cards whose feedback was answered 200.
    longest: seconds of the slowest call."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    longest: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, path: str, status: int, seconds: float) -> None:
        with self._lock:
            self.answers[path, status] += 1
            self.longest = max(self.longest, seconds)

    def acknowledge(self, uuid: str) -> None:
        with self._lock:
            self.acknowledged.add(uuid)

    @property
    def failed(self) -> dict[tuple[str, int], int]:
        return {key: count for key, count in self.answers.items() if key[1] != 200}


@contextmanager
def load(
    callers: int, asking: Callable[[], AbstractContextManager[Ask]], order: dict[str, Any], pause: float
) -> Iterator[Load]:
    """callers: threads, each with an `asking()` of its own. pause: seconds between calls of the first; each other
    waits longer, so that connections stand idle for times of every length."""
    seen, done = Load(), threading.Event()

    def work(number: int) -> None:
        body, count = json.dumps(order).encode(), 0
        with asking() as ask:
            while not done.wait(pause * (1 + number)):
                count += 1
                told = card(number, count)
                seen.note(HOOK, *_timed(ask, HOOK, body))
                status, seconds = _timed(ask, TOLD, json.dumps(feedback(told)).encode())
                seen.note(TOLD, status, seconds)
                if status == 200:
                    seen.acknowledge(told)

    threads = [threading.Thread(target=work, args=[number]) for number in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        done.set()
        for thread in threads:
            thread.join(60)


def _timed(ask: Ask, path: str, body: bytes) -> tuple[int, float]:
    began = time.monotonic()
    try:
        status = ask(path, body)
    except (OSError, http.client.HTTPException):
        status = 0
    return status, time.monotonic() - began
