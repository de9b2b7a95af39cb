"""The files of the recordings: whole lines only, one day each, gone when they are old."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cds_service.recording.files import RecordFiles, forget_files
from tests.answers import TODAY
from tests.recorded import lines_in, of_scenario, record
from tests.test_recording import RENAL, folder

__all__ = ["folder"]


def _full(*, is_full: bool) -> Callable[[int, Any], int]:
    """os.write of a disk that takes half of what it gets while it is full."""
    write = os.write

    def written(file: int, data: Any) -> int:
        if not is_full:
            return write(file, data)
        if len(data) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) // 2])

    return written


def test_a_full_disk_costs_whole_lines_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    files, full = RecordFiles(folder), iter((False, True, False))
    line = b"x" * 500 + b"\n"
    for is_full in full:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", _full(is_full=is_full))
            if is_full:
                with pytest.raises(OSError, match="No space"):
                    files.append(line, TODAY)
            else:
                files.append(line, TODAY)
    files.close()
    assert lines_in(folder) == 2 * line
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _full(is_full=True))
        request, chosen = of_scenario(RENAL)
        assert record(folder, [(request, chosen)] * 3) == {"unwritten": 3}
    assert lines_in(folder) == 2 * line
    said = [each.getMessage() for each in caplog.records]
    assert len(said) == 2, "at once, and at the end what came since; in between once a minute"
    assert "(2 times)" in said[1]
    assert "the folder of the recordings takes nothing (1 times): OSError at" in said[0]


def test_a_file_holds_one_day_and_not_more_than_its_size(folder: Path) -> None:
    files = RecordFiles(folder, largest=25)
    for day in (TODAY, TODAY, TODAY, TODAY + timedelta(days=1)):
        files.append(b"ten bytes\n", day)
    assert sorted(path.stat().st_size for path in folder.iterdir()) == [10, 10, 20]
    for path in folder.iterdir():
        path.unlink()
    files.append(b"ten bytes\n", TODAY + timedelta(days=1))
    files.close()
    assert [path.read_bytes() for path in folder.iterdir()] == [b"ten bytes\n"], "a file that was deleted is not missed"


def test_recordings_are_deleted_by_their_age(folder: Path) -> None:
    for number, day in enumerate(("2026-11-01", "2026-11-10", "2026-11-20")):
        (path := folder / f"{number}.ndjson").write_bytes(b"{}\n")
        os.utime(path, (0, datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()))
    (folder / "notes.txt").write_bytes(b"")
    assert forget_files(folder, datetime.fromisoformat("2026-11-10T00:00:00+00:00")) == (1, 0)
    assert sorted(path.name for path in folder.iterdir()) == ["1.ndjson", "2.ndjson", "notes.txt"]


def test_what_is_no_file_keeps_no_recording(folder: Path) -> None:
    """A link that leads nowhere and a folder, first in order, are left and counted; the file after them goes."""
    (folder / "00.ndjson").symlink_to(folder / "nowhere")
    (folder / "01.ndjson").mkdir()
    (folder / "ff.ndjson").write_bytes(b"{}\n")
    assert forget_files(folder, datetime.now(UTC) + timedelta(days=1)) == (1, 2)
    assert sorted(path.name for path in folder.iterdir()) == ["00.ndjson", "01.ndjson"]
