"""Who has signed which table, and for which version of it. Reads files of knowledge and of code; judges nothing."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

_HERE = Path(__file__).parent
_PACKAGES = _HERE.parents[1]
SITE_TABLE = "CDS_THRESHOLDS"
# Files of this folder that speak about tables and are none: writing in them changes no version
NO_TABLES: Final = frozenset({"sign-off", "history"})
_FIELDS = frozenset({"table", "version", "name", "role", "date"})


class State(StrEnum):
    SIGNED = "signed"
    OUTDATED = "changed since it was signed"
    UNSIGNED = "not signed"


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's signature under one table, as it was: version is the fingerprint of its files."""

    table: str
    version: str
    name: str
    role: str
    day: date


@dataclass(frozen=True)
class SignOff:
    """versions: every table with its present fingerprint. signatures: in the order of the file."""

    versions: Mapping[str, str]
    signatures: tuple[Signature, ...] = ()

    @cached_property
    def states(self) -> Mapping[str, State]:
        """Of every table. A signature counts for the version that it names, and for no other."""
        found = dict.fromkeys(self.versions, State.UNSIGNED)
        for signature in self.signatures:
            if signature.version == self.versions[signature.table]:
                found[signature.table] = State.SIGNED
            elif found[signature.table] is State.UNSIGNED:
                found[signature.table] = State.OUTDATED
        return found

    def state_of(self, tables: Iterable[str]) -> State:
        """Of all together: not signed if one is not, outdated if one is."""
        return _worst({self.states[table] for table in tables})

    @cached_property
    def _shared(self) -> State:
        return self.state_of(self.tables_behind(()))

    def state_behind(self, rules: Iterable[str]) -> State:
        """Of all that a card of these rules rests on: asked for every card, so that it looks at few tables."""
        return _worst({self._shared, *(self.states[f"rules/{name}"] for name in rules)})

    def signed_by(self, tables: Iterable[str]) -> tuple[Signature, ...]:
        """The signatures that count for these tables."""
        wanted = frozenset(tables)
        return tuple(s for s in self.signatures if s.table in wanted and s.version == self.versions[s.table])

    def tables_behind(self, rules: Iterable[str]) -> tuple[str, ...]:
        """What a card of these rules (the names of their files) rests on: all tables but those of other rules."""
        own = {f"rules/{name}" for name in rules}
        return tuple(table for table in self.versions if not table.startswith("rules/") or table in own)

    def later_than(self, today: date) -> tuple[Signature, ...]:
        """Signatures that are dated in the future: nobody has signed tomorrow."""
        return tuple(signature for signature in self.signatures if signature.day > today)


def _worst(states: AbstractSet[State]) -> State:
    return next((state for state in (State.UNSIGNED, State.OUTDATED) if state in states), State.SIGNED)


def load_sign_off(file: Path | None, rules: Iterable[str], site_thresholds: Path | None = None) -> SignOff:
    """The signatures of a file, or those shipped. rules: the names of the rules' files.

    Raises ValueError with the place of a table that does not exist, a field that is missing or a date that is none.
    """
    versions = _versions(frozenset(rules), site_thresholds)
    path = file or _HERE / "sign-off.toml"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ValueError(f"{path.name}: cannot be read as TOML") from None
    rows = content.pop("signature", [])
    if content or not isinstance(rows, list):
        raise ValueError(f"{path.name}: every entry is a [[signature]]")
    signatures: list[Signature] = []
    for number, row in enumerate(rows, start=1):
        signature = _signature(f"{path.name}: signature {number}", row, versions)
        if any(
            (s.table, s.version, s.name) == (signature.table, signature.version, signature.name) for s in signatures
        ):
            raise ValueError(f"{path.name}: signature {number}: {signature.name} has signed {signature.table} already")
        signatures.append(signature)
    return SignOff(versions, tuple(signatures))


def _signature(where: str, row: Mapping[str, Any], versions: Mapping[str, str]) -> Signature:
    if row.keys() != _FIELDS:
        raise ValueError(f"{where}: missing {sorted(_FIELDS - row.keys())}, unknown {sorted(row.keys() - _FIELDS)}")
    if row["table"] not in versions:
        raise ValueError(f"{where}: {row['table']} is not a table")
    if not isinstance(row["version"], str) or not re.fullmatch(r"[0-9a-f]{12}", row["version"]):
        raise ValueError(f"{where}: version is the 12 characters that `check --tables` shows")
    for name in ("name", "role"):
        if not isinstance(row[name], str) or not row[name].strip() or not row[name].isprintable():
            raise ValueError(f"{where}: {name} must say something")
    if type(row["date"]) is not date:
        raise ValueError(f"{where}: date is a day, as 2026-12-01")
    return Signature(row["table"], row["version"], row["name"].strip(), row["role"].strip(), row["date"])


def _versions(rules: frozenset[str], site_thresholds: Path | None) -> dict[str, str]:
    """Every table with the fingerprint of its files: what a hospital would sign as one thing."""
    files: dict[str, list[Path]] = {
        "clinical": sorted((_PACKAGES / "cds_service" / "clinical").glob("*.py")),
        "codelists": sorted((_PACKAGES / "fhir_mappings" / "codelists").glob("*.csv")),
    }
    for path in sorted(_HERE.glob("*.toml")):
        if path.stem not in NO_TABLES:
            files[path.stem] = [path]
    for path in sorted(_HERE.glob("thresholds/*.toml")):
        files[f"thresholds/{path.stem}"] = [path]
    wording = {path.stem: path for path in sorted(_HERE.glob("wording/*.toml"))}
    shared = sorted(path for path in _HERE.glob("rules/*.py") if path.stem not in rules)
    files["rules"] = shared
    for name in sorted(rules):
        own = wording.pop(name, None)
        files[f"rules/{name}"] = [_HERE / "rules" / f"{name}.py", *([own] if own is not None else [])]
    files |= {f"wording/{stem}": [path] for stem, path in wording.items()}
    if site_thresholds is not None:
        files[SITE_TABLE] = [site_thresholds]
    return {table: _fingerprint(paths) for table, paths in files.items()}


def _fingerprint(paths: Iterable[Path]) -> str:
    digest = sha256()
    for path in paths:
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
