"""Lines of a file with their numbers, never more of it in memory than a few. Knows files; not what a line means."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

# The largest body that a service takes is 16 MB unless it is set otherwise, and what is recorded of it is a fraction
LONGEST: Final = 32 * 1024 * 1024
_MOST_LINES: Final = 20
_MOST_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that follow each other. first: the number of the first, from 1. texts: None in place of one that is longer
    than LONGEST. read: how many bytes of the file have been read."""

    first: int
    texts: tuple[bytes | None, ...]
    read: int


def batches(path: Path, longest: int = LONGEST) -> Iterator[Batch]:
    """The whole file. OSError."""
    with path.open("rb") as file:
        first = 1
        while texts := _some(file, longest):
            yield Batch(first, tuple(texts), file.tell())
            first += len(texts)


def _some(file: BinaryIO, longest: int) -> list[bytes | None]:
    texts: list[bytes | None] = []
    size = 0
    while len(texts) < _MOST_LINES and size < _MOST_BYTES and (text := file.readline(longest + 1)):
        size += len(text)
        too_long = len(text) > longest
        while too_long and not text.endswith(b"\n") and (text := file.readline(_MOST_BYTES)):
            pass  # the rest of it is read past
        texts.append(None if too_long else text)
    return texts
