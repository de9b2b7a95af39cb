"""Figures that take long to count keep few threads, and are not counted again and again where that fails."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from cds_service.records import kept_figures
from cds_service.records.away import DatabaseAwayError
from cds_service.records.kept_figures import KeptFigures
from cds_service.waiting import Share, Waits

AT = datetime(2026, 11, 21, tzinfo=UTC)


def test_while_one_counts_two_wait_and_others_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over = threading.Event(), threading.Event()

    def count(_database: Any) -> Any:
        begun.set()
        over.wait(10)
        return "figures"

    monkeypatch.setattr(kept_figures, "figures", count)
    waits = Waits()
    kept = KeptFigures(None, lambda: AT, Share(waits).place)  # type: ignore[arg-type]
    told: list[object] = []

    def ask() -> None:
        try:
            told.append(kept.now().figures)
        except DatabaseAwayError as error:
            told.append(error)

    first = threading.Thread(target=ask)
    first.start()
    assert begun.wait(5)
    others = [threading.Thread(target=ask) for _ in range(6)]
    for each in others:
        each.start()
    for _ in range(100):
        if len(told) == 4:
            break
        over.wait(0.05)
    assert [type(each) for each in told] == [DatabaseAwayError] * 4
    assert waits.number == 3  # and calls go on in their place
    over.set()
    for each in (first, *others):
        each.join(5)
    assert told[4:] == ["figures"] * 3


def test_a_long_count_that_failed_is_not_begun_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, now = [], [100.0]

    def count(_database: Any) -> Any:
        counts.append(1)
        now[0] += 30
        raise DatabaseAwayError(TimeoutError())

    monkeypatch.setattr(kept_figures, "figures", count)
    monkeypatch.setattr(kept_figures.time, "monotonic", lambda: now[0])
    kept = KeptFigures(None, lambda: AT)  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(DatabaseAwayError):
            kept.now()
    assert len(counts) == 1
    now[0] += 11
    with pytest.raises(DatabaseAwayError):
        kept.now()
    assert len(counts) == 2
