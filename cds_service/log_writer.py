"""A stream for the log that never waits for its reader. Knows a descriptor, a thread and time; not what lines say.

Where standard error is a pipe and whoever reads it stalls, a write waits, and with it every call, the health check and
the end of the process. Here a thread does the waiting, and what it cannot get rid of is counted and given up. Where no
thread can be started, who says something writes it, if there is room for it at that moment.
"""

import atexit
import io
import os
import select
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, TextIO

# Some seconds of the busiest service; a few MB
MOST_LINES: Final = 10_000
# Seconds in which lines gather: to wake this thread for each costs a call as much as to write the line
_PAUSE: Final = 0.02
# At the end of the process, for what is still to be written
_LAST_SECONDS: Final = 2.0


class LogWriter(io.TextIOBase):
    """Each text is written in one piece, in the order of the calls. A process that is forked off has its own thread.

    stream: gives the descriptor. lost: makes the line that tells how many lines were given up, with its end.
    most: lines that may wait to be written.
    """

    def __init__(self, stream: TextIO, lost: Callable[[int], str], most: int = MOST_LINES) -> None:
        self._stream = stream
        self._tell_lost = lost
        self._most = most
        self._begin()
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self._end)

    def _begin(self) -> None:
        # What waits in the parent is the parent's to write
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._lost = 0
        self._counting = threading.Lock()
        self._thread: threading.Thread | None = threading.Thread(target=self._write_on, name="log", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # a limit of the system: the process lives on, and its log with it
            self._thread = None

    def write(self, text: str) -> int:
        if self._thread is None:
            with self._counting:
                self._write_now(text)
        elif self._waiting.qsize() < self._most:
            self._waiting.put(text)
        else:
            with self._counting:
                self._lost += 1
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def _write_on(self) -> None:
        waiting = self._waiting
        while (text := waiting.get()) is not None:
            if waiting.empty():
                time.sleep(_PAUSE)
            lost = 0 if self._put(text) else 1
            with self._counting:
                lost, self._lost = lost + self._lost, 0
            if lost and not self._put(self._tell_lost(lost)):
                with self._counting:
                    self._lost += lost

    def _write_now(self, text: str) -> None:
        """Without waiting: a pipe that is said to have room takes a line whole."""
        self._lost += 0 if self._has_room() and self._put(text) else 1
        if self._lost and self._has_room() and self._put(self._tell_lost(self._lost)):
            self._lost = 0

    def _has_room(self) -> bool:
        try:
            return len(select.select([], [self.fileno()], [], 0)[1]) > 0
        except (OSError, ValueError):
            return False

    def _put(self, text: str) -> bool:
        """Wait until it is written. False where it cannot be: closed, or the disk is full."""
        left = text.encode("ascii", "backslashreplace")
        try:
            while left:
                left = left[self._write_some(left) :]
        except (OSError, ValueError):
            return False
        return True

    def _write_some(self, left: bytes) -> int:
        try:
            return os.write(self.fileno(), left)
        except BlockingIOError:  # another process that has the same pipe has made it so
            select.select([], [self.fileno()], [])
            return 0

    def _end(self) -> None:
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(_LAST_SECONDS)
