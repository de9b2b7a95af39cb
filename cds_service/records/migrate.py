"""The tables of a database, made and brought to this version. Alembic's home; migrations/ says what is done."""

from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, exc, inspect, text

from cds_service.records.away import DatabaseAwayError, DatabaseUnfitError
from cds_service.records.schema import HEAD

_ALEMBIC: Final = Lock()  # it keeps what it works on in a global of its own: one database at a time
_MIGRATION_LOCK: Final = 0xB12_0001


def revision(connection: Connection) -> str | None:
    """The migration it stands at, None where there are no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None


def migrate(connection: Connection) -> None:
    """To HEAD, in one transaction and one process at a time: others wait, and then find nothing left to do."""
    with connection.begin():
        if revision(connection) == HEAD:
            return
    with connection.begin():  # on SQLite this is the lock
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            driver: Any = connection.connection.driver_connection
            driver.patience = None  # until it is given back
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if revision(connection) == HEAD:
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
