"""What the workers of one `serve` remember together, in a SQLite file. Knows digests of token ids and names of clients.

It holds no token, no issuer and no patient. It lives as long as the service, so that "first seen" is decided in one
place without a server beside it; a restart forgets. Times are the caller's: one machine has one clock.
"""

import sqlite3
from contextlib import suppress
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Final

from cds_service.trust.shared_state import SharedStateError, Standing, digest
from cds_service.trust.sqlite_file import SharedFile, opened

_MINUTE: Final = 60.0
STATE_FILE: Final = SharedFile(
    "shared.sqlite",
    """
    CREATE TABLE used (token BLOB PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
    CREATE INDEX used_until ON used (until);
    CREATE TABLE minutes (client TEXT PRIMARY KEY, began REAL NOT NULL, calls INTEGER NOT NULL) WITHOUT ROWID;
    """,
    "the shared state",
)

_REMEMBER: Final = """
    INSERT INTO used VALUES (?, ?)
    ON CONFLICT (token) DO UPDATE SET until = excluded.until WHERE used.until <= ?
"""


class SqliteState:
    """The memory in a file; without one it is this process's own."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = Lock()  # one call at a time here, so that only other processes can keep the file busy
        self._database = STATE_FILE.in_memory() if file is None else _opened(file)
        self._swept = 0.0

    def close(self) -> None:
        self._database.close()

    def check(self) -> None:
        """By a write, as a call makes it: the disk may be full."""
        with self._lock:
            try:
                self._database.execute("INSERT OR REPLACE INTO minutes VALUES ('', 0, 0)")
            except sqlite3.Error:
                raise SharedStateError("the shared state cannot be used") from None

    def admit(self, client: str, limit: int, now: float, token: tuple[str, str] | None, until: float) -> Standing:
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                standing = self._admitted(client, limit, now, token, until)
                self._database.execute("COMMIT" if standing == Standing() else "ROLLBACK")
            except sqlite3.Error:
                with suppress(sqlite3.Error):
                    self._database.rollback()
                raise SharedStateError("the shared state cannot be used") from None
        return standing

    def _admitted(self, client: str, limit: int, now: float, token: tuple[str, str] | None, until: float) -> Standing:
        run = self._database.execute
        if token is not None:
            if now - self._swept >= _MINUTE or now < self._swept:
                run("DELETE FROM used WHERE until <= ?", (now,))
                self._swept = now
            if run(_REMEMBER, (digest(*token), until, now)).rowcount == 0:
                return Standing(repeated=True)
        began, calls = run("SELECT began, calls FROM minutes WHERE client = ?", (client,)).fetchone() or (now, 0)
        if not began <= now < began + _MINUTE:
            began, calls = now, 0
        if calls >= limit:
            return Standing(wait=max(1, ceil(began + _MINUTE - now)))
        run("INSERT OR REPLACE INTO minutes VALUES (?, ?, ?)", (client, began, calls + 1))
        return Standing()


def _opened(file: Path) -> sqlite3.Connection:
    """A file that was swept away with its folder leaves a memory without tables: each call ends in SharedStateError,
    and the worker that starts anew does not take the whole service with it."""
    try:
        return opened(file)
    except sqlite3.Error:
        return opened(":memory:")
