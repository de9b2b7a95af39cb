"""Deleting what is kept: by age, by client, or both. Knows SQL; in small transactions, beside a service that runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, union

from cds_service.records.database import Database
from cds_service.records.schema import ACCEPTED_SUGGESTION, FEEDBACK, SHOWN_CARD, SHOWN_SUGGESTION

# A transaction stays far below the seconds that others wait for a lock, and between two of them they get their turn
_BATCH: Final = 1000
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows are gone."""

    cards: int
    feedback: int


def forget(database: Database, *, before: datetime | None, client: str | None) -> Forgotten:
    """Cards first shown, and feedback received, before an instant or of a client or both; and what hangs on them.

    Feedback about a card that is forgotten goes with it, whenever it came. ValueError without either.
    DatabaseAwayError: what is gone so far stays gone, and the same call again does the rest.
    """
    if before is None and client is None:
        raise ValueError("before or client must be given")
    cards = _until_done(database, lambda connection: _cards(connection, before, client))
    feedback = _until_done(database, lambda connection: _feedback(connection, before, client))
    database.wipe()
    return Forgotten(sum(each[0] for each in cards), sum(each[1] for each in (*cards, *feedback)))


def clients_on_record(database: Database) -> frozenset[str]:
    """The clients of whom anything is kept; "" is whoever came without a clients file. DatabaseAwayError."""
    with database.reading() as connection:
        return frozenset(connection.execute(union(select(SHOWN_CARD.c.client), select(FEEDBACK.c.client))).scalars())


def _until_done(database: Database, step: Callable[[Connection], tuple[int, int]]) -> list[tuple[int, int]]:
    done: list[tuple[int, int]] = []
    while True:
        with database.writing() as connection:
            counts = step(connection)
        if counts == (0, 0):
            return done
        done.append(counts)
        time.sleep(_PAUSE)


def _cards(connection: Connection, before: datetime | None, client: str | None) -> tuple[int, int]:
    """The next cards, the feedback about them, their suggestions."""
    cards = _keys(connection, SHOWN_CARD, SHOWN_CARD.c.first_shown_at, before, client)
    if not cards:
        return 0, 0
    offered = select(SHOWN_SUGGESTION.c.suggestion).where(SHOWN_SUGGESTION.c.card.in_(cards))
    taken = select(ACCEPTED_SUGGESTION.c.feedback).where(ACCEPTED_SUGGESTION.c.suggestion.in_(offered))
    about = or_(FEEDBACK.c.card.in_(cards), FEEDBACK.c.digest.in_(taken))
    feedback = connection.execute(delete(FEEDBACK).where(about)).rowcount
    connection.execute(delete(SHOWN_SUGGESTION).where(SHOWN_SUGGESTION.c.card.in_(cards)))
    connection.execute(delete(SHOWN_CARD).where(SHOWN_CARD.c.card.in_(cards)))
    return len(cards), feedback


def _feedback(connection: Connection, before: datetime | None, client: str | None) -> tuple[int, int]:
    digests = _keys(connection, FEEDBACK, FEEDBACK.c.received_at, before, client)
    if digests:
        connection.execute(delete(FEEDBACK).where(FEEDBACK.c.digest.in_(digests)))  # what was accepted goes with it
    return 0, len(digests)


def _keys(
    connection: Connection, table: Table, at: ColumnElement[datetime], before: datetime | None, client: str | None
) -> list[Any]:
    """Primary keys of the next rows."""
    wanted = [at < before] if before is not None else []
    if client is not None:
        wanted.append(table.c.client == client)
    (key,) = table.primary_key.columns
    return list(connection.execute(select(key).where(and_(*wanted)).limit(_BATCH)).scalars())
