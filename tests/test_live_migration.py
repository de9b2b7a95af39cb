"""A newer version changes the tables of a database while the version before serves from it, and goes on doing so."""

import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, select, text

from cds_service.records import migrate
from cds_service.records.away import DatabaseAwayError
from cds_service.records.database import Database
from cds_service.records.schema import FEEDBACK, HEAD
from tests.databases import in_transaction, postgresql
from tests.running import Running, running
from tests.steady_load import TOLD, Ask, card, feedback, load
from tests.test_two_instances import ORDER
from tests.until import until

pytestmark = pytest.mark.long

NEWER = f'''"""What a version to come may do: a table, a column, an index of a table in use."""
import sqlalchemy as sa
from alembic import op
from cds_service.records.migrations.beside_writers import create_index

revision = "9001"
down_revision = "{HEAD}"


def upgrade():
    op.create_table("more", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("feedback", sa.Column("more", sa.Text))
    create_index("ix_feedback_more", "feedback", ["more", "client"])
'''
ROWS = 200_000


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process the next version; `running` starts the present one."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(migrate.__file__).with_name("migrations"), folder)
    (folder / "versions" / "newer.py").write_text(NEWER)
    monkeypatch.setattr(migrate, "_SCRIPTS", str(folder))
    monkeypatch.setattr(migrate, "HEAD", "9001")


@pytest.fixture
def served() -> Iterator[tuple[Running, str]]:
    with postgresql() as url, running(1, database_url=url) as service:
        assert service.post(TOLD, feedback(card(99, 1))) == 200
        engine = create_engine(url)
        with engine.begin() as connection:  # as after some years
            connection.execute(
                text(
                    "INSERT INTO feedback SELECT md5(n::text), 'c', 's', '', 'accepted', NULL, NULL, NULL, now(), now()"
                    " FROM generate_series(1, :rows) n"
                ),
                {"rows": ROWS},
            )
        engine.dispose()
        yield service, url


def test_the_version_before_answers_every_call_meanwhile_and_afterwards(
    newer: None, served: tuple[Running, str]
) -> None:
    service, url = served
    said: list[str] = []

    def asking() -> AbstractContextManager[Ask]:
        return nullcontext(lambda path, body: _status(service, path, body))

    with closing(Database(url)) as database:
        event.listen(database._engine, "before_cursor_execute", lambda *told: said.append(told[2]))
        with load(3, asking, ORDER, 0.02) as seen:
            until(lambda: len(seen.acknowledged) > 10)
            # As a backup does: the change of the table cannot have its turn
            with in_transaction(url, "SELECT 1 FROM feedback LIMIT 1"):
                with pytest.raises(DatabaseAwayError):
                    database.prepare()
                until(lambda: len(seen.acknowledged) > 20)
            database.prepare()
            assert database.revision() == "9001"
            count = len(seen.acknowledged)
            until(lambda: len(seen.acknowledged) > count + 20)
    assert seen.failed == {}
    assert seen.longest < 4.5  # it waited for its turn behind the change that waited, and no longer
    assert [words for words in said if words.startswith("CREATE INDEX") and "CONCURRENTLY" not in words] == []
    _start_anew(service)
    assert service.post(TOLD, feedback(card(99, 2))) == 200  # by a worker that finds the new tables
    kept = _kept(url)
    assert {uuid: kept[uuid] for uuid in seen.acknowledged} == dict.fromkeys(seen.acknowledged, 1)
    assert kept[card(99, 1)] == kept[card(99, 2)] == 1


def _status(service: Running, path: str, body: bytes) -> int:
    return service.post(path, json.loads(body))


def _start_anew(service: Running) -> None:
    (before,) = service.workers
    os.kill(before, signal.SIGKILL)
    until(lambda: service.workers not in ([], [before]) and service.get("/healthz")[0] == 200)


def _kept(url: str) -> Counter[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = Counter(connection.execute(select(FEEDBACK.c.card)).scalars())
    engine.dispose()
    return found
