"""The Patient resource as a Person. Knows Patient's elements; compares no age and makes no decision."""

from collections.abc import Iterable
from datetime import date

from msgspec import Raw

from cds_service.clinical.quantities import PartialDate
from cds_service.clinical.snapshot import Person, Sex
from fhir_mappings.parse import UnreadableError, bare_id, decode, withheld
from fhir_mappings.primitives import moment, partial_date
from fhir_mappings.records import Identity, PatientRecord, several
from fhir_mappings.repeated_keys import repeats_a_key

_REPLACED = frozenset({"replaced-by", "replace"})  # R4 and DSTU2 codes; `replaces` is the surviving record
_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.OTHER}


def person_of(record: PatientRecord, raw: bytes | Raw, today: date) -> Person:
    """Birth date, sex, death and the state of the record. A birth date after today is no birth date."""
    birth = partial_date(record.birth_date)
    if birth is not None and birth.earliest > today:
        birth = None
    return Person(
        sex=_SEXES.get((record.gender or "").strip().lower(), Sex.UNKNOWN),
        birth=birth,
        # A death date that cannot be read is still the statement that the person died: no advice is safe advice.
        deceased=bool(record.deceased_boolean) or bool(record.deceased_date_time),
        record_problem=_problem(record, birth, raw),
    )


def read_patient(raw: bytes | Raw) -> PatientRecord | None:
    """The record, or None when the resource cannot be read."""
    try:
        return None if repeats_a_key(raw) else decode(raw, PatientRecord)
    except UnreadableError:
        return None


def of_another(entries: Iterable[bytes | Raw], patient_id: str) -> bool:
    """Is any of these Patient resources not the patient of the call? One without an id proves nothing, and counts as
    another: advice about the wrong person is the worst error."""
    return any(identity_of(raw) != bare_id(patient_id) for raw in entries)


def identity_of(raw: bytes | Raw) -> str | None:
    """The id of a resource of which nothing else need be readable; None where not even that is."""
    try:
        return decode(raw, Identity).id
    except UnreadableError:
        return None


def _problem(record: PatientRecord, birth: PartialDate | None, raw: bytes | Raw) -> str | None:
    if any(link.type in _REPLACED for link in several(record.link)):
        return "this patient record was replaced by another"
    if record.active is False:
        return "this patient record is marked inactive"
    if record.birth_date is not None and birth is None:
        return "the birth date could not be read"
    if record.deceased_date_time is not None and moment(record.deceased_date_time) is None:
        return "the date of death could not be read"
    if withheld(raw) and record.birth_date is None:
        return "the birth date was withheld"
    return None
