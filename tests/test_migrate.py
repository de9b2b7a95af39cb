"""`check --migrate`: what a deployment runs before the service of a new version starts."""

import pytest
from sqlalchemy import create_engine, text

from cds_service.__main__ import main


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` says of the database, on one line."""
    return "database " + " ".join(capsys.readouterr().out.rpartition("\ndatabase ")[2].split())


def test_the_tables_are_there_afterwards_or_it_fails(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", url)
    for asked, state in ((["check"], "without tables"), (["check", "--migrate"], "up to date"), (["check"], "up to")):
        assert main(asked) == 0
        assert f": {state}" in said(capsys)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'zzzz'"))
    assert main(["check"]) == 0
    assert "which left all that this one needs" in said(capsys)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE feedback RENAME TO told"))
    engine.dispose()
    assert main(["check", "--migrate"]) == 1
    assert ": of no use as it is: a newer version of this service has changed its tables" in said(capsys)


def test_a_database_that_is_away_is_no_migrated_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", "postgresql://user:secret@127.0.0.1:1/db")
    assert main(["check", "--migrate"]) == 1
    told = said(capsys)
    assert told.startswith("database PostgreSQL, 127.0.0.1/db: not reached")
    assert "secret" not in told
