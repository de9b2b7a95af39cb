"""Migrations: a database of an earlier version is brought forward with what is in it, and its indexes are used."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, inspect, text

from cds_service.records.database import Database
from cds_service.records.forget import forget
from cds_service.records.schema import HEAD
from tests.test_forget import BETWEEN, NEW, left, show, taken, tell

INDEXES = {"shown_suggestion": "ix_shown_suggestion_card", "accepted_suggestion": "ix_accepted_suggestion_suggestion"}


def brought_to(url: str, revision: str) -> None:
    """An empty database, with the tables as that version made them."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "cds_service.records:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_a_database_of_the_first_version_goes_forward_with_what_is_in_it(url: str, database: Database) -> None:
    brought_to(url, "0001")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO shown_suggestion VALUES ('s', 'c', 0)"))
        assert not any(inspect(connection).get_indexes(table) for table in INDEXES)
    assert database.revision() == "0001"
    database.prepare()
    assert database.revision() == HEAD
    assert left(database)["shown_suggestion"] == 1
    with engine.connect() as connection:
        found = {table: inspect(connection).get_indexes(table)[0]["name"] for table in INDEXES}
    engine.dispose()
    assert found == INDEXES


def test_a_migration_only_adds(tmp_path: Path) -> None:
    """So that the version before, which runs beside it for a while, finds and may leave out what it always did."""
    url, engine = f"sqlite:///{tmp_path}/records.sqlite3", create_engine(f"sqlite:///{tmp_path}/records.sqlite3")
    scripts = list(ScriptDirectory("cds_service/records/migrations").walk_revisions())
    assert scripts[0].revision == HEAD
    before: dict[str, dict[str, Any]] = {}
    for script in reversed(scripts):
        brought_to(url, script.revision)
        with engine.connect() as connection:
            found = inspect(connection)
            after = {
                table: {each["name"]: each for each in found.get_columns(table)} for table in found.get_table_names()
            }
        for table, columns in before.items():
            assert {name: str(each) for name, each in columns.items()}.items() <= {
                name: str(each) for name, each in after[table].items()
            }.items()
            added = [each for name, each in after[table].items() if name not in columns]
            assert all(each["nullable"] or each["default"] is not None for each in added)
        before = after
    engine.dispose()


def test_an_index_of_a_table_in_use_is_built_beside_its_writers() -> None:
    for script in ScriptDirectory("cds_service/records/migrations").walk_revisions():
        if script.down_revision is not None:
            assert "op.create_index" not in Path(script.path).read_text("utf-8")


def test_forgetting_finds_suggestions_by_their_indexes(database: Database) -> None:
    """As the database itself explains each of its DELETEs, before it is carried out."""
    show(database, range(20_000), at=NEW)
    show(database, range(20_000, 20_010))
    tell(database, *(taken(n) for n in range(20_000)), now=NEW)
    with database.writing() as connection:
        connection.execute(text("ANALYZE"))
    plans: list[str] = []

    def explain(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("DELETE"):
            asked = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
            plans.append("\n".join(str(row) for row in connection.exec_driver_sql(asked + statement, parameters)))

    event.listen(database._engine, "before_cursor_execute", explain)
    assert forget(database, before=BETWEEN, client=None).cards == 10
    about_cards, suggestions, *_ = plans
    assert "ix_shown_suggestion_card" in about_cards
    assert "ix_accepted_suggestion_suggestion" in about_cards
    assert "ix_shown_suggestion_card" in suggestions
