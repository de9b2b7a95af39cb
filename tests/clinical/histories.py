"""A patient's history of medicines for a test: the day of the test, the limits in use, and what is on record."""

import tomllib
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import cds_service.knowledge
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import (
    Availability,
    ClinicalStatus,
    Diagnosis,
    Operation,
    Snapshot,
    Verification,
)

TODAY = date(2026, 6, 15)
_TABLES = Path(str(cds_service.knowledge.__file__)).parent / "thresholds"


def _limits() -> Thresholds:
    rows = {key: row for path in _TABLES.glob("*.toml") for key, row in tomllib.loads(path.read_text("utf-8")).items()}
    kinds = {field.name: int if field.type is int else Decimal for field in fields(Thresholds)}
    return Thresholds(**{name: kind(rows[name]["value"]) for name, kind in kinds.items()})  # type: ignore[arg-type]


LIMITS = _limits()


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def patient(*medications: MedicationOrder, **values: Any) -> Snapshot:
    """A snapshot whose list of medicines was supplied whole, unless `availability` says otherwise."""
    supplied = {ResourceKind.MEDICATIONS: Availability.COMPLETE, ResourceKind.CONDITIONS: Availability.COMPLETE}
    return Snapshot(today=TODAY, medications=medications, **({"availability": supplied} | values))


def injections_in_clinic(*ago: int) -> tuple[Operation, ...]:
    given = frozenset({Concept.B12_ADMINISTRATION})
    return tuple(Operation(given, "injection", f"Procedure/{days}", days_ago(days)) for days in ago)


def has(*concepts: Concept) -> Diagnosis:
    """A current, confirmed diagnosis."""
    return Diagnosis(frozenset(concepts), ClinicalStatus.ACTIVE, Verification.CONFIRMED, "", "Condition/1")
