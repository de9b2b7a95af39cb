"""An iCalendar file (RFC 5545) of whole days. Knows the format; no medicine, no page.

Written out here rather than taken from a library: four properties and one rule of recurrence are all that is used.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

_NAMESPACE: Final = UUID("6d0b3b0e-4c7e-5a43-9a53-0f3c8f0e2b12")
_MOST_OCTETS: Final = 75


@dataclass(frozen=True, slots=True)
class Event:
    """One day, or a series. identity: the same for the same event, so that a second import replaces the first.
    recurrence: an RRULE value, or empty."""

    identity: str
    day: date
    summary: str
    description: str
    recurrence: str = ""


def calendar_file(name: str, events: Iterable[Event], now: datetime) -> bytes:
    """now: with its zone; when the file was made."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//cobalamin-cds//Schedule//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(name)}",
        *(line for event in events for line in _event(event, now)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(event: Event, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{uuid5(_NAMESPACE, event.identity)}"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}"  # the day on which it is over
    if event.recurrence:
        yield f"RRULE:{event.recurrence}"
    yield f"SUMMARY:{_text(event.summary)}"
    yield f"DESCRIPTION:{_text(event.description)}"
    yield "TRANSP:TRANSPARENT"  # nobody is busy for all of that day
    yield "END:VEVENT"


def _text(value: str) -> str:
    """3.3.11: what separates values and lines is escaped."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> bytes:
    """3.1: no line over 75 octets without its break; a letter of several octets is not cut."""
    parts: list[bytes] = [b""]
    for letter in line:
        octets = letter.encode()
        if len(parts[-1]) + len(octets) > _MOST_OCTETS:
            parts.append(b" ")
        parts[-1] += octets
    return b"\r\n".join(parts) + b"\r\n"
