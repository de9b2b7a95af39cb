"""The verb as a person and a build server meet it: exit status, table, JSON, JUnit, messages, nothing secret."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cds_service.__main__ import main
from cds_service.conformance.subject import base_of
from tests.conformance.little_service import Defect, Json, little_service
from tests.screens import on_terminal, plain


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
    told = "little-order-select, cyanocobalamin at eGFR 30: cards[0].source.label is missing, empty or no text"
    assert told in " ".join(out.split())
    assert max(map(len, out.splitlines())) < 120


def test_a_broken_recommendation_ends_in_0(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(Defect(discovery=_untitled)) as url:
        assert main(["conformance", url, "--group", "A"]) == 0
    assert "  3  WARN      SHALL   Each service says" in capsys.readouterr().out


SILENT = Defect(answer=lambda *_: {"cards": []})


def test_who_never_gives_a_card_has_not_passed_what_is_asserted_of_cards(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(SILENT) as url:
        assert main(["conformance", url, "--group", "C,D", "--json"]) == 3
        document = json.loads(capsys.readouterr().out)
        assert main(["conformance", url, "--group", "D"]) == 3
        assert main(["conformance", url, "--group", "C"]) == 0
    assert (document["silent"], document["failed"]) == (True, False)
    found = {row["number"]: row for row in document["assertions"]}
    assert {number for number, row in found.items() if row["verdict"] != "NOT_SEEN"} == {22, 23, 24}
    assert found[25]["said"].startswith("no card in ")
    assert capsys.readouterr().out.count("NO CARD CAME: what is asserted of cards") == 1


def test_a_broken_shall_of_a_silent_service_ends_in_1() -> None:
    broken = Defect(answer=SILENT.answer, discovery=lambda document: {"services": document["services"] * 2})
    with little_service(broken) as url:
        assert main(["conformance", url, "--group", "A,D"]) == 1


def test_what_was_not_seen_is_skipped_in_junit(tmp_path: Path) -> None:
    file = tmp_path / "result.xml"
    with little_service(SILENT) as url:
        assert main(["conformance", url, "--group", "F", "--junit", str(file)]) == 3
    suites = ET.parse(file).getroot()  # noqa: S314  # written a line ago
    assert [suite.get("skipped") for suite in suites] == ["3"]
    told = [case.find("skipped") for case in suites.iter("testcase")]
    assert all(each is not None and str(each.get("message")).startswith("no card in") for each in told)


def test_calls_that_need_a_token_are_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    with little_service(Defect(status=lambda path, s: 401 if path != "/cds-services" else s)) as url:
        assert main(["conformance", url, "--group", "A,C,D,E,F", "--json"]) == 3
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
    said = f"conformance: {url}/cds-services: the connection failed or was broken off"
    assert told.err == f"{said}\n"
    assert main(["conformance", url, "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"faults": [said]}


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


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    """But for the row of a requirement on a narrow one: its title stays whole."""
    with little_service(BROKEN) as url:
        shown = on_terminal("conformance", url, "--group", "A,D", columns=columns)
    assert shown.status == 1
    assert "\x1b[1;31mFAIL" in shown.screen
    assert max(map(len, shown.lines)) <= max(columns, 80)
    assert shown.piped == ""


def test_what_is_running_is_told_on_a_terminal_and_nothing_of_it_in_the_document() -> None:
    def discovery(document: Json) -> Json:
        document["services"][0]["id"] = "\x1b[31mred"
        return document

    with little_service(Defect(discovery=discovery)) as url:
        shown = on_terminal("conformance", url, "--group", "A,D", "--json", errors=True)
    assert json.loads(shown.piped)["url"] == url
    told = plain(shown.screen)
    assert re.search(r"\d+/\d+ little-order-sign: cyanocobalamin", told)
    assert re.search(r"\d+/\d+ 25 summary is", told)
    assert "?[31mred: " in told
    assert "\x1b[31mred" not in shown.screen
