"""Measured values with comparators, and dates that may be partial. Knows no FHIR and no clock."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import Answer


class Comparator(StrEnum):
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER_OR_EQUAL = ">="
    GREATER = ">"


@dataclass(frozen=True, slots=True)
class Measured:
    """A number in the analyte's canonical unit, with the comparator the laboratory sent, if any."""

    value: Decimal
    comparator: Comparator | None = None

    def is_below(self, limit: Decimal) -> Answer:
        """Is the true value < limit? UNKNOWN where the comparator leaves both possible."""
        match self.comparator:
            case None:
                return Answer.YES if self.value < limit else Answer.NO
            case Comparator.LESS:
                return Answer.YES if self.value <= limit else Answer.UNKNOWN
            case Comparator.LESS_OR_EQUAL:
                return Answer.YES if self.value < limit else Answer.UNKNOWN
            case Comparator.GREATER | Comparator.GREATER_OR_EQUAL:
                return Answer.NO if self.value >= limit else Answer.UNKNOWN

    def is_above(self, limit: Decimal) -> Answer:
        """Is the true value > limit? UNKNOWN where the comparator leaves both possible."""
        match self.comparator:
            case None:
                return Answer.YES if self.value > limit else Answer.NO
            case Comparator.GREATER:
                return Answer.YES if self.value >= limit else Answer.UNKNOWN
            case Comparator.GREATER_OR_EQUAL:
                return Answer.YES if self.value > limit else Answer.UNKNOWN
            case Comparator.LESS | Comparator.LESS_OR_EQUAL:
                return Answer.NO if self.value <= limit else Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A FHIR date of year, month or day precision, kept as the first and last day that it can mean."""

    earliest: date
    latest: date

    @property
    def exact(self) -> bool:
        return self.earliest == self.latest


def years_between(birth: date, today: date) -> int:
    """Completed years by calendar day; a 29 February birthday is reached on 1 March in common years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def months_before(day: date, months: int) -> date:
    """The day `months` calendar months before; clipped to the end of a shorter month."""
    month_index = day.year * 12 + day.month - 1 - months
    year, month = divmod(month_index, 12)
    for last in (day.day, 30, 29, 28):
        if last > day.day:
            continue
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, 28)
