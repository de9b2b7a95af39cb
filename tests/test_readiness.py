"""/readyz where nothing can be written: a full disk takes neither feedback nor tokens, and that is said beforehand."""

import resource
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from cds_service.app import create_app
from cds_service.hooks.edge import ASKED_BY_MACHINES
from cds_service.records.away import DatabaseAwayError
from cds_service.records.database import Database
from cds_service.settings import Settings
from cds_service.trust.shared_state import SharedStateError
from cds_service.trust.sqlite_state import SqliteState
from tests.databases import postgresql
from tests.running import running
from tests.until import until


def test_a_service_that_cannot_write_is_not_ready_until_it_can(tmp_path: Path) -> None:
    """The largest file that it may write has no byte more."""
    most = resource.RLIM_INFINITY
    with running(1, database_url=f"sqlite:///{tmp_path}/records.sqlite3") as service:
        assert service.get("/readyz")[0] == 200
        resource.prlimit(service.workers[0], resource.RLIMIT_FSIZE, (0, most))
        until(lambda: service.get("/readyz")[0] == 503)  # what was just written proves for a second
        assert service.get("/healthz")[0] == 200
        resource.prlimit(service.workers[0], resource.RLIMIT_FSIZE, (most, most))
        until(lambda: service.get("/readyz")[0] == 200)


def test_a_server_that_follows_another_takes_no_feedback() -> None:
    with postgresql() as url, closing(Database(url)) as database:
        database.check()
        name = make_url(url).database
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        admin.dispose()
        with closing(Database(url)) as follower, pytest.raises(DatabaseAwayError):
            follower.check()


def test_the_memory_of_tokens_must_take_writes() -> None:
    """Nobody is let in without it."""
    with closing(SqliteState()) as state:
        state.check()
        state._database.execute("PRAGMA query_only = ON")
        with pytest.raises(SharedStateError):
            state.check()


def test_what_machines_ask_is_at_one_address_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another it would be answered among the calls, which a database that hangs would then keep waiting."""
    with closing(Database(f"sqlite:///{tmp_path}/records.sqlite3")) as database:
        client = create_app(Settings(log_level="error"), database=database).test_client()
        assert [client.get(path).status_code for path in sorted(ASKED_BY_MACHINES)] == [200, 200, 200]
        monkeypatch.setattr(database, "check", lambda: pytest.fail("it was asked"))
        for path in ASKED_BY_MACHINES:
            for written in (f"{path}/", f"/{path}", f"//{path}", f"{path}//"):
                answer = client.get("/", environ_overrides={"PATH_INFO": written})
                assert (answer.status_code, answer.get_json()["issue"][0]["code"]) == (404, "not-found"), written
