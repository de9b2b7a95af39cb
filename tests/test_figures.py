"""Counting by week, rule and version, over both databases: at the ends of weeks, and what belongs to which of them."""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import event, text

from cds_service.records import kept_figures
from cds_service.records.away import DatabaseAwayError
from cds_service.records.database import Database
from cds_service.records.feedback import CardFeedback, store
from cds_service.records.figures import Figures, figures
from cds_service.records.kept_figures import KeptFigures
from cds_service.records.weeks import Week
from tests.figure_cards import CLIENT, show, tell, uuid

SUNDAY = datetime(2027, 1, 3, 23, 59, 59, 999999, UTC)
MONDAY = datetime(2027, 1, 4, tzinfo=UTC)
EAST = timezone(timedelta(hours=5, minutes=45))


def counts(found: Figures) -> dict[str, tuple[int, int, int, int]]:
    """Cards shown, accepted, overridden and unanswered, by week."""
    weeks: dict[str, tuple[int, int, int, int]] = {}
    for row in found.rows:
        one = (row.shown, row.accepted, row.overridden, row.unanswered)
        before = weeks.get(str(row.week), (0, 0, 0, 0))
        weeks[str(row.week)] = tuple(a + b for a, b in zip(one, before, strict=True))  # type: ignore[assignment]
    return weeks


def test_the_last_moment_of_a_sunday_and_the_first_of_a_monday_are_two_weeks(database: Database) -> None:
    show(database, SUNDAY)
    show(database, MONDAY)
    show(database, MONDAY.astimezone(EAST))  # the same instant, told in another zone
    show(database, datetime(2027, 1, 4, 5, 44, 59, tzinfo=EAST))  # a Monday there, and a Sunday in UTC
    assert counts(figures(database)) == {"2026-W53": (2, 0, 0, 2), "2027-W01": (2, 0, 0, 2)}


def test_the_zone_of_the_database_session_changes_nothing(database: Database) -> None:
    if database.file is not None:
        pytest.skip("SQLite knows no zones")

    @event.listens_for(database._engine, "begin")
    def elsewhere(connection: Any) -> None:
        connection.execute(text("SET LOCAL TIME ZONE 'Pacific/Auckland'"))

    card = show(database, SUNDAY)
    tell(database, card, SUNDAY, "none")
    tell(database, uuid(), SUNDAY - timedelta(minutes=1), "none")
    found = figures(database)
    assert counts(found) == {"2026-W53": (1, 0, 1, 0)}
    assert [str(week) for week in found.unknown_by_week] == ["2026-W53"]


def test_a_card_counts_in_the_week_in_which_it_was_first_shown(database: Database) -> None:
    """Whenever it is answered, and however often it is shown again."""
    card = show(database, SUNDAY)
    show(database, MONDAY, card=card)
    tell(database, card, MONDAY + timedelta(days=30), "local-policy")
    (row,) = figures(database).rows
    assert (str(row.week), row.shown, row.displays, row.overridden) == ("2026-W53", 1, 2, 1)
    assert row.reasons == {"local-policy": 1}


def test_weeks_topics_and_versions_are_counted_apart(database: Database) -> None:
    leber = {"rule": "T-CYANO-LEBER", "topic": "CyanocobalaminLeber"}
    tell(database, show(database, SUNDAY), MONDAY)
    tell(database, show(database, SUNDAY, knowledge_version="2"), MONDAY, "none")
    show(database, MONDAY, **leber)
    show(database, MONDAY, **leber, shadow=True)
    tell(database, uuid(), MONDAY, "none")
    found = figures(database)
    assert [
        (str(row.week), row.topic, row.knowledge_version, row.shadow, row.accepted, row.overridden)
        for row in found.rows
    ] == [
        ("2026-W53", "CyanocobalaminRenal", "1", False, 1, 0),
        ("2026-W53", "CyanocobalaminRenal", "2", False, 0, 1),
        ("2027-W01", "CyanocobalaminLeber", "1", False, 0, 0),
        ("2027-W01", "CyanocobalaminLeber", "1", True, 0, 0),
    ]
    assert (found.since, found.until) == (SUNDAY, MONDAY)
    assert (found.unknown.shown, found.unknown.overridden) == (1, 1)
    of_one = found.about("CyanocobalaminLeber")
    assert ({row.topic for row in of_one.rows}, of_one.unknown.shown) == ({"CyanocobalaminLeber"}, 0)
    week = Week.read("2026-W53")
    early = found.between(week, week)
    assert ({str(row.week) for row in early.rows}, early.unknown.shown) == ({"2026-W53"}, 0)
    late = found.between(week.after(1), week.after(1))
    assert ({str(row.week) for row in late.rows}, late.unknown.shown) == ({"2027-W01"}, 1)


def test_feedback_of_another_client_answers_no_card(database: Database) -> None:
    card = show(database, SUNDAY)
    tell(database, card, MONDAY, "none", client="somebody-else")
    found = figures(database)
    assert counts(found) == {"2026-W53": (1, 0, 0, 1)}
    assert found.unknown.shown == 1


@pytest.mark.parametrize(("said_again", "counts_as"), [(True, "none"), (False, "patient-refuses")])
def test_what_is_said_again_counts_as_the_latest_and_what_is_only_sent_again_does_not(
    database: Database, said_again: bool, counts_as: str
) -> None:
    card = show(database, SUNDAY)
    for minute, reason in enumerate(("none", "patient-refuses", "none")):
        told = CardFeedback(card, "overridden", MONDAY, reason=reason)
        now = MONDAY + timedelta(minutes=minute)
        store(database, [told], service="b12-order-sign", client=CLIENT, now=now, said_again=said_again)
    (row,) = figures(database).rows
    assert dict(row.reasons) == {counts_as: 1}


def test_few_cards_are_counted_anew_each_time(database: Database) -> None:
    kept = KeptFigures(database, lambda: MONDAY)
    show(database, SUNDAY)
    assert [row.shown for row in kept.now().figures.rows] == [1]
    show(database, SUNDAY)
    assert [row.shown for row in kept.now().figures.rows] == [2]


def test_what_is_dear_to_count_is_kept_for_a_while(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting takes a second by a clock of our own; then what was counted stands for twenty."""
    clock = [100.0]

    def counted(_: Database) -> Figures:
        clock[0] += 1.0
        return figures(database)

    monkeypatch.setattr(kept_figures, "figures", counted)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    kept = KeptFigures(database, lambda: MONDAY)
    first = kept.now()
    clock[0] += 19.9
    assert kept.now() is first
    clock[0] += 0.2
    again = kept.now()
    assert again is not first
    assert again.at == MONDAY
    monkeypatch.setattr(kept_figures, "_PART", 1e-9)  # even where counting takes hours
    clock[0] += 20.1
    third = kept.now()
    clock[0] += 300.1
    assert kept.now() is not third


def test_who_comes_while_it_is_counted_gets_what_is_kept_or_is_told_to_come_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptFigures(database, lambda: MONDAY)
    monkeypatch.setattr(kept_figures, "_LONGEST_WAIT", 0.01)
    with kept._counting, pytest.raises(DatabaseAwayError):
        kept.now()
    monkeypatch.setattr(kept_figures, "_DEAR", 0.0)
    monkeypatch.setattr(kept_figures, "_PART", 1e9)
    first = kept.now()
    with kept._counting:
        assert kept.now() is first
