"""A database that does not do it, and what a person is told: what to mend, or that waiting helps; never a password."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from cds_service.records.away import DatabaseAwayError, DatabaseUnfitError
from cds_service.records.database import Database
from cds_service.records.look import look
from cds_service.serve import StartRefusedError, _prepare_records
from cds_service.settings import Settings
from tests.databases import postgresql

SECRET = "Correct-Horse"
_ENCRYPT = {80877103, 80877104}


def said(url: str) -> tuple[bool, str]:
    """Whether somebody must do something, and what is told; `serve` and `check` must tell the same."""
    with closing(Database(url)) as database, pytest.raises(DatabaseAwayError) as caught:
        database.check()
    unfit = isinstance(caught.value, DatabaseUnfitError)
    told = look(url)
    assert (told.fault, told.state) == (True, f"{'of no use as it is' if unfit else 'not reached'}: {caught.value}")
    if unfit:
        with pytest.raises(StartRefusedError) as refused:
            _prepare_records(Settings(database_url=url))
        assert str(refused.value) == f"the database cannot be used: {told.place}: {caught.value}"
    assert SECRET not in f"{told} {caught.value}"
    return unfit, str(caught.value)


@contextmanager
def refusing(code: str, words: str) -> Iterator[str]:
    """The URL of what lets nobody in, with the code and the words of a PostgreSQL server."""

    def serve() -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            with near:
                while struct.unpack("!II", near.recv(8))[1] in _ENCRYPT:
                    near.sendall(b"N")
                near.recv(4096)
                fields = b"".join(
                    kind + text.encode() + b"\0" for kind, text in ((b"S", "FATAL"), (b"C", code), (b"M", words))
                )
                near.sendall(b"E" + struct.pack("!I", len(fields) + 5) + fields + b"\0")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"postgresql+psycopg://u:{SECRET}@127.0.0.1:{listening.getsockname()[1]}/d"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("28P01", 'password authentication failed for user "u"', (True, "wrong user or password")),
        ("08P01", "SASL authentication failed", (True, "wrong user or password")),  # PgBouncer
        ("28000", 'Peer authentication failed for user "u"', (True, "its server does not let this user in")),
        ("28000", 'no pg_hba.conf entry for host "::1", user "u"', (True, "its server does not let this user in")),
        ("3D000", 'database "d" does not exist', (True, "its server has no database of this name")),
        ("08P01", "no such database: d", (True, "its server has no database of this name")),  # PgBouncer
        ("57P03", "the database system is starting up", (False, "OperationalError (OperationalError)")),
        ("53300", "sorry, too many clients already", (False, "OperationalError (OperationalError)")),
        ("28P01", "Passwort-Authentifizierung für »u« fehlgeschlagen", (False, "OperationalError (OperationalError)")),
    ],
)
def test_a_server_that_lets_nobody_in_is_told_apart_from_one_that_is_away(
    code: str, words: str, expected: tuple[bool, str]
) -> None:
    with refusing(code, words) as url:
        assert said(url) == expected


def _closed(url: str) -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return make_url(url).set(port=closed.getsockname()[1]).render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_closed, (False, "nothing listens at its address")),
        (lambda url: url.replace("127.0.0.1", "nowhere.invalid"), (False, "the name of its host is not known")),
        (lambda url: f"{url}-gone", (True, "its server has no database of this name")),
        (lambda url: url.replace("postgres@", f"nobody:{SECRET}@"), (True, "its server does not let this user in")),
        (lambda url: f"{url}?sslmode={SECRET}", (True, "the URL has an option that cannot be used")),
        (lambda url: f"{url}?{SECRET}=1", (True, "the URL has an option that cannot be used")),
        (lambda url: f"{url}?connect_timeout={SECRET}", (True, "the URL has an option that cannot be used")),
        (lambda url: f"{url}?sslmode=require", (True, "no TLS with its server as the URL asks for it")),
    ],
    ids=["port", "host", "database", "user", "option's value", "option", "number", "TLS"],
)
def test_a_mistake_in_the_url_is_named(change: Callable[[str], str], expected: tuple[bool, str]) -> None:
    with postgresql() as url:
        assert said(change(url)) == expected


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ("REVOKE CONNECT ON DATABASE {database} FROM public", "its user has no right to connect to it"),
        ("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM public", "its user may not read and write its tables"),
    ],
)
def test_a_user_without_rights_is_told_which(rights: str, expected: str) -> None:
    role = f"cds_test_{uuid4().hex[:12]}"
    with postgresql() as url:
        owned = Database(url)
        owned.prepare()
        owned.close()
        owner = create_engine(url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text(f"CREATE ROLE {role} LOGIN"))
            connection.execute(text(rights.format(database=make_url(url).database)))
        try:
            poor = make_url(url).set(username=role, password=SECRET).render_as_string(hide_password=False)
            assert said(poor) == (True, expected)
        finally:
            with owner.connect() as connection:
                connection.execute(text(f"DROP ROLE {role}"))
            owner.dispose()


def _text(path: Path) -> None:
    path.write_text("name,value\n" * 50)


def _short(path: Path) -> None:
    path.write_text("x" * 20)


def _damaged(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    database.prepare()
    database.close()
    data = bytearray(path.read_bytes())
    data[100:2000] = b"\xff" * 1900
    path.write_bytes(data)


def _of_another_program(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE feedback (stars INTEGER)"))
    engine.dispose()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_text, "the file is no SQLite database"),
        (_short, "the file is no SQLite database"),
        (_damaged, "the file is damaged"),
    ],
)
def test_a_file_that_is_no_database_is_named(tmp_path: Path, make: Callable[[Path], None], expected: str) -> None:
    path = tmp_path / "records.sqlite3"
    make(path)
    path.chmod(0o644)
    before = path.read_bytes()
    assert said(f"sqlite:///{path}") == (True, expected)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o644)


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    _of_another_program(path)
    with (
        closing(Database(f"sqlite:///{path}")) as ours,
        pytest.raises(DatabaseUnfitError, match="its tables are not those"),
    ):
        ours.prepare()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM sqlite_master")).scalars().all() == ["feedback"]
    engine.dispose()
