"""The site's key for recorded ids, and the folder of the recordings. Knows files and their rights; no request."""

import os
import stat
from collections import Counter
from math import log2
from pathlib import Path
from typing import Final

SHORTEST: Final = 32
_LONGEST: Final = 4096
# 32 random hexadecimal digits are the poorest key that is taken. Of these some 14 differ; and by Shannon's measure of
# how often each byte stands in it, it has 116 bits, the poorest of 100 000 has 87
_FEWEST_DIFFERENT: Final = 10
_FEWEST_BITS: Final = 80


def read_key(path: Path) -> bytes:
    """The content of a key file without blanks at its ends. ValueError, which shows nothing of it."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ValueError("names no file")
            if os.name == "posix" and found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ValueError("names a file that others than its owner may use (chmod 600 takes that away)")
            key = file.read(_LONGEST + 1).strip()
    except OSError:
        raise ValueError("names a file that cannot be read") from None
    if not SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(
            f"names a file that does not hold {SHORTEST} to {_LONGEST} bytes (openssl rand -hex 32 makes some)"
        )
    if len(set(key)) < _FEWEST_DIFFERENT or _bits(key) < _FEWEST_BITS:
        raise ValueError("names a file whose content is not random (openssl rand -hex 32 makes some)")
    return key


def _bits(key: bytes) -> float:
    return sum(count * log2(len(key) / count) for count in Counter(key).values())


def key_file(value: str) -> Path:
    """The path of a key that can be used. ValueError."""
    path = Path(value)
    if not path.is_file():  # a pipe would be waited for
        raise ValueError("names a file that cannot be read")
    read_key(path)
    return path


def record_folder(value: str) -> Path:
    """A folder that this process may write to, and nobody but its owner may use. ValueError."""
    path = Path(value)
    if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
        raise ValueError("names no folder that can be written")
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError("names a folder that others than its owner may use (chmod 700 takes that away)")
    return path


def lies_within(key: Path, folder: Path) -> bool:
    """Is the key kept with what it protects? By whatever links it is named."""
    return key.resolve().is_relative_to(folder.resolve())
