"""The shapes in which FHIR resources are read: exactly the elements that a rule can use. Knows names, no meaning.

R4 is read; the elements that DSTU2, STU3 and R5 name otherwise stand beside their R4 names. Every field may be absent
or null, numbers are Decimal, and elements that real clients send as an object where FHIR wants a list take both.
"""

from decimal import Decimal
from typing import TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType

T = TypeVar("T")


class Record(Struct, rename="camel", gc=False, kw_only=True):
    """Base of all records: JSON names in camelCase, unknown elements ignored."""


class Coding(Struct, gc=False, kw_only=True, frozen=True):
    """Frozen, so that what codings mean can be looked up by them."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class Coded(Record):
    """A CodeableConcept."""

    coding: list[Coding] | Coding | None = None
    text: str | None = None

    @property
    def codings(self) -> tuple[Coding, ...]:
        return several(self.coding)

    @property
    def words(self) -> tuple[str, ...]:
        """The text, then the displays."""
        return tuple(word for word in (self.text, *(coding.display for coding in self.codings)) if word)


class Quantity(Record):
    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    code: str | None = None


class Range(Record):
    low: Quantity | None = None
    high: Quantity | None = None


class Period(Record):
    start: str | None = None
    end: str | None = None


class Reference(Record):
    reference: str | None = None
    display: str | None = None


class Extension(Record):
    url: str | None = None
    value_code: str | None = None
    value_coding: Coding | None = None
    value_codeable_concept: Coded | None = None


class Link(Record):
    type: str | None = None


class PatientRecord(Record):
    id: str | None = None
    gender: str | None = None
    birth_date: str | None = None
    active: bool | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    link: list[Link] | Link | None = None


class ReferenceRange(Record):
    low: Quantity | None = None
    high: Quantity | None = None
    type: Coded | None = None
    applies_to: list[Coded] | Coded | None = None


class Valued(Record):
    """What an Observation and its components have in common."""

    code: Coded | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: Coded | None = None
    value_boolean: bool | None = None
    value_string: str | None = None
    value_integer: int | None = None
    data_absent_reason: Coded | None = None
    interpretation: list[Coded] | Coded | None = None
    reference_range: list[ReferenceRange] | ReferenceRange | None = None


class ObservationRecord(Valued):
    id: str | None = None
    status: str | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    component: list[Valued] | Valued | None = None
    part_of: list[Reference] | Reference | None = None
    contained: list[Raw] | None = None


class ConditionRecord(Record):
    id: str | None = None
    clinical_status: Coded | str | None = None
    verification_status: Coded | str | None = None
    code: Coded | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    onset_date_time: str | None = None
    onset_period: Period | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    recorded_date: str | None = None
    asserted_date: str | None = None
    date_recorded: str | None = None


class ProcedureRecord(Record):
    id: str | None = None
    status: str | None = None
    code: Coded | None = None
    subject: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None


class Reaction(Record):
    substance: Coded | None = None
    manifestation: list[Coded] | Coded | None = None
    description: str | None = None
    severity: str | None = None


class AllergyRecord(Record):
    id: str | None = None
    clinical_status: Coded | str | None = None
    verification_status: Coded | str | None = None
    type: Coded | str | None = None
    criticality: str | None = None
    code: Coded | None = None
    patient: Reference | None = None
    recorded_date: str | None = None
    reaction: list[Reaction] | Reaction | None = None


class Ratio(Record):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class MedicationIngredient(Record):
    item_codeable_concept: Coded | None = None
    strength: Ratio | None = None


class MedicationRecord(Record):
    resource_type: str | None = None
    id: str | None = None
    code: Coded | None = None
    ingredient: list[MedicationIngredient] | MedicationIngredient | None = None


class DispenseRequest(Record):
    validity_period: Period | None = None
    number_of_repeats_allowed: Decimal | None = None
    expected_supply_duration: Quantity | None = None


class CodeableReference(Record):
    """R5's way to name a thing."""

    concept: Coded | None = None
    reference: Reference | None = None


class DrugRecord(Record):
    """The drug of a medication line alone, for lines of which the rest cannot be read. `medication` is R5's."""

    resource_type: str | None = None
    medication_codeable_concept: Coded | None = None
    medication_reference: Reference | None = None
    medication: CodeableReference | None = None
    contained: list[Raw] | None = None


class OrderRecord(DrugRecord):
    """MedicationRequest, MedicationStatement and DSTU2 MedicationOrder. Dosage is read apart, and may fail apart."""

    id: str | None = None
    status: str | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    authored_on: str | None = None
    date_written: str | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    dosage_instruction: Raw | UnsetType = UNSET
    dosage: Raw | UnsetType = UNSET
    dispense_request: Raw | UnsetType = UNSET
    prior_prescription: Reference | None = None
    based_on: list[Reference] | Reference | None = None
    reason_code: list[Coded] | Coded | None = None
    reason_codeable_concept: Coded | None = None
    reason_reference: list[Reference] | Reference | None = None
    status_reason: list[Coded] | Coded | None = None
    reason_ended: Coded | None = None
    extension: list[Extension] | None = None
    note: Raw | UnsetType = UNSET


class DoseAndRate(Record):
    type: Coded | None = None
    dose_quantity: Quantity | None = None
    dose_range: Range | None = None


class Repeat(Record):
    bounds_duration: Quantity | None = None
    bounds_range: Range | None = None
    bounds_period: Period | None = None
    count: Decimal | None = None
    count_max: Decimal | None = None
    frequency: Decimal | None = None
    frequency_max: Decimal | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None
    period_units: str | None = None
    day_of_week: list[str] | str | None = None
    time_of_day: list[str] | str | None = None
    when: list[str] | str | None = None


class TimingRecord(Record):
    event: list[str] | str | None = None
    repeat: Repeat | None = None
    code: Coded | None = None


class DosageRecord(Record):
    """One dosage instruction; timing and dose are kept raw so that one bad element does not hide the other."""

    timing: Raw | UnsetType = UNSET
    route: Coded | None = None
    site: Coded | None = None
    dose_and_rate: list[DoseAndRate] | DoseAndRate | None = None
    dose_quantity: Quantity | None = None
    dose_range: Range | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: Coded | None = None


def several(value: list[T] | T | None) -> tuple[T, ...]:
    """An element that came as a list, alone or not at all, as a tuple."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
