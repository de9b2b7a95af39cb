"""The one database: engine, transactions, and making sure that its tables are there. SQLAlchemy's home; knows no HTTP.

SQLite: write-ahead log, every commit forced to the disk, writers wait for each other. PostgreSQL: psycopg 3.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text

from cds_service.records.away import DatabaseAwayError, away_if_lost
from cds_service.records.migrate import LOCK_SECONDS, MIGRATES, migrate, revision, serves
from cds_service.records.own_file import close_to_others, make_own, refuse_planted
from cds_service.records.place import sqlite_file

# A client waits for the answer to feedback; what takes longer than this is sent again.
_SECONDS: Final = 5
# How long a write that was done proves that writes are taken
_PROOF_SECONDS: Final = 1.0
# A server that hangs holds no more calls of a worker than this. Who finds all connections taken waits a moment, and is
# then told to come again. Workers of all instances x 4 must stay below the server's max_connections.
_POOL: Final = {"pool_size": 4, "max_overflow": 0, "pool_timeout": 1}
_POSTGRESQL_OPTIONS: Final = {
    "connect_timeout": 3,
    "tcp_user_timeout": 1000 * _SECONDS,  # these four: a server that has vanished
    "keepalives_idle": _SECONDS,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "prepare_threshold": None,  # a pooler between may give the next transaction another session
    "application_name": "cobalamin-cds",
}
_WRITES: Final = "cds_writes"


class Database:
    """The database at one URL. Nothing is opened before it is needed, so an app can be made before a fork."""

    def __init__(self, url: str) -> None:
        self.file = sqlite_file(url)
        self._engine = _sqlite(url) if self.file is not None else _postgresql(url)
        self._current = False
        self._opened: tuple[int, int] | None = None
        self._lock = Lock()
        self._written = -inf

    @property
    def place(self) -> str:
        """For a person: the file, or the server without user and password."""
        url = self._engine.url
        return f"SQLite, {self.file}" if self.file is not None else f"PostgreSQL, {url.host or 'local'}/{url.database}"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed when the block ends and undone when it fails. DatabaseAwayError."""
        self.prepare()
        self._written = -inf
        with away_if_lost(), self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection
        self._written = time.monotonic()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One view of the database that stands still, whatever is asked of it and however often. DatabaseAwayError."""
        self.prepare()
        with away_if_lost(), self._engine.connect() as connection, connection.begin():
            yield connection

    def check(self) -> None:
        """DatabaseAwayError unless it answers now, and takes what is written: a disk may be full, or the server follow
        another. What this process wrote within the last second is proof enough."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))
        if time.monotonic() - self._written > _PROOF_SECONDS:
            with self.writing() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = version_num"))

    def prepare(self) -> None:
        """Make the tables, or bring them to this version. DatabaseAwayError, DatabaseUnfitError.

        A file that was taken away or replaced (a backup was put back) is opened anew: what is written into the old one
        would be acknowledged, and lost with it.
        """
        if self._current and self._is_the_one_opened():
            return
        if not self._lock.acquire(timeout=1):
            raise DatabaseAwayError(TimeoutError())
        try:
            if not (self._current and self._is_the_one_opened()):
                self._open_anew()
        finally:
            self._lock.release()

    def _open_anew(self) -> None:
        self._current = False
        self._engine.dispose()
        if self.file is not None:
            make_own(self.file)
            self._opened = _identity(self.file)
        with away_if_lost(), self._engine.connect() as plain:
            migrate(plain.execution_options(**{_WRITES: True}))
        if self.file is not None:  # now that it is known to be ours: a path that is wrong must change nothing
            close_to_others(self.file)
        self._current = True

    def _is_the_one_opened(self) -> bool:
        return self.file is None or _identity(self.file) == self._opened

    def wipe(self) -> None:
        """SQLite: no byte of what was deleted stays in the file or its journal. DatabaseAwayError where another
        process did not make room for that in time. PostgreSQL does this by itself, in its own time.

        VACUUM writes the file anew, because deleting leaves copies behind: a page that was split keeps what moved.
        """
        if self.file is None:
            return
        self.prepare()
        with away_if_lost(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            try:
                cursor.execute("VACUUM")
                (busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # waits as for a lock
                if busy:
                    raise DatabaseAwayError(TimeoutError())
            except sqlite3.OperationalError as error:
                raise DatabaseAwayError(error) from None

    def revision(self) -> str | None:
        """The migration it stands at, None where there are no tables yet. Changes nothing. DatabaseAwayError."""
        if self.file is not None:
            refuse_planted(self.file)
            if not self.file.exists():
                return None
        with away_if_lost(), self._engine.connect() as connection, connection.begin():
            return revision(connection)

    def serves(self) -> bool:
        """Can this version go on with what a newer one has made of the tables? DatabaseAwayError."""
        with away_if_lost(), self._engine.connect() as connection, connection.begin():
            return serves(connection)

    def close(self) -> None:
        """Give up the connections; it can be used again."""
        self._engine.dispose()


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _SECONDS}, **_POOL)

    @event.listens_for(engine, "connect")
    def opened(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins no transaction of its own accord: `began` does
        cursor = connection.cursor()
        _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous = FULL")  # what is acknowledged survives a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        # A transaction that reads first and then writes would fail at once, and not wait, beside another writer
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Where several processes open a new file at once, SQLite refuses this at times without waiting for its turn."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            time.sleep(0.02)
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")


def _postgresql(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, **_POOL)

    @event.listens_for(engine, "do_connect")
    def connecting(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> Any:
        from cds_service.records.patience import ImpatientConnection  # noqa: PLC0415  # for who has a PostgreSQL

        for name, value in _POSTGRESQL_OPTIONS.items():
            options.setdefault(name, value)
        return ImpatientConnection.connect(*arguments, **options)

    @event.listens_for(engine, "checkin")
    def given_back(connection: Any, _record: object) -> None:
        if connection is not None:
            connection.greet()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if connection.get_execution_options().get(MIGRATES, False):
            driver.patience = None
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            return
        driver.patience = _SECONDS + 1  # the server, if it is well, gives up before
        if not connection.get_execution_options().get(_WRITES, False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_SECONDS}s'")

    return engine


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, whatever it is called; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
