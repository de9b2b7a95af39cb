"""The ids in feedback as they are kept: ours as they are, a client's own under a key that is never written down."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cds_service.app import create_app
from cds_service.hooks.rendering import identifier
from cds_service.records.database import Database
from cds_service.records.feedback import kept_id
from cds_service.records.schema import FEEDBACK
from cds_service.settings import Settings
from tests.running import running

OURS = identifier("north", "b12-order-sign", "renal")
ITEM = {"outcome": "accepted", "outcomeTimestamp": "2026-11-20T12:00:00Z"}
NOT_OURS = {
    "a number that is written as a uuid": "00000000-0000-5000-8000-000004234567",
    "the same with a letter": "4234567a-0000-0000-0000-000000000000",
    "version 1, of a time and an address": "c232ab00-9414-11ec-b3c8-9f6bdeced846",
    "version 3": "5df41881-3aed-3515-88a7-2f4a814cf09e",
    "version 4": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "version 5 of another variant": "2ed6657d-e927-568b-c5e1-2665a8aea6a2",
    "version 7, of a time": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    "no uuid": "order 4234567",
}


def test_ours_are_kept_in_one_spelling() -> None:
    assert {kept_id(sent) for sent in (OURS, OURS.upper(), f" {OURS}", f"urn:uuid:{OURS}")} == {OURS}


@pytest.mark.parametrize("sent", NOT_OURS.values(), ids=NOT_OURS)
def test_what_is_not_ours_is_not_written_down(tmp_path: Path, sent: str) -> None:
    """What a client makes its own ids of, nobody knows."""
    database = Database(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    client = create_app(Settings(log_level="error"), database=database).test_client()
    body = {"feedback": [ITEM | {"card": f"urn:uuid:{sent.upper()}", "acceptedSuggestions": [{"id": sent}]}]}
    assert client.post("/cds-services/b12-order-sign/feedback", data=json.dumps(body)).status_code == 200
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()).lower()
    assert kept_id(sent).encode() in kept
    assert sent.encode() not in kept
    database.close()


def _of_a_new_process(sent: str) -> str:
    program = f"from cds_service.records.feedback import kept_id; print(kept_id({sent!r}))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("sent", ["1234567", NOT_OURS["version 4"]])
def test_what_is_not_ours_cannot_be_found_by_trying(sent: str) -> None:
    """A hospital's numbers are few: without a key all of them are hashed in a minute."""
    assert _of_a_new_process(sent) != _of_a_new_process(sent)


def test_ours_are_the_same_in_every_process() -> None:
    assert _of_a_new_process(OURS) == OURS


def test_the_workers_of_one_service_know_the_same_card_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.sqlite3"
    item = {"card": "order 1234567", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}
    with running(workers=3, database_url=url) as served:
        for _ in range(30):
            assert served.post("/cds-services/b12-order-sign/feedback", {"feedback": [item]}) == 200
    database = Database(url)
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(FEEDBACK)).scalar_one() == 1
    database.close()
