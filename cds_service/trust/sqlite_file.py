"""A small SQLite file that the processes of one service share while it lives. Knows SQLite, and not what is in it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from cds_service.trust.shared_state import SharedStateError

_BUSY_SECONDS: Final = 2.0


def make_file(file: Path, tables: str, called: str) -> Path:
    """The file with these tables, given in SQL. SharedStateError says that what it is `called` cannot be made."""
    try:
        with closing(sqlite3.connect(file)) as database:
            database.executescript(f"PRAGMA journal_mode = WAL; {tables}")
    except sqlite3.Error:
        raise SharedStateError(f"{called} cannot be made") from None
    return file


def opened(place: Path | str) -> sqlite3.Connection:
    """The file for one process: for several threads, one at a time, that begin their transactions themselves."""
    database = sqlite3.connect(place, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA synchronous = OFF")  # the file ends with the service: no power cut matters
    return database


def in_memory(tables: str) -> sqlite3.Connection:
    """The same tables for this process alone."""
    database = opened(":memory:")
    database.executescript(tables)
    return database
