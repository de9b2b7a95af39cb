"""Whole requests in the order in which they came, and the threads that answer them. Knows threads; no HTTP."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any, Final
from urllib.parse import unquote

from cds_service.line import Line
from cds_service.waiting import Waits

# What asks if the process is well. Each has a thread of its own, and is answered while all others are busy. However it
# is written: who writes %72 for r asks the same, and must not do so on the threads of others
_PROBES: Final = ("/healthz", "/readyz")


class Turns:
    """Used by a worker's loop and by its threads: whoever ends gives the next its turn, without waiting for the loop.

    run: answers a request, in a thread of the pool, and calls `ended`. threads: how many work at a time; those that
    wait for another server come on top, so the pool has more. most: how many requests may wait or run.
    """

    def __init__(self, pool: Executor, run: Callable[..., None], threads: int, most: int, waits: Waits) -> None:
        self.pool = pool
        pool.submit(int)  # one thread there is from the start
        self._run = run
        self._threads = threads
        self._most = most
        self._waits = waits
        self._waiting: deque[tuple[Line, Any]] = deque()
        self._running = 0
        self._lock = Lock()

    def take(self, line: Line, request: Any) -> bool:
        """Its turn will come, or has come. False where there are too many already."""
        with self._lock:
            if len(self._waiting) + self._running >= self._most:
                return False
            self._waiting.append((line, request))
        self.go_on()
        return True

    def go_on(self) -> None:
        """Begin what a thread is free for."""
        with self._lock:
            while self._waiting and self._running - self._waits.number < self._threads:
                line, request = self._waiting.popleft()
                self._running += 1
                # Where no thread can be started any more, it has its place in the pool's queue all the same
                with suppress(RuntimeError):
                    self.pool.submit(self._run, line, request, self)

    def ended(self) -> None:
        with self._lock:
            self._running -= 1
        self.go_on()

    def load(self) -> tuple[int, int]:
        """How many requests run, those included that wait for another server, and how many wait for their turn."""
        with self._lock:
            return self._running, len(self._waiting)

    def late(self, since: float) -> list[tuple[Line, Any]]:
        """Take out the requests that have been whole and waiting since then or longer, on the monotonic clock."""
        late = []
        with self._lock:
            while self._waiting and self._waiting[0][0].ready <= since:
                late.append(self._waiting.popleft())
        return late


class Queues:
    """All that a worker hands requests to. calls: the turns of everything but probes.

    No probe is refused for how many there are: whoever does that to a healthy process has it killed. There are no more
    than connections, which are bounded.
    """

    def __init__(self, calls: Turns, run: Callable[..., None], connections: int) -> None:
        self.calls = calls
        self._probes = {path: Turns(ThreadPoolExecutor(1), run, 1, connections, Waits()) for path in _PROBES}

    def take(self, line: Line, request: Any) -> bool:
        """False where there are too many already."""
        return self._probes.get(unquote(request.path), self.calls).take(line, request)

    def late(self, since: float) -> list[tuple[Line, Any]]:
        """Take out what has been waiting since then or longer."""
        return [each for turns in self._all() for each in turns.late(since)]

    def close(self) -> None:
        for turns in self._all():
            turns.pool.shutdown(wait=False)

    def _all(self) -> tuple[Turns, ...]:
        return (self.calls, *self._probes.values())
