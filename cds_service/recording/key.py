"""The site's key for recorded ids, and the folder of the recordings. Knows files and their rights; no request."""

import os
import stat
from pathlib import Path
from typing import Final

SHORTEST: Final = 32
_LONGEST: Final = 4096
# Of 32 random bytes some 30 differ, of 64 random hexadecimal digits all 16
_FEWEST_DIFFERENT: Final = 10


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
    if len(set(key)) < _FEWEST_DIFFERENT:
        raise ValueError("names a file whose content is not random (openssl rand -hex 32 makes some)")
    return key


def key_file(value: str) -> Path:
    """The path of a key that can be used. ValueError."""
    path = Path(value)
    if not path.is_file():  # a pipe would be waited for
        raise ValueError("names a file that cannot be read")
    read_key(path)
    return path


def record_folder(value: str) -> Path:
    """A folder that this process may write to, and not every user of the machine may read. ValueError."""
    path = Path(value)
    if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
        raise ValueError("names no folder that can be written")
    if os.name == "posix" and path.stat().st_mode & stat.S_IRWXO:
        raise ValueError("names a folder that every user of this machine may use (chmod o-rwx takes that away)")
    return path
