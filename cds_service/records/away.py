"""A database that did not do it: does waiting help, or must somebody do something? Shows no value and no password."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc


class DatabaseAwayError(Exception):
    """The database did not do it, and may later. `kind`: why, in words or as class names, which show no value."""

    def __init__(self, error: BaseException, words: str = "") -> None:
        cause = getattr(error, "orig", None)
        self.kind = words or type(error).__name__ + (f" ({type(cause).__name__})" if cause is not None else "")
        super().__init__(self.kind)


class DatabaseUnfitError(DatabaseAwayError):
    """Waiting does not help: somebody must do something. `kind`: what, for a person."""

    def __init__(self, kind: str) -> None:
        Exception.__init__(self, kind)
        self.kind = kind


_SQLITE_UNFIT: Final = {
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_ERROR: "its tables are not those of this service",
}
_SQLITE_AWAY: Final = {
    sqlite3.SQLITE_BUSY: "others write to it for too long",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_READONLY: "it cannot be written",
}
# What keeps a connection from being made has no code in psycopg (its issue 1188): there are only words, those of the
# server in its own language. Where they are not English the server is merely said to be away.
_AT_THE_DOOR_UNFIT: Final = {
    r"password authentication failed|SASL authentication failed|no password supplied": "wrong user or password",
    r"role .* does not exist|authentication failed|not permitted to log in|no pg_hba.conf entry": (
        "its server does not let this user in"
    ),
    r"database .* does not exist|no such database": "its server has no database of this name",
    r"permission denied for database": "its user has no right to connect to it",
    r"does not support SSL|certificate": "no TLS with its server as the URL asks for it",
    r"invalid connection option|invalid \S+ value|bad value for": "the URL has an option that cannot be used",
}
_AT_THE_DOOR_AWAY: Final = {
    r"Connection refused|No such file or directory": "nothing listens at its address",
    r"timeout|timed out": "nothing answers at its address",
    r"closed the connection|terminating connection": "its server ended the connection",
    r"resolve host|translate host name": "the name of its host is not known",
}
_NO_RIGHT: Final = "42501"


@contextmanager
def away_if_lost() -> Iterator[None]:
    """Errors of the server, the disk and the line become DatabaseAwayError, or DatabaseUnfitError where waiting does
    not help; faults of our own stay what they are."""
    try:
        yield
    except exc.TimeoutError as error:  # all connections are taken
        raise DatabaseAwayError(error) from None
    except exc.DBAPIError as error:
        found = _from_sqlite(error) if isinstance(error.orig, sqlite3.Error) else _from_postgresql(error)
        if found is None:
            raise
        raise found from None


def _from_sqlite(error: exc.DBAPIError) -> DatabaseAwayError | None:
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # what is above says more than is told
    if code in _SQLITE_UNFIT:
        return DatabaseUnfitError(_SQLITE_UNFIT[code])
    return DatabaseAwayError(error, _SQLITE_AWAY.get(code, "")) if _is_lost(error) else None


def _from_postgresql(error: exc.DBAPIError) -> DatabaseAwayError | None:
    code = getattr(error.orig, "sqlstate", None)
    if code == _NO_RIGHT:
        return DatabaseUnfitError("its user may not read and write its tables")
    at_the_door = code is None
    if at_the_door and (words := _said(error, _AT_THE_DOOR_UNFIT)):
        return DatabaseUnfitError(words)
    return DatabaseAwayError(error, _said(error, _AT_THE_DOOR_AWAY) if at_the_door else "") if _is_lost(error) else None


def _is_lost(error: exc.DBAPIError) -> bool:
    kinds = exc.OperationalError | exc.InterfaceError | exc.InternalError
    return isinstance(error, kinds) or type(error) is exc.DatabaseError  # the last: SQLite, of a file


def _said(error: exc.DBAPIError, meanings: dict[str, str]) -> str:
    """What the words of the error mean; empty where they are not known."""
    return next((meaning for words, meaning in meanings.items() if re.search(words, str(error.orig))), "")
