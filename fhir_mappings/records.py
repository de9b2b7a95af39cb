"""The shapes in which FHIR resources are read: exactly the elements that a rule can use. Knows names, no meaning.

R4 is read; the elements that DSTU2, STU3 and R5 name otherwise stand beside their R4 names. Every field may be absent
or null, numbers are Decimal, and elements that real clients send as an object where FHIR wants a list take both.
"""

from decimal import Decimal
from typing import TypeVar

from msgspec import Raw, Struct

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


class CodeableReference(Coded):
    """R5's concept, reference or both in one element; a bare CodeableConcept or Reference in its place is read too."""

    concept: Coded | None = None
    reference: Reference | str | None = None
    display: str | None = None

    @property
    def said(self) -> Coded:
        """The concept; without one, what stands beside it."""
        return self if self.concept is None else self.concept

    @property
    def pointer(self) -> Reference | None:
        """The reference, if there is one."""
        if isinstance(self.reference, str):
            return Reference(reference=self.reference, display=self.display)
        return self.reference


class Extension(Record):
    url: str | None = None
    value_code: str | None = None
    value_coding: Coding | None = None
    value_codeable_concept: Coded | None = None


class Link(Record):
    type: str | None = None


class Identity(Record):
    """The one element that says whose a Patient is."""

    id: str | None = None


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
    not_done: bool | None = None
    not_performed: bool | None = None
    code: Coded | None = None
    subject: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None


class Reaction(Record):
    substance: Coded | None = None
    manifestation: list[CodeableReference] | CodeableReference | None = None
    description: str | None = None
    severity: str | None = None


class AllergyRecord(Record):
    id: str | None = None
    clinical_status: Coded | str | None = None
    verification_status: Coded | str | None = None
    type: Coded | str | None = None
    criticality: str | None = None
    code: Coded | None = None
    substance: Coded | None = None
    status: str | None = None
    patient: Reference | None = None
    recorded_date: str | None = None
    asserted_date: str | None = None
    reaction: list[Reaction] | Reaction | None = None


def several(value: list[T] | T | None) -> tuple[T, ...]:
    """An element that came as a list, alone or not at all, as a tuple."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
