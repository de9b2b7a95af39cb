"""What a person does on the try-it page: kept as feedback, once a day each, from its own forms and nowhere else."""

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from cds_service.app import SHOWN_CARDS, WAITS, create_app
from cds_service.records.database import Database
from cds_service.records.figures import figures
from cds_service.records.schema import FEEDBACK, SHOWN_CARD
from cds_service.settings import Settings
from cds_service.waiting import MOST_AT_OWN, MOST_WAITING
from tests.signing import NOW, Serve
from tests.test_try_it import RENAL, on_the_wire, shown, topics

OWN = {"Sec-Fetch-Site": "same-origin"}
ADDRESS = f"/?example={RENAL}"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/records.sqlite3")


@pytest.fixture
def http(database: Database) -> FlaskClient:
    """Its clock goes on by a second whenever it is looked at."""
    times: Iterator[datetime] = (NOW + timedelta(seconds=second) for second in count())
    return create_app(Settings(log_level="error"), clock=lambda: next(times), database=database).test_client()


def card_of(http: FlaskClient) -> str:
    uuid: str = on_the_wire(shown(RENAL, http))[1]["cards"][0]["uuid"]
    return uuid


def send(http: FlaskClient, reason: str = "local-policy", **more: Any) -> Any:
    data = {"card": more.pop("card", None) or card_of(http), "reason": reason}
    return http.post(more.pop("address", ADDRESS), data=data, **({"headers": OWN} | more))


def take(http: FlaskClient, address: str = ADDRESS, **more: Any) -> Any:
    """Press Apply of the first card of an address."""
    card = on_the_wire(http.get(address).text)[1]["cards"][0]
    data = {"card": card["uuid"], "suggestion": card["suggestions"][0]["uuid"]} | more.pop("data", {})
    return http.post(address, data=data, **({"headers": OWN} | more))


def kept(database: Database) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(FEEDBACK.c.client, FEEDBACK.c.outcome, FEEDBACK.c.reason)))


def test_an_override_is_kept_and_counted(http: FlaskClient, database: Database) -> None:
    answer = send(http)
    assert answer.status_code == 200
    assert "Kept: overridden, Local policy." in answer.text
    assert kept(database) == [("try it", "overridden", "local-policy")]
    http.application.extensions[SHOWN_CARDS].close()  # writes what waits
    (row,) = figures(database).rows
    assert (row.rule, row.shown, row.overridden, row.reasons["local-policy"]) == ("T-CYANO-RENAL", 1, 1, 1)


def test_the_same_override_is_one_row_and_the_last_one_counts(http: FlaskClient, database: Database) -> None:
    for reason in ("local-policy", "local-policy", "patient-refuses"):
        send(http, reason)
    assert len(kept(database)) == 2
    http.application.extensions[SHOWN_CARDS].close()
    (row,) = figures(database).rows
    assert (row.shown, row.overridden, dict(row.reasons)) == (1, 1, {"patient-refuses": 1})


def test_what_is_said_again_after_something_else_counts(http: FlaskClient, database: Database) -> None:
    for reason in ("local-policy", "patient-refuses", "local-policy"):
        send(http, reason)
    assert len(kept(database)) == 2
    http.application.extensions[SHOWN_CARDS].close()
    (row,) = figures(database).rows
    assert (row.overridden, dict(row.reasons)) == (1, {"local-policy": 1})


def test_a_suggestion_that_is_applied_is_accepted_and_the_page_goes_on(http: FlaskClient, database: Database) -> None:
    answer = take(http)
    assert answer.status_code == 303
    assert kept(database) == [("try it", "accepted", None)]
    following = http.get(answer.headers["Location"]).text
    assert answer.headers["Location"].endswith("#answer")
    assert topics(following) == []
    assert "Applied, and the hook was fired again" in following
    http.application.extensions[SHOWN_CARDS].close()
    (row,) = figures(database).rows
    assert (row.rule, row.shown, row.accepted, row.overridden) == ("T-CYANO-RENAL", 1, 1, 0)


def test_what_is_applied_again_is_one_row_and_what_was_changed_stays_so(http: FlaskClient, database: Database) -> None:
    address = f"{ADDRESS}&egfr=49"
    places = {take(http, address).headers["Location"] for _ in range(3)}
    assert len(kept(database)) == 1
    (place,) = places
    assert "egfr=49&applied=" in place


def test_where_no_more_can_be_applied_nothing_is_kept(
    http: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.pages.try_it.MOST_STEPS", 0)
    monkeypatch.setattr("cds_service.pages.trial.MOST_STEPS", 0)
    answer = take(http)
    assert "No more than 0 can be applied" in http.get(answer.headers["Location"]).text
    assert kept(database) == []


def test_looking_writes_nothing(http: FlaskClient, database: Database) -> None:
    shown(RENAL, http)
    http.application.extensions[SHOWN_CARDS].close()
    with database.reading() as connection:
        assert list(connection.execute(select(SHOWN_CARD))) == []
    assert kept(database) == []


def test_by_plain_http_from_another_machine_the_origin_says_whose_form_it_is(
    http: FlaskClient, database: Database
) -> None:
    there = {"base_url": "http://10.0.0.7:8000", "headers": {"Origin": "http://10.0.0.7:8000"}}
    assert send(http, **there).status_code == 200
    assert len(kept(database)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "", "Origin": "http://localhost"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http:", "Host": "<>"},
        {"Origin": "http://", "Host": "<>"},
    ],
)
def test_a_form_of_another_page_is_refused(http: FlaskClient, database: Database, headers: dict[str, str]) -> None:
    assert send(http, headers=headers).status_code == 403
    assert take(http, headers=headers).status_code == 403
    assert kept(database) == []


def test_what_names_nothing_of_the_page_is_refused(http: FlaskClient, database: Database) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    assert send(http, "because").status_code == 400
    assert send(http, card=other).status_code == 400
    assert send(http, address="/?example=11-right-order").status_code == 400
    assert send(http, address="/").status_code == 404
    assert send(http, "x" * 5000).status_code == 413
    assert http.post(ADDRESS, headers=OWN).status_code == 400
    assert take(http, data={"card": other}).status_code == 400
    assert take(http, data={"suggestion": other}).status_code == 400
    assert take(http, data={"suggestion": "x" * 5000}).status_code == 413
    assert kept(database) == []


def test_with_a_clients_file_none_is_taken_and_the_page_says_why(guarded: Serve) -> None:
    http = guarded({}).http
    page = shown(RENAL, http)
    assert "this service takes feedback from the clients that it knows" in page
    assert 'method="post"' not in page
    assert send(http).status_code == 405
    assert take(http).status_code == 405
    (link,) = re.findall(r'<a class="button" [^>]*href="([^"#]*)#answer"', page)
    assert "Applied, and the hook was fired again" in http.get(html.unescape(link)).text


def test_what_is_said_where_too_many_wait_for_the_database_is_refused(http: FlaskClient, database: Database) -> None:
    http.application.extensions[WAITS].number = MOST_WAITING + MOST_AT_OWN
    assert [send(http).status_code, take(http).status_code] == [503, 503]
    assert kept(database) == []
