"""The files of one process in the folder of the recordings: private, one a day, of bounded size. Knows disks.

A name tells nothing, not even the day: with the true day of a line, the days by which its dates were moved are known.
"""

import os
import stat
from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

LARGEST: Final = 64 * 1024 * 1024
ENDING: Final = ".ndjson"


class RecordFiles:
    """To be used by one thread. A file that was taken away is not missed: the next line makes another."""

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self._folder = folder
        self._largest = largest
        self._file: int | None = None
        self._day = date.min
        self._size = 0

    def append(self, line: bytes, today: date) -> None:
        """Write a line whole, or nothing of it. OSError."""
        if self._file is not None and self._is_done(len(line), today):
            self.close()
        if self._file is None:
            self._open(today)
        assert self._file is not None  # noqa: S101  # _open has set it
        try:
            left = memoryview(line)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            self._take_back()
            raise
        self._size += len(line)

    def close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def _is_done(self, more: int, today: date) -> bool:
        assert self._file is not None  # noqa: S101  # the caller has looked
        full = self._size > 0 and self._size + more > self._largest
        return full or today != self._day or os.fstat(self._file).st_nlink == 0

    def _open(self, today: date) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self._folder / f"{uuid4().hex}{ENDING}", flags, 0o600)
        self._day, self._size = today, 0

    def _take_back(self) -> None:
        """What a full disk took of a line; a disk that does not even do that gets no more into this file."""
        assert self._file is not None  # noqa: S101  # the caller has written to it
        try:
            os.ftruncate(self._file, self._size)
        except OSError:
            self.close()


def forget_files(folder: Path, before: datetime) -> tuple[int, int]:
    """Delete the recordings of which the last line was written before this time. How many there were, and how many
    entries of such a name stay since they are no files or cannot be deleted. OSError: there is no such folder.

    A file is closed at the end of its day, so that none is kept for the sake of a younger line."""
    gone = left = 0
    for each in [entry for entry in folder.iterdir() if entry.name.endswith(ENDING)]:
        try:
            found = each.lstat()
            if not stat.S_ISREG(found.st_mode):  # a link leads to what was not asked about
                left += 1
            elif found.st_mtime < before.timestamp():
                each.unlink()
                gone += 1
        except FileNotFoundError:  # somebody else was faster
            continue
        except OSError:
            left += 1
    return gone, left
