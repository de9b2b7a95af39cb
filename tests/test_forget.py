"""Forgetting: what is deleted, what stays, and that of what was deleted no byte is left in a SQLite file."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text

from cds_service.records import feedback, shown_cards
from cds_service.records.away import DatabaseAwayError
from cds_service.records.database import Database
from cds_service.records.feedback import CardFeedback
from cds_service.records.forget import forget
from cds_service.records.schema import ACCEPTED_SUGGESTION, FEEDBACK, SHOWN_CARD, SHOWN_SUGGESTION, TABLES
from cds_service.records.shown_cards import ShownCard
from tests.own_uuids import own_uuid

OLD, NEW = datetime(2025, 1, 1, 23, 59, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
BETWEEN = datetime(2025, 1, 2, tzinfo=UTC)


def uuid(number: int, part: int = 0) -> str:
    return own_uuid(part, number)


def show(database: Database, numbers: range, *, client: str = "north", at: datetime = OLD) -> None:
    """Cards with one suggestion each."""
    shown_cards.store(
        database,
        [
            ShownCard(uuid(n), (uuid(n, 1),), "b12-order-sign", client, "T-K", "k", "info", "1", shadow=False, at=at)
            for n in numbers
        ],
    )


def tell(database: Database, *items: CardFeedback, client: str = "north", now: datetime = OLD) -> None:
    feedback.store(database, items, service="b12-order-sign", client=client, now=now)


def taken(number: int, card: str | None = None, at: datetime = OLD) -> CardFeedback:
    return CardFeedback(card or uuid(number), "accepted", at, (uuid(number, 1),))


def left(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (SHOWN_CARD, SHOWN_SUGGESTION, FEEDBACK, ACCEPTED_SUGGESTION)
        }


def cards(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(select(SHOWN_CARD.c.card)).scalars())


def test_what_is_older_goes_and_what_hangs_on_it(database: Database) -> None:
    """Feedback that came later goes with its card, also where only the suggestion tells which card it was."""
    show(database, range(1))
    show(database, range(1, 2))
    show(database, range(2, 3), at=NEW)
    tell(database, CardFeedback(uuid(0), "overridden", OLD), taken(1, card="a" * 64), taken(2), now=NEW)
    gone = forget(database, before=BETWEEN, client=None)
    assert (gone.cards, gone.feedback) == (2, 2)
    assert cards(database) == {uuid(2)}
    assert left(database) == {"shown_card": 1, "shown_suggestion": 1, "feedback": 1, "accepted_suggestion": 1}


def test_feedback_that_no_card_answers_to_goes_by_the_time_it_came(database: Database) -> None:
    """By our clock: what a client gives as the time of an outcome may be anything."""
    tell(database, taken(1, at=NEW))
    tell(database, taken(2, at=OLD), now=NEW)
    gone = forget(database, before=BETWEEN, client=None)
    assert (gone.cards, gone.feedback) == (0, 1)
    with database.reading() as connection:
        assert list(connection.execute(select(FEEDBACK.c.card)).scalars()) == [uuid(2)]


def test_the_day_itself_stays(database: Database) -> None:
    show(database, range(1), at=BETWEEN)
    show(database, range(1, 2), at=BETWEEN - timedelta(microseconds=1))
    forget(database, before=BETWEEN, client=None)
    assert cards(database) == {uuid(0)}


def test_a_client_goes_and_the_others_stay(database: Database) -> None:
    show(database, range(1), client="north")
    show(database, range(1, 2), client="south")
    tell(database, taken(7), client="north")
    tell(database, taken(8), client="south")
    gone = forget(database, before=None, client="north")
    assert (gone.cards, gone.feedback) == (1, 1)
    assert left(database) == {"shown_card": 1, "shown_suggestion": 1, "feedback": 1, "accepted_suggestion": 1}


def test_a_client_up_to_a_day(database: Database) -> None:
    show(database, range(1))
    show(database, range(1, 2), at=NEW)
    show(database, range(2, 3), client="south")
    forget(database, before=BETWEEN, client="north")
    assert cards(database) == {uuid(1), uuid(2)}


def test_more_than_a_batch_goes_while_others_write(database: Database) -> None:
    show(database, range(3500))
    tell(database, *(taken(n) for n in range(3500)))
    tell(database, *(taken(n) for n in range(10_000, 11_500)))
    ended, failed, written = threading.Event(), [], []

    def write() -> None:
        number = 20_000
        while not ended.wait(0.005):
            try:
                show(database, range(number, number + 1), at=NEW)
            except DatabaseAwayError as error:
                failed.append(error)
            else:
                written.append(uuid(number))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    gone = forget(database, before=BETWEEN, client=None)
    ended.set()
    writer.join()
    assert (gone.cards, gone.feedback) == (3500, 5000)
    assert failed == []
    assert cards(database) == set(written) != set()


def test_without_a_question_nothing_is_deleted(database: Database) -> None:
    show(database, range(1))
    with pytest.raises(ValueError, match="must be given"):
        forget(database, before=None, client=None)
    assert cards(database) == {uuid(0)}


def test_no_byte_is_left_in_the_file_nor_in_its_journal(tmp_path: Path) -> None:
    """Also while the service has the file open: its connections are not asked to go."""
    url = f"sqlite:///{tmp_path}/records.sqlite3"
    service, operator = Database(url), Database(url)
    for each in (service, operator):  # some builds of SQLite overwrite what is deleted, others do not
        event.listen(each._engine, "connect", lambda opened, _: opened.execute("PRAGMA secure_delete = OFF"))
    numbers = range(2000)
    show(service, numbers)
    show(service, range(5000, 5010), at=NEW)
    tell(service, *(taken(n) for n in numbers))

    def found() -> list[int]:
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        return [n for n in numbers if uuid(n).encode() in kept or uuid(n, 1).encode() in kept]

    assert found() == list(numbers)
    forget(operator, before=BETWEEN, client=None)
    assert found() == []
    assert len(cards(service)) == 10
    service.close()
    operator.close()


def test_a_reader_that_stays_is_named_and_a_second_run_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.records.database._SECONDS", 0.2)
    database, other = (Database(f"sqlite:///{tmp_path}/records.sqlite3") for _ in range(2))
    show(database, range(1))
    with other.reading() as connection:
        connection.execute(text("SELECT * FROM shown_card")).fetchall()
        with pytest.raises(DatabaseAwayError):
            forget(database, before=BETWEEN, client=None)
    assert forget(database, before=BETWEEN, client=None).cards == 0
    assert all(uuid(0).encode() not in path.read_bytes() for path in tmp_path.iterdir())
    database.close()
    other.close()


def test_every_table_is_thought_of() -> None:
    """A table that is added later has to be deleted from too."""
    assert set(TABLES.tables) == {"shown_card", "shown_suggestion", "feedback", "accepted_suggestion"}
