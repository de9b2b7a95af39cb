"""The database on both dialects: tables made once, by whoever comes first; away and back; nobody's rights but ours."""

import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, exc, make_url, text

from cds_service.__main__ import main
from cds_service.records.away import DatabaseAwayError, DatabaseUnfitError
from cds_service.records.database import Database
from cds_service.records.place import default_url
from cds_service.records.schema import HEAD, TABLES
from cds_service.serve import StartRefusedError, _prepare_records
from cds_service.settings import Settings
from tests.databases import postgresql

ROOT = Path(__file__).parents[1]


def test_the_migrations_make_the_tables_and_a_second_run_does_nothing(url: str) -> None:
    database = Database(url)
    assert database.revision() is None
    database.prepare()
    assert database.revision() == HEAD
    database.close()
    again = Database(url)
    with again.writing() as connection:
        connection.execute(text("INSERT INTO shown_suggestion VALUES ('s', 'c', 0)"))
    again.close()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM shown_suggestion")).scalar() == 1
        # what the migrations made is what schema.py says
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, TABLES) == []
    engine.dispose()


_STARTER = """
import sys
from cds_service.records.database import Database
database = Database(sys.argv[1])
print("here", flush=True)
sys.stdin.readline()
database.check()
"""


def test_many_may_start_at_once_on_an_empty_database(url: str) -> None:
    command = [sys.executable, "-c", _STARTER, url]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        process.communicate(timeout=30)
    assert [process.returncode for process in started] == [0] * 4


def test_a_block_that_fails_leaves_nothing(url: str) -> None:
    database = Database(url)

    def twice() -> None:
        with database.writing() as connection:
            connection.execute(text("INSERT INTO shown_suggestion VALUES ('s', 'c', 0), ('t', 'c', 1)"))
            connection.execute(text("INSERT INTO shown_suggestion VALUES ('s', 'c', 0)"))

    with pytest.raises(exc.IntegrityError):
        twice()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM shown_suggestion")).scalar() == 0
    database.close()


def test_what_is_read_stands_still_until_the_block_ends(database: Database) -> None:
    counted = text("SELECT count(*) FROM shown_suggestion")
    with database.reading() as connection:
        assert connection.execute(counted).scalar() == 0
        with database.writing() as other:
            other.execute(text("INSERT INTO shown_suggestion VALUES ('s', 'c', 0)"))
        assert connection.execute(counted).scalar() == 0
    with database.reading() as connection:
        assert connection.execute(counted).scalar() == 1


@pytest.mark.parametrize(
    "changed",
    [
        "ALTER TABLE shown_card RENAME COLUMN topic TO theme",
        "ALTER TABLE accepted_suggestion RENAME TO taken",
    ],
)
def test_a_database_that_a_newer_version_has_changed_is_left_alone(url: str, changed: str) -> None:
    database = Database(url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text(changed))
    database.close()
    older = Database(url)
    with pytest.raises(DatabaseUnfitError, match="newer version"):
        older.prepare()
    with pytest.raises(StartRefusedError, match="newer version"):
        _prepare_records(Settings(database_url=url))
    older.close()


def test_a_user_who_may_make_no_tables_is_told_so() -> None:
    role = f"cds_test_{uuid4().hex[:12]}"
    with postgresql() as url:
        owner = create_engine(url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text("REVOKE CREATE ON SCHEMA public FROM public"))
            connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        poor = Database(make_url(url).set(username=role).render_as_string(hide_password=False))
        try:
            with pytest.raises(DatabaseUnfitError, match="InsufficientPrivilege"):
                poor.prepare()
        finally:
            poor.close()
            with owner.connect() as connection:
                connection.execute(text(f"DROP ROLE {role}"))
            owner.dispose()


def test_a_server_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(DatabaseAwayError) as caught:
            Database(f"postgresql+psycopg://u:secret@127.0.0.1:{port}/d").check()
    assert "secret" not in str(caught.value)
    with pytest.raises(DatabaseAwayError):
        Database(f"sqlite:///{tmp_path}").check()  # a folder is no database


def test_a_writer_waits_for_another(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    first, second = Database(url), Database(url)
    done = threading.Event()

    def later() -> None:
        with second.writing() as connection:
            connection.execute(text("INSERT INTO shown_suggestion VALUES ('b', 'c', 0)"))
        done.set()

    with first.writing() as connection:
        connection.execute(text("INSERT INTO shown_suggestion VALUES ('a', 'c', 0)"))
        waiting = threading.Thread(target=later)
        waiting.start()
        assert not done.wait(0.3)
    waiting.join(5)
    assert done.is_set()
    first.close()
    second.close()


def test_only_the_owner_reads_the_file_and_every_commit_is_forced_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "records.sqlite3"
    database = Database(f"sqlite:///{path}")
    with database.writing() as connection:
        connection.execute(text("INSERT INTO shown_suggestion VALUES ('a', 'c', 0)"))
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000, "foreign_keys": 1}
    rights = {found.name: stat.S_IMODE(found.stat().st_mode) & 0o077 for found in (path.parent, *path.parent.iterdir())}
    assert set(rights.values()) == {0}, rights
    database.close()


def test_a_second_look_at_the_file_takes_no_lock_from_those_who_use_it(tmp_path: Path) -> None:
    """To open and close a file drops every lock of the process on it; the last connection of another process then
    takes the journal for its own, and clears it away under the connections that are still open here."""
    path = tmp_path / "records.sqlite3"
    first, second = Database(f"sqlite:///{path}"), Database(f"sqlite:///{path}")
    with first.writing() as connection:
        connection.execute(text("SELECT 1"))
    assert Path(f"{path}-wal").exists()
    second.prepare()
    code = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('SELECT * FROM alembic_version'); c.close()"  # noqa: S608
    subprocess.run([sys.executable, "-c", code], check=True)
    assert Path(f"{path}-wal").exists()
    first.close()
    second.close()


def test_several_databases_are_made_at_once_in_one_process(tmp_path: Path) -> None:
    found = [Database(f"sqlite:///{tmp_path}/{number}.sqlite3") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(Database.prepare, found))
    assert [each.revision() for each in found] == [HEAD] * 6


@pytest.mark.parametrize("put_back", [False, True])
def test_what_is_acknowledged_is_in_the_file_of_that_name(tmp_path: Path, put_back: bool) -> None:
    """The file is moved away while the service runs, as one does who puts a backup back: two hold the old one open."""
    path, count = tmp_path / "records.sqlite3", text("SELECT count(*) FROM shown_suggestion")
    one, other = (Database(f"sqlite:///{path}") for _ in range(2))
    for place, each in enumerate((one, other, one, other)):
        if place == 2:
            with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(tmp_path / "backup")) as backup:
                now.backup(backup)
            for end in ("", "-wal", "-shm"):
                path.with_name(f"{path.name}{end}").unlink()
            if put_back:
                (tmp_path / "backup").rename(path)
        with each.writing() as connection:
            connection.execute(text("INSERT INTO shown_suggestion VALUES (:place, 'c', 0)"), {"place": str(place)})
    for each in (one, other):
        each.close()
    with Database(f"sqlite:///{path}").reading() as connection:
        assert connection.execute(count).scalar() == (4 if put_back else 2)


def test_a_file_that_is_no_database_is_away_and_not_a_fault_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(DatabaseAwayError):
        Database(f"sqlite:///{path}").check()


def test_the_default_place_is_the_users_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_url() == f"sqlite:///{tmp_path}/cobalamin-cds/records.sqlite3"


def test_check_says_how_the_database_stands_and_shows_no_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "records.sqlite3"
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{path}")
    assert main(["check"]) == 0
    assert f"database SQLite, {path}: without tables" in " ".join(capsys.readouterr().out.split())
    assert not path.exists()
    Database(f"sqlite:///{path}").prepare()
    assert main(["check"]) == 0
    assert f"database SQLite, {path}: up to date" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("CDS_DATABASE_URL", "postgresql://user:secret@127.0.0.1:1/db")
    assert main(["check"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "database PostgreSQL, 127.0.0.1/db: not reached" in said
    assert "secret" not in said
    assert "user" not in said.rpartition("database ")[2]


def test_the_migrations_are_in_the_package() -> None:
    """Alembic finds them by the package's name, so they must be modules of a package, not files beside one."""
    code = "import cds_service.records.migrations.versions.indexes_of_suggestions as m; print(m.revision)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == HEAD
