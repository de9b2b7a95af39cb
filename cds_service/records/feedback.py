"""Feedback as it is kept: what of an item may be written down, and how a batch is. Knows no HTTP and no JSON."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from cds_service.records.database import Database
from cds_service.records.schema import ACCEPTED_SUGGESTION, FEEDBACK

LONGEST_COMMENT: Final = 1000
# A uuid as `identifier` in hooks/rendering.py makes it: version 5, with a letter among its digits (but for one card in
# two million, whose feedback then counts as of a card not on record). Others are the client's, of nobody knows what:
# version 1 holds a time and an address, and any number can be written as a uuid.
_OURS: Final = re.compile(
    r"(?:urn:uuid:)?((?=.*[a-f])[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})", re.IGNORECASE
)
# Of this process and those that it forks, and of nobody else; it is never written down. Without it whoever has the
# database could try all numbers that a hospital gives, and so read what a client wrote where a uuid belongs.
_KEY: Final = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class CardFeedback:
    """What became of one card. card, suggestions: see `kept_id`. at: UTC.

    reason: the code of one of our override reasons (reason_system is its system then), or `other`, `comment-only`,
    `none`; None where the card was accepted. comment: only where the site keeps comments.
    """

    card: str
    outcome: str
    at: datetime
    suggestions: tuple[str, ...] = ()
    reason: str | None = None
    reason_system: str | None = None
    comment: str | None = None


def kept_id(sent: str) -> str:
    """A uuid as ours are, in lower case; of anything else a keyed SHA-256: nobody knows what a client puts there.

    It serves to know the same card again for as long as `serve` runs. After a restart, and on another host, the same
    words are another card: none of them is one of ours, and only the count of cards not on record grows.
    """
    found = _OURS.fullmatch(sent.strip())
    return found[1].lower() if found is not None else hmac.digest(_KEY, sent.encode(), "sha256").hex()


def store(
    database: Database,
    items: Iterable[CardFeedback],
    *,
    service: str,
    client: str,
    now: datetime,
    said_again: bool = False,
) -> None:
    """Write a batch, all of it or nothing; what is there already stays as it is. DatabaseAwayError.

    said_again: what is there already counts as received now. For who says a thing anew; a client that sends a batch
    again, because it heard no answer, says nothing new.
    """
    rows: dict[str, dict[str, object]] = {}
    accepted: set[tuple[str, str]] = set()
    for item in items:
        digest = _digest(item, service, client)
        rows[digest] = {
            "digest": digest,
            "card": item.card,
            "service": service,
            "client": client,
            "outcome": item.outcome,
            "reason_system": item.reason_system,
            "reason": item.reason,
            "comment": item.comment,
            "outcome_at": item.at,
            "received_at": now,
        }
        accepted |= {(digest, suggestion) for suggestion in item.suggestions}
    # In one order everywhere, or two batches with the same items could wait for each other for ever
    with database.writing() as connection:
        _add(
            connection,
            FEEDBACK,
            [rows[digest] for digest in sorted(rows)],
            renewed="received_at" if said_again else None,
        )
        _add(
            connection,
            ACCEPTED_SUGGESTION,
            [{"feedback": digest, "suggestion": taken} for digest, taken in sorted(accepted)],
        )


def _add(connection: Connection, table: Table, rows: list[dict[str, object]], renewed: str | None = None) -> None:
    """renewed: the column of a row that is there already which is written anew."""
    if not rows:
        return
    insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
    if renewed is None:
        connection.execute(insert.on_conflict_do_nothing(), rows)
    else:
        written = {renewed: insert.excluded[renewed]}
        connection.execute(insert.on_conflict_do_update(index_elements=table.primary_key, set_=written), rows)


def _digest(item: CardFeedback, service: str, client: str) -> str:
    """Of what is kept and nothing else: the same item is the same row, however often and by whom it is sent again."""
    parts = asdict(item) | {"at": item.at.astimezone(UTC).isoformat(), "suggestions": sorted(set(item.suggestions))}
    return _sha256(repr((service, client, sorted(parts.items()))))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
