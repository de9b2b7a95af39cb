"""Figures that were just counted, kept for a moment where counting is dear. Knows time; no SQL.

The page of the figures is open, and a million cards take seconds to count: whoever asks again and again would have the
database do nothing else. Few cards are counted anew each time.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Semaphore
from typing import Final

from cds_service.records.away import DatabaseAwayError
from cds_service.records.database import Database
from cds_service.records.figures import Figures, figures
from cds_service.waiting import Aside

# Seconds of counting from which on it is not done anew at once; it takes no more than this part of the time then, and
# is done anew after so many seconds whatever it takes
_DEAR: Final = 0.5
_PART: Final = 0.05
_LONGEST: Final = 300.0
_LONGEST_WAIT: Final = 10.0
# Threads that wait for a count that another one makes; who comes beyond them is told so at once
_MOST_WAITING: Final = 2
# Seconds in which a long count that failed is not tried again
_AFTER_FAILING: Final = 10.0


@dataclass(frozen=True, slots=True)
class Counted:
    """at: when it was counted, in UTC."""

    figures: Figures
    at: datetime


class KeptFigures:
    """All that is on record, as it was some seconds ago at most where there are few cards, and minutes where many."""

    def __init__(self, database: Database, clock: Callable[[], datetime], aside: Aside = nullcontext) -> None:
        self._database = database
        self._aside = aside
        self._clock = clock
        self._kept: Counted | None = None
        self._good_until = 0.0
        self._counting = Lock()
        self._waiting = Semaphore(_MOST_WAITING)
        self._failing_until = 0.0

    def now(self) -> Counted:
        """DatabaseAwayError, also where others have it counted already, and that takes long or has just failed."""
        kept = self._kept
        if kept is not None and time.monotonic() < self._good_until:
            return kept
        with self._aside():
            return self._counted(kept)

    def _counted(self, kept: Counted | None) -> Counted:
        if not self._counting.acquire(blocking=False):
            if kept is not None:
                return kept
            self._wait()
        try:
            return self._count()
        finally:
            self._counting.release()

    def _wait(self) -> None:
        """Until nobody counts. DatabaseAwayError where that takes too long, or too many wait."""
        if not self._waiting.acquire(blocking=False):
            raise DatabaseAwayError(TimeoutError())
        try:
            if not self._counting.acquire(timeout=_LONGEST_WAIT):
                raise DatabaseAwayError(TimeoutError())
        finally:
            self._waiting.release()

    def _count(self) -> Counted:
        if self._kept is not None and time.monotonic() < self._good_until:  # by whom we waited for
            return self._kept
        started, at = time.monotonic(), self._clock()
        if started < self._failing_until:
            raise DatabaseAwayError(TimeoutError())
        try:
            found = Counted(figures(self._database), at)
        except DatabaseAwayError:
            if time.monotonic() - started >= _DEAR:
                self._failing_until = time.monotonic() + _AFTER_FAILING
            raise
        took = time.monotonic() - started
        dear = took >= _DEAR
        self._kept = found if dear else None
        self._good_until = time.monotonic() + min(took / _PART, _LONGEST) if dear else 0.0
        return found
