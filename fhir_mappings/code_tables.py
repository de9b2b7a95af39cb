"""Reads codelists/*.csv strictly. Allowed to know: file layout and the clinical enums' names; no meaning of a code."""

import csv
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from fhir_mappings.systems import PREFIXED, normal_code, normal_system

FOLDER = Path(__file__).parent / "codelists"
ABSENT = "-"
Key = tuple[str, str]
Member = TypeVar("Member", bound=StrEnum)


class CodelistError(ValueError):
    """A codelist breaks a rule of the loader; the message names the file and the row."""


class Row(Mapping[str, str]):
    """One line of a codelist, which knows where it stands so that an error can say so."""

    def __init__(self, place: str, values: dict[str, str]) -> None:
        self.place = place
        self._values = values

    def __getitem__(self, column: str) -> str:
        return self._values[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def key(self) -> Key:
        return self["system"], self["code"]

    def refuse(self, why: str) -> CodelistError:
        return CodelistError(f"{self.place}: {why}")

    def member(self, kind: type[Member], name: str) -> Member:
        """The member of `kind` called `name`; raises CodelistError when there is none."""
        found = kind.__members__.get(name)
        if found is None:
            raise self.refuse(f"{name!r} is no member of {kind.__name__}")
        return found

    def members(self, kind: type[Member], column: str) -> frozenset[Member]:
        """The members named in a column, separated by one space; a repeated name is an error."""
        names = self[column].split(" ")
        if len(set(names)) != len(names):
            raise self.refuse(f"a name is repeated in {column}")
        return frozenset(self.member(kind, name) for name in names)

    def optional(self, kind: type[Member], column: str) -> Member | None:
        return None if self[column] == ABSENT else self.member(kind, self[column])

    def flag(self, column: str) -> bool:
        if self[column] not in ("yes", "no"):
            raise self.refuse(f"{column} is neither yes nor no")
        return self[column] == "yes"


def read_table(path: Path, columns: tuple[str, ...]) -> tuple[Row, ...]:
    """Rows of one file. CodelistError on a wrong header, a blank or untrimmed field, or a non-canonical spelling."""
    with path.open(encoding="utf-8", newline="") as handle:
        lines = list(csv.reader(handle, strict=True))
    if not lines or tuple(lines[0]) != columns:
        raise CodelistError(f"{path.name} row 1: the header is not {','.join(columns)}")
    return tuple(_row(f"{path.name} row {number}", line, columns) for number, line in enumerate(lines[1:], start=2))


def read_tables(stem: str, columns: tuple[str, ...], folder: Path | None = None) -> dict[Key, Row]:
    """All files of one kind (`stem.csv`, `stem_*.csv`) by (system, code); a code in two rows is an error."""
    table: dict[Key, Row] = {}
    found = sorted((folder or FOLDER).glob(f"{stem}*.csv"))
    if not found:
        raise CodelistError(f"{stem}.csv is missing")
    for path in found:
        for row in read_table(path, columns):
            if row.key in table:
                raise row.refuse(f"{row['code']} is already in {table[row.key].place}")
            table[row.key] = row
    return table


def _row(place: str, line: list[str], columns: tuple[str, ...]) -> Row:
    if len(line) != len(columns):
        raise CodelistError(f"{place}: {len(line)} fields, not {len(columns)}")
    row = Row(place, dict(zip(columns, line, strict=True)))
    for column, value in row.items():
        if not value or value != value.strip():
            raise row.refuse(f"{column} is blank or has a blank at an end")
    system, code = row.key
    if normal_system(system) != system:
        raise row.refuse("the system is an alias")
    if code.endswith("*") and system not in PREFIXED:
        raise row.refuse("a prefix is allowed in ICD-10 only")
    if normal_code(system, code.removesuffix("*")) != code.removesuffix("*"):
        raise row.refuse("the code is not in its normal spelling")
    return row
