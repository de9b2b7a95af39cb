"""Whole requests and whole answers, compared in full. `python -m tests.scenarios` writes the answers anew."""

import json

import pytest

from tests.scenarios import FOLDERS, answer_of, normal


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_answer_is_the_one_on_file(folder) -> None:  # type: ignore[no-untyped-def]
    expected = json.loads((folder / "response.json").read_text("utf-8"))
    assert normal(answer_of(folder)) == expected


def test_there_are_scenarios() -> None:
    assert len(FOLDERS) >= 12
