"""The shapes in which medicines are read: products, orders, statements, dosage, timing. Knows names, no meaning.

As in records.py, the elements of DSTU2, STU3 and R5 stand beside those of R4.
"""

from decimal import Decimal

from msgspec import UNSET, Raw, UnsetType

from fhir_mappings.records import CodeableReference, Coded, Extension, Period, Quantity, Range, Record, Reference


class Ratio(Record):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class MedicationIngredient(Record):
    item_codeable_concept: Coded | None = None
    item: CodeableReference | None = None
    strength: Ratio | None = None
    strength_ratio: Ratio | None = None
    strength_quantity: Quantity | None = None
    amount: Ratio | None = None


class MedicationRecord(Record):
    resource_type: str | None = None
    id: str | None = None
    code: Coded | None = None
    ingredient: list[MedicationIngredient] | MedicationIngredient | None = None


class DispenseRequest(Record):
    validity_period: Period | None = None
    number_of_repeats_allowed: Decimal | None = None
    expected_supply_duration: Quantity | None = None


class DrugRecord(Record):
    """The drug of a medication line alone, for lines of which the rest cannot be read."""

    resource_type: str | None = None
    medication_codeable_concept: Coded | None = None
    medication_reference: Reference | None = None
    medication: CodeableReference | None = None
    contained: list[Raw] | None = None


class Adherence(Record):
    """What R5 says of a statement in place of a status."""

    code: Coded | None = None


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
    reason: list[CodeableReference] | CodeableReference | str | None = None
    reason_code: list[Coded] | Coded | None = None
    reason_codeable_concept: Coded | None = None
    reason_reference: list[Reference] | Reference | None = None
    status_reason: list[Coded] | Coded | None = None
    reason_ended: Coded | None = None
    taken: str | None = None
    was_not_taken: bool | None = None
    adherence: Adherence | None = None
    extension: list[Extension] | None = None
    note: Raw | UnsetType = UNSET


class DoseAndRate(Record):
    type: Coded | None = None
    dose_quantity: Quantity | None = None
    dose_range: Range | None = None


class Repeat(Record):
    bounds_duration: Quantity | None = None
    bounds_quantity: Quantity | None = None
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
    site_codeable_concept: Coded | None = None
    dose_and_rate: list[DoseAndRate] | DoseAndRate | None = None
    dose_quantity: Quantity | None = None
    dose_range: Range | None = None
    quantity_quantity: Quantity | None = None
    quantity_range: Range | None = None
    as_needed: bool | None = None
    as_needed_for: list[Coded] | Coded | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: Coded | None = None
