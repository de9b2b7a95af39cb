"""docs/onboarding.md and docs/operations.md: their commands work as they stand. What they say: test_pages_told.py."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.records.database import Database
from cds_service.settings import Settings
from tests.databases import postgresql
from tests.figure_cards import show, tell
from tests.log_lines import requests
from tests.page_commands import Page, Shell
from tests.running import ROOT, Running, running
from tests.until import until

ONBOARDING, OPERATIONS = (Page(ROOT / "docs" / f"{name}.md") for name in ("onboarding", "operations"))
SELECT = "/cds-services/b12-order-select"
Json = dict[str, Any]


def figures(url: str) -> Json:
    """As /feedback-figures gives them of the database at this URL."""
    database = Database(url)
    try:
        answer = create_app(Settings(), database=database).test_client().get("/feedback-figures?format=json")
        return dict(answer.get_json())
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class Installed:
    """The service as the pages have it started, with the client of the onboarding page, and a shell beside it. shown:
    the cards of all calls."""

    shell: Shell
    server: Running
    records: Path
    shown: list[Json] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        files = {"CDS_CLIENTS": str(self.shell.folder / "clients.toml"), "RECORDS": str(self.records)}
        own = {"PID": str(self.server.process.pid), "CDS_DATABASE_URL": f"sqlite:///{self.records}"}
        return files | own

    def do(self, name: str, **more: str) -> str:
        return self.shell.run((ONBOARDING.commands | OPERATIONS.commands)[name], **self.variables | more)

    def figures(self) -> Json:
        return dict(json.loads(self.server.get("/feedback-figures?format=json")[1]))

    def until_written(self) -> None:
        """Until every card of a call is in the figures: they are written beside the calls."""
        until(lambda: sum(row["displays"] for row in self.figures()["rows"]) == len(self.shown))

    def call(self, order: str = "draft-1") -> list[Json]:
        """The cards of the call of the page. order: with another id they are other cards."""
        self.shell.run(ONBOARDING.commands["call"].replace("draft-1", order))
        cards = list(json.loads((self.shell.folder / "answer.json").read_text("utf-8"))["cards"])
        self.shown.extend(cards)
        return cards


@contextmanager
def installed(folder: Path) -> Iterator[Installed]:
    shell, records = Shell(folder), folder / "records.sqlite3"
    shell.put("sign.py", ONBOARDING.files["sign.py"])
    clients = shell.put("clients.toml", ONBOARDING.files["clients.toml"])
    shell.run(ONBOARDING.commands["keys"])
    settings = {"clients": str(clients), "database_url": f"sqlite:///{records}", "log_level": "info"}
    with running(1, said=folder / "service.log", **settings) as server:
        yield Installed(Shell(folder, server.port), server, records)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("pages")) as found:
        yield found


def test_an_ehr_team_follows_its_page(service: Installed) -> None:
    assert len(json.loads(service.do("discover"))["services"]) == 3
    assert service.call() != []
    assert json.loads(service.do("feedback")) == {"received": 1}
    assert "FAIL" not in service.do("conformance").replace("0 FAIL", "")


@pytest.mark.long  # each `check` takes a second
def test_the_running_service_is_looked_at_changed_and_silenced(tmp_path: Path) -> None:
    with installed(tmp_path) as service:
        said = tmp_path / "service.log"
        assert "no faults" in service.do("check")
        workers = set(service.server.workers)
        service.do("trust")
        until(lambda: "reloaded: 1 clients" in said.read_text("utf-8"))
        until(lambda: service.server.workers and workers.isdisjoint(service.server.workers))
        assert "up to date" in service.do("upgrade")
        assert service.call() != []
        until(lambda: requests(said.read_text("utf-8")))
        line = requests(said.read_text("utf-8"))[-1]
        assert line["request"] in service.do("log", REQUEST_ID=line["request"])
        workers = set(service.server.workers)
        clients = tmp_path / "clients.toml"
        clients.write_text(clients.read_text("utf-8").replace("shadow = false", "shadow = true"), "utf-8")
        service.do("shadow")
        until(lambda: service.server.workers and workers.isdisjoint(service.server.workers))
        assert service.call() == []


def test_nothing_is_read_anew_until_each_client_is_in_shadow(service: Installed) -> None:
    """An entry without the line is not in shadow, and a reload that left it so would look like a switch."""
    entry = ONBOARDING.files["clients.toml"]
    other = entry.replace("general", "county").replace("shadow = false", "")
    clients = service.shell.put("two.toml", entry.replace("false", "true") + "\n" + other)
    # Ends at SIGHUP, also where these tests run under nohup
    waits = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", waits]) as stands_in:
        try:
            with pytest.raises(AssertionError, match=r'"county-hospital",\s+"shadow": false\s+}\s+false'):
                service.do("shadow", CDS_CLIENTS=str(clients), PID=str(stands_in.pid))
            assert stands_in.poll() is None
            clients.write_text(clients.read_text("utf-8") + "shadow = true\n", "utf-8")
            assert service.do("shadow", CDS_CLIENTS=str(clients), PID=str(stands_in.pid)).endswith("true")
            assert stands_in.wait(10) == -signal.SIGHUP
        finally:
            stands_in.kill()


def test_a_backup_of_the_running_service_can_be_put_back(service: Installed, tmp_path: Path) -> None:
    """SQLite: what the backup holds is what was in the figures, whatever came later."""
    service.call()
    service.do("feedback")
    service.until_written()
    assert service.records.with_name("records.sqlite3-wal").stat().st_size > 0  # in use, and not all in the file
    before = service.figures()
    backup = str(tmp_path / "backup.sqlite3")
    assert service.do("backup-sqlite", BACKUP=backup).endswith('"up to date" } true')
    assert service.call("draft-2") != []
    service.until_written()
    assert service.figures() != before
    broken = [tmp_path / f"lost.sqlite3{end}" for end in ("", "-wal", "-shm")]
    for file in broken:
        file.write_bytes(b"of another time")
    url = f"sqlite:///{broken[0]}"
    assert "up to date" in service.do("restore-sqlite", BACKUP=backup, RECORDS=str(broken[0]), CDS_DATABASE_URL=url)
    assert figures(url) == before
    assert broken[0].stat().st_mode & 0o077 == 0


def test_there_is_no_backup_of_a_file_that_is_not_there_or_empty(service: Installed, tmp_path: Path) -> None:
    lost, empty, backup = (tmp_path / name for name in ("lost.sqlite3", "empty.sqlite3", "backup.sqlite3"))
    empty.touch()
    with pytest.raises(AssertionError, match="unable to open database file"):
        service.do("backup-sqlite", RECORDS=str(lost), BACKUP=str(backup))
    assert not lost.exists()
    assert not backup.exists()
    with pytest.raises(AssertionError, match=r"without tables.*\s+}\s+false"):
        service.do("backup-sqlite", RECORDS=str(empty), BACKUP=str(backup))


@pytest.fixture
def two_databases() -> Iterator[tuple[str, str]]:
    with postgresql() as old, postgresql() as new:
        yield old, new


def test_a_backup_of_postgresql_is_put_into_a_new_database(two_databases: tuple[str, str], tmp_path: Path) -> None:
    old, new = two_databases
    database = Database(old)
    database.prepare()
    now = datetime.now(UTC)
    for reason in (None, None, "already-done"):
        tell(database, show(database, now), now, reason)
    show(database, now)
    database.close()
    # As an operator writes them: SQLAlchemy alone knows the name of a driver in the scheme
    urls = {"RECORDS_URL": old, "NEW_DATABASE_URL": new}
    variables = {name: url.replace("+psycopg", "") for name, url in urls.items()} | {"BACKUP": str(tmp_path / "b.dump")}
    shell = Shell(tmp_path)
    assert "TABLE DATA public feedback " in shell.run(OPERATIONS.commands["backup-postgresql"], **variables) + " "
    assert "up to date" in shell.run(OPERATIONS.commands["restore-postgresql"], **variables)
    assert figures(new) == figures(old)
    assert figures(new)["rows"] != []


def test_there_is_no_backup_of_a_database_that_nobody_named_or_that_is_another(
    two_databases: tuple[str, str], tmp_path: Path
) -> None:
    """pg_dump of no name takes the user's own database, and finds no fault with it."""
    shell, backup = Shell(tmp_path), OPERATIONS.commands["backup-postgresql"]
    with pytest.raises(AssertionError, match="RECORDS_URL: parameter null"):
        shell.run(backup, RECORDS_URL="", BACKUP=str(tmp_path / "b.dump"))
    empty = two_databases[0].replace("+psycopg", "")
    with pytest.raises(AssertionError, match="pg_dump"):
        shell.run(backup, RECORDS_URL=empty, BACKUP=str(tmp_path / "b.dump"))
