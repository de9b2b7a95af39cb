"""Nothing is written down: marked requests through every path, and the search for their marks in all that is left.

tests/privacy holds the marks and the search; python -m tests.privacy --lines 100000 is the long run.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from sqlalchemy import exc, select

from cds_service import decide as deciding
from cds_service.hooks import routes
from cds_service.records.database import Database
from cds_service.records.schema import TABLES
from cds_service.settings import Settings
from cds_service.trust.key_sets import FetchedKeys, KeysAwayError
from cds_service.trust.key_shelf import KeyShelf
from cds_service.trust.keys import KeySetError
from cds_service.waiting import Waits
from tests.databases import postgresql
from tests.fhir_server import serving
from tests.log_lines import lines
from tests.log_lines import requests as request_lines
from tests.privacy.marks import word
from tests.privacy.run import run
from tests.privacy.server import reply
from tests.privacy.watched import TOLD, Watched, marked, marked_feedback, path_of, watch

__all__ = ["watch"]
Watch = Callable[..., Watched]
SELECT = "/cds-services/b12-order-select"


def _undecodable() -> Exception:
    return UnicodeDecodeError("utf-8", TOLD.encode(), 0, 1, TOLD)


def _chained() -> Exception:
    error = KeyError(TOLD)
    error.__cause__ = ValueError(TOLD)
    error.add_note(TOLD)
    return error


KINDS: tuple[Callable[[], BaseException], ...] = (
    lambda: ValueError(TOLD),
    _chained,
    _undecodable,
    lambda: requests.ConnectionError(TOLD, request=requests.Request("GET", TOLD)),
    lambda: exc.IntegrityError(TOLD, {"id": TOLD}, ValueError(TOLD)),
    lambda: msgspec.ValidationError(TOLD),
    lambda: ExceptionGroup(TOLD, [OSError(TOLD)]),
    lambda: RecursionError(TOLD),
)
STEPS: tuple[tuple[Any, str], ...] = (
    (routes, "read_body"),
    (routes, "base_url"),
    (deciding, "read_request"),
    (deciding, "count_foreign"),
    (deciding, "read_drafts"),
    (deciding, "too_many"),
    (deciding, "any_in_scope"),
    (deciding, "gather"),
    (deciding, "map_patient_data"),
    (deciding, "already_ordered"),
    (deciding, "on_order"),
    (deciding, "evaluate"),
    (deciding, "render"),
    (routes, "shown_cards"),
)


def raising(error: BaseException) -> Callable[..., Any]:
    def step(*_: Any, **__: Any) -> Any:
        raise error

    return step


def test_whatever_fails_at_any_step_tells_type_and_place(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = watch()
    for number, (owner, name) in enumerate(STEPS):
        request, mark = marked(number, "cyanocobalamin-renal")
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, raising(KINDS[number % len(KINDS)]()))
            asked = f"{path_of(request)}?patient={request['context']['patientId']}"
            assert watched.post(asked, request, mark) == (500, []), name
    for number, name in enumerate(("chart_matters", "evaluate_chart")):
        request, mark = marked(number, "chart-")
        with monkeypatch.context() as patch:
            patch.setattr(deciding, name, raising(KINDS[number]()))
            asked = f"{path_of(request)}?patient={request['context']['patientId']}"
            assert watched.post(asked, request, mark) == (500, []), name
    said = [line["message"] for line in lines(watched.said) if line["logger"] == "cds_service.problems"]
    assert len(said) == len(STEPS) + 2
    assert all(" in step" in each or " step < " in each for each in said)
    assert watched.hits() == []


class Failing(Database):
    """A database of which every transaction fails with an error that prints what was to be written."""

    def __init__(self, folder: Path, error: BaseException) -> None:
        super().__init__(f"sqlite:///{folder}/records.sqlite3")
        self._error = error

    def writing(self) -> Any:
        raise self._error

    reading = writing


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_a_failure_of_the_records_or_the_clock_tells_type_and_place(watch: Watch, tmp_path: Path, kind: int) -> None:
    watched = watch(database=Failing(tmp_path, KINDS[kind]()))
    request, mark = marked(kind, "cyanocobalamin-renal")
    assert watched.post(path_of(request), request, mark) == (200, [])
    assert watched.post(f"{SELECT}/feedback", *marked_feedback(900 + kind)) == (500, [])
    assert watched.app.test_client().get("/readyz").status_code == 500
    watched.close()
    assert "cards shown could not be written" in watched.said
    assert watched.hits() == []


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_whatever_a_fetch_or_the_look_up_of_a_name_fails_with_is_not_told(watch: Watch, kind: int) -> None:
    settings = Settings(log_level="debug", fhir_servers=("https://e.example/fhir",), deadline_ms=500)
    watched = watch(settings, look_up=raising(KINDS[kind]()))
    request, mark = marked(kind, "cyanocobalamin-renal")
    del request["prefetch"]["results"]
    mark.access(request, "https://e.example/fhir")
    status, found = watched.post(path_of(request), request, mark)
    assert (status in {200, 500}, found) == (True, [])
    assert watched.hits() == []


def test_whatever_a_fhir_server_answers_is_not_told(watch: Watch) -> None:
    """Errors that echo the request, redirects, garbage, other patients, cookies: chosen by what is asked."""
    with serving(reply) as server:
        watched = watch(Settings(log_level="debug", fhir_servers=(server.base,), deadline_ms=500))
        for number in range(25):
            request, mark = marked(number)
            for key in sorted(request["prefetch"])[number % 3 :]:
                del request["prefetch"][key]
            mark.access(request, server.base)
            status, found = watched.post(path_of(request), request, mark)
            assert (status in {200, 412}, found) == (True, [])
    unread = {why for line in request_lines(watched.said) for why in line.get("unread", {})}
    assert unread >= {"redirect", "refused by the server", "error status", "answer is not FHIR", "broken answer"}
    assert {"urllib3.connectionpool"} <= {line["logger"] for line in lines(watched.said)}
    assert watched.hits() == []


@pytest.mark.parametrize("error", [*(make() for make in KINDS[:5]), KeySetError("was answered with status 500")])
def test_a_key_set_that_fails_is_told_by_the_name_of_the_client(watch: Watch, error: Exception) -> None:
    watched = watch()
    url = f"https://e.example/{word('keys', 1)}.json"
    keys = FetchedKeys("general", url, KeyShelf(None, time.monotonic()), Waits(), raising(error))
    try:
        with suppress(KeysAwayError):
            assert keys.find(word("kid", 1)) == ()
    finally:
        keys.close()
    assert "key set of general" in watched.said
    assert watched.hits() == []


@pytest.mark.slow
def test_a_real_service_leaves_no_mark(tmp_path: Path) -> None:
    """Every status but 500, workers killed, files read anew, junk on sockets, databases spoilt in the end."""
    seen = run(3, requests=250)
    assert seen.hits == []
    assert set(seen.statuses) >= {200, 400, 401, 404, 405, 412, 413, 415, 429, 503}
    assert min(seen.kinds.values()) >= 5
    assert seen.lines > seen.requests >= 450
    assert set(seen.loggers) >= {"cds_service.request", "cds_service.serve", "gunicorn.error"}
    assert set(seen.problems) >= {"database-away", "not-ready", "not-http", "not-authenticated", "wrong-patient"}
    assert {"records.sqlite3", "records.sqlite3-wal", "shared.sqlite"} <= set(seen.files)
    assert sum(name.endswith(".ndjson") for name in seen.files) >= 2, "what each worker has recorded is searched too"
    assert not [place for place in seen.places if place.startswith("glogging.py")]
    assert seen.spans > seen.statuses[200], "each call that is answered has one, and some for what is below it"
    assert seen.kept > 0, "the comments of a client that wants them kept are there, and are found"


def test_nothing_is_in_the_rows_of_postgresql(watch: Watch) -> None:
    with postgresql() as url:
        database = Database(url)
        watched = watch(database=database)
        for number in range(30):
            request, mark = marked(number)
            assert watched.post(path_of(request), request, mark)[1] == []
            assert watched.post(f"{SELECT}/feedback", *marked_feedback(500 + number)) == (200, [])
        watched.close()
        with database.reading() as connection:
            rows = [repr(row) for table in TABLES.sorted_tables for row in connection.execute(select(table))]
        database.close()
    assert len(rows) > 60
    assert watched.marks.found_in("\n".join(rows).encode()) == []
    assert watched.hits() == []
