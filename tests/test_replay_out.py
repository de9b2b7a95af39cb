"""Where `replay` reads from and writes to: files that cannot be read or written, and results that may not be lost."""

import io
import os
import stat
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import NoReturn

import pytest

from cds_service.__main__ import main
from cds_service.replay import command
from cds_service.settings import Settings
from tests.recorded import lines_in, of_scenario, record
from tests.scenarios import FOLDERS

SOME = [folder for folder in FOLDERS if folder.name.startswith("cyanocobalamin-")]
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full on this system")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each of its requests has changed."""
    folder = tmp_path_factory.mktemp("recordings")
    record(folder, map(of_scenario, SOME))
    path = folder / "all"
    path.write_bytes(lines_in(folder).replace(b'"rule":"T-', b'"rule":"T-NOT-'))
    return path


def run(path: Path, out: Path | None) -> tuple[int, str, str]:
    said, errors = io.StringIO(), io.StringIO()
    options = Namespace(file=path, workers=1, out=out, json=False)
    return command.replaying(options, Settings(), said, errors), said.getvalue(), errors.getvalue()


def test_what_stood_there_gives_the_result_no_rights(recording: Path, tmp_path: Path) -> None:
    place, link = tmp_path / "place", tmp_path / "link"
    place.write_text("before")
    place.chmod(0o644)
    link.symlink_to(place)
    status, _, _ = run(recording, link)
    assert (status, stat.S_IMODE(place.stat().st_mode), place.read_bytes().count(b"\n")) == (3, 0o600, len(SOME))
    assert link.is_symlink()
    assert {each.name for each in tmp_path.iterdir()} == {"place", "link"}


def test_an_interrupt_and_a_fault_leave_what_stood_there(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    out, empty = tmp_path / "out", tmp_path / "empty"
    out.write_text("before")
    empty.write_bytes(b"")
    with pytest.raises(command.ReplayError):
        run(empty, out)
    monkeypatch.setattr(command, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(recording, out)
    assert out.read_text() == "before"
    assert {each.name for each in tmp_path.iterdir()} == {"out", "empty"}


@needs_full
def test_a_full_disk_takes_no_result_and_the_counts_are_told(recording: Path) -> None:
    status, said, errors = run(recording, FULL)
    assert (status, errors) == (2, "replay: /dev/full: No space left on device\n")
    assert f"requests    {len(SOME)}\n" in said


def test_a_pipe_is_written_to_and_one_that_is_closed_is_told(recording: Path) -> None:
    for closed in (False, True):
        reading, writing = os.pipe()
        if closed:
            os.close(reading)
        status, said, errors = run(recording, Path(f"/dev/fd/{writing}"))
        os.close(writing)
        assert f"requests    {len(SOME)}\n" in said
        if closed:
            assert (status, errors) == (2, f"replay: /dev/fd/{writing}: Broken pipe\n")
            continue
        with os.fdopen(reading, "rb") as file:
            assert (status, errors, file.read().count(b"\n")) == (3, "", len(SOME))


@needs_full
def test_a_full_standard_output_is_told_in_one_line(recording: Path) -> None:
    words = [sys.executable, "-m", "cds_service", "replay", str(recording), "--workers", "1"]
    with FULL.open("wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "standard output: No space left on device\n")


def test_a_pipe_is_no_recording(capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    os.close(writing)
    status = main(["replay", f"/dev/fd/{reading}"])
    os.close(reading)
    assert (status, capsys.readouterr().err) == (2, f"replay: /dev/fd/{reading}: must be a file\n")


def test_no_more_processes_than_the_machine_can_use(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["replay", str(recording), "--workers", "5000"])
    assert end.value.code == 2
    assert f"must be at most {4 * (os.cpu_count() or 1)} here, four for each core" in capsys.readouterr().err


def test_a_line_that_stands_there_again_is_counted_once_and_told(recording: Path, tmp_path: Path) -> None:
    thrice, out = tmp_path / "thrice", tmp_path / "out"
    thrice.write_bytes(recording.read_bytes() * 3)
    status, said, _ = run(thrice, out)
    assert (status, out.read_bytes().count(b"\n")) == (3, len(SOME))
    assert f"requests    {len(SOME)}\n" in said
    assert f"repeated    {2 * len(SOME)} lines that stand there more than once; each is counted once\n" in said
