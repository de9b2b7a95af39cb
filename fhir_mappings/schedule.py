"""FHIR Timing as one Timing of the core (derivations 8.0). Knows repeat, code and event; never reads text.

What cannot be read gives a Timing without an interval: unknown, never "as usual".
"""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

from msgspec import UNSET, Raw, UnsetType

from cds_service.clinical.timing import DAYS_PER, Timing
from fhir_mappings.medicine_records import Repeat, TimingRecord
from fhir_mappings.parse import UnreadableError, decode
from fhir_mappings.primitives import day, last_day
from fhir_mappings.records import Quantity, several
from fhir_mappings.remembered import remembered

_DAY, _WEEK = "d", "wk"
WEEKDAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
# HL7 v3 GTSAbbreviation, and QOM-like spellings of the same family: (frequency, period, unit).
ABBREVIATIONS = {
    "QD": (1, 1, _DAY), "QOD": (1, 2, _DAY), "BID": (2, 1, _DAY), "TID": (3, 1, _DAY), "QID": (4, 1, _DAY),
    "AM": (1, 1, _DAY), "PM": (1, 1, _DAY), "BED": (1, 1, _DAY), "QAM": (1, 1, _DAY), "QPM": (1, 1, _DAY),
    "QHS": (1, 1, _DAY), "WK": (1, 1, _WEEK), "QWK": (1, 1, _WEEK), "BIW": (2, 1, _WEEK), "TIW": (3, 1, _WEEK),
    "Q2W": (1, 2, _WEEK), "MO": (1, 1, "mo"), "QMO": (1, 1, "mo"), "Q3MO": (1, 3, "mo"),
}  # fmt: skip
EVERY_HOURS = re.compile(r"Q(\d{1,3})H")
ONCE = frozenset({"ONCE", "STAT", "1X", "X1"})
TIME_WORDS = {
    "day": "d", "days": "d", "week": "wk", "weeks": "wk", "month": "mo", "months": "mo", "year": "a", "years": "a",
    "hour": "h", "hours": "h", "hr": "h", "minute": "min", "minutes": "min", "second": "s", "seconds": "s",
}  # fmt: skip
_MOST = 10_000


def timing_of(raw: Raw | UnsetType) -> Timing | None:
    """The schedule of one dosage instruction; None when none was sent. `repeat` first, then `code`, then `event`."""
    return None if raw is UNSET else _timing(bytes(raw))


@remembered
def _timing(sent: bytes) -> Timing | None:
    """The same schedules come with every patient, and what rules ask of one is worked out once (Timing)."""
    if sent.strip() in (b"null", b"{}"):
        return None
    try:
        record = decode(sent, TimingRecord)
    except UnreadableError:
        return Timing()
    timing = _repeated(record.repeat) if record.repeat is not None else Timing()
    if timing is None:
        return Timing()
    if timing.once or timing.longest_interval is not None:
        return timing
    by_code = _coded(record)
    if by_code is not None:
        bounded = replace(by_code, bounds_days=timing.bounds_days, starts=timing.starts, ends=timing.ends)
        return bounded if by_code.once else replace(bounded, count=timing.count)
    by_events = _events(record, timing)
    return by_events if by_events is not None else timing


def days_in(quantity: Quantity | None) -> Decimal | None:
    """A duration in days; None when its unit is no unit of time or its value is not positive."""
    if quantity is None or quantity.value is None or not quantity.value.is_finite():
        return None
    if not 0 < quantity.value < _MOST * 365:
        return None
    unit = _time_unit(quantity.code) or _time_unit(quantity.unit)
    return None if unit is None else quantity.value * DAYS_PER[unit]


def _time_unit(text: str | None) -> str | None:
    if text is None:
        return None
    text = text.strip()
    return text if text in DAYS_PER else TIME_WORDS.get(text.lower())


def _repeated(repeat: Repeat) -> Timing | None:
    """None: an element has a value that no schedule can have (a frequency of 0, half a dose, a unit of "fortnight")."""
    whole = [_whole(each) for each in (repeat.frequency, repeat.frequency_max, repeat.count, repeat.count_max)]
    frequency, frequency_max, count, count_max = whole
    unit_sent = repeat.period_unit or repeat.period_units
    unit = _time_unit(unit_sent)
    impossible = any(
        sent is not None and read is None
        for sent, read in (
            (repeat.frequency, frequency),
            (repeat.frequency_max, frequency_max),
            (repeat.count, count),
            (repeat.count_max, count_max),
            (repeat.period, _positive(repeat.period)),
            (repeat.period_max, _positive(repeat.period_max)),
            (unit_sent, unit),
        )
    )
    # R4's unit and DSTU2's name of it: two that differ are none.
    impossible = impossible or (repeat.period_units is not None and _time_unit(repeat.period_units) != unit)
    weekdays = {each.strip().lower() for each in several(repeat.day_of_week)}
    if impossible or not weekdays <= WEEKDAYS or (repeat.period is None) != (unit is None):
        return None
    period, per_day = repeat.period, len(several(repeat.time_of_day)) or len(several(repeat.when))
    if period is None and (weekdays or per_day):
        period, unit = Decimal(1), (_WEEK if weekdays else _DAY)
        frequency = frequency or (per_day if not weekdays else None)
    days_of_week = 0
    if weekdays:
        period, unit, days_of_week = _on_weekdays(period, unit, frequency, len(weekdays), per_day)
        if period is None:
            return None
    bounds = _bounds(repeat)
    if bounds is None:
        return None
    # countMax is the longest course that the order allows.
    longest = max(filter(None, (count, count_max)), default=None)
    return Timing(
        frequency=frequency,
        frequency_max=frequency_max,
        period=period,
        period_max=repeat.period_max,
        unit=unit,
        days_of_week=days_of_week,
        count=longest,
        once=longest == 1,
        bounds_days=bounds[0],
        starts=bounds[1],
        ends=bounds[2],
    )


def _on_weekdays(
    period: Decimal | None, unit: str | None, frequency: int | None, weekdays: int, per_day: int
) -> tuple[Decimal | None, str | None, int]:
    """A rule with named weekdays as doses in a week. "Daily" on six named days is six doses a week, not seven."""
    if unit == _DAY and period == 1:
        return Decimal(1), _WEEK, weekdays * (frequency or 1)
    if unit == _WEEK:
        return period, _WEEK, max(weekdays * max(per_day, 1), frequency or 1)
    return None, None, 0


def _bounds(repeat: Repeat) -> tuple[Decimal | None, date | None, date | None] | None:
    """Course length, first and last day. None: a bound was sent that cannot be read, so the course is unknown."""
    duration = repeat.bounds_duration or repeat.bounds_quantity
    if repeat.bounds_range is not None:
        duration = repeat.bounds_range.high
        if duration is None:
            return None, None, None  # "at least": no longest length was given
    length = days_in(duration)
    if duration is not None and length is None:
        return None
    period = repeat.bounds_period
    starts = day(period.start) if period is not None else None
    ends = last_day(period.end) if period is not None else None
    if period is not None and ((period.start and starts is None) or (period.end and ends is None)):
        return None
    if starts is not None and ends is not None and ends < starts:
        return None
    return length, starts, ends


def _coded(record: TimingRecord) -> Timing | None:
    if record.code is None:
        return None
    read: set[Timing] = set()
    for coding in record.code.codings:
        code = (coding.code or "").strip().upper()
        every = EVERY_HOURS.fullmatch(code)
        if code in ABBREVIATIONS:
            frequency, period, unit = ABBREVIATIONS[code]
            read.add(Timing(frequency=frequency, period=Decimal(period), unit=unit))
        elif every is not None and int(every[1]) > 0:
            read.add(Timing(frequency=1, period=Decimal(every[1]), unit="h"))
        elif code in ONCE:
            read.add(Timing(once=True, count=1))
    return read.pop() if len(read) == 1 else None


def _events(record: TimingRecord, timing: Timing) -> Timing | None:
    sent = several(record.event)
    if not sent:
        return None
    days = [day(each) for each in sent]
    known = tuple(sorted({each for each in days if each is not None}))
    if len(known) == 0 or None in days:
        return Timing()
    return replace(timing, events=known, once=len(known) == 1, starts=timing.starts or known[0])


def _whole(value: Decimal | None) -> int | None:
    if value is None or not value.is_finite() or not 0 < value < _MOST or value != int(value):
        return None
    return int(value)


def _positive(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value.is_finite() and 0 < value < _MOST else None
