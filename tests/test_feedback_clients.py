"""Feedback with a clients file: whose cards they are, and whom nobody showed anything."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cds_service.records.database import Database
from cds_service.records.figures import Figures, figures
from cds_service.records.schema import FEEDBACK, SHOWN_CARD
from tests.hook_calls import PATIENT_RESOURCE, call, draft
from tests.signing import BASE, ISSUER, SERVICE, Guarded, Serve, token
from tests.until import until

PATH = "/cds-services/b12-order-select/feedback"
OTHER = "https://ehr.other.example"
ORDER = call(draft(text="cyanocobalamin 1 mg tablet"), prefetch={"patient": PATIENT_RESOURCE})


def recorded(url: str) -> Figures:
    """The figures as soon as there is a card in them."""
    database = Database(url)
    until(lambda: figures(database).rows)
    found = figures(database)
    database.close()
    return found


def tell(service: Guarded, card: str, issuer: str = ISSUER, **more: Any) -> None:
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"} | more
    bearer = token(aud=f"{SERVICE}/feedback", iss=issuer)
    assert service.ask(bearer, PATH, body={"feedback": [item]}).get_json() == {"received": 1}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'records.sqlite3'}"


def test_cards_of_a_shadow_client_are_counted_apart(guarded: Serve, url: str) -> None:
    service = guarded({"shadow": True}, database_url=url)
    assert service.ask(token(), body=ORDER).get_json() == {"cards": []}
    found = recorded(url)
    assert {(row.shadow, row.shown) for row in found.rows} == {(True, 1)}
    assert "shadow: counted, not sent" in service.http.get("/feedback-figures").text  # open without a token


def test_a_client_tells_of_its_own_cards_and_of_nobody_elses(guarded: Serve, url: str) -> None:
    service = guarded({}, {"name": "other", "issuer": OTHER}, database_url=url)
    card = service.ask(token(), body=ORDER).get_json()["cards"][0]["uuid"]
    tell(service, card, issuer=OTHER)
    found = recorded(url)
    assert sum(row.overridden for row in found.rows) == 0
    assert (found.unknown.shown, found.unknown.overridden) == (1, 1)
    tell(service, card)
    assert sum(row.overridden for row in recorded(url).rows) == 1
    database = Database(url)
    with database.reading() as connection:
        assert set(connection.execute(select(SHOWN_CARD.c.client)).scalars()) == {"general"}
        assert sorted(connection.execute(select(FEEDBACK.c.client)).scalars()) == ["general", "other"]
    database.close()


def test_without_a_token_no_feedback_is_taken(guarded: Serve, url: str) -> None:
    service = guarded(database_url=url)
    body = {"feedback": [{"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"}]}
    assert service.ask(None, PATH, body=body).status_code == 401
    assert service.ask(token(aud=f"{BASE}/cds-services"), PATH, body=body).status_code == 401
    database = Database(url)
    assert figures(database).empty
    database.close()
