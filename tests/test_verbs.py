"""demo and check as a person meets them on a terminal, and a program in a pipe."""

import io
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import pytest

from cds_service.__main__ import main
from cds_service.check import as_text, report
from cds_service.demo import Answered, print_cards
from cds_service.examples import examples
from cds_service.knowledge.tables import load
from cds_service.records.look import Records
from cds_service.terminal import Screen
from tests.answers import TODAY, service
from tests.screens import ROOT, on_terminal, plain

BROKEN = Answered(
    examples(TODAY)[0], "b12-order-select", 500, {"issue": [{"details": {"text": "An error of this service."}}]}
)


@pytest.fixture(scope="module")
def answered() -> list[Answered]:
    """The shipped requests, answered without a server."""
    http = service()
    found = []
    for each in examples(TODAY):
        name = f"b12-{each.body['hook']}"
        response = http.post(f"/cds-services/{name}", json=each.body)
        found.append(Answered(each, name, response.status_code, response.get_json()))
    return found


def shown(answered: list[Answered], columns: int, monkeypatch: pytest.MonkeyPatch, *, colour: bool = False) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("CLICOLOR_FORCE", str(int(colour)))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    print_cards(Screen(stream), answered, "cobalamin-cds")
    return stream.getvalue()


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_cards_keep_to_the_width(columns: int, answered: list[Answered], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(answered, columns, monkeypatch).splitlines()
    assert max(len(line) for line in lines if "http" not in line) == min(columns, 100)
    assert [line for line in lines if line != line.rstrip()] == []


def test_an_indicator_is_a_word_and_a_colour(answered: list[Answered], monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = shown([*answered, BROKEN], 80, monkeypatch, colour=True)
    without = shown([*answered, BROKEN], 80, monkeypatch)
    assert plain(coloured) == without
    assert "\x1b" not in without
    for word, colour in {"WARNING": "33", "INFO": "36", "CRITICAL": "31", "NO CARD": "32", "HTTP 500": "31"}.items():
        assert f"   \x1b[1;{colour}m[{word}]\x1b[0m\n" in coloured
        assert f"   [{word}]\n" in without


def test_the_last_screen_lists_every_example_and_says_how_to_go_on(
    answered: list[Answered], monkeypatch: pytest.MonkeyPatch
) -> None:
    [first] = answered[0].answer["cards"]
    mixed = Answered(answered[0].example, "b12-order-select", 200, {"cards": [first | {"indicator": "info"}, first]})
    last = shown([mixed, *answered[1:], BROKEN], 100, monkeypatch).rpartition("19 examples\n")[2]
    for line in (
        "   1  WARNING   Cyanocobalamin every month, eGFR 44",
        "  10  CRITICAL  Hydroxocobalamin 1000 mg (sic) three times a week",
        "  18  NO CARD   The chart is opened: nothing about vitamin B12",
        "  19  HTTP 500  Cyanocobalamin every month, eGFR 44",
        "Try them in a browser:  cobalamin-cds serve",
        "then open               http://127.0.0.1:8000/",
    ):
        assert f"{line}\n" in last


def test_a_refusal_is_shown_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "   [HTTP 500]\n   An error of this service.\n" in shown([BROKEN], 80, monkeypatch)


def test_the_demo_on_a_terminal_and_for_a_program(tmp_path: Path) -> None:
    """One run: a document in the pipe and nothing else there, what is being done on the screen. The settings of a site
    that say who may call do not keep the demo from calling."""
    (tmp_path / "clients.toml").write_text(
        '[[client]]\nname = "a"\nissuer = "https://a.example"\njwks_url = "https://a.example/keys"\n', "utf-8"
    )
    given = {"CDS_CLIENTS": str(tmp_path / "clients.toml"), "CDS_TRUSTED_PROXIES": "10.0.0.1"}
    ran = on_terminal("demo", "--json", errors=True, CDS_PUBLIC_URL="https://cds.example", **given)
    found = json.loads(ran.piped)
    assert ran.status == 0
    assert found["failed"] == 0
    assert [row["id"] for row in found["examples"]] == [each.id for each in examples(date.today())]  # noqa: DTZ011
    assert {row["status"] for row in found["examples"]} == {200}
    first = found["examples"][0]
    assert first["service"] == "b12-order-select"
    assert first["request"]["hook"] == "order-select"
    [card] = first["answer"]["cards"]
    assert card["source"]["url"] == "https://cds.example/rules/T-CYANO-RENAL"
    assert "0/18 starting the service" in plain(ran.screen)
    assert "17/18 The chart is opened" in plain(ran.screen)


@pytest.mark.long
def test_the_demo_shows_its_cards_on_a_terminal_and_nothing_of_its_service() -> None:
    ran = on_terminal("demo", columns=60)
    assert (ran.status, ran.piped) == (0, "")
    assert ran.lines[:2] == ["-" * 60, " 1. Cyanocobalamin every month, eGFR 44"]
    assert "\x1b[1;33m[WARNING]" in ran.screen
    assert "Ready" not in ran.screen


def test_why_the_demo_cannot_start_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CDS_SIGN_OFF", str(tmp_path / "sign-off.toml"))
    (tmp_path / "sign-off.toml").write_text("[[signature", "utf-8")
    assert main(["demo"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("demo: the service did not start: ")
    assert "{" not in said.err
    assert said.err.count("\n") == 1


def test_a_demo_without_a_folder_for_temporary_files_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found in ['/tmp', '/root']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert main(["demo"]) == 1
    assert capsys.readouterr().err == "demo: no folder for temporary files can be written: set TMPDIR\n"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_who_stops_reading_gets_no_traceback(form: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "cds_service", "check", *form]
    ran = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_check_keeps_to_the_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = io.StringIO()
    found = report(load(), TODAY, Records("SQLite, " + "a/" * 40, "up to date", fault=False), faults=["settings: " * 9])
    as_text(found, Screen(stream), tables=True)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "1 fault"
    assert max(len(line) for line in lines if "a/a/a" not in line) <= columns
    heads = [line for line in lines if not line.startswith(" ")][1:]
    assert [line[:10].strip() for line in heads if line[9] != " "] == []
