"""The verb as a person and a build server meet it: exit status, table, JSON, JUnit, messages, nothing secret."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cds_service.__main__ import main
from cds_service.conformance.command import _progress
from cds_service.conformance.subject import base_of
from tests.conformance.little_service import Defect, Json, little_service

ROOT = Path(__file__).parents[2]


def _unlabelled(_: Json, document: Json) -> Json:
    for card in document["cards"]:
        card["source"].pop("label")
    return document


def _untitled(document: Json) -> Json:
    document["services"][0].pop("title")
    return document


BROKEN = Defect(answer=_unlabelled)


def test_a_correct_service_ends_in_0_with_a_line_for_each_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service() as url:
        assert main(["conformance", url, "--group", "A,C,D,E,F"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for number in (*range(1, 11), *range(22, 45)):
        assert [line for line in lines if line.startswith(f"{number:>3}  PASS")] != [], number
    assert lines[-1].startswith("33 passed, 0 failed, 0 warnings, 0 not seen, ")


def test_a_failed_shall_ends_in_1_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(BROKEN) as url:
        assert main(["conformance", f"{url}/cds-services/", "--group", "d"]) == 1
    out = capsys.readouterr().out
    assert " 27  FAIL      SHALL   source has a label" in out
    assert "little-order-select, cyanocobalamin at eGFR 30: cards[0].source.label is missing, empty or no text" in out


def test_a_broken_recommendation_ends_in_0(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(Defect(discovery=_untitled)) as url:
        assert main(["conformance", url, "--group", "A"]) == 0
    assert "  3  WARN      SHALL   Each service says" in capsys.readouterr().out


def test_what_was_not_seen_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(Defect(answer=lambda *_: {"cards": []})) as url:
        assert main(["conformance", url, "--group", "D", "--json"]) == 0
    found = {row["number"]: row for row in json.loads(capsys.readouterr().out)["assertions"]}
    assert {number for number, row in found.items() if row["verdict"] != "NOT_SEEN"} == {33}
    assert found[25]["said"].startswith("no card in ")


def test_what_was_not_seen_is_skipped_in_junit(tmp_path: Path) -> None:
    file = tmp_path / "result.xml"
    with little_service(Defect(answer=lambda *_: {"cards": []})) as url:
        assert main(["conformance", url, "--group", "F", "--junit", str(file)]) == 0
    suites = ET.parse(file).getroot()  # noqa: S314  # written a line ago
    assert [suite.get("skipped") for suite in suites] == ["3"]
    told = [case.find("skipped") for case in suites.iter("testcase")]
    assert all(each is not None and str(each.get("message")).startswith("no card in") for each in told)


def test_calls_that_need_a_token_are_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(Defect(status=lambda path, s: 401 if path != "/cds-services" else s)) as url:
        assert main(["conformance", url, "--group", "A,C,D,E,F", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["assertions"]
    assert {row["number"] for row in rows if row["verdict"] != "NOT_SEEN"} == set(range(1, 11))
    assert [row["said"] for row in rows if row["number"] in {22, 25}] == [
        "calls need a token (HTTP 401)",
        "no call was answered with 200 (HTTP 401)",
    ]


def test_json_says_what_the_table_says(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(BROKEN) as url:
        assert main(["conformance", url, "--group", "D", "--json", "--profile", "cds-hooks-3.0"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["profile"] == "cds-hooks-3.0"
    assert document["failed"] is True
    assert document["summary"] == {"pass": 9, "warn": 0, "fail": 1, "not_seen": 0}
    [wrong] = [row for row in document["assertions"] if row["verdict"] == "FAIL"]
    assert (wrong["number"], wrong["level"], wrong["requirements"]) == (27, "SHALL", ["REQ-52", "REQ-60"])
    assert len(wrong["faults"]) > 1


def test_junit_is_read_by_a_build_server(tmp_path: Path) -> None:
    file = tmp_path / "result.xml"
    with little_service(BROKEN) as url:
        assert main(["conformance", url, "--group", "A,D,F", "--junit", str(file)]) == 1
    suites = ET.parse(file).getroot()  # noqa: S314  # written a line ago
    assert (suites.tag, suites.get("tests"), suites.get("failures")) == ("testsuites", "23", "1")
    assert [suite.get("name") for suite in suites] == ["A Discovery", "D Cards", "F Links"]
    assert [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None] == [
        "27 SHALL source has a label; addresses and topic are whole"
    ]
    assert all(case.get("classname") and case.get("time") for case in suites.iter("testcase"))


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["ftp://cds.example"],
        ["cds.example"],
        ["http://cds.example/?a=b"],
        ["http://cds.example:port"],
        ["https://user:password@cds.example"],
        ["http://cds.example", "--group", "Z"],
        ["http://cds.example", "--profile", "cds-hooks-9"],
        ["http://cds.example", "--timeout", "0"],
        ["http://cds.example", "--header", "no colon"],
        ["http://cds.example", "--request", "missing.json"],
        ["http://cds.example", "--junit", "missing/folder/result.xml"],
    ],
)
def test_a_wrong_command_line_ends_in_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        ended = main(["conformance", *wrong])
    except SystemExit as refusal:
        ended = int(str(refusal.code))
    assert ended == 2
    assert capsys.readouterr().err != ""


def test_a_url_that_nothing_answers_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service() as url:
        pass
    assert main(["conformance", url]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"conformance: {url}/cds-services: the connection failed or was broken off\n"


def test_the_settings_of_this_service_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_COLOUR", "blue")
    with little_service() as url:
        assert main(["conformance", url, "--group", "F"]) == 0
    assert capsys.readouterr().err == ""


def _own(path: Path, hook: str) -> Path:
    """A request of one's own, with things that must never be printed."""
    entry = {"resourceType": "MedicationRequest", "id": "secret-order", "medicationCodeableConcept": {"text": "x"}}
    context = {
        "patientId": "secret-patient",
        "userId": "Practitioner/p",
        "draftOrders": {"entry": [{"resource": entry}]},
    }
    request = {"hook": hook, "hookInstance": "1", "context": context, "fhirAuthorization": {"access_token": "secret"}}
    path.write_text(json.dumps(request), "utf-8")
    return path


def test_ones_own_requests_are_sent_with_ones_own_headers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, foreign = _own(tmp_path / "own.json", "order-sign"), _own(tmp_path / "foreign.json", "appointment-book")
    got: list[Json] = []

    def answer(request: Json, document: Json) -> Json:
        got.append(request)
        return document | {"cards": [{"summary": "x" * 150, "indicator": "info"}]}

    with little_service(Defect(answer=answer)) as url:
        given = ["--request", str(own), "--request", str(foreign), "--header", "X-Key: secret-key", "--group", "D"]
        assert main(["conformance", url, *given, "--json"]) == 1
    assert [request["hook"] for request in got if request["context"]["patientId"] == "secret-patient"] == ["order-sign"]
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert document["notes"] == ["foreign.json was not sent: no service is for its hook"]
    assert any("own.json" in fault for row in document["assertions"] for fault in row.get("faults", ()))
    assert "secret" not in told.out + told.err


def test_names_of_the_service_cannot_write_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def discovery(document: Json) -> Json:
        document["services"][0]["extension"] = {"\x1b[31mred\n" + "y" * 9999: {"a": 1}}
        return document

    with little_service(Defect(discovery=discovery)) as url:
        main(["conformance", url, "--group", "A"])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 400


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_names_of_the_service_are_no_mark_up_of_the_progress_bar() -> None:
    screen = _Terminal()
    with _progress(screen) as step:
        step(1, 2, "[/b] [red]\x1b[5mx[bold]" + "y" * 200)
    last = _plain(screen.getvalue().replace("\r", "\n"))
    assert "[/b] [red]?[5mx[bold]" in last
    assert max(map(len, last.splitlines())) <= 80


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("http://cds.example", "http://cds.example"),
        ("http://cds.example/", "http://cds.example"),
        (" https://cds.example:8443/b12/cds-services ", "https://cds.example:8443/b12"),
        ("http://cds.example/cds-services/", "http://cds.example"),
        ("http://cds.example/a/cds-services/b12-order-select", "http://cds.example/a"),
        ("http://cds.example/cds-services-2/", "http://cds.example/cds-services-2"),
    ],
)
def test_the_base_is_found_in_what_a_person_types(typed: str, base: str) -> None:
    assert base_of(typed) == base


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    """On a real pseudo-terminal, where there are colours and a progress bar."""
    import fcntl
    import struct
    import termios

    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "NO_COLOR"}} | {"TERM": "xterm"}
    with little_service(BROKEN) as url:
        command = [sys.executable, "-m", "cds_service", "conformance", url, "--group", "A,D"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=terminal, stderr=subprocess.PIPE) as running:
            os.close(terminal)
            shown = _read(controller)
            assert running.wait(timeout=30) == 1
    assert "\x1b[1;31mFAIL" in shown
    widths = [len(_plain(line)) for line in shown.splitlines()]
    assert max(widths) <= columns


def _read(controller: int) -> str:
    shown = io.BytesIO()
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        shown.write(part)
    os.close(controller)
    return shown.getvalue().decode()


def _plain(line: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line)
