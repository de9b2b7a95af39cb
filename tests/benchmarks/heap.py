"""The service, each of whose workers writes down what its allocator holds free. Knows glibc; the soak reads it.

    HEAP_FOLDER=folder python -m tests.benchmarks.heap serve ...

Memory that a process has given back to the allocator of C stays the process's, in pieces between what is in use, so
that a process may grow while nothing in it does.
"""

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

_FOLDER: Final = "HEAP_FOLDER"
_BEFORE: Final = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks")


class _Held(ctypes.Structure):
    """`struct mallinfo2` of malloc.h: bytes of all arenas together."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in (*_BEFORE, "fordblks", "keepcost"))  # type: ignore[assignment]


def free_bytes() -> int:
    """What the allocator of C holds in this process and nobody uses. AttributeError where it is not glibc, 2.33 on."""
    told = ctypes.CDLL(None).mallinfo2
    told.restype = _Held
    return int(told().fordblks)


def written(folder: str, pid: int) -> int:
    """What a worker wrote last, in bytes; 0 before it has."""
    place = Path(folder, str(pid))
    return int(place.read_text("ascii")) if place.exists() else 0


def main() -> None:
    from cds_service.__main__ import main as cds_service
    from cds_service.worker import Worker

    folder, notify = os.environ[_FOLDER], Worker.notify

    def write_down(worker: Worker) -> None:
        """With each sign of life, twice a second."""
        notify(worker)
        new = Path(folder, f"{os.getpid()}.new")
        new.write_text(str(free_bytes()), "ascii")
        new.replace(new.with_suffix(""))

    Worker.notify = write_down
    sys.exit(cds_service())  # type: ignore[func-returns-value]


if __name__ == "__main__":
    main()
