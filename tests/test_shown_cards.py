"""Cards shown and what became of them: recorded beside the calls, joined by rule and version, counted on a page."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from cds_service.app import SHOWN_CARDS, create_app
from cds_service.knowledge.tables import load
from cds_service.metrics import PREFIX
from cds_service.records.away import DatabaseAwayError
from cds_service.records.database import Database
from cds_service.records.figures import figures
from cds_service.records.schema import SHOWN_CARD
from cds_service.records.shown_cards import ShownCard, ShownCards, store
from cds_service.settings import Settings
from tests.hook_calls import PATIENT, PATIENT_RESOURCE, call, draft
from tests.until import until

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VERSION = load().knowledge.version
Json = dict[str, Any]


@pytest.fixture
def client(database: Database) -> Iterator[FlaskClient]:
    app = create_app(Settings(log_level="error"), database=database, clock=lambda: NOW)
    yield app.test_client()
    app.extensions[SHOWN_CARDS].close()


def ask(client: FlaskClient, hook_instance: str = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea") -> list[Json]:
    order = draft(text="cyanocobalamin 1 mg tablet")
    request = call(order, prefetch={"patient": PATIENT_RESOURCE}, hookInstance=hook_instance)
    cards: list[Json] = client.post("/cds-services/b12-order-select", json=request).get_json()["cards"]
    assert cards != []
    return cards


def tell(client: FlaskClient, *items: Json) -> None:
    stamped = [{"outcomeTimestamp": "2026-11-20T12:00:00Z"} | item for item in items]
    response = client.post("/cds-services/b12-order-select/feedback", json={"feedback": stamped})
    assert response.get_json() == {"received": len(items)}


def counted(client: FlaskClient) -> Json:
    found: Json = client.get("/feedback-figures", headers={"Accept": "application/json"}).get_json()
    return found


def test_a_card_is_joined_to_its_rule_and_knowledge_version(client: FlaskClient, database: Database) -> None:
    card = ask(client)[0]
    # the feedback may be here before the card is written
    reason = {"code": "local-policy"}
    tell(client, {"card": card["uuid"], "outcome": "overridden", "overrideReason": {"reason": reason}})
    until(lambda: counted(client)["rows"] != [], seconds=30)  # a count that took long is kept for ten
    row = next(row for row in counted(client)["rows"] if card["source"]["url"].endswith(f"/{row['rule']}"))
    assert row == {
        "rule": card["source"]["url"].rpartition("/")[2],
        "topic": card["source"]["topic"]["code"],
        "knowledgeVersion": VERSION,
        "shadow": False,
        "shown": 1,
        "displays": 1,
        "withoutFeedback": 0,
        "accepted": 0,
        "overridden": 1,
        "overrideReasons": {"local-policy": 1},
    }
    assert counted(client)["since"] == "2026-11-20T12:00:00Z"
    assert counted(client)["unknownCards"]["cards"] == 0


def test_a_call_that_is_repeated_shows_the_same_card_again(client: FlaskClient) -> None:
    for _ in range(3):
        ask(client)
    ask(client, "another-instance")
    until(lambda: sum(row["displays"] for row in counted(client)["rows"]) >= 4, seconds=30)
    row = counted(client)["rows"][0]
    assert (row["shown"], row["displays"]) == (2, 4)


def shown(card: str, **more: Any) -> ShownCard:
    fields: Json = {
        "card": card,
        "suggestions": (f"{card}-1", f"{card}-2"),
        "service": "b12-order-sign",
        "client": "",
        "rule": "T-RENAL",
        "topic": "CyanocobalaminRenal",
        "indicator": "warning",
        "knowledge_version": "1",
        "shadow": False,
        "at": NOW,
    }
    return ShownCard(**(fields | more))


CARDS = [f"c0ffee00-0000-5000-8000-00000000000{number}" for number in range(8)]


def test_the_latest_feedback_of_a_card_counts_and_other_cards_are_counted_apart(
    client: FlaskClient, database: Database
) -> None:
    taken = "aaaaaaaa-0000-5000-8000-000000000009"
    cards = [shown(card) for card in CARDS[:3]] + [
        shown(CARDS[3], knowledge_version="2", suggestions=(taken,)),
        shown(CARDS[4], shadow=True),
        shown(CARDS[5], client="somebody-else"),
    ]
    store(database, cards)
    accepted = {"outcome": "accepted", "acceptedSuggestions": [{"id": "x"}]}
    overridden = {"outcome": "overridden"}
    at = "outcomeTimestamp"
    tell(client, {"card": CARDS[0]} | accepted | {at: "2026-11-20T12:00:02Z"})
    tell(client, {"card": CARDS[0]} | overridden | {at: "2026-11-20T12:00:01Z"})  # told late, happened before
    tell(client, {"card": CARDS[1]} | accepted, {"card": CARDS[1]} | overridden | {at: "2026-11-20T13:00:01+00:30"})
    tell(client, {"card": "its-own-name", "outcome": "accepted", "acceptedSuggestions": [{"id": taken}]})
    tell(client, {"card": CARDS[5]} | overridden, {"card": CARDS[7]} | accepted, {"card": "no-uuid"} | overridden)
    found = {(row["knowledgeVersion"], row["shadow"]): row for row in counted(client)["rows"]}
    counts = {
        key: (row["shown"], row["accepted"], row["overridden"], row["withoutFeedback"]) for key, row in found.items()
    }
    assert counts == {("1", False): (4, 1, 1, 2), ("2", False): (1, 1, 0, 0), ("1", True): (1, 0, 0, 1)}
    unknown = counted(client)["unknownCards"]
    assert unknown == {"cards": 3, "accepted": 1, "overridden": 2, "overrideReasons": {"none": 2}}


def test_the_page_explains_itself_when_it_is_empty_and_links_each_rule(client: FlaskClient) -> None:
    page = client.get("/feedback-figures")
    assert page.content_type.startswith("text/html")
    assert "No card is on record yet" in page.text
    card = ask(client)[0]
    tell(client, {"card": card["uuid"], "outcome": "overridden", "overrideReason": {"userComment": "x"}})
    until(lambda: counted(client)["rows"] != [], seconds=30)  # a count that took long is kept for ten
    page = client.get("/feedback-figures", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert f'<a href="/rules/{card["source"]["url"].rpartition("/")[2]}">' in page.text
    assert "Only a comment: 1" in page.text
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert client.get("/feedback-figures?format=json").get_json() == counted(client)


def test_the_page_says_what_its_counts_are_not(client: FlaskClient, database: Database) -> None:
    """Cards are no orders, and what was accepted may be a test alone."""
    store(database, [shown(CARDS[0])])
    tell(client, {"card": CARDS[7], "outcome": "overridden"})
    page = client.get("/feedback-figures").text
    assert "The same advice at another call" in page
    assert "that an order was changed is not known" in page
    assert "Only a card with suggestions can be accepted" in page
    assert "to another client" in page


def test_nothing_of_a_patient_is_in_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    app = create_app(Settings(log_level="error"), database=database)
    cards = ask(app.test_client())
    app.extensions[SHOWN_CARDS].close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert cards[0]["uuid"].encode() in kept
    for mark in (PATIENT, PATIENT_RESOURCE["birthDate"], "cyanocobalamin", "Practitioner/p1", "d1577c69"):
        assert mark.encode() not in kept
    database.close()


# a database that is away


class Away(Database):
    """A database that does not answer until it is told to."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.back = threading.Event()

    def prepare(self) -> None:
        if not self.back.is_set():
            raise DatabaseAwayError(OSError())
        super().prepare()


def test_a_database_that_is_away_costs_feedback_and_readiness_and_never_an_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Away(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    app = create_app(Settings(log_level="error"), database=database)
    client = app.test_client()
    cards = ask(client)
    uuid = cards[0]["uuid"]
    body = json.dumps(
        {"feedback": [{"card": uuid, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}]}
    )
    for refused in (
        client.post("/cds-services/b12-order-select/feedback", data=body),
        client.get("/readyz"),
        client.get("/feedback-figures"),
    ):
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.get_json()["issue"][0]["code"] == "transient"
    assert client.get("/healthz").status_code == 200
    until(lambda: "cards shown wait for the database" in caplog.text)
    until(lambda: f"{PREFIX}_cards_waiting {len(cards)}.0" in client.get("/metrics").text)
    database.back.set()
    assert client.post("/cds-services/b12-order-select/feedback", data=body).status_code == 200
    assert client.get("/readyz").status_code == 200
    until(lambda: any(row["overridden"] for row in counted(client)["rows"]))  # the card waited, and is written
    until(lambda: f"{PREFIX}_cards_waiting 0.0" in client.get("/metrics").text)
    assert f"{PREFIX}_cards_dropped_total 0.0" in client.get("/metrics").text
    assert app.extensions[SHOWN_CARDS].dropped == 0
    app.extensions[SHOWN_CARDS].close()
    database.close()


def test_cards_that_wait_too_long_are_dropped_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Away(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    told: list[tuple[int, int]] = []
    recorder = ShownCards(database, waiting=10, tell=lambda *counts: told.append(counts))
    started = time.perf_counter()
    with caplog.at_level(logging.WARNING, logger="cds_service.records"):
        recorder.note([shown(CARDS[0])] * 500)
        assert time.perf_counter() - started < 0.5
        assert recorder.dropped >= 400
        recorder.close()
    assert recorder.dropped == 500  # those that waited are lost as well when the process ends
    assert sum(dropped for _, dropped in told) == 500
    assert told[-1][0] == 0
    assert "cards shown that no figure counts: " in caplog.text
    assert CARDS[0] not in caplog.text


def test_what_waits_is_written_when_the_process_ends(database: Database) -> None:
    recorder = ShownCards(database)
    recorder.note([shown(card) for card in CARDS] * 400)
    recorder.close()
    assert recorder.dropped == 0
    with database.reading() as connection:
        assert set(connection.execute(select(SHOWN_CARD.c.times)).scalars()) == {400}


def test_an_app_that_is_made_starts_nothing_and_opens_nothing(tmp_path: Path) -> None:
    """The parent of the workers makes one; a thread or a connection would not survive the fork."""
    before = threading.active_count()
    app = create_app(Settings(log_level="error"), database=Database(f"sqlite:///{tmp_path / 'records.sqlite3'}"))
    assert app.test_client().post("/cds-services/b12-order-select", json=call(draft())).get_json() == {"cards": []}
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


def test_figures_of_an_empty_database_are_empty(database: Database) -> None:
    assert figures(database).empty
