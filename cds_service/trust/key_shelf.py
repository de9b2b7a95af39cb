"""The key sets that all workers of one service share, and whose turn it is to fetch. Knows URLs and times; no token.

One small SQLite file that lives as long as the service, in a folder for this user only: a set is fetched once for all
workers, and the limits on fetching hold for all of them together. Never on a server that others write to: whoever
could write here would bring keys of their own.
"""

import logging
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from cds_service.trust.sqlite_file import SharedFile, opened

MINUTE: Final = 60.0
REFRESHED_EVERY: Final = 60.0  # seconds; a key that the client takes back is honoured for little longer
_RETRIED_AFTER: Final = 5.0  # at first, and then twice as long each time, up to REFRESHED_EVERY
_CLAIM_LASTS: Final = 8.0  # longer than a fetch does: then its worker has died, and another one may
_FORGOTTEN_AFTER: Final = 600.0  # nobody has tried for so long: no client has this URL any more
KEY_SHELF: Final = SharedFile(
    "key_sets.sqlite",
    """
    CREATE TABLE sets (
        url TEXT PRIMARY KEY, text BLOB, version REAL, failures INTEGER NOT NULL, tried REAL, asked REAL, begun REAL,
        fetched REAL
    ) WITHOUT ROWID;
    """,
    "the shelf of key sets",
)
_log = logging.getLogger("cds_service.key_sets")
T = TypeVar("T")
_Run = Callable[..., sqlite3.Cursor]


@dataclass(frozen=True, slots=True)
class Shelved:
    """What is known of a set. Times are those of time.monotonic, which all processes of a machine have in common.

    version: another one for each text, None as long as there is none. failures: fetches since one went well.
    tried: when the last fetch ended. asked: when the last one that an unknown kid caused began. begun: when the one
    that is under way did. fetched: when the last fetch that went well ended.
    """

    version: float | None = None
    failures: int = 0
    tried: float | None = None
    asked: float | None = None
    begun: float | None = None
    fetched: float | None = None

    def due(self) -> float:
        """When the set is to be fetched without anybody asking."""
        if self.tried is None:
            return float("-inf")
        if self.failures == 0:
            return self.tried + REFRESHED_EVERY
        return self.tried + min(REFRESHED_EVERY, _RETRIED_AFTER * 2.0 ** min(self.failures - 1, 10))

    def under_way(self, now: float) -> bool:
        return self.begun is not None and now < self.begun + _CLAIM_LASTS

    def may_be_asked(self, now: float) -> bool:
        """Whether an unknown kid may cause a fetch. The last one so caused does not count if it was never finished."""
        never_finished = self.begun == self.asked
        return self.asked is None or (never_finished and not self.under_way(now)) or now >= self.asked + MINUTE


class KeyShelf:
    """The shelf as one process sees it; without a file, or when that cannot be used, it is this process's own. Safe to
    use from several threads; to be opened after a fork, never before."""

    def __init__(self, file: Path | None, now: float) -> None:
        self._lock = Lock()
        self._database = KEY_SHELF.in_memory() if file is None or not file.exists() else opened(file)
        self._use(lambda run: run("DELETE FROM sets WHERE tried <= ?", (now - _FORGOTTEN_AFTER,)))

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def keep_only(self, urls: Collection[str]) -> None:
        """Forget all other sets: a client that was taken out, maybe for a stolen key, does not bring it when it is
        back. What is being fetched of them is not put down any more."""

        def keep(run: _Run) -> None:
            for (url,) in run("SELECT url FROM sets").fetchall():
                if url not in urls:
                    run("DELETE FROM sets WHERE url = ?", (url,))

        self._use(keep, at_once=True)

    def look(self, url: str) -> Shelved:
        return self._use(lambda run: _look(run, url))

    def read(self, url: str) -> tuple[float, bytes] | None:
        """The version and the text of the set, None where there is none."""

        def read(run: _Run) -> tuple[float, bytes] | None:
            found: tuple[float, bytes] | None = run(
                "SELECT version, text FROM sets WHERE url = ? AND text IS NOT NULL", (url,)
            ).fetchone()
            return found

        return self._use(read)

    def claim(self, url: str, now: float, *, asked: bool) -> bool:
        """Whether the caller is to fetch now, and nobody else. asked: an unknown kid is the reason, not the time.

        `put` ends the claim, or else time does: whoever had it has died.
        """

        def claim(run: _Run) -> bool:
            shelved = _look(run, url)
            if shelved.under_way(now) or not (shelved.may_be_asked(now) if asked else shelved.due() <= now):
                return False
            run("INSERT OR IGNORE INTO sets (url, failures) VALUES (?, 0)", (url,))
            run("UPDATE sets SET begun = ?, asked = ? WHERE url = ?", (now, now if asked else shelved.asked, url))
            return True

        return self._use(claim, at_once=True)

    def put(self, url: str, begun: float, now: float, text: bytes | None) -> None:
        """What the fetch claimed at `begun` has brought, None: nothing good. Nothing is changed where the claim was
        lost, so that a fetch that ends late does not put an old set in the place of a newer one."""

        def put(run: _Run) -> None:
            if text is not None:
                changed = "UPDATE sets SET text = ?, version = begun WHERE url = ? AND begun = ? AND text IS NOT ?"
                run(changed, (text, url, begun, text))
            ended = "UPDATE sets SET failures = ?*(failures+1), tried = ?, begun = NULL WHERE url = ? AND begun = ?"
            if text is not None:
                run("UPDATE sets SET fetched = ? WHERE url = ? AND begun = ?", (now, url, begun))
            run(ended, (text is None, now, url, begun))

        self._use(put, at_once=True)

    def _use(self, work: Callable[[_Run], T], *, at_once: bool = False) -> T:
        """at_once: all of it or nothing, and no other process in between."""
        with self._lock:
            try:
                return _done(self._database, work, at_once)
            except sqlite3.Error:  # the disk is full, the folder was swept: keys must be had all the same
                _log.error("the key sets of all workers cannot be used: this worker fetches its own")
                self._database.close()
                self._database = KEY_SHELF.in_memory()
                return _done(self._database, work, at_once)


def _done(database: sqlite3.Connection, work: Callable[[_Run], T], at_once: bool) -> T:
    if not at_once:
        return work(database.execute)
    database.execute("BEGIN IMMEDIATE")
    done = work(database.execute)
    database.execute("COMMIT")
    return done


def _look(run: _Run, url: str) -> Shelved:
    found = run("SELECT version, failures, tried, asked, begun, fetched FROM sets WHERE url = ?", (url,)).fetchone()
    return Shelved() if found is None else Shelved(*found)
