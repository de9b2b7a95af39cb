"""The tables of what is kept. Knows columns and SQL types; no patient, because no column could hold one."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Boolean, Column, DateTime, Dialect, ForeignKey, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

# The revision of migrations/versions that makes the tables below; a test holds the three together.
HEAD: Final = "0002"


class UtcTime(TypeDecorator[datetime]):
    """An instant. SQLite keeps no zone, so it is UTC that goes in and UTC that comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


TABLES: Final = MetaData()

# A card as it was last shown; `times`: a client may ask again in the same hook instance, and gets the same uuid.
SHOWN_CARD: Final = Table(
    "shown_card",
    TABLES,
    Column("card", String(64), primary_key=True),
    Column("service", String(64), nullable=False),
    Column("client", Text, nullable=False),
    Column("rule", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("indicator", String(16), nullable=False),
    Column("knowledge_version", Text, nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("first_shown_at", UtcTime, nullable=False),
    Column("times", Integer, nullable=False),
)

# By these a card is found again when a client names cards in its own way and suggestions in ours.
SHOWN_SUGGESTION: Final = Table(
    "shown_suggestion",
    TABLES,
    Column("suggestion", String(64), primary_key=True),
    Column("card", String(64), nullable=False, index=True),
    Column("place", Integer, nullable=False),
)

# One row an item of feedback. `digest` is of all that is kept of it but the time it came, so a repeat is the same row.
# card, suggestion: a uuid as ours are, or a keyed SHA-256 of what stood there. No foreign key: feedback may come before
# the card is written, and for cards that are not ours.
FEEDBACK: Final = Table(
    "feedback",
    TABLES,
    Column("digest", String(64), primary_key=True),
    Column("card", String(64), nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("client", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason_system", String(128)),
    Column("reason", String(64)),
    Column("comment", Text),
    Column("outcome_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
)

ACCEPTED_SUGGESTION: Final = Table(
    "accepted_suggestion",
    TABLES,
    Column("feedback", String(64), ForeignKey("feedback.digest", ondelete="CASCADE"), primary_key=True),
    Column("suggestion", String(64), primary_key=True, index=True),
)
