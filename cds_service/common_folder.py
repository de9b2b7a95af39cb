"""What the workers of one `serve` have in common: a folder that lives as long as the service. Knows files; no HTTP.

One that was killed takes nothing away, so the next one that starts does. In each folder lies a file that its service
has locked, parent and workers by the same lock: the kernel gives it up when the last of them is gone, however it ended.
That holds between services of one user, and between containers that share a folder and have the same process ids.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from typing import BinaryIO, Final

from cds_service.trust.key_shelf import KEY_SHELF
from cds_service.trust.shared_state import SharedStateError
from cds_service.trust.sqlite_state import STATE_FILE

_PREFIX: Final = "cobalamin-cds-"
_LOCK: Final = "lives"


@dataclass(frozen=True, slots=True)
class Common:
    """tokens: the file of those that were used, and of calls per minute. key_sets: the file of those fetched. counts:
    the folder of what is counted. None: each process has its own."""

    tokens: Path | None = None
    key_sets: Path | None = None
    counts: Path | None = None

    @property
    def is_there(self) -> bool:
        """Or has somebody swept the folder for temporary files?"""
        return all(each is None or each.exists() for each in (self.tokens, self.key_sets, self.counts))


@contextmanager
def common_folder(*, guarded: bool, counted: bool) -> Iterator[Common]:
    """In a folder for this user only; it ends with the process that made it, or when the next service starts after
    that was killed. SharedStateError where it cannot be made.

    guarded: there is a clients file. counted: there are metrics.
    """
    try:
        _take_away_what_the_dead_left()
        folder = Path(mkdtemp(prefix=_PREFIX))
    except OSError:
        raise SharedStateError("the folder for temporary files cannot be written") from None
    made_by = os.getpid()
    try:
        with _locked(folder):
            yield Common(
                tokens=STATE_FILE.made_in(folder) if guarded else None,
                key_sets=KEY_SHELF.made_in(folder) if guarded else None,
                counts=folder if counted else None,
            )
    finally:
        if os.getpid() == made_by:  # a worker that ends comes by here too
            rmtree(folder, ignore_errors=True)


def _locked(folder: Path) -> BinaryIO:
    """Until it is closed here and in all processes that were forked meanwhile. SharedStateError."""
    unnamed = folder / f"{_LOCK}.new"
    try:
        file = unnamed.open("xb")
    except OSError:
        raise SharedStateError("the folder for temporary files cannot be written") from None
    # It gets its name when it is locked, so that no other service finds it free; and none where there are no such locks
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(folder / _LOCK)
    return file


def _take_away_what_the_dead_left() -> None:
    """Whatever has no such file is not ours to judge: another user's, or of a service that has not locked it yet."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid != os.geteuid():
                continue
            with (folder / _LOCK).open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: it lives
                rmtree(folder, ignore_errors=True)
