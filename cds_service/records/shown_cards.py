"""Cards as they were shown: written beside the hook calls, never in their way. Knows threads and SQL; no patient.

A call leaves its cards in a queue and goes on. One thread of the process writes them in batches. While the database
is away they wait; when too many wait, the newest are dropped and counted. What is lost so costs a figure its precision
and nobody an answer: feedback itself does not come this way.
"""

import atexit
import logging
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Final

from sqlalchemy.dialects import postgresql, sqlite

from cds_service.records.away import DatabaseAwayError
from cds_service.records.database import Database
from cds_service.records.schema import SHOWN_CARD, SHOWN_SUGGESTION

_log = logging.getLogger("cds_service.records")
_WAITING: Final = 10_000
_BATCH: Final = 1000
_PAUSE: Final = 0.2  # seconds in which cards gather: a transaction costs as much processor time as a call
_LONGEST_WAIT: Final = 30.0
_TOLD_EVERY: Final = 60.0
_LAST_WORDS: Final = 5.0
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One card of one answer. card, suggestions: uuids. shadow: it was counted, and not sent."""

    card: str
    suggestions: tuple[str, ...]
    service: str
    client: str
    rule: str
    topic: str
    indicator: str
    knowledge_version: str
    shadow: bool
    at: datetime


_OWN_COLUMNS: Final = tuple(field.name for field in fields(ShownCard) if field.name not in {"at", "suggestions"})


class ShownCards:
    """The queue, and the thread that empties it. The thread starts with the first card, so an app can be made before
    a fork, and ends when this object does, at the latest with the process.

    tell: called by the thread with how many cards wait for a database that has not taken them, 0 when it has, and how
    many more were dropped.
    """

    def __init__(
        self, database: Database, waiting: int = _WAITING, tell: Tell = lambda _waiting, _dropped: None
    ) -> None:
        self._waiting = waiting
        self._queue: SimpleQueue[ShownCard | None] = SimpleQueue()
        self._writer = _Writer(database, self._queue, tell)
        self._starting = Lock()
        self._end: weakref.finalize[..., ShownCards] | None = None

    @property
    def dropped(self) -> int:
        """Cards that were shown and are in no figure, since the start of the process."""
        return self._writer.dropped

    def note(self, cards: Iterable[ShownCard]) -> None:
        """Put the cards down for writing. Takes microseconds, waits for nothing and fails never."""
        if self._end is None:
            self._start()
        for card in cards:
            if self._queue.qsize() < self._waiting:
                self._queue.put(card)
            else:
                self._writer.dropped += 1

    def close(self) -> None:
        """Write what waits, for some seconds at most, and end the thread."""
        if self._end is not None:
            self._end.detach()
            self._writer.finish()

    def _start(self) -> None:
        with self._starting:
            if self._end is None:
                self._writer.start()
                self._end = weakref.finalize(self, self._writer.stop)
                self._end.atexit = False  # then the writer finishes


class _Writer:
    """The thread. It does not know ShownCards, or that would never be given up."""

    def __init__(self, database: Database, queue: SimpleQueue[ShownCard | None], count: Tell) -> None:
        self.dropped = 0
        self._count = count
        self._counted = 0
        self._database = database
        self._queue = queue
        self._ending = Event()
        self._thread = Thread(target=self._run, name="shown-cards", daemon=True)
        self._told = 0
        self._told_at = 0.0

    def start(self) -> None:
        self._thread.start()
        atexit.register(self.finish)

    def stop(self) -> None:
        """Have the thread end when it has written what waits; does not wait for that."""
        atexit.unregister(self.finish)
        self._ending.set()
        self._queue.put(None)

    def finish(self) -> None:
        self.stop()
        self._thread.join(_LAST_WORDS)

    def _run(self) -> None:
        more = True
        while more:
            batch = [self._queue.get()]
            self._ending.wait(_PAUSE)
            while len(batch) < _BATCH:
                try:
                    batch.append(self._queue.get_nowait())
                except Empty:
                    break
            more = None not in batch
            self._write([card for card in batch if card is not None])
            self._tell(0)

    def _write(self, cards: list[ShownCard]) -> None:
        """Until it is done, or the process ends, or the batch cannot be written at all."""
        wait = 1.0
        while cards:
            try:
                store(self._database, cards)
            except DatabaseAwayError as error:
                if wait == 1.0:
                    _log.warning("cards shown wait for the database: %s", error)
            except Exception as error:  # noqa: BLE001  # one batch must not end the thread
                _log.error("cards shown could not be written: %s", type(error).__name__)
                break
            else:
                return
            self._tell(len(cards) + self._queue.qsize())
            if self._ending.wait(wait):
                break
            wait = min(2 * wait, _LONGEST_WAIT)
        self.dropped += len(cards)

    def _tell(self, waiting: int) -> None:
        """Whoever counts; and the log once a minute, how many were dropped."""
        dropped = self.dropped
        self._count(waiting, dropped - self._counted)
        self._counted = dropped
        now = time.monotonic()
        if self.dropped > self._told and (now - self._told_at >= _TOLD_EVERY or self._ending.is_set()):
            _log.warning("cards shown that no figure counts: %d", self.dropped - self._told)
            self._told, self._told_at = self.dropped, now


def store(database: Database, cards: Iterable[ShownCard]) -> None:
    """Write the cards in one transaction; one that is there already was shown once more. DatabaseAwayError."""
    # In one order everywhere, or two workers with the same cards could wait for each other for ever
    ordered = sorted(cards, key=lambda card: card.card)
    rows = [
        {name: getattr(card, name) for name in _OWN_COLUMNS} | {"first_shown_at": card.at, "times": 1}
        for card in ordered
    ]
    suggestions = sorted((uuid, card.card, place) for card in ordered for place, uuid in enumerate(card.suggestions))
    with database.writing() as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        shown = insert(SHOWN_CARD)
        latest = {name: shown.excluded[name] for name in ("rule", "indicator", "knowledge_version", "shadow")}
        again = shown.on_conflict_do_update(
            index_elements=["card"], set_=latest | {"times": SHOWN_CARD.c.times + shown.excluded.times}
        )
        connection.execute(again, rows)
        if suggestions:
            connection.execute(
                insert(SHOWN_SUGGESTION).on_conflict_do_nothing(),
                [{"suggestion": uuid, "card": card, "place": place} for uuid, card, place in suggestions],
            )
