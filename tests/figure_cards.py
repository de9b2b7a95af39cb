"""Figures for tests: a database with its service, cards and feedback put there without a hook call."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.records.database import Database
from cds_service.records.feedback import CardFeedback
from cds_service.records.feedback import store as keep
from cds_service.records.shown_cards import ShownCard, store
from cds_service.settings import Settings

_NUMBERS: Iterator[int] = count(1)
CLIENT = "general"
NOW = datetime(2027, 1, 6, 12, tzinfo=UTC)  # a Wednesday, in 2027-W01


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Database]:
    """Of SQLite alone: what counts is tested on both."""
    found = Database(f"sqlite:///{tmp_path}/records.sqlite3")
    yield found
    found.close()


@pytest.fixture
def figures_http(records: Database) -> FlaskClient:
    """The service on these records, at NOW."""
    return create_app(Settings(log_level="error"), clock=lambda: NOW, database=records).test_client()


def uuid() -> str:
    """A new one, of the version that ours have."""
    return str(UUID(int=next(_NUMBERS), version=5))


def card(at: datetime, **more: Any) -> ShownCard:
    """One that is shown at this instant."""
    fields: dict[str, Any] = {
        "card": uuid(),
        "suggestions": (uuid(),),
        "service": "b12-order-sign",
        "client": CLIENT,
        "rule": "T-CYANO-RENAL",
        "topic": "CyanocobalaminRenal",
        "indicator": "warning",
        "knowledge_version": "1",
        "shadow": False,
        "at": at,
    }
    return ShownCard(**(fields | more))


def show(database: Database, at: datetime, **more: Any) -> str:
    """Put down that a card was shown. Its uuid."""
    found = card(at, **more)
    store(database, [found])
    return found.card


def tell(database: Database, card: str, at: datetime, reason: str | None = None, client: str = CLIENT) -> None:
    """Feedback on a card, received a minute later: overridden where there is a reason, else accepted."""
    outcome = "accepted" if reason is None else "overridden"
    said = CardFeedback(card, outcome, at, (uuid(),) if reason is None else (), reason=reason)
    keep(database, [said], service="b12-order-sign", client=client, now=at + timedelta(minutes=1))
