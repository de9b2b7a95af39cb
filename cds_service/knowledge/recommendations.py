"""Loads recommendations.toml: every id of the rule base, strictly. Knows no rule and no case."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent / "recommendations.toml"
_TABLES = {"recommendations": r"R-[A-Z0-9-]+", "contradictions": r"C-\d\d", "gaps": r"SG-\d\d"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One id. resolution: what holds here, of a contradiction or a gap; superseded_by: the contradiction that decides
    instead of what the seeds say, and why."""

    id: str
    title: str
    resolution: str = ""
    superseded_by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The three lists of the rule base, by id."""

    recommendations: Mapping[str, Entry]
    contradictions: Mapping[str, Entry]
    gaps: Mapping[str, Entry]

    @property
    def everything(self) -> Mapping[str, Entry]:
        return {**self.recommendations, **self.contradictions, **self.gaps}


def load_catalogue(file: Path = _FILE) -> Catalogue:
    """Raises ValueError with the place of a table, id or text that is not as it must be."""
    with file.open("rb") as opened:
        content = tomllib.load(opened)
    if content.keys() != {*_TABLES, "superseded"}:
        raise ValueError(f"{file.name}: the tables are {sorted({*_TABLES, 'superseded'})}")
    for table, pattern in _TABLES.items():
        if bad := [name for name in content[table] if not re.fullmatch(pattern, name)]:
            raise ValueError(f"{file.name} [{table}]: {bad} are no ids of it")
    recommendations = {
        name: Entry(name, _text(file, name, title)) for name, title in content["recommendations"].items()
    }
    contradictions = {name: _resolved(file, name, pair) for name, pair in content["contradictions"].items()}
    for name, row in content["superseded"].items():
        if name not in recommendations or row.keys() != {"by", "because"} or row["by"] not in contradictions:
            raise ValueError(f"{file.name} [superseded] {name}: by and because, of ids of this file")
        why = _text(file, name, row["because"])
        recommendations[name] = Entry(name, recommendations[name].title, superseded_by=row["by"], why=why)
    gaps = {name: _resolved(file, name, pair) for name, pair in content["gaps"].items()}
    return Catalogue(recommendations, contradictions, gaps)


def _resolved(file: Path, name: str, pair: object) -> Entry:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError(f"{file.name}: {name} is what it is about and what holds here")
    return Entry(name, _text(file, name, pair[0]), _text(file, name, pair[1]))


def _text(file: Path, name: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{file.name}: {name} has no text")
    return text
