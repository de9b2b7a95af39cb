"""Where records are kept: which database URLs are taken, and the place when none is given. Knows no SQL.

No SQLAlchemy here, so that reading the settings stays cheap for the verbs that need no database.
"""

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from platformdirs import user_data_path

_POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+psycopg")
_SQLITE: Final = "sqlite:///"


def default_url() -> str:
    """SQLite in the user's data directory; a test's or a container's own XDG_DATA_HOME counts."""
    return f"{_SQLITE}{user_data_path('cobalamin-cds', appauthor=False) / 'records.sqlite3'}"


def read_url(value: str) -> str:
    """The URL for SQLAlchemy, with psycopg 3 as PostgreSQL's driver. ValueError, which shows nothing of the value."""
    scheme, separator, rest = value.partition("://")
    if separator and scheme in _POSTGRESQL:
        try:
            parts = urlsplit(value)
            port, host = parts.port, parts.hostname or ""
            if not host.startswith("%2f"):  # the folder of a socket
                host.encode("idna")  # else looking it up would fail with what is no error of the network
        except ValueError:
            port = 0
        if port == 0 or any(char.isspace() for char in value):
            raise ValueError("must be a valid postgresql:// URL")
        return f"postgresql+psycopg://{rest}"
    if not value.startswith(_SQLITE):
        raise ValueError("must be a sqlite:///FILE or postgresql:// URL")
    name = value.removeprefix(_SQLITE)
    if name in {"", ":memory:"} or "?" in name or name.startswith("file:"):
        raise ValueError("must name a SQLite file, which all workers share")
    _check_writable(Path(name))
    return value


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite URL, None for another database."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def _check_writable(path: Path) -> None:
    """SQLite needs to write the file and, for its journal, the folder around it."""
    if path.is_dir():
        raise ValueError("names a folder, and not a file in it")
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError("names a file in a folder that is not there or cannot be written")
    if path.exists() and not (path.is_file() and os.access(path, os.W_OK)):
        raise ValueError("names a file that cannot be written")
