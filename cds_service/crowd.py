"""All connections of a worker: what they are asked for, what they hold together, and which of them goes first.

Knows lines and the selector that they are registered with; no HTTP.
"""

from collections.abc import Callable, Iterator
from functools import partial
from selectors import BaseSelector
from typing import Any

from cds_service.line import Line


class Crowd:
    """held: bytes of all lines together, as weighed last. happened: called with a line and its socket when there is
    what it was asked for."""

    def __init__(self, poller: BaseSelector, happened: Callable[[Line, Any], None]) -> None:
        self._lines: set[Line] = set()
        self._poller = poller
        self._happened = happened
        self.held = 0

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Line]:
        """As they are now: lines may come and go meanwhile."""
        return iter(tuple(self._lines))

    def add(self, line: Line) -> None:
        self._lines.add(line)

    def listen(self, line: Line, events: int) -> None:
        """Have it told when its client has sent something, or takes something."""
        if line.events == 0:
            self._poller.register(line.sock, events, partial(self._happened, line))
        elif line.events != events:
            self._poller.modify(line.sock, events, partial(self._happened, line))
        line.events = events

    def ignore(self, line: Line) -> None:
        if line.events != 0:
            line.events = 0
            self._poller.unregister(line.sock)

    def drop(self, line: Line) -> None:
        """Close the connection, now."""
        self.ignore(line)
        if line in self._lines:
            self._lines.remove(line)
            self.held -= line.size
        line.sock.close()

    def weigh(self, line: Line) -> None:
        """Count anew what is held for a line that no thread has. One that was removed holds nothing."""
        if line not in self._lines:
            return
        size = len(line.arrival.got) + len(line.unsent)
        self.held += size - line.size
        line.size = size

    def greediest(self, small: int, now: float) -> Line | None:
        """The line that has held most for longest, of those above `small` bytes that no thread has. By size alone, many
        lines that hold a little for ever would keep out each one that brings more."""
        large = [line for line in self._lines if line.size > small and not line.running]
        return max(large, key=lambda line: line.size * (now - line.begun), default=None)

    def least_missed(self) -> Line | None:
        """The line to close where a new one needs its place: one that is quiet, for longest; else the request that
        has been on its way for longest. None while all of them are being answered."""
        waiting = [line for line in self._lines if not line.running and not line.unsent]
        return min(waiting, key=lambda line: (not line.quiet, line.begun), default=None)

    def make_way(self) -> None:
        """Drop the least missed line, if there is one."""
        line = self.least_missed()
        if line is not None:
            self.drop(line)
