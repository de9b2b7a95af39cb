"""How numbers, doses and intervals are printed for a clinician: no thousands separators, "micrograms" in full."""

from decimal import ROUND_HALF_UP, Decimal

from cds_service.clinical.concepts import Route
from cds_service.clinical.timing import Timing

_BY_ROUTE = {
    Route.INTRAMUSCULAR: "by intramuscular injection",
    Route.SUBCUTANEOUS: "by subcutaneous injection",
    Route.INTRAVENOUS: "intravenously",
    Route.ORAL: "by mouth",
    Route.SUBLINGUAL: "under the tongue",
    Route.BUCCAL: "in the cheek",
    Route.NASAL: "into the nose",
    Route.OTHER: "by another route",
}
_UNITS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}
_PRINTED_UNITS = {
    "mL/min/{1.73_m2}": "mL/min/1.73 m2",
    "10*9/L": "x 10^9/L",
    "10*3/uL": "x 10^3/uL",
    "{INR}": "",
}


_MILLIGRAMS_FIRST = Decimal(10_000)
_READ_DECIMALS = 2


def number(value: Decimal) -> str:
    """Plain digits, no exponent, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def significant(value: Decimal) -> str:
    """Four significant digits at the most: a converted value must not look more exact than it is."""
    return number(Decimal(f"{value:.4g}"))


def micrograms(value: Decimal) -> str:
    """ "1000 micrograms"; from 10 mg on the milligrams come first, as they were probably written."""
    if value >= _MILLIGRAMS_FIRST:
        return f"{number(value / 1000)} mg ({number(value)} micrograms)"
    return f"{number(value)} micrograms"


def by_route(route: Route | None) -> str:
    return _BY_ROUTE[route] if route is not None else "route not stated"


def unit(code: str) -> str:
    """A UCUM code as people write it."""
    return _PRINTED_UNITS.get(code, code)


def egfr(value: Decimal, limit: Decimal, near: Decimal) -> str:
    """One decimal within `near` of the limit; more where rounding would print a value on the wrong side of it."""
    places = Decimal("0.1") if abs(value - limit) <= near else Decimal(1)
    rounded = value.quantize(places, ROUND_HALF_UP)
    while (rounded < limit) != (value < limit):
        places /= 10
        rounded = value.quantize(places, ROUND_HALF_UP)
    return f"{rounded:f}"


def reported_egfr(sent: str) -> str:
    """As sent; of more than two decimals, which nobody reads, one is left, or as many as keep the whole number: 49.996
    must not read 50."""
    sign, digits = sent[: len(sent) - len(sent.lstrip("<>="))], sent.lstrip("<>=")
    if len(digits.partition(".")[2]) <= _READ_DECIMALS:
        return sent
    value, places = Decimal(digits), Decimal("0.1")
    rounded = value.quantize(places, ROUND_HALF_UP)
    while int(rounded) != int(value):
        places /= 10
        rounded = value.quantize(places, ROUND_HALF_UP)
    return f"{sign}{rounded:f}"


def schedule(timing: Timing | None) -> str:
    """The timing of an order in words ("every 2 months")."""
    if timing is None:
        return "no timing stated"
    if timing.once:
        return "one dose"
    if timing.events:
        return f"{len(timing.events)} dated doses"
    return _repeat(timing) + _end(timing)


def _repeat(timing: Timing) -> str:
    period, unit_code = timing.period, timing.unit
    if period is None or unit_code is None:
        return "timing not readable"
    doses = timing.days_of_week if timing.days_of_week and timing.unit == "wk" else (timing.frequency or 1)
    name = _UNITS.get(unit_code, unit_code)
    span = number(period)
    if timing.period_max is not None and timing.period_max != timing.period:
        return f"every {span} to {number(timing.period_max)} {name}s"
    if doses == 1 and timing.period == 2 and timing.unit == "d":
        return "on alternate days"
    if doses == 1:
        return f"every {name}" if span == "1" else f"every {span} {name}s"
    per = f"a {name}" if span == "1" else f"every {span} {name}s"
    return f"{doses} times {per}"


def _end(timing: Timing) -> str:
    if timing.count is not None:
        return f", {timing.count} doses"
    if timing.bounds_days is not None:
        return f" for {number(timing.bounds_days)} days"
    return ""
