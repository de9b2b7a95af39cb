"""Where the rows of the tables come from: sources.toml, and what each row says of itself. Knows no medicine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.clinical.concepts import Ingredient

PROVENANCE = frozenset({"source", "place", "status", "authored_by", "reviewed_on", "next_review"})
_STATUSES = ("V", "P", "U")  # the best first


class KnowledgeError(Exception):
    """A table is not as it must be; the message names file, row and fault."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a row comes from and who answers for it. reviewed_on None: no clinician has signed it yet.

    by_form: of a regimen, (form, source, place) for each form for which something else speaks.
    """

    row: str
    means: str
    source: str
    place: str
    status: str
    authored_by: str
    reviewed_on: date | None
    next_review: date
    value: str = ""
    unit: str = ""
    by_form: tuple[tuple[Ingredient, str, str], ...] = ()

    def of_form(self, form: Ingredient) -> tuple[str, str]:
        """Source and place, as they are for this form."""
        return next(
            ((source, place) for each, source, place in self.by_form if each is form), (self.source, self.place)
        )


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of sources.toml. status: V seen, P partly seen, U unconfirmed."""

    key: str
    label: str
    where: str
    status: str


def exactly(where: str, row: Mapping[str, Any], required: frozenset[str], optional: frozenset[str]) -> None:
    missing, unknown = required - row.keys(), row.keys() - required - optional
    if missing or unknown:
        raise KnowledgeError(f"{where}: missing {sorted(missing)}, unknown {sorted(unknown)}")


def read_sources(table: dict[str, dict[str, Any]]) -> dict[str, Source]:
    found = {}
    for key, row in table.items():
        exactly(f"sources.toml [{key}]", row, frozenset({"label", "where", "status"}), frozenset())
        if row["status"] not in _STATUSES:
            raise KnowledgeError(f"sources.toml [{key}]: status is V, P or U")
        found[key] = Source(key, row["label"], row["where"], row["status"])
    return found


def provenance_of(where: str, key: str, row: Mapping[str, Any], sources: Mapping[str, Source]) -> Provenance:
    if row["source"] not in sources:
        raise KnowledgeError(f"{where}: source {row['source']} is not in sources.toml")
    if row["status"] not in _STATUSES:
        raise KnowledgeError(f"{where}: status is V, P or U")
    if _STATUSES.index(row["status"]) < _STATUSES.index(sources[row["source"]].status):
        raise KnowledgeError(f"{where}: status {row['status']} is better than that of its source {row['source']}")
    if not row["place"] or not row["authored_by"]:
        raise KnowledgeError(f"{where}: place and authored_by must say something")
    try:
        reviewed = date.fromisoformat(row["reviewed_on"]) if row["reviewed_on"] else None
        due = date.fromisoformat(row["next_review"])
    except ValueError:
        raise KnowledgeError(f"{where}: reviewed_on and next_review are dates") from None
    return Provenance(
        row=key,
        means=row.get("means", row.get("text", "")),
        source=row["source"],
        place=row["place"],
        status=row["status"],
        authored_by=row["authored_by"],
        reviewed_on=reviewed,
        next_review=due,
        value=row.get("value", row.get("dose_ug", "")),
        unit="ug" if "dose_ug" in row else row.get("unit", ""),
    )


def sources_by_form(
    where: str, row: Mapping[str, Any], sources: Mapping[str, Source]
) -> tuple[tuple[Ingredient, str, str], ...]:
    found = row.get("source_by_form", {})
    if unknown := sorted(found.keys() - Ingredient.__members__.keys()):
        raise KnowledgeError(f"{where}: source_by_form names {unknown}")
    for name, entry in found.items():
        if not (isinstance(entry, list) and len(entry) == 2 and entry[0] in sources and entry[1]):
            raise KnowledgeError(f"{where}: source_by_form {name} is a source of sources.toml and a place in it")
    return tuple((Ingredient[name], source, place) for name, (source, place) in found.items())
