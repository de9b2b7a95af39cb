"""A PostgreSQL connection that does not wait for ever. psycopg's second home; knows time, and no SQL.

A server that hangs, or a machine that is stopped, keeps its connections open, and its kernel says that it is there:
neither statement_timeout, which the server itself would have to keep, nor TCP's own timers end a wait for it.
"""

import time
from collections.abc import Generator
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

Value = TypeVar("Value")
# For the question if a connection is still good, before each use
GREETING_SECONDS: Final = 3.0


class ImpatientConnection(psycopg.Connection[Any]):
    """patience: seconds for each answer of the server, None for as long as it takes. What waited for longer is
    psycopg.OperationalError, and the connection is closed: nobody knows what the server makes of it."""

    patience: float | None = GREETING_SECONDS

    def greet(self) -> None:
        """It is given back, and will first be asked if it is still good."""
        self.patience = GREETING_SECONDS

    def wait(self, gen: PQGen[Value], *args: Any, **options: Any) -> Value:
        if self.patience is None:
            return super().wait(gen, *args, **options)
        try:
            return super().wait(_bounded(gen, time.monotonic() + self.patience), *args, **options)
        except _TooLateError:
            self.pgconn.finish()
            raise psycopg.OperationalError("timeout: no answer in time") from None


class _TooLateError(Exception):
    pass


def _bounded(gen: PQGen[Value], ends: float) -> Generator[Any, Any, Value]:
    """psycopg wakes what waits every now and then, with nothing ready."""
    try:
        waits_for = next(gen)
        while True:
            ready = yield waits_for
            if not ready and time.monotonic() > ends:
                raise _TooLateError
            waits_for = gen.send(ready)
    except StopIteration as end:
        value: Value = end.value
        return value
