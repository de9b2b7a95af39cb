"""What became of the cards, counted: by week, rule and knowledge version, and apart what no card answers to. Knows SQL.

A card counts once, in the week in which it was first shown. What became of it is what its latest feedback says,
whenever that came; a card without feedback was not rejected: the client may send none, or nobody has looked (REQ-65).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    select,
    text,
    union_all,
)

from cds_service.records.database import Database
from cds_service.records.schema import ACCEPTED_SUGGESTION, FEEDBACK, SHOWN_CARD, SHOWN_SUGGESTION
from cds_service.records.weeks import Week

_POSTGRESQL: Final = {"statement_timeout": "30s", "work_mem": "64MB", "jit": "off"}


@dataclass(slots=True)
class Tally:
    """Cards, and what became of them. displays: how often they were sent, repeats included. reasons: by their codes."""

    shown: int = 0
    displays: int = 0
    accepted: int = 0
    overridden: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def unanswered(self) -> int:
        return self.shown - self.accepted - self.overridden

    def add(self, other: "Tally") -> None:
        self.shown += other.shown
        self.displays += other.displays
        self.accepted += other.accepted
        self.overridden += other.overridden
        self.reasons += other.reasons

    def answered(self, outcome: str, reason: str | None, count: int) -> None:
        """So many cards more have feedback of this kind."""
        if outcome == "accepted":
            self.accepted += count
        elif outcome == "overridden":
            self.overridden += count
            self.reasons[reason or "none"] += count


@dataclass(slots=True, kw_only=True)
class Row(Tally):
    """The cards of one week, rule and knowledge version. shadow: they were counted and not sent."""

    week: Week
    rule: str
    topic: str
    knowledge_version: str
    shadow: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """since, until: when the first and the newest card on record were first shown, whatever was asked for.

    unknown: cards in feedback that are not on record here, by the week in which it came.
    """

    since: datetime | None
    until: datetime | None
    rows: tuple[Row, ...]
    unknown_by_week: Mapping[Week, Tally]

    @property
    def unknown(self) -> Tally:
        found = Tally()
        for tally in self.unknown_by_week.values():
            found.add(tally)
        return found

    @property
    def empty(self) -> bool:
        """No card is on record, and no feedback of these weeks."""
        return self.since is None and not self.unknown_by_week

    def between(self, first: Week, last: Week) -> "Figures":
        """What was first shown in these weeks; of what is not on record here, what came in them."""
        return replace(
            self,
            rows=tuple(row for row in self.rows if first <= row.week <= last),
            unknown_by_week={week: tally for week, tally in self.unknown_by_week.items() if first <= week <= last},
        )

    def about(self, topic: str) -> "Figures":
        """The cards of one topic; what is not on record here has none that we know."""
        return replace(self, rows=tuple(row for row in self.rows if row.topic == topic), unknown_by_week={})


def figures(database: Database) -> Figures:
    """All that is on record at this moment. DatabaseAwayError."""
    with database.reading() as connection:
        _give_time(connection)
        first_shown = SHOWN_CARD.c.first_shown_at
        since, until = connection.execute(select(func.min(first_shown), func.max(first_shown))).one()
        return Figures(
            since, until, *_counted(connection.execute(_shown(connection)), connection.execute(_answered(connection)))
        )


_GROUP: Final = (SHOWN_CARD.c.rule, SHOWN_CARD.c.topic, SHOWN_CARD.c.knowledge_version, SHOWN_CARD.c.shadow)


def _give_time(connection: Connection) -> None:
    """And memory: millions of cards are more than a client's call may wait for, and are sorted."""
    if connection.dialect.name == "postgresql":
        for name, value in _POSTGRESQL.items():
            connection.execute(text(f"SET LOCAL {name} = '{value}'"))


def _day(connection: Connection, at: ColumnElement[datetime]) -> ColumnElement[Any]:
    """The day of an instant in UTC; the week is made of it here, in one way for both databases."""
    if connection.dialect.name == "postgresql":
        return cast(func.timezone("UTC", at), Date)
    return func.substr(at, 1, 10)  # SQLite keeps it as text


def _shown(connection: Connection) -> Select[Any]:
    group = (_day(connection, SHOWN_CARD.c.first_shown_at), *_GROUP)
    return select(*group, func.count(), func.sum(SHOWN_CARD.c.times)).group_by(*group)


def _answered(connection: Connection) -> Select[Any]:
    """What became of the cards; without a rule those that are not on record, by the day on which that was told."""
    latest = _latest()
    on_record = _day(connection, SHOWN_CARD.c.first_shown_at)
    day = case((SHOWN_CARD.c.card.is_(None), _day(connection, latest.c.received_at)), else_=on_record)
    group = (day, *_GROUP, latest.c.outcome, latest.c.reason)
    # A client tells of the cards that it was shown, and of nobody else's
    own = and_(latest.c.card == SHOWN_CARD.c.card, latest.c.client == SHOWN_CARD.c.client)
    return select(*group, func.count()).select_from(latest).join(SHOWN_CARD, own, isouter=True).group_by(*group)


def _latest() -> Subquery:
    """The latest feedback of each card that was named, by our uuid where it or a suggestion taken tells which it is."""
    names = ("digest", "client", "outcome", "reason", "outcome_at", "received_at")
    said = [FEEDBACK.c[name] for name in names]
    on_record = exists().where(SHOWN_CARD.c.card == FEEDBACK.c.card)
    by_suggestion = (
        select(func.min(SHOWN_SUGGESTION.c.card))
        .join(ACCEPTED_SUGGESTION, ACCEPTED_SUGGESTION.c.suggestion == SHOWN_SUGGESTION.c.suggestion)
        .where(ACCEPTED_SUGGESTION.c.feedback == FEEDBACK.c.digest)
        .scalar_subquery()
    )
    # In two parts, because the second is dear, and seldom has many rows
    named = union_all(
        select(*said, FEEDBACK.c.card.label("card")).where(on_record),
        select(*said, func.coalesce(by_suggestion, FEEDBACK.c.card).label("card")).where(~on_record),
    ).subquery()
    newest = (named.c.outcome_at.desc(), named.c.received_at.desc(), named.c.digest)
    ranked = select(
        named, func.row_number().over(partition_by=(named.c.client, named.c.card), order_by=newest).label("place")
    ).subquery()
    return select(ranked).where(ranked.c.place == 1).subquery()


def _counted(shown: Iterable[Any], answered: Iterable[Any]) -> tuple[tuple[Row, ...], dict[Week, Tally]]:
    rows: dict[tuple[Any, ...], Row] = {}
    unknown: dict[Week, Tally] = {}

    def row(week: Week, rule: str, topic: str, version: str, shadow: bool) -> Row:
        found = Row(week=week, rule=rule, topic=topic, knowledge_version=version, shadow=shadow)
        return rows.setdefault((week, rule, topic, version, shadow), found)

    for day, *group, count, displays in shown:
        row(_week(day), *group).add(Tally(count, displays))
    for day, rule, *group, outcome, reason, count in answered:
        if rule is None:
            tally = unknown.setdefault(_week(day), Tally())
            tally.shown += count
            tally.answered(outcome, reason, count)
        else:
            row(_week(day), rule, *group).answered(outcome, reason, count)
    return tuple(rows[key] for key in sorted(rows)), unknown


def _week(day: date | str) -> Week:
    return Week.of(date.fromisoformat(str(day)))
