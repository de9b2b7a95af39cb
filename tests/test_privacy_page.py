"""docs/privacy.md holds all that is kept: each column of the database, each member of the log, and the verb."""

import re
from pathlib import Path

import pytest

from cds_service.audit import MEMBERS
from cds_service.command_line import command_line
from cds_service.records.schema import TABLES

PAGE = (Path(__file__).parents[1] / "docs" / "privacy.md").read_text("utf-8")


def _table(first: str) -> list[list[str]]:
    """The cells of the table whose head begins with this word."""
    lines = PAGE[PAGE.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_column_is_told_and_no_other() -> None:
    told: dict[str, set[str]] = {}
    name = ""
    for table, columns, what in _table("table"):
        name = table or name
        told.setdefault(name, set()).update(re.findall(r"`(\w+)`", columns))
        assert what != ""
    assert told == {name: {column.name for column in table.columns} for name, table in TABLES.tables.items()}


def test_every_member_of_the_log_is_told_and_no_other() -> None:
    assert {each for row in _table("member") for each in re.findall(r"`(\w+)`", row[0])} == set(MEMBERS)


@pytest.mark.parametrize("command", re.findall(r"^cobalamin-cds (forget .*?)(?:  +#.*)?$", PAGE, re.MULTILINE))
def test_every_command_is_one(command: str) -> None:
    words = command.replace("\"$(date -u -d '1 year ago' +%F)\"", "2025-11-21").split()
    assert command_line(words).parse_args(words).verb == "forget"
