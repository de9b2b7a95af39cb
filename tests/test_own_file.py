"""The SQLite file as a file: who may read it, and who has put it there."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from cds_service.records.away import DatabaseUnfitError
from cds_service.records.database import Database
from cds_service.records.look import look
from cds_service.records.own_file import doubts
from tests.test_start_refused import without_rights

SOMEBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


def rights(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{path}")
    yield found
    found.close()


@pytest.fixture
def everybodys(path: Path) -> Path:
    """The folder is as /tmp is: whoever wants puts files there."""
    path.parent.chmod(0o1777)
    return path.parent


def test_a_file_that_is_open_to_all_is_closed_with_its_journals_and_that_is_said(
    path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    first = Database(f"sqlite:///{path}")
    first.prepare()
    files = [path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")]
    for each, bits in zip(files, (0o644, 0o664, 0o602), strict=True):
        each.chmod(bits)
    assert look(f"sqlite:///{path}").state == "up to date; every user of this machine may read it or write to it"
    assert rights(*files) == [0o644, 0o664, 0o602]  # who looks changes nothing
    database.prepare()
    assert rights(*files) == [0o640, 0o660, 0o600]  # a group was let in on purpose
    assert [line.count("every user of this machine could read") for line in caplog.messages] == [1, 1, 1]
    with first.writing() as connection:
        connection.execute(text("INSERT INTO shown_suggestion VALUES ('a', 'c', 0)"))
    first.close()


def test_a_backup_that_is_put_back_under_a_running_service_is_closed(path: Path, database: Database) -> None:
    database.prepare()
    (path.parent / "backup").write_bytes(b"")
    (path.parent / "backup").rename(path)
    path.chmod(0o666)
    database.check()
    assert rights(path) == [0o660]


_REFUSED = """
import sys
from cds_service.records.away import DatabaseUnfitError
from cds_service.records.database import Database
try:
    Database(sys.argv[1]).prepare()
except DatabaseUnfitError as error:
    print(error)
"""


@as_root
def test_a_file_that_cannot_be_closed_is_refused(path: Path) -> None:
    path.touch()
    path.chmod(0o666)
    os.chown(path, SOMEBODY, SOMEBODY)
    command = [*without_rights(), sys.executable, "-c", _REFUSED, f"sqlite:///{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"every user of this machine may read {path} or write to it, and only its owner")


def test_a_link_of_our_own_is_followed_and_what_it_leads_to_is_for_the_owner_only(
    path: Path, database: Database
) -> None:
    (path.parent / "disk").mkdir()
    path.symlink_to(Path("disk") / "own.sqlite3")
    database.prepare()
    assert rights(path.parent / "disk" / "own.sqlite3") == [0o600]
    assert database.revision() is not None


def file(path: Path) -> Path:
    path.touch(mode=0o666)
    return path


def journal(path: Path) -> Path:
    return file(path.with_name(f"{path.name}-wal"))


def link(path: Path) -> Path:
    target = file(path.parent / "of-the-service.sqlite3")
    path.symlink_to(target)
    return path


def link_behind_a_link(path: Path) -> Path:
    path.symlink_to(path.parent / "second")
    (path.parent / "second").symlink_to(path.parent / "target")
    return path.parent / "second"


def _sizes(folder: Path) -> dict[str, int]:
    return {each.name: each.lstat().st_size for each in folder.iterdir()}


@as_root
@pytest.mark.parametrize("planted", [file, journal, link, link_behind_a_link])
def test_what_somebody_else_may_have_planted_is_refused(
    everybodys: Path, path: Path, database: Database, planted: Callable[[Path], Path]
) -> None:
    found = planted(path)
    os.lchown(found, SOMEBODY, SOMEBODY)
    there = _sizes(everybodys)
    with pytest.raises(DatabaseUnfitError, match=f"{found} is of another user"):
        database.prepare()
    told = look(f"sqlite:///{path}")
    assert (told.fault, told.state.startswith(f"of no use as it is: {found} is of another user")) == (True, True)
    assert _sizes(everybodys) == there


@as_root
def test_in_a_folder_of_few_a_file_may_be_of_another(path: Path, database: Database) -> None:
    """root runs `forget` on what the service's user has made."""
    os.chown(file(path), SOMEBODY, SOMEBODY)
    path.chmod(0o600)
    database.prepare()


def test_a_folder_in_which_everybody_writes_is_told(everybodys: Path, path: Path, database: Database) -> None:
    (told,) = doubts(path)
    assert told.startswith("every user of this machine may write to its folder")
    database.prepare()
    assert doubts(path) == (told,)
    everybodys.chmod(0o700)
    assert doubts(path) == ()
