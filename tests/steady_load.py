"""Callers that go on whatever happens to the service: hook calls, and feedback to the cards that came, all noted."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

# A path and a body -> status and headers of the answer; OSError or HTTPException where none comes
Ask = Callable[[str, bytes], "tuple[int, http.client.HTTPMessage]"]
HOOK = "/cds-services/b12-order-select"
TOLD = f"{HOOK}/feedback"


def card(caller: int, number: int) -> str:
    """The uuid of a card as ours look, another one for each item of feedback."""
    return str(UUID(int=(0xC0BA << 112) + (caller << 80) + number, version=5))


def feedback(uuid: str) -> dict[str, Any]:
    return {"feedback": [{"card": uuid, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}]}


@dataclass
class Load:
    """answers: how many of each path and status; 0 is no answer. acknowledged: cards whose feedback was answered 200.
    longest: seconds of the slowest call. versions: what the answers say of the knowledge they speak from."""

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
def load(callers: int, asking: Callable[[], Ask], order: dict[str, Any], pause: float) -> Iterator[Load]:
    """callers: threads, each with an `asking()` of its own. pause: seconds between a caller's calls, a bit more for each
    caller, so that connections stand idle for times of every length."""
    seen, done = Load(), threading.Event()

    def call(number: int) -> None:
        ask, body, count = asking(), json.dumps(order).encode(), 0
        while not done.wait(pause * (1 + number)):
            count += 1
            told = card(number, count)
            for path, sent in ((HOOK, body), (TOLD, json.dumps(feedback(told)).encode())):
                began = time.monotonic()
                try:
                    status, _ = ask(path, sent)
                except (OSError, http.client.HTTPException):
                    status = 0
                seen.note(path, status, time.monotonic() - began)
                if path == TOLD and status == 200:
                    seen.acknowledge(told)

    threads = [threading.Thread(target=call, args=[number]) for number in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        done.set()
        for thread in threads:
            thread.join(60)
