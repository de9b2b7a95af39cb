"""Which versions a table had, and what each changed in plain words. Reads history.toml and names of rows; no rule."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
_FIELDS: Final = frozenset({"date", "version", "what"})


@dataclass(frozen=True, slots=True)
class Version:
    """A table as it was from that day on. version: the fingerprint of its files, as sign_off has it."""

    day: date
    version: str
    what: str


def load_history(file: Path = _HERE / "history.toml") -> Mapping[str, tuple[Version, ...]]:
    """By table, the oldest version first.

    Raises ValueError with the place of a field that is missing or empty, of a version that follows itself, or of days
    that are not in order.
    """
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ValueError(f"{file.name}: cannot be read as TOML") from None
    return {table: _versions(f"{file.name} [{table}]", rows) for table, rows in content.items()}


def _versions(where: str, rows: object) -> tuple[Version, ...]:
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{where}: every version is an entry in double brackets")
    found = tuple(_version(f"{where}: version {number}", row) for number, row in enumerate(rows, start=1))
    for earlier, later in pairwise(found):  # a version may come back later, where a change is taken back
        if earlier.version == later.version:
            raise ValueError(f"{where}: version {later.version} follows itself")
        if earlier.day > later.day:
            raise ValueError(f"{where}: the oldest version stands first")
    return found


def _version(where: str, row: Mapping[str, Any]) -> Version:
    if row.keys() != _FIELDS:
        raise ValueError(f"{where}: missing {sorted(_FIELDS - row.keys())}, unknown {sorted(row.keys() - _FIELDS)}")
    if type(row["date"]) is not date:
        raise ValueError(f"{where}: date is a day, as 2026-12-01")
    if not isinstance(row["version"], str) or not re.fullmatch(r"[0-9a-f]{12}", row["version"]):
        raise ValueError(f"{where}: version is the 12 characters that `check --tables` shows")
    if not isinstance(row["what"], str) or not row["what"].strip() or not row["what"].isprintable():
        raise ValueError(f"{where}: what must say what changed")
    return Version(row["date"], row["version"], row["what"].strip())


@cache
def table_of_number() -> Mapping[str, str]:
    """Every row of thresholds/ with the table that it stands in."""
    paths = sorted(_HERE.glob("thresholds/*.toml"))
    return {row: f"thresholds/{path.stem}" for path in paths for row in tomllib.loads(path.read_text("utf-8"))}
