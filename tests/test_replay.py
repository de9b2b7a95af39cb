"""`replay`: the same knowledge changes nothing, another changes exactly what it decides otherwise, no line is lost."""

import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cds_service.__main__ import main
from cds_service.decide import Decided
from cds_service.recording.key import read_key
from cds_service.replay.command import replaying
from cds_service.replay.lines import batches
from cds_service.settings import Settings, read_settings
from tests.answers import Json
from tests.page_commands import Page, Shell
from tests.recorded import decided, in_one_file, lines_in, of_scenario, record
from tests.scenarios import FOLDERS
from tests.screens import plain

ROOT = Path(__file__).parents[1]
OPERATIONS, PRIVACY = (Page(ROOT / "docs" / f"{name}.md") for name in ("operations", "privacy"))
SOME = [folder for folder in FOLDERS if re.match(r"cyanocobalamin|chart-|leber|folic", folder.name)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SOME, in one file and in their order."""
    return in_one_file(tmp_path_factory.mktemp("recordings"), SOME)


def run(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> tuple[int, str, str]:
    status = main(["replay", str(path), "--workers", "1", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_same_knowledge_changes_nothing(
    recording: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out, errors = run(capsys, recording, "--out", str(tmp_path / "out"))
    assert (status, errors, (tmp_path / "out").read_bytes()) == (0, "", b"")
    assert f"unchanged   {len(SOME)}\nchanged     0\n" in out


def _cards(found: Decided) -> list[tuple[str, str]]:
    return [(card["source"]["topic"]["code"], card["indicator"]) for card in found.answer["cards"]]


def test_another_number_changes_what_it_decides_otherwise_and_nothing_else(recording: Path, tmp_path: Path) -> None:
    """A copy of the program in which eGFR counts from 30; what is to be expected is decided on the true requests."""
    for package in ("cds_service", "fhir_mappings"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    table = tmp_path / "cds_service/knowledge/thresholds/renal.toml"
    table.write_text(table.read_text("utf-8").replace('value = "50"', 'value = "30"', 1), "utf-8")
    expected: dict[int, tuple[Any, Any]] = {}
    for number, (request, means) in enumerate(map(of_scenario, SOME), start=1):
        knowledge = means.library.knowledge
        other = replace(knowledge.thresholds, egfr_cyanocobalamin_ml_min=Decimal(30))
        changed = replace(means, library=replace(means.library, knowledge=replace(knowledge, thresholds=other)))
        was, now = decided(request, means), decided(request, changed)
        if was.answer != now.answer:
            expected[number] = _cards(was), _cards(now)
    assert 2 <= len(expected) < len(SOME)
    command = [
        sys.executable,
        "-m",
        "cds_service",
        "replay",
        str(recording),
        "--workers",
        "2",
        "--out",
        "out",
        "--json",
    ]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "")
    told = [json.loads(line) for line in (tmp_path / "out").read_text("utf-8").splitlines()]
    assert [each["line"] for each in told] == sorted(expected)
    for each in told:
        was, now = map(Counter, expected[each["line"]])
        assert Counter(map(_named, each["added"])) - Counter(map(_named, each["removed"])) == now - was
        assert each["was"] != each["now"]
    summary = json.loads(done.stdout)
    assert summary["requests"] == len(SOME)
    assert summary["changed"] == len(expected) == summary["requests"] - summary["unchanged"]
    assert sum(row["removed"] for row in summary["cards"]) == sum(len(each["removed"]) for each in told)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


def _named(card: Json) -> tuple[str, str]:
    return card["topic"], card["indicator"]


def test_any_number_of_processes_finds_the_same(recording: Path, tmp_path: Path) -> None:
    lines = recording.read_bytes().splitlines(keepends=True)
    odd = tmp_path / "odd"
    more = b"".join(renamed(line) for line in lines * 6).replace(b'"warning"', b'"info"')
    odd.write_bytes(b"".join(lines[:25]) + b"no line\n" + more)
    found = []
    for workers in (1, 2):
        out, errors, kept = io.StringIO(), io.StringIO(), tmp_path / f"out{workers}"
        options = Namespace(file=odd, workers=workers, out=kept, json=False)
        status = replaying(options, Settings(), out, errors)
        found.append((status, out.getvalue(), errors.getvalue(), kept.read_bytes()))
    assert found[0] == found[1]
    assert found[0][0] == 1
    assert found[0][2] == "line 26: not JSON\n"
    assert found[0][3].count(b"\n") > 3


def renamed(line: bytes) -> bytes:
    """The same as another line."""
    return re.sub(rb'"id":"[0-9a-f]{32}"', f'"id":"{uuid4().hex}"'.encode(), line, count=1)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"\n", "not JSON"),
        (b"{\xff}\n", "not JSON"),
        (b'{"answer":{"cards":[],"untold":' + b"[" * 100_000 + b"\n", "not"),
        (b"[]\n", "not a line of a recording"),
        (b'{"format": 1}\n', "not a line of a recording"),
        (b'{"format": 2, ', "of another format than 1"),
        (b'{"more": 1, ', "not a line of a recording"),
        (("service", b'"b12-order-select"', b'"b12-other"'), "of a service that is not here"),
        (("hook", b'"hook":"order-select"', b'"hook":"order-sign"'), "its request is refused: bad-request"),
        (("patient", b'"birthDate"', b'"id":"other","birthDate"'), "its request is refused"),
        (("region", b'"region":"uk"', b'"region":"mars"'), "not a line of a recording"),
        (("today", b'"today":"2', b'"today":"x'), "not a line of a recording"),
        (("knowledge", b'"knowledge":"', rb'"knowledge":"\u001b]0;x\u0007'), "not a line of a recording"),
        (("topic", b'"topic":"', rb'"topic":"\u001b[2J'), "not a line of a recording"),
        (("untold", b'"untold":[', '"untold":["T-A: \u009b2J",'.encode()), "not a line of a recording"),
        (("untold", b'"untold":[', '"untold":["T-A: \u202e",'.encode()), "not a line of a recording"),
        (("untold", b'"untold":[', b'"untold":["all is well",'), "not a line of a recording"),
        (("untold", b'"untold":[', rb'"untold":["T-A: a\n",'), "not a line of a recording"),
        (("summary", b'"summary":"', rb'"summary":"\u0000'), "not a line of a recording"),
        (("label", b'"label":"', rb'"label":"\u001b'), "not a line of a recording"),
        (("indicator", b'"indicator":"', b'"indicator":"x'), "not a line of a recording"),
        (("id", b'"id":"', b'"id":"x'), "not a line of a recording"),
    ],
)
def test_a_line_that_is_none_is_told_by_its_number(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: Any, fault: str
) -> None:
    good = next(each for each in recording.read_bytes().splitlines(keepends=True) if b'"b12-order-select"' in each)
    if isinstance(line, tuple):
        assert line[1] in good
        line = good.replace(line[1], line[2], 1)
    elif not line.endswith(b"\n"):
        line = line + good.removeprefix(b'{"format":1,' if b"format" in line else b"{")
    path = tmp_path / "odd"
    path.write_bytes(good + line + renamed(good))
    status, out, errors = run(capsys, path, "--out", str(tmp_path / "out"))
    assert status == 1
    assert errors.startswith(f"line 2: {fault}")
    assert errors.count("\n") == 1
    assert "requests    2\nunchanged   2\n" in out
    assert json.loads((tmp_path / "out").read_bytes())["line"] == 2


def test_lines_are_read_a_few_at_a_time_and_none_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\n" * 50 + b"b" * 500 + b"\n" + b"c" * 100 + b"\n" + b"d" * 101 + b"\nlast")
    found = list(batches(path, longest=101))
    assert [batch.first for batch in found] == [1, 21, 41]
    texts = [text for batch in found for text in batch.texts]
    assert texts == [b"a\n"] * 50 + [None, b"c" * 100 + b"\n", None, b"last"]
    assert found[-1].read == path.stat().st_size


@pytest.mark.parametrize("what", ["none", "empty", "folder"])
def test_a_file_that_holds_nothing_is_no_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    path = tmp_path / "recording"
    if what != "none":
        path.mkdir() if what == "folder" else path.write_bytes(b"")
    status, out, errors = run(capsys, path)
    assert (status, out) == (2 if what == "folder" else 1, "")
    assert errors.startswith("replay: ")
    assert errors.count("\n") == 1


def test_the_result_is_not_written_over_the_recording(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = recording.read_bytes()
    assert run(capsys, recording, "--out", str(recording))[0] == 2
    assert run(capsys, recording, "--out", str(recording / "x"))[0] == 2
    assert recording.read_bytes() == before


def test_progress_is_shown_on_a_terminal_and_nowhere_else(recording: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    options = Namespace(file=recording, workers=1, out=None, json=False)
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        assert replaying(options, Settings(), io.StringIO(), stream) == 0
        assert (f"1/1 MB; {len(SOME)} requests, 0 changed" in plain(stream.getvalue())) is shown


def test_the_commands_of_the_pages_do_what_they_say(tmp_path: Path) -> None:
    """docs/operations.md makes folder and key, and replays; docs/privacy.md finds the lines of a patient."""
    shell, folder, key = Shell(tmp_path), tmp_path / "recordings", tmp_path / "record.key"
    places = {"CDS_RECORD_DIR": str(folder), "CDS_RECORD_KEY_FILE": str(key)}
    shell.run(OPERATIONS.commands["record"], **places)
    settings = read_settings(places)
    assert settings.record_key is not None
    record(folder, map(of_scenario, SOME[:3]), read_key(settings.record_key))
    assert "unchanged 3 " in shell.run(OPERATIONS.commands["replay"], **places)
    (command,) = re.findall(r"`(printf [^`]*)`", PRIVACY.text)
    patient = of_scenario(SOME[0])[0]["context"]["patientId"]
    found = shell.run(command, CLIENT="", PATIENT_ID=patient)
    assert f'"patientId":"{found}"'.encode() in lines_in(folder)
    assert shell.run(command, CLIENT="other", PATIENT_ID=patient) != found
    (folder / "key").write_text("no key")
    done = subprocess.run(
        [sys.executable, "-m", "cds_service.recording.recorded_ids", str(folder / "key")],
        input=patient,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert patient not in done.stderr
