"""Feedback as clients send it: what is taken, what is refused and how, and what of it is written down."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from cds_service.app import create_app
from cds_service.hooks.feedback import read_feedback
from cds_service.hooks.override_reasons import OVERRIDE_REASONS
from cds_service.hooks.problems import Problem
from cds_service.records.database import Database
from cds_service.records.feedback import LONGEST_COMMENT, CardFeedback, kept_id
from cds_service.records.schema import ACCEPTED_SUGGESTION, FEEDBACK
from cds_service.settings import Settings

CARD = "4e0a3a1e-3283-5575-ab82-028d55fe2719"
SUGGESTION = "3f2b1a0e-1111-5222-8333-444455556666"
TIME = "2026-11-20T10:20:30Z"
PATH = "/cds-services/b12-order-sign/feedback"
HL7 = OVERRIDE_REASONS[0]["system"]
Json = dict[str, Any]


def item(**more: Any) -> Json:
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": TIME} | more


def accepted(*ids: Any, **more: Any) -> Json:
    return item(outcome="accepted", acceptedSuggestions=[{"id": each} for each in ids or (SUGGESTION,)], **more)


def read(*items: Any, keep_comments: bool = False) -> tuple[CardFeedback, ...]:
    return read_feedback(json.dumps({"feedback": items}).encode(), keep_comments=keep_comments)


def said(sent: Any) -> str:
    """What is answered to a body that breaks a rule."""
    with pytest.raises(Problem) as caught:
        read_feedback(sent if isinstance(sent, bytes) else json.dumps(sent).encode(), keep_comments=False)
    return f"{caught.value.path}: {caught.value.rule}"


# what is taken


def test_an_accepted_card_names_its_suggestions() -> None:
    (found,) = read(accepted(SUGGESTION.upper(), SUGGESTION, f"urn:uuid:{CARD}"))
    assert found == CardFeedback(CARD, "accepted", datetime(2026, 11, 20, 10, 20, 30, tzinfo=UTC), (SUGGESTION, CARD))


@pytest.mark.parametrize("known", OVERRIDE_REASONS, ids=lambda reason: reason["code"])
def test_each_reason_that_a_card_offers_is_kept(known: Json) -> None:
    (found,) = read(item(overrideReason={"reason": known, "userComment": "x"}))
    assert (found.reason_system, found.reason, found.comment) == (known["system"], known["code"], None)


PATIENT_REFUSES = {"code": "patient-refuses", "system": HL7, "display": "Patient refuses"}
SPACED = PATIENT_REFUSES | {"system": HL7.replace("//", "// ")}
FOREIGN = {"code": "verified", "system": "http://example.org/reasons", "display": "Verified"}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, "none"),  # REQ-66
        ({"overrideReason": None}, "none"),
        ({"overrideReason": {"userComment": "not now"}}, "comment-only"),
        ({"overrideReason": {"reason": None, "userComment": "not now"}}, "comment-only"),
        ({"overrideReason": {"userComment": " "}}, "none"),
        ({"overrideReason": {"reason": FOREIGN}}, "other"),
        ({"overrideReason": {"reason": PATIENT_REFUSES | {"system": "http://example.org/reasons"}}}, "other"),
        ({"overrideReason": {"reason": {"display": "Patient refuses"}}}, "other"),
        # the sandbox leaves out the display, and may leave out the system
        ({"overrideReason": {"reason": {"code": "patient-refuses", "system": HL7}}}, "patient-refuses"),
        ({"overrideReason": {"reason": {"code": "patient-refuses"}}}, "patient-refuses"),
        # the sandbox of 2020 did not wrap the Coding
        ({"overrideReason": {"code": "patient-refuses", "system": HL7}}, "patient-refuses"),
        ({"overrideReason": {"code": "patient-refuses"}}, "patient-refuses"),
        # Epic
        ({"overrideReasons": {"reason": SPACED, "userComment": "x"}}, "patient-refuses"),
        ({"overrideReasons": {"extension": {"com.epic.cdshooks.reason": SPACED}}}, "patient-refuses"),
        ({"overrideReason": {"extension": {"com.epic.x": [{"y": {"reason": PATIENT_REFUSES}}]}}}, "patient-refuses"),
        ({"overrideReasons": {"extension": {"com.epic.cdshooks.reason": "free text"}}}, "other"),
        ({"overrideReasons": {"extension": {"a": 1}, "userComment": "x"}}, "comment-only"),
        ({"overrideReasons": [{"reason": FOREIGN}, {"reason": PATIENT_REFUSES}]}, "patient-refuses"),
        ({"overrideReasons": {}}, "none"),
    ],
)
def test_each_way_to_give_a_reason_is_read(more: Json, reason: str) -> None:
    (found,) = read(item(**more))
    assert found.reason == reason
    assert found.reason_system == (HL7 if reason == "patient-refuses" else None)


@pytest.mark.parametrize(
    ("sent", "instant"),
    [
        ("1985-04-12T23:20:50.52Z", datetime(1985, 4, 12, 23, 20, 50, 520000, UTC)),
        ("2026-11-20t10:20:30z", datetime(2026, 11, 20, 10, 20, 30, 0, UTC)),
        ("2026-11-20T10:20:30+00:00", datetime(2026, 11, 20, 10, 20, 30, 0, UTC)),
        ("2026-11-20T00:20:30.1234567-06:30", datetime(2026, 11, 20, 6, 50, 30, 123456, UTC)),
        ("2026-11-20T10:20:30Z UTC", datetime(2026, 11, 20, 10, 20, 30, 0, UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, 0, 0, 0, 0, UTC)),
    ],
)
def test_a_timestamp_is_kept_in_utc(sent: str, instant: datetime) -> None:
    (found,) = read(item(outcomeTimestamp=sent))
    assert (found.at, found.at.utcoffset()) == (instant, instant.utcoffset())


def test_what_is_not_known_is_ignored() -> None:
    odd = {"extension": {"a.b": [1, None, {"c": {}}]}, "hookInstance": "x", "suggestions": [], "acceptedSuggestions": 3}
    assert read(item(**odd)) == read(item())
    body = {"feedback": [item()], "extension": {"feedback": []}, "feedbacks": None}
    assert read_feedback(json.dumps(body).encode(), keep_comments=True) == read(item())


# what is refused


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (b"[]", "$: must be of type object"),
        (b"{}", "feedback: is required"),
        ({"feedback": {}}, "feedback: must be of type array"),
        ({"feedback": None}, "feedback: must be of type array"),
        ({"feedback": []}, "feedback: must not be empty"),
        ({"feedback": [item()] * 10_001}, "feedback: must hold at most 10000"),
        ({"feedback": [item(), "x"]}, "feedback[1]: must be of type object"),
        (b'{"feedback":[],"feedback":[]}', "$: must be strict JSON without repeated keys"),
        (b'{"feedback":[{"card":NaN}]}', "$: must be strict JSON without repeated keys"),
        (b"", "$: must be strict JSON without repeated keys"),
    ],
)
def test_a_body_that_is_no_batch_is_refused(sent: Any, problem: str) -> None:
    assert said(sent) == problem


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"card": None}, "card: must be of type string"),
        ({"card": " "}, "card: must not be empty"),
        ({"outcome": "ACCEPTED"}, "outcome: must be accepted or overridden"),
        ({"outcome": ["accepted"]}, "outcome: must be of type string"),
        ({"outcome": "accepted"}, "acceptedSuggestions: is required"),
        ({"outcome": "accepted", "acceptedSuggestions": None}, "acceptedSuggestions: must be of type array"),
        ({"outcome": "accepted", "acceptedSuggestions": []}, "acceptedSuggestions: must not be empty"),
        ({"outcome": "accepted", "acceptedSuggestions": [{}]}, "acceptedSuggestions[0].id: is required"),
        ({"outcome": "accepted", "acceptedSuggestions": [CARD]}, "acceptedSuggestions[0]: must be of type object"),
        ({"overrideReason": {}}, "overrideReason: must hold reason or userComment"),
        ({"overrideReason": {"reason": None}}, "overrideReason: must hold reason or userComment"),
        ({"overrideReason": "refused"}, "overrideReason: must be of type object or null"),
        ({"overrideReason": {"reason": "refused"}}, "overrideReason.reason: must be of type object or null"),
        ({"overrideReason": {"reason": {}}}, "overrideReason.reason: must hold a code"),
        ({"overrideReason": {"userComment": 3}}, "overrideReason.userComment: must be of type string or null"),
    ],
)
def test_an_item_that_breaks_a_rule_is_refused(more: Json, problem: str) -> None:
    assert said({"feedback": [item(), item(), item(**more)]}) == f"feedback[2].{problem}"


@pytest.mark.parametrize("name", ["card", "outcome", "outcomeTimestamp"])
def test_what_every_item_must_hold(name: str) -> None:
    without = {key: value for key, value in item().items() if key != name}
    assert said({"feedback": [without]}) == f"feedback[0].{name}: is required"


@pytest.mark.parametrize(
    "sent",
    [
        "yesterday",
        "",
        "2026-11-20",
        "2026-11-20T10:20:30",
        "2026-11-20 10:20:30Z",
        "2026-13-20T10:20:30Z",
        "2026-11-20T25:20:30Z",
        "2026-02-30T10:20:30Z",
        "2026-11-20T10:20:30+99:00",
        "0001-01-01T00:00:00+10:00",
        "2026-11-20T10:20:30Z\n",
        "٢٠٢٦-11-20T10:20:30Z",
    ],
)
def test_a_timestamp_that_is_none_is_refused(sent: str) -> None:
    problem = said({"feedback": [item(outcomeTimestamp=sent)]})
    assert problem == "feedback[0].outcomeTimestamp: must be a date-time of RFC 3339 with Z or an offset"


# over HTTP, and what is written down


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    yield found
    found.close()


@pytest.fixture
def client(database: Database) -> FlaskClient:
    return create_app(Settings(log_level="error"), database=database).test_client()


def post(client: FlaskClient, *items: Any, path: str = PATH, **more: Any) -> Any:
    return client.post(path, data=json.dumps({"feedback": items}), **{"content_type": "application/json"} | more)


def rows(database: Database) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(FEEDBACK).order_by(FEEDBACK.c.outcome_at)))


def test_a_batch_is_counted_and_kept(client: FlaskClient, database: Database) -> None:
    other = "c0ffee00-0000-5000-8000-000000000001"
    response = post(client, accepted(), item(card=other, overrideReason={"reason": PATIENT_REFUSES}))
    assert (response.status_code, response.get_json()) == (200, {"received": 2})
    assert response.content_type == "application/json"
    kept = {row.card: (row.outcome, row.reason, row.service, row.client) for row in rows(database)}
    assert kept == {
        CARD: ("accepted", None, "b12-order-sign", ""),
        other: ("overridden", "patient-refuses", "b12-order-sign", ""),
    }
    with database.reading() as connection:
        assert connection.execute(select(ACCEPTED_SUGGESTION.c.suggestion)).scalars().all() == [SUGGESTION]


def test_a_repeat_is_answered_and_changes_nothing(client: FlaskClient, database: Database) -> None:
    same = accepted(SUGGESTION.upper(), outcomeTimestamp="2026-11-20T11:20:30+01:00", card=CARD.upper())
    for batch, count in (([accepted()], 1), ([accepted()], 1), ([same, accepted(), same], 3)):
        assert post(client, *batch).get_json() == {"received": count}
    assert len(rows(database)) == 1


def test_accepted_after_overridden_is_kept_beside_it(client: FlaskClient, database: Database) -> None:
    later = accepted(outcomeTimestamp="2026-11-20T10:20:31Z")
    assert [post(client, item()).status_code, post(client, later).status_code] == [200, 200]
    assert [row.outcome for row in rows(database)] == ["overridden", "accepted"]


def test_a_batch_with_one_bad_item_leaves_nothing(client: FlaskClient, database: Database) -> None:
    response = post(client, item(), item(outcome="maybe-secret"))
    assert response.status_code == 400
    issue = response.get_json()["issue"][0]
    assert issue["expression"] == ["feedback[1].outcome"]
    assert "maybe-secret" not in response.text
    assert rows(database) == []


def test_feedback_keeps_to_the_rules_of_every_body(client: FlaskClient) -> None:
    assert post(client, item(), path="/cds-services/unknown/feedback").status_code == 404
    assert post(client, item(), path=f"{PATH}/").status_code == 200
    assert post(client, item(), content_type="text/plain").status_code == 415
    assert post(client, item(), content_type="application/fhir+json; charset=utf-8").status_code == 200
    assert client.post(PATH, data=b"x", headers={"Content-Encoding": "gzip"}).status_code == 400
    assert client.post(PATH, data=b"[" * 100 + b"]" * 100).get_json()["issue"][0]["diagnostics"].startswith("at most")
    response = client.get(PATH)
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert response.get_json()["resourceType"] == "OperationOutcome"
    assert client.options(PATH, headers={"Origin": "https://x.example"}).headers["Access-Control-Allow-Origin"] == "*"


MARKS = ("Zebedee", "1931-05-06", "MRN0042")


def test_nothing_that_a_client_wrote_freely_is_written_down(client: FlaskClient, tmp_path: Path) -> None:
    free = " ".join(MARKS)
    coding = {"code": free, "system": free, "display": free, "extension": {free: free}}
    sent = item(card=free, overrideReason={"reason": coding, "userComment": free}, extension={free: free})
    taken = accepted(free, overrideReasons={"extension": {"x": free}}, patient=free)
    assert post(client, sent, taken).status_code == 200
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept_id(free).encode() in kept  # the batch is there
    assert [mark for mark in MARKS if mark.encode() in kept] == []


def test_comments_are_kept_where_the_site_says_so_and_cut(database: Database) -> None:
    client = create_app(Settings(store_comments=True, log_level="error"), database=database).test_client()
    assert post(client, item(overrideReason={"userComment": "a\0" + "é" * 2000})).status_code == 200
    assert [row.comment for row in rows(database)] == ["a" + "é" * (LONGEST_COMMENT - 1)]
