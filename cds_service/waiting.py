"""Calls that wait for another server, and how many may at a time. Knows threads; nothing of servers or clients.

A thread that waits takes no processor, and no turn from a thread that works: the worker gives its turn to the next
request (turns.py). What it does take is a place among the requests of a worker, so that there are no more than so many.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Final

# Of the hundred requests of a worker (worker.py). Whatever the server of one client does, calls of others may wait for
# theirs; whatever all servers do, there is room for calls that need none
MOST_OF_ONE: Final = 50
MOST_WAITING: Final = 75
# What waits for the service's own database or its own Redis comes on top of that. Neither takes the places of the
# other, and all of them with the two calls that work (serve.py) are the hundred
MOST_AT_DATABASE: Final = 15
MOST_AT_REDIS: Final = 8
MOST_AT_OWN: Final = MOST_AT_DATABASE + MOST_AT_REDIS
Aside = Callable[[], AbstractContextManager[object]]  # a place that is given, or what is raised where there is none


class Waits:
    """All calls of a process that wait. number: how many. tell: called with each one more, in that call's thread."""

    def __init__(self) -> None:
        self.number = 0
        self.tell: Callable[[], None] = lambda: None
        self.lock = Lock()


class Share:
    """The calls of one client among them. of_one, in_all: how many of these may wait, and beside how many."""

    def __init__(self, waits: Waits, of_one: int = MOST_OF_ONE, in_all: int = MOST_WAITING) -> None:
        self._waits = waits
        self._of_one = of_one
        self._in_all = in_all
        self._number = 0

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Wait inside this block, and do nothing else there. False: too many wait already, and this call must not."""
        taken = self._change(1)
        try:
            if taken:
                self._waits.tell()
            yield taken
        finally:
            if taken:
                self._change(-1)

    def _change(self, by: int) -> bool:
        with self._waits.lock:
            if by > 0 and (self._number >= self._of_one or self._waits.number >= self._in_all):
                return False
            self._number += by
            self._waits.number += by
            return True
