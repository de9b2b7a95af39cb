"""The SQLite file as a file: nobody else reads it, and nobody else has put it there. Knows rights and owners; no SQL.

SQLite gives a new journal the rights of the file, and follows no link in a journal's place.
"""

import logging
import os
import stat
from pathlib import Path
from threading import Lock
from typing import Final

from cds_service.records.away import DatabaseAwayError, DatabaseUnfitError

_log = logging.getLogger("cds_service.records")
_JOURNALS: Final = ("-wal", "-shm", "-journal")
_MOST_LINKS: Final = 40  # as the kernel
_MAKING: Final = Lock()


def make_own(path: Path) -> None:
    """A new file that only its owner reads. DatabaseUnfitError: see `refuse_planted`. DatabaseAwayError: it cannot be.

    One that is there is not opened: to close a file takes from the process every lock that it has on it, those of
    SQLite's connections too, and another process could then clear away the journal that they are using.
    """
    refuse_planted(path)
    try:
        with _MAKING:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(os.path.realpath(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise DatabaseAwayError(error) from None


def close_to_others(path: Path) -> None:
    """From a file that every user may read or write, and its journals, take these rights, and log that.

    A backup is often put back like this. To refuse it would stop the service, and leave it open until somebody comes. A
    group keeps what it has: that was given on purpose. DatabaseUnfitError where only another user can do it.
    """
    for each in _open_to_all(path):
        _close(each)


def refuse_planted(path: Path) -> None:
    """DatabaseUnfitError where somebody else may have put the file, a journal of it or a link to it in our way: it is
    another user's, in a folder that every user may write to. DatabaseAwayError where that cannot be seen."""
    try:
        for entry in (*_followed(path), *_journals(path)):
            if _is_planted(entry):
                raise DatabaseUnfitError(f"{entry} is of another user, in a folder that every user may write to")
    except OSError as error:
        raise DatabaseAwayError(error) from None


def doubts(path: Path) -> tuple[str, ...]:
    """What a person should know of a file that is there, without changing it."""
    folder = Path(os.path.realpath(path)).parent
    found = ["every user of this machine may read it or write to it"] if _open_to_all(path) else []
    if folder.is_dir() and _everybody_writes(folder):
        found.append("every user of this machine may write to its folder, and so put another file in its place")
    return tuple(found)


def _followed(path: Path) -> list[Path]:
    """The path, and where it leads to, link by link."""
    found = [path]
    while found[-1].is_symlink() and len(found) < _MOST_LINKS:
        found.append(found[-1].parent / found[-1].readlink())
    return found


def _journals(path: Path) -> list[Path]:
    """Where SQLite has them: beside the file itself, not beside a link to it."""
    return [Path(os.path.realpath(path) + end) for end in _JOURNALS]


def _is_planted(entry: Path) -> bool:
    try:
        owner = entry.lstat().st_uid
        return _everybody_writes(entry.parent) and owner not in {0, os.geteuid()}
    except FileNotFoundError:
        return False


def _everybody_writes(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IWOTH)


def _open_to_all(path: Path) -> tuple[Path, ...]:
    return tuple(each for each in (Path(os.path.realpath(path)), *_journals(path)) if _rights(each) & stat.S_IRWXO)


def _rights(file: Path) -> int:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:  # a journal ends with the last connection
        return 0


def _close(file: Path) -> None:
    try:
        file.chmod(stat.S_IMODE(file.stat().st_mode) & ~stat.S_IRWXO)
    except FileNotFoundError:
        return
    except OSError:
        raise DatabaseUnfitError(
            f"every user of this machine may read {file} or write to it, and only its owner can end that (chmod o-rwx)"
        ) from None
    _log.warning("every user of this machine could read %s or write to it: only its owner and its group can now", file)
