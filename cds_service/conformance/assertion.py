"""What is asserted of a service and how a check ends. Knows the table of assertions; no HTTP and no rule of its own."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Final

# Of one kind of fault, as many as a person reads; the others are counted.
_FAULTS_KEPT: Final = 20
_LONGEST: Final = 300


class Level(StrEnum):
    SHALL = "SHALL"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Verdict(StrEnum):
    """WARN: broken, and no SHALL is. NOT_SEEN: could not be tested in this run, and is never a pass."""

    PASS = "PASS"  # noqa: S105
    WARN = "WARN"
    FAIL = "FAIL"
    NOT_SEEN = "NOT SEEN"


@dataclass(frozen=True, slots=True)
class Assertion:
    """One row of assertions.toml. title: at most 56 characters. requirements: of the project's requirement list."""

    number: int
    group: str
    level: Level
    title: str
    text: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one check ended. said: one line, never a secret and never a value of the patient's record."""

    verdict: Verdict
    said: str
    faults: tuple[str, ...] = ()


def finding(wrong: Iterable[str], doubtful: Iterable[str] = (), *, seen: str) -> Finding:
    """FAIL for what is wrong, else WARN for what only breaks a recommendation, else PASS.

    Each fault is one line that says where and what. seen: what was looked at, in a few words ("14 cards").
    """
    broken, weak = list(dict.fromkeys(map(one_line, wrong))), list(dict.fromkeys(map(one_line, doubtful)))
    if not broken and not weak:
        return Finding(Verdict.PASS, one_line(seen))
    faults = broken + weak
    said = faults[0] if len(faults) == 1 else f"{faults[0]} (and {len(faults) - 1} more)"
    return Finding(Verdict.FAIL if broken else Verdict.WARN, said, tuple(faults[:_FAULTS_KEPT]))


def not_seen(reason: str) -> Finding:
    """The assertion could not be tested; the reason says what was missing."""
    return Finding(Verdict.NOT_SEEN, one_line(reason))


def one_line(text: str) -> str:
    """Fit for a terminal: names come from the service, which may not write escapes or pages there."""
    plain = "".join(each if each.isprintable() else "?" for each in text)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def judged(assertion: Assertion, found: Finding) -> Finding:
    """The finding as it counts: what breaks no SHALL is a warning."""
    if found.verdict is Verdict.FAIL and assertion.level is not Level.SHALL:
        return Finding(Verdict.WARN, found.said, found.faults)
    return found


def load_assertions() -> Mapping[int, Assertion]:
    """Every row of assertions.toml by its number, in the order of the table."""
    with files(__package__).joinpath("assertions.toml").open("rb") as file:
        rows = tomllib.load(file)["assertion"]
    return {
        row["number"]: Assertion(
            number=row["number"],
            group=row["group"],
            level=Level(row["level"]),
            title=row["title"],
            text=row["text"],
            requirements=tuple(row["requirements"]),
        )
        for row in rows
    }
