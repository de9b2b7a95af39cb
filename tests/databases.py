"""Databases for tests: a SQLite file, and a PostgreSQL database of the test's own where a server answers.

The fixtures are everywhere, by way of conftest.py; a test that needs one kind only has its own under the same name.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from cds_service.records.database import Database

# A server on which the tests may make databases. The default is what a developer's machine has.
_SERVER = os.environ.get("TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432")


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a new database, which is dropped at the end. Skips where no server answers."""
    name = f"cds_test_{uuid4().hex[:12]}"
    admin = create_engine(f"{_SERVER}/postgres", isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 2})
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError:
        pytest.skip("no PostgreSQL server answers, or it lets nobody make a database")
    try:
        yield f"{_SERVER}/{name}"
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def in_transaction(url: str, statement: str) -> Iterator[None]:
    """Somebody else's, which has done this and does not end before the block does."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
        yield
    engine.dispose()


@pytest.fixture(params=("sqlite", "postgresql"))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a new database, on each of the two in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'records.sqlite3'}"
    else:
        with postgresql() as found:
            yield found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    found = Database(url)
    yield found
    found.close()
