"""The tables of a database, made and brought to this version. Alembic's home; migrations/ says what is done.

While it is done, the service of the version before goes on reading and writing: on PostgreSQL no writer waits for an
index to be built, nor for long behind a change that itself waits for its turn. And it goes on afterwards: a migration
adds, so that an earlier version finds all it needs in what a newer one has made.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Final

from sqlalchemy import Connection, exc, inspect, text

from cds_service.records.away import DatabaseAwayError, DatabaseUnfitError
from cds_service.records.schema import HEAD, TABLES

# On a connection: what its transactions do takes as long as it takes
MIGRATES: Final = "cds_migrates"
# A change of a table waits for whoever uses it, and everybody who comes then waits behind it: writers of feedback would
# be refused after 5 s. It is given up before, and tried again by whoever asked for it
LOCK_SECONDS: Final = 2
_ALEMBIC: Final = Lock()  # it keeps what it works on in a global of its own: one database at a time
_MIGRATION_LOCK: Final = 0xB12_0001
_TRIES_EVERY: Final = 0.1
_SCRIPTS: Final = "cds_service.records:migrations"


def revision(connection: Connection) -> str | None:
    """The migration it stands at, None where there are no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None


def serves(connection: Connection) -> bool:
    """Can this version go on, though a newer one has changed the tables? Each of our columns is there, and none of
    theirs must be filled in."""
    there = inspect(connection)
    for table in TABLES.sorted_tables:
        columns = {each["name"]: each for each in there.get_columns(table.name)} if there.has_table(table.name) else {}
        if not {column.name for column in table.columns} <= columns.keys():
            return False
        theirs = (each for name, each in columns.items() if name not in table.columns)
        if any(not each["nullable"] and each["default"] is None for each in theirs):
            return False
    return True


def migrate(connection: Connection) -> None:
    """To HEAD, one process at a time: others wait, and then find nothing left to do. On SQLite in one transaction.

    DatabaseUnfitError where a newer version has left too little for this one. DatabaseAwayError also where others use a
    table for too long: what was done by then is whole, and the next try goes on from there.
    """
    if _is_done(connection):
        return
    with _alone(connection), _ALEMBIC:
        if not _is_done(connection):
            _upgrade(connection.execution_options(**{MIGRATES: True}))


def _is_done(connection: Connection) -> bool:
    with nullcontext() if connection.in_transaction() else connection.begin():
        found = revision(connection)
        if found is not None and found > HEAD and not serves(connection):
            raise DatabaseUnfitError("a newer version of this service has changed its tables")
        return found is not None and found >= HEAD


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """PostgreSQL: a lock of a second connection's transaction, since the migrations have transactions of their own; a
    pooler between may give each of these another session. Who waits for it asks again and again, each time in a new
    transaction: to build an index beside writers is to wait for the end of all that see the database as it was."""
    if connection.dialect.name != "postgresql":
        with connection.begin():  # this is the lock
            yield
        return
    with connection.engine.connect().execution_options(**{MIGRATES: True}) as guard:
        while not _locked(guard):
            guard.rollback()
            time.sleep(_TRIES_EVERY)
        yield
        guard.rollback()


def _locked(guard: Connection) -> bool:
    found = guard.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK}).scalar()
    # As the last thing that is said in this transaction, which with a SELECT would still see the database as it was
    guard.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    return bool(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command, util  # noqa: PLC0415  # dear to import, and needed once in a database's life
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except util.CommandError:
        raise DatabaseUnfitError("a newer version of this service has changed its tables") from None
    except exc.ProgrammingError as error:
        raise DatabaseUnfitError(f"its tables cannot be made: {DatabaseAwayError(error)}") from None
