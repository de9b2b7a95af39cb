"""What looks like SQL is text to the database, whoever wrote it: only bound parameters reach it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from cds_service.app import create_app
from cds_service.records.database import Database
from cds_service.records.feedback import CardFeedback, store
from cds_service.records.forget import Forgotten, forget
from cds_service.records.schema import FEEDBACK
from cds_service.settings import Settings

AT = datetime(2026, 11, 20, tzinfo=UTC)
ODD = ["x'); DROP TABLE feedback; --", "' OR '1'='1", "100 % of :client, ? and %s", 'O"Neill \\']


def test_a_comment_is_kept_as_it_was_sent(database: Database) -> None:
    client = create_app(Settings(store_comments=True, log_level="error"), database=database).test_client()
    items = [
        {
            "card": f"{odd} {place}",
            "outcome": "overridden",
            "outcomeTimestamp": f"2026-11-20T10:20:3{place}Z",
            "overrideReason": {"userComment": odd},
        }
        for place, odd in enumerate(ODD)
    ]
    assert client.post("/cds-services/b12-order-sign/feedback", json={"feedback": items}).status_code == 200
    with database.reading() as connection:
        kept = connection.execute(select(FEEDBACK.c.comment).order_by(FEEDBACK.c.outcome_at)).scalars().all()
    assert kept == ODD


@pytest.mark.parametrize("odd", ODD)
def test_who_is_forgotten_is_named_to_the_letter(odd: str, database: Database) -> None:
    for name in (odd, "north"):
        item = CardFeedback("0" * 64, "overridden", AT, reason="none")
        store(database, [item], service="b12-order-sign", client=name, now=AT)
    assert forget(database, before=None, client=odd) == Forgotten(cards=0, feedback=1)
    with database.reading() as connection:
        assert connection.execute(select(FEEDBACK.c.client)).scalars().all() == ["north"]
