"""What became of the cards, counted: by rule and knowledge version, and apart what no card answers to. Knows SQL.

A card counts once. What became of it is what its latest feedback says; a card without feedback was not rejected: the
client may send none, or nobody has looked (REQ-65).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Subquery, and_, case, func, select

from cds_service.records.database import Database
from cds_service.records.schema import ACCEPTED_SUGGESTION, FEEDBACK, SHOWN_CARD, SHOWN_SUGGESTION


@dataclass(slots=True)
class Row:
    """Cards of one rule and knowledge version. shown: cards; displays: how often they were sent, repeats included."""

    rule: str
    topic: str
    knowledge_version: str
    shadow: bool = False
    shown: int = 0
    displays: int = 0
    accepted: int = 0
    overridden: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def unanswered(self) -> int:
        return self.shown - self.accepted - self.overridden


@dataclass(frozen=True, slots=True)
class Figures:
    """since: when the first card on record was shown. unknown: cards in feedback that are not on record here."""

    since: datetime | None
    rows: tuple[Row, ...]
    unknown: Row

    @property
    def empty(self) -> bool:
        return not self.rows and self.unknown.shown == 0


def figures(database: Database) -> Figures:
    """All that is on record at this moment. DatabaseAwayError."""
    with database.reading() as connection:
        since = connection.execute(select(func.min(SHOWN_CARD.c.first_shown_at))).scalar()
        latest = _latest()
        rows = _known(connection.execute(_by_rule(latest)))
        unknown = Row("", "", "")
        for outcome, reason, count in connection.execute(_not_shown(latest)):
            unknown.shown += count
            _count(unknown, outcome, reason, count)
    return Figures(since, rows, unknown)


def _latest() -> Subquery:
    """The latest feedback of each card that was named, by our uuid where it or a suggestion taken tells which it is."""
    by_suggestion = (
        select(ACCEPTED_SUGGESTION.c.feedback, func.min(SHOWN_SUGGESTION.c.card).label("card"))
        .join(SHOWN_SUGGESTION, SHOWN_SUGGESTION.c.suggestion == ACCEPTED_SUGGESTION.c.suggestion)
        .group_by(ACCEPTED_SUGGESTION.c.feedback)
        .subquery()
    )
    named = (
        select(
            FEEDBACK.c.digest,
            FEEDBACK.c.client,
            FEEDBACK.c.outcome,
            FEEDBACK.c.reason,
            FEEDBACK.c.outcome_at,
            FEEDBACK.c.received_at,
            case(
                (SHOWN_CARD.c.card.is_not(None), FEEDBACK.c.card),
                else_=func.coalesce(by_suggestion.c.card, FEEDBACK.c.card),
            ).label("card"),
        )
        .join(SHOWN_CARD, SHOWN_CARD.c.card == FEEDBACK.c.card, isouter=True)
        .join(by_suggestion, by_suggestion.c.feedback == FEEDBACK.c.digest, isouter=True)
        .subquery()
    )
    newest = (named.c.outcome_at.desc(), named.c.received_at.desc(), named.c.digest)
    ranked = select(
        named, func.row_number().over(partition_by=(named.c.client, named.c.card), order_by=newest).label("place")
    ).subquery()
    return select(ranked).where(ranked.c.place == 1).subquery()


def _same_card(latest: Subquery) -> Any:
    """A client tells of the cards that it was shown, and of nobody else's."""
    return and_(latest.c.card == SHOWN_CARD.c.card, latest.c.client == SHOWN_CARD.c.client)


def _by_rule(latest: Subquery) -> Select[Any]:
    said = (latest.c.outcome, latest.c.reason)
    group = (SHOWN_CARD.c.rule, SHOWN_CARD.c.topic, SHOWN_CARD.c.knowledge_version, SHOWN_CARD.c.shadow)
    return (
        select(*group, *said, func.count(), func.sum(SHOWN_CARD.c.times))
        .select_from(SHOWN_CARD)
        .join(latest, _same_card(latest), isouter=True)
        .group_by(*group, *said)
        .order_by(*group)
    )


def _not_shown(latest: Subquery) -> Select[Any]:
    return (
        select(latest.c.outcome, latest.c.reason, func.count())
        .select_from(latest)
        .join(SHOWN_CARD, _same_card(latest), isouter=True)
        .where(SHOWN_CARD.c.card.is_(None))
        .group_by(latest.c.outcome, latest.c.reason)
    )


def _known(found: Iterable[Any]) -> tuple[Row, ...]:
    rows: dict[tuple[Any, ...], Row] = {}
    for *group, outcome, reason, count, displays in found:
        row = rows.setdefault(tuple(group), Row(*group))
        row.shown += count
        row.displays += displays
        _count(row, outcome, reason, count)
    return tuple(rows.values())


def _count(row: Row, outcome: str | None, reason: str | None, count: int) -> None:
    if outcome == "accepted":
        row.accepted += count
    elif outcome == "overridden":
        row.overridden += count
        row.reasons[reason or "none"] += count
