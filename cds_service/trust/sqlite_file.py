"""A small SQLite file that the processes of one service share while it lives. Knows SQLite, and not what is in it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cds_service.trust.shared_state import SharedStateError

_BUSY_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class SharedFile:
    """One kind of such files. tables: in SQL. called: what it is, for a person."""

    name: str
    tables: str
    called: str

    def made_in(self, folder: Path) -> Path:
        """An empty one, in a folder that nobody else may read; made once, before the workers. SharedStateError where
        it cannot be made."""
        file = folder / self.name
        try:
            with closing(sqlite3.connect(file)) as database:
                database.executescript(f"PRAGMA journal_mode = WAL; {self.tables}")
        except sqlite3.Error:
            raise SharedStateError(f"{self.called} cannot be made") from None
        return file

    def in_memory(self) -> sqlite3.Connection:
        """The same for this process alone."""
        database = opened(":memory:")
        database.executescript(self.tables)
        return database


def opened(place: Path | str) -> sqlite3.Connection:
    """The file for one process: for several threads, one at a time, that begin their transactions themselves."""
    database = sqlite3.connect(place, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA synchronous = OFF")  # the file ends with the service: no power cut matters
    return database
