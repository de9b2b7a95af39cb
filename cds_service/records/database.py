"""The one database: engine, transactions, and making sure that its tables are there. SQLAlchemy's home; knows no HTTP.

SQLite: write-ahead log, every commit forced to the disk, writers wait for each other. PostgreSQL: psycopg 3.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, exc, inspect, text

from cds_service.records.place import sqlite_file
from cds_service.records.schema import HEAD

# A client waits for the answer to feedback; what takes longer than this is sent again.
_SECONDS: Final = 5
# A server that hangs holds no more than half of a worker's threads: hook calls have the other half. Who finds all
# connections taken waits a moment, and is then told to come again.
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
_MAKING: Final = Lock()
_ALEMBIC: Final = Lock()  # it keeps what it works on in a global of its own: one database at a time
_MIGRATION_LOCK: Final = 0xB12_0001


class DatabaseAwayError(Exception):
    """The database did not do it, and may later. `kind`: class names for the log, which show no value."""

    def __init__(self, error: BaseException) -> None:
        cause = getattr(error, "orig", None)
        self.kind = type(error).__name__ + (f" ({type(cause).__name__})" if cause is not None else "")
        super().__init__(self.kind)


class DatabaseUnfitError(DatabaseAwayError):
    """Waiting does not help: somebody must do something. `kind`: what, for a person."""

    def __init__(self, kind: str) -> None:
        Exception.__init__(self, kind)
        self.kind = kind


class Database:
    """The database at one URL. Nothing is opened before it is needed, so an app can be made before a fork."""

    def __init__(self, url: str) -> None:
        self.file = sqlite_file(url)
        self._engine = _sqlite(url) if self.file is not None else _postgresql(url)
        self._current = False
        self._opened: tuple[int, int] | None = None
        self._lock = Lock()

    @property
    def place(self) -> str:
        """For a person: the file, or the server without user and password."""
        url = self._engine.url
        return f"SQLite, {self.file}" if self.file is not None else f"PostgreSQL, {url.host or 'local'}/{url.database}"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed when the block ends and undone when it fails. DatabaseAwayError."""
        self.prepare()
        with _away_if_lost(), self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One view of the database that stands still. DatabaseAwayError."""
        self.prepare()
        with _away_if_lost(), self._engine.connect() as connection, connection.begin():
            yield connection

    def check(self) -> None:
        """DatabaseAwayError unless it answers now."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

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
                self._current = False
                self._engine.dispose()
                if self.file is not None:
                    _make_file(self.file)
                    self._opened = _identity(self.file)
                with _away_if_lost(), self._engine.connect() as plain:
                    _migrate(plain.execution_options(**{_WRITES: True}))
                self._current = True
        finally:
            self._lock.release()

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
        with _away_if_lost(), closing(self._engine.raw_connection()) as connection:
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
        if self.file is not None and not self.file.exists():
            return None
        with _away_if_lost(), self._engine.connect() as connection, connection.begin():
            return _revision(connection)

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
    def connecting(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
        for name, value in _POSTGRESQL_OPTIONS.items():
            options.setdefault(name, value)

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_SECONDS}s'")

    return engine


@contextmanager
def _away_if_lost() -> Iterator[None]:
    """Errors of the server, the disk and the line become DatabaseAwayError; faults of our own stay what they are."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError) as error:
        raise DatabaseAwayError(error) from None
    except exc.DatabaseError as error:
        if type(error) is not exc.DatabaseError:
            raise
        raise DatabaseAwayError(error) from None  # a file that is damaged, or is no database


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, whatever it is called; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_file(path: Path) -> None:
    """An empty file that only its owner reads; SQLite gives its journal the same rights.

    A file that is there is not touched: to close a file takes from the process every lock that it has on it, those
    of SQLite's connections too, and another process could then clear away the journal that they are using.
    """
    try:
        with _MAKING:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise DatabaseAwayError(error) from None


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None


def _migrate(connection: Connection) -> None:
    """To HEAD, in one transaction and one process at a time: others wait, and then find nothing left to do."""
    with connection.begin():
        if _revision(connection) == HEAD:
            return
    with connection.begin():  # on SQLite this is the lock
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if _revision(connection) == HEAD:
            return
        with _ALEMBIC:
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command, util  # noqa: PLC0415  # dear to import, and needed once in a database's life
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "cds_service.records:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except util.CommandError:
        raise DatabaseUnfitError("a newer version of this service has changed its tables") from None
    except exc.ProgrammingError as error:
        raise DatabaseUnfitError(f"its tables cannot be made: {DatabaseAwayError(error)}") from None
