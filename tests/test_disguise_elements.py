"""The elements that are recorded are those that the readers read: each record, and each element of the tables."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from fhir_mappings.disguise.elements import DOSAGE, ELEMENTS, TIMING
from fhir_mappings.disguise.kinds import Spec
from fhir_mappings.medicine_records import (
    DispenseRequest,
    DosageRecord,
    MedicationRecord,
    OrderRecord,
    TimingRecord,
)
from fhir_mappings.records import (
    AllergyRecord,
    CodeableReference,
    Coded,
    Coding,
    ConditionRecord,
    Extension,
    ObservationRecord,
    PatientRecord,
    ProcedureRecord,
    Record,
    Reference,
)

RECORDS: dict[str, type[Record]] = {
    "Patient": PatientRecord,
    "Observation": ObservationRecord,
    "Condition": ConditionRecord,
    "Procedure": ProcedureRecord,
    "AllergyIntolerance": AllergyRecord,
    "Medication": MedicationRecord,
    "MedicationRequest": OrderRecord,
}
# Looked into by a kind of its own
_LEAVES = (Coded, Coding, CodeableReference, Reference, Extension)
# Kept raw by the record, and decoded by another
_INSIDE: dict[str, type[Record]] = {
    "dosageInstruction": DosageRecord,
    "dosage": DosageRecord,
    "dispenseRequest": DispenseRequest,
}


def _structs(hint: Any) -> Iterator[type[Record]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for inner in get_args(hint):
        yield from _structs(inner)


def _differences(record: type[Record], spec: Spec, place: str) -> list[str]:
    """Elements that the record reads and the table lacks, or the reverse."""
    assert isinstance(spec, Mapping), place
    hints = get_type_hints(record)
    names = {field.encode_name: hints[field.name] for field in msgspec.structs.fields(record)}
    found = [f"{place}: {each}" for each in names.keys() ^ spec.keys() if each != "resourceType"]
    for name, hint in names.items():
        inner = [_INSIDE[name]] if name in _INSIDE else [each for each in _structs(hint) if each not in _LEAVES]
        for each in inner:
            found += _differences(each, spec[name], f"{place}.{name}")
    return found


@pytest.mark.parametrize("kind", RECORDS)
def test_the_table_is_the_record(kind: str) -> None:
    assert _differences(RECORDS[kind], ELEMENTS[kind], kind) == []


def test_the_tables_of_dosage_and_timing_are_their_records() -> None:
    assert isinstance(DOSAGE, Mapping)
    assert DOSAGE["timing"] is TIMING
    assert _differences(DosageRecord, DOSAGE, "dosage") == []
    assert _differences(TimingRecord, TIMING, "timing") == []


def test_every_kind_that_the_readers_take_has_a_table() -> None:
    others = {"MedicationOrder", "MedicationStatement", "ServiceRequest", "ProcedureRequest"}
    assert ELEMENTS.keys() == RECORDS.keys() | others
    assert all(ELEMENTS[each] == ELEMENTS["MedicationRequest"] for each in ("MedicationOrder", "MedicationStatement"))
