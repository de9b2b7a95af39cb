"""The table of faults (tests/faults): some of it in every run of the tests, all of it with `make test-all`."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.faults.fault import play
from tests.faults.postgres import programs
from tests.faults.stage import Stage, stage
from tests.faults.table import FAULTS
from tests.running import ROOT

QUICK = ("Redis is stopped", "The FHIR server resets", "The FHIR server answers what is no HTTP")
GROUPS = {parts: list(faults) for parts, faults in groupby(FAULTS, key=lambda fault: fault.parts)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """With SQLite, which needs no server of its own."""
    with stage(tmp_path_factory.mktemp("faults"), "redis") as found:
        yield found


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_is_seen_as_the_table_says_and_loses_nothing_acknowledged(small: Stage, name: str) -> None:
    (fault,) = [each for each in FAULTS if each.name.startswith(name)]
    outcome = play(small, fault)
    assert outcome.wrong == []
    assert outcome.acknowledged > 0


@pytest.mark.long
@pytest.mark.parametrize("parts", GROUPS)
def test_every_fault(tmp_path: Path, parts: tuple[str, ...]) -> None:
    if "postgres" in parts and programs() is None:
        pytest.skip("PostgreSQL's programs are not here")
    try:
        with stage(tmp_path, *parts) as found:
            wrong = {fault.name: play(found, fault).wrong for fault in GROUPS[parts]}
    except PermissionError as error:
        pytest.skip(str(error))
    assert {name: words for name, words in wrong.items() if words} == {}


def test_the_page_has_a_row_for_each_fault() -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in _page().splitlines() if line.startswith("| ")]
    assert rows[1:] == [fault.name for fault in FAULTS]


def _page() -> str:
    return (ROOT / "docs" / "faults.md").read_text("utf-8")
