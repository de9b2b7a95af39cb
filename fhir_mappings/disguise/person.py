"""One patient in disguise: ids under a key, dates moved by the same days, numbers with few digits. Knows no resource.

A date that software writes where it knows none (1 January, the end of a century) is known to whoever reads it: moved by
the patient's days it would tell how many these are. Such dates are the same for all, or stay a 1 January.

Whoever has the key can do the same again and so link a recording to a patient; nobody else can tell an id from its
digest. The days are the patient's own, so that all that lies between two dates stays as it was. Who knows one true date
of a patient knows the days, and with them all the others: docs/privacy.md says what follows from that.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from functools import cached_property
from typing import Final

from fhir_mappings.primitives import moment, partial_date, reference

NOT_SAID: Final = "?"
_MOST_DAYS: Final = 365
# HIPAA (45 CFR 164.514(b)(2)(i)(C)): ages over 89 are one class; no date of such a person may tell a higher one
_OLDEST: Final = 90
# Software writes a day far ahead where it knows no end; nobody plans so many years
_AHEAD: Final = 5
_FAR_AHEAD: Final = date.max
# It writes these where it knows the year or nothing (1970-01-01, and the day before it in zones behind). Of the last
# years they are days like others, on which much depends
_TURNS_OF_YEAR: Final = frozenset({(1, 1), (12, 31)})
_TURNS_BEFORE: Final = 5
# A rule asks for hours between creatinines: the newest is 14 days old at most, and compared by hours with those of 7
# days before it. Of an older result hours would show when the clocks were changed
_DAYS_WITH_HOURS: Final = 22
# Laboratories and orders have no more digits that matter; a number of a person has
_DIGITS: Final = Context(prec=4)
OTHER_TYPE: Final = "Basic"
_LONGEST_NUMBER: Final = 40
# Beyond what readers take for a measurement; an exponent has digits too
_LARGEST_EXPONENT: Final = 20
# The types that are read. Any other word before the slash may be a name
TYPES: Final = frozenset(
    {
        "Patient", "MedicationRequest", "MedicationOrder", "MedicationStatement", "Medication", "Observation",
        "Condition", "Procedure", "AllergyIntolerance", "ServiceRequest", "ProcedureRequest",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Disguise:
    """key: of the site, 32 bytes or more. patient_id: bare. today: the true day of the evaluation (UTC). client: who
    sent it, by its name; two hospitals may have a patient of the same id."""

    key: bytes
    patient_id: str
    today: date
    client: str = ""

    @cached_property
    def days(self) -> int:
        """By how much dates are moved: from -365 to 365, and never 0."""
        found = int.from_bytes(self._digest("days", self.patient_id)) % (2 * _MOST_DAYS)
        return found - _MOST_DAYS if found < _MOST_DAYS else found - _MOST_DAYS + 1

    @cached_property
    def moved_today(self) -> date:
        return self.today + timedelta(days=self.days)

    @cached_property
    def _first(self) -> date:
        return _years_from(self.today, -_OLDEST)

    @cached_property
    def _last(self) -> date:
        return _years_from(self.today, _AHEAD)

    def id(self, text: str) -> str:
        """The digest in place of an id; the `#` of a contained one stays."""
        bare = text.strip()
        if bare.startswith("#"):
            return f"#{self._digest('id', bare[1:].strip()).hex()[:32]}"
        return self._digest("id", bare).hex()[:32] if bare else ""

    def reference(self, text: str) -> str:
        """`Type/digest` of whatever names a resource; what is equal stays equal. A server's address goes."""
        found = reference(text)
        if found is None:
            return self.id(text)
        kind, identity = found
        if kind == "":
            return f"urn:uuid:{self.id(identity)}"
        return f"{kind if kind in TYPES else OTHER_TYPE}/{self.id(identity)}"

    def when(self, text: str) -> str:
        """A date, moved; a part of one keeps its precision. Of a time the date, in UTC. NOT_SAID for no date."""
        if "T" in text:
            taken = moment(text)
            return NOT_SAID if taken is None else self._moved(taken.date()).isoformat()
        partial = partial_date(text)
        return NOT_SAID if partial is None else self._shortened(self._moved(partial.earliest), text)

    def taken(self, text: str) -> str:
        """As `when`; a time of the last days stays one, to the hour and in UTC."""
        found = moment(text) if "T" in text else None
        if found is None or abs((self.today - found.date()).days) > _DAYS_WITH_HOURS:
            return self.when(text)
        return f"{self._moved(found.date()).isoformat()}T{found.hour:02}:00:00Z"

    def born(self, text: str) -> str:
        """A date of birth, whatever time stands by it. A 1 January stays one, of the year that keeps the age today."""
        written = text.partition("T")[0]
        partial = partial_date(written)
        if partial is None:
            return NOT_SAID
        born = partial.earliest
        is_turn = (born.month, born.day) == (1, 1) and self._first <= born <= self.today
        return self._shortened(self._in_moved_year(born) if is_turn else self._moved(born), written)

    def _shortened(self, moved: date, text: str) -> str:
        return moved.isoformat() if moved == _FAR_AHEAD else moved.isoformat()[: len(text.strip())]

    def _moved(self, day: date) -> date:
        if day > self._last:
            return _FAR_AHEAD
        if day < self._first:
            day = self._first
        elif (day.month, day.day) in _TURNS_OF_YEAR and day < _years_from(self.today, -_TURNS_BEFORE):
            return self._in_moved_year(day)
        return day + timedelta(days=self.days)

    def _in_moved_year(self, day: date) -> date:
        return day.replace(year=day.year + self.moved_today.year - self.today.year)

    def _digest(self, use: str, text: str) -> bytes:
        return hmac.digest(self.key, f"{use}\0{self.client}\0{text}".encode(), "sha256")


def _years_from(day: date, years: int) -> date:
    year = day.year + years
    return date(year, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def few_digits(number: Decimal) -> Decimal:
    """At most four significant digits; what is too large or too small for a measurement is so by one and the same."""
    if number.is_finite() and number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        return Decimal((number.is_signed(), (1,), _LARGEST_EXPONENT * (1 if number.adjusted() > 0 else -1)))
    return number.normalize(_DIGITS) if number.is_finite() else number


def number_in(text: str) -> str:
    """A number that came as text, which decoders take for one; NOT_SAID for any other text."""
    try:
        number = Decimal(text) if len(text) <= _LONGEST_NUMBER else None
    except ArithmeticError:
        number = None
    return NOT_SAID if number is None else str(few_digits(number)) if number.is_finite() else "NaN"


def day_of(moved: date) -> datetime:
    """Noon of a day, for a clock that stands still."""
    return datetime(moved.year, moved.month, moved.day, 12, tzinfo=UTC)
