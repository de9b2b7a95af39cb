"""The file of `--out`: for its owner only, and there when it is whole. Knows disks; nothing of what it holds."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType
from typing import Self


class OutFile:
    """Written beside the place where it belongs, and moved there by `keep`: what stood there before stays until then,
    and gives it neither rights nor owner. A pipe or a device is written to as it is. fault: why the rest could not
    be written; nothing is raised then, so that what is counted meanwhile is told all the same."""

    def __init__(self, path: Path) -> None:
        """OSError, which names the path."""
        self.fault = ""
        self._place = path.resolve()
        self._draft: Path | None = None
        try:
            if _takes_no_other(path):
                file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            else:
                file, name = mkstemp(prefix=".replay-", dir=self._place.parent)
                self._draft = Path(name)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
        self._file = os.fdopen(file, "wb")

    def write(self, line: bytes) -> None:
        if not self.fault:
            try:
                self._file.write(line)
            except OSError as error:
                self.fault = str(error.strerror)

    def keep(self) -> None:
        """No more comes: put it in its place."""
        try:
            self._file.close()
            if self._draft is not None and not self.fault:
                self._draft.replace(self._place)
                self._draft = None
        except OSError as error:
            self.fault = self.fault or str(error.strerror)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):
            self._file.close()
        if self._draft is not None:
            with suppress(OSError):
                self._draft.unlink()


def _takes_no_other(path: Path) -> bool:
    """Is it there, and neither a file nor a link to one? A folder is refused when it is opened."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False
