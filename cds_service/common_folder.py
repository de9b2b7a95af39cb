"""What the workers of one `serve` have in common: a folder that lives as long as the service. Knows files; no HTTP."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from cds_service.trust.key_shelf import KEY_SHELF
from cds_service.trust.shared_state import SharedStateError
from cds_service.trust.sqlite_state import STATE_FILE


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
    """In a folder for this user only; it ends with the process that made it. SharedStateError where it cannot be made.

    guarded: there is a clients file. counted: there are metrics.
    """
    try:
        folder = Path(mkdtemp(prefix="cobalamin-cds-"))
    except OSError:
        raise SharedStateError("the folder for temporary files cannot be written") from None
    made_by = os.getpid()
    try:
        yield Common(
            tokens=STATE_FILE.made_in(folder) if guarded else None,
            key_sets=KEY_SHELF.made_in(folder) if guarded else None,
            counts=folder if counted else None,
        )
    finally:
        if os.getpid() == made_by:  # a worker that ends comes by here too
            rmtree(folder, ignore_errors=True)
