"""The folder of one service: for its user alone, and gone with it; with the next one, where it was killed."""

import os
import signal
import stat
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from cds_service.common_folder import common_folder
from tests.running import running
from tests.until import until


def test_it_is_for_its_user_alone_and_ends_with_the_service() -> None:
    with common_folder(guarded=True, counted=True) as common:
        assert common.counts is not None
        assert stat.S_IMODE(common.counts.stat().st_mode) == 0o700
        assert common.is_there
        assert common.tokens is not None
        common.tokens.unlink()
        assert not common.is_there
    assert not common.counts.exists()


def test_what_is_not_wanted_is_not_made() -> None:
    with common_folder(guarded=False, counted=False) as common:
        assert (common.tokens, common.key_sets, common.counts) == (None, None, None)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def starts() -> None:
    with common_folder(guarded=False, counted=False):
        pass


def left(folder: Path) -> set[Path]:
    return set(folder.glob("cobalamin-cds-*"))


def test_the_next_start_takes_away_what_a_killed_service_left(temporary: Path) -> None:
    """And of those that live nothing: another service of the same user, and workers whose parent is dead."""
    url = f"sqlite:///{temporary}/records.sqlite3"
    with common_folder(guarded=True, counted=True), ExitStack() as later:
        neighbour = left(temporary)
        service = later.enter_context(running(1, more={"TMPDIR": str(temporary)}, database_url=url))
        workers = service.workers
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        service.process.kill()
        service.process.wait()
        starts()
        assert len(left(temporary)) == 2
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        until(lambda: starts() or left(temporary) == neighbour)


@pytest.mark.parametrize("what", ["without a lock", "another user's"])
def test_what_may_be_somebody_elses_stays(what: str, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = temporary / "cobalamin-cds-found"
    folder.mkdir()
    lock = folder / ("lives.new" if what == "without a lock" else "lives")
    lock.touch()
    if what == "another user's":
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    starts()
    assert lock.exists()


def test_what_is_ours_and_free_goes(temporary: Path) -> None:
    """Else the test above would say nothing."""
    folder = temporary / "cobalamin-cds-found"
    folder.mkdir()
    (folder / "lives").touch()
    starts()
    assert not folder.exists()
