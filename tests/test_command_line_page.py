"""docs/command-line.md holds every verb, and every member of the documents for programs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.__main__ import main
from cds_service.command_line import command_line
from cds_service.demo import as_document
from tests.conformance.little_service import Defect, little_service
from tests.signing import clients_file
from tests.test_verbs import BROKEN

PAGE = (Path(__file__).parents[1] / "docs" / "command-line.md").read_text("utf-8")


def rows(head: str) -> Iterator[list[str]]:
    """The cells of a table, by the first word of its head."""
    for line in PAGE[PAGE.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def told() -> dict[str, tuple[set[str], set[str]]]:
    """Of each document: its members, and every name that is told of what is in them."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    name = ""
    for verb, members, what in rows("document"):
        name = verb.strip("`") or name
        top, below = found.setdefault(name, (set(), set()))
        top.update(re.findall(r"`(\w+)`", members))
        below.update(re.findall(r"`(\w+)`", what))
    return found


def test_every_verb_is_told_and_no_other() -> None:
    assert {row[0].strip("`").split()[0] for row in rows("verb")} == set(
        re.findall(r"\w+", command_line([]).format_usage().partition("{")[2].partition("}")[0])
    )


def _names(value: Any) -> set[str]:
    """Of the objects in the lists and objects of a document."""
    match value:
        case dict():
            return set(value)
        case list():
            return {name for each in value for name in _names(each)}
        case _:
            return set()


def _is_told(document: dict[str, Any], verb: str) -> None:
    members, below = told()[verb]
    assert set(document) == members
    inner = {name: value for name, value in document.items() if name != "rows"}
    assert {name for value in inner.values() for name in _names(value)} <= below


def test_the_document_of_demo_is_told() -> None:
    document = as_document([BROKEN])
    _is_told(document, "demo")
    assert document["failed"] == 1


def test_the_document_of_check_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_CLIENTS", str(clients_file(tmp_path, {})))
    assert main(["check", "--json"]) == 0
    _is_told(json.loads(capsys.readouterr().out), "check")


@pytest.mark.parametrize("answer", [{"cards": []}, {"cards": [{}]}])
def test_the_document_of_conformance_is_told(answer: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(Defect(answer=lambda *_: answer)) as url:
        main(["conformance", url, "--group", "A,D", "--json"])
    _is_told(json.loads(capsys.readouterr().out), "conformance")
