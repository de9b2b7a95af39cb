"""The table of the protocol is whole, fresh, and names tests and files that exist."""

import pytest

from tests.requirements import BINDS, COUNT, LEVELS, ROOT, TARGET, Requirement, functions, markdown, requirements

ROWS = requirements()


def test_there_is_a_row_for_every_requirement() -> None:
    assert [row.id for row in ROWS] == [f"REQ-{number}" for number in range(1, COUNT + 1)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_proven_or_says_why_not(row: Requirement) -> None:
    assert row.level in LEVELS
    assert row.binds in BINDS
    assert row.tests or row.note
    assert [file for file in row.met if not (ROOT / file).is_file()] == []
    assert [node for node in row.tests if node.partition("::")[2] not in functions(node.partition("::")[0])] == []


def test_the_page_is_fresh() -> None:
    assert TARGET.read_text("utf-8") == markdown(), "run: cobalamin-cds docs"
