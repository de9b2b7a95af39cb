"""FHIR dates, times and references as Python values. Knows the FHIR grammar only: no resource, no code, no clock.

What is not in the grammar is None: unknown. A partial date is kept with both ends where a caller can use them; where a
caller needs one moment it is the earliest that the text can mean. An old result then looks older than it is, which
makes it stale (unknown) sooner; the opposite error would let a stale value pass as fresh.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from cds_service.clinical.quantities import PartialDate

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::(\d\d)(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?")
_REFERENCE = re.compile(r"(?:^|/|:)([A-Z][A-Za-z]+)/([^/\s|?#]+)(?:/_history/[^/\s]*)?$")
_URN = re.compile(r"urn:(?:uuid|oid):(\S+)$", re.IGNORECASE)
_LARGEST_OFFSET = timedelta(hours=14)


def moment(text: str | None) -> datetime | None:
    """A FHIR date, dateTime or instant as UTC; the earliest moment of a partial date; None if it is not one."""
    if not isinstance(text, str):
        return None
    text = text.strip()
    if "T" not in text:
        partial = partial_date(text)
        return None if partial is None else datetime.combine(partial.earliest, datetime.min.time(), UTC)
    match = _DATETIME.fullmatch(text)
    if match is None:
        return None
    # 23:59:60 is a leap second, which Python cannot hold: the second before it is the nearest that is never later.
    before_leap = text[:17] + "59" + text[19:] if match[1] == "60" else text
    try:
        when = datetime.fromisoformat(before_leap.upper())
    except ValueError:
        return None
    if when.tzinfo is UTC:
        return when
    offset = when.utcoffset()
    if offset is None:
        # FHIR demands a zone; some systems forget it. Read as UTC: at most 14 hours wrong.
        return when.replace(tzinfo=UTC)
    try:
        return when.astimezone(UTC) if abs(offset) <= _LARGEST_OFFSET else None
    except OverflowError:
        return None


def day(text: str | None) -> date | None:
    """The UTC day of a FHIR date or dateTime; the first day of a partial one."""
    if isinstance(text, str) and "T" not in text:
        partial = partial_date(text)
        return None if partial is None else partial.earliest
    when = moment(text)
    return None if when is None else when.date()


def last_day(text: str | None) -> date | None:
    """The UTC day of a FHIR date or dateTime; the last day of a partial one.

    For ends: `2026-11` includes the whole month. An end that comes too soon would call a patient untreated.
    """
    if isinstance(text, str) and "T" not in text:
        partial = partial_date(text.strip())
        return None if partial is None else partial.latest
    return day(text)


def partial_date(text: str | None) -> PartialDate | None:
    """A FHIR date (year, month or day precision) as the first and last day that it can mean.

    The time of a dateTime is ignored: a birth date sent as one is still the calendar day that was written.
    """
    if not isinstance(text, str):
        return None
    match = _DATE.fullmatch(text.strip().partition("T")[0])
    if match is None:
        return None
    year, month, of_month = match.groups()
    try:
        first = date(int(year), int(month or 1), int(of_month or 1))
    except ValueError:
        return None
    if of_month is not None:
        return PartialDate(first, first)
    last_month = int(month or 12)
    return PartialDate(first, date(first.year, last_month, monthrange(first.year, last_month)[1]))


def reference(text: str | None) -> tuple[str, str] | None:
    """(resource type, id) of `Patient/x`, an absolute URL or a URN; type "" for a URN; None for anything else.

    A version (`/_history/2`) is dropped. `#contained` is None: it names no resource outside its own.
    """
    if not isinstance(text, str):
        return None
    text = text.strip()
    urn = _URN.match(text)
    if urn is not None:
        return "", urn[1]
    match = _REFERENCE.search(text)
    return None if match is None else (match[1], match[2])


def local_reference(text: str | None) -> str | None:
    """`Type/id` of a reference, or the trimmed text itself when it has no such form (a URN); None without one."""
    if not isinstance(text, str) or not text.strip():
        return None
    found = reference(text)
    return f"{found[0]}/{found[1]}" if found is not None and found[0] else text.strip()
