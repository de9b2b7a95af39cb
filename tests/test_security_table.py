"""The threat model in SECURITY.md: every row is whole, and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COLUMNS = ["where", "kind", "threat", "what stops it", "shown by", "what is left"]
KINDS = set("STRIDEC")


def _rows(page: str) -> list[list[str]]:
    """The cells of each row below the heading; the first row is the head."""
    section = page.partition("\n## Threat model\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")] for line in lines]


@cache
def _tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8")) if path.is_file() else ast.Module([], [])
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


def _missing(shown_by: str) -> list[str]:
    """Of the tests that a cell names, those that are not there; the cell itself where it names none."""
    named = re.findall(r"`([\w/.]+)::(test_\w+)`", shown_by)
    if re.sub(r"`[\w/.]+::test_\w+`", "", shown_by).strip(", ") != "" or not named:
        return [shown_by]
    return [f"{path}::{name}" for path, name in named if name not in _tests(ROOT / path)]


HEAD, _RULE, *ROWS = _rows((ROOT / "SECURITY.md").read_text("utf-8"))


def test_there_is_a_table_of_every_kind_of_threat() -> None:
    assert HEAD == COLUMNS
    assert len(ROWS) >= 35
    assert {row[1] for row in ROWS} == KINDS
    assert len({(row[0], row[2]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {' '.join(row[2].split()[:5])}")
def test_a_row_is_whole_and_its_tests_exist(row: list[str]) -> None:
    assert len(row) == len(COLUMNS)
    assert all(row)
    assert _missing(row[4]) == []


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "-",
        "`tests/test_house.py`",
        "`tests/test_house.py::test_no`",
        "`tests/no.py::test_no`",
        "yes, `tests/test_house.py::test_nothing_is_half_done`",
    ],
)
def test_a_cell_that_shows_nothing_is_noticed(cell: str) -> None:
    assert _missing(cell) != []
    assert _missing("`tests/test_house.py::test_nothing_is_half_done`") == []
