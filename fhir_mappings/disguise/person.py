"""One patient in disguise: ids under a key, dates moved by the same days, numbers with few digits. Knows no resource.

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
# Software writes a day far ahead where it knows no end. Moved, it would tell by how much
_FAR_AHEAD: Final = "9999-12-31"
# Laboratories and orders have no more digits that matter; a number of a person has
_DIGITS: Final = Context(prec=4)
OTHER_TYPE: Final = "Basic"
_LONGEST_NUMBER: Final = 40
# The types that are read. Any other word before the slash may be a name
TYPES: Final = frozenset(
    {
        "Patient", "MedicationRequest", "MedicationOrder", "MedicationStatement", "Medication", "Observation",
        "Condition", "Procedure", "AllergyIntolerance", "ServiceRequest", "ProcedureRequest",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Disguise:
    """key: of the site, 32 bytes or more. patient_id: bare. today: the true day of the evaluation (UTC)."""

    key: bytes
    patient_id: str
    today: date

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
        year = self.today.year - _OLDEST
        return self.today.replace(year=year) if (self.today.month, self.today.day) != (2, 29) else date(year, 2, 28)

    def id(self, text: str) -> str:
        """The digest in place of an id; the `#` of a contained one stays."""
        bare = text.strip()
        if bare.startswith("#"):
            return f"#{self.id(bare[1:])}"
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
        """A date or time, moved, to the hour and in UTC; a part of a date keeps its precision. NOT_SAID for no date."""
        if "T" in text:
            taken = moment(text)
            if taken is None:
                return NOT_SAID
            moved = self._moved(taken.date())
            return _FAR_AHEAD if moved is None else f"{moved.isoformat()}T{taken.hour:02}:00:00Z"
        partial = partial_date(text)
        if partial is None:
            return NOT_SAID
        moved = self._moved(partial.earliest)
        return _FAR_AHEAD if moved is None else moved.isoformat()[: len(text.strip())]

    def _moved(self, day: date) -> date | None:
        """None: too far ahead to be a day of this patient's."""
        if day.year > self.today.year + _OLDEST:
            return None
        return max(day, self._first) + timedelta(days=self.days)

    def _digest(self, use: str, text: str) -> bytes:
        return hmac.digest(self.key, f"{use}\0{text}".encode(), "sha256")


def few_digits(number: Decimal) -> Decimal:
    """At most four significant digits."""
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
