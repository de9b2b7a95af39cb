"""Orders and records of a test, written as one would say them. Strict: a word that is not understood is an error.

    <drug> [+ <drug>] [<dose> ug|mg|g] [<route>] [<when>] [for N d|wk|mo] [xN] [then <the same without a drug>]

route: IM SC IV oral sublingual buccal nasal. when: "every N[-M] d|wk|mo|a", "N[-M] per d|wk|mo", "daily", "weekly",
"monthly", "twice daily", "once", "on Mon Wed Fri", "on 2026-01-05 2026-01-07", "as needed".
Each drug of a combination may be followed by its own dose; "?" for a dose is one that cannot be read.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from cds_service.clinical.concepts import Ingredient, ProductKind, Route
from cds_service.clinical.orders import DosageStep, Dose, MedicationOrder, OrderStatus, Origin, Product
from cds_service.clinical.timing import DAYS_PER, Timing

DRUGS: dict[str, frozenset[Ingredient]] = {
    **{ingredient.value.lower(): frozenset({ingredient}) for ingredient in Ingredient},
    "methylcobalamin": frozenset({Ingredient.MECOBALAMIN}),
    "vitamin b12": frozenset({Ingredient.COBALAMIN_UNSPECIFIED}),
    "multivitamin": frozenset({Ingredient.CYANOCOBALAMIN, Ingredient.FOLIC_ACID, Ingredient.OTHER_VITAMIN}),
    "omeprazole": frozenset({Ingredient.PROTON_PUMP_INHIBITOR}),
    "gabapentin": frozenset({Ingredient.OTHER_MEDICINE}),
    "cyanokit": frozenset({Ingredient.HYDROXOCOBALAMIN}),
}
ROUTES = {
    "im": Route.INTRAMUSCULAR,
    "sc": Route.SUBCUTANEOUS,
    "iv": Route.INTRAVENOUS,
    "oral": Route.ORAL,
    "sublingual": Route.SUBLINGUAL,
    "buccal": Route.BUCCAL,
    "nasal": Route.NASAL,
}
_TO_UG = {"ug": Decimal(1), "mg": Decimal(1000), "g": Decimal(1_000_000)}
_DAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?")
_PLAIN = {"daily": (1, "d"), "weekly": (1, "wk"), "monthly": (1, "mo")}


def order(text: str, **fields: Any) -> MedicationOrder:
    """A draft of the request. Keyword arguments are fields of MedicationOrder; status may be a word."""
    return _order(
        text, {"reference": "MedicationRequest/draft", "status": "draft", "origin": Origin.DRAFT, "index": 0}, fields
    )


def record(text: str, **fields: Any) -> MedicationOrder:
    """A MedicationRequest on record, active unless said otherwise."""
    return _order(text, {"reference": "MedicationRequest/record", "status": "active", "origin": Origin.REQUEST}, fields)


def statement(text: str, **fields: Any) -> MedicationOrder:
    """A MedicationStatement on record, active unless said otherwise."""
    return _order(
        text, {"reference": "MedicationStatement/record", "status": "active", "origin": Origin.STATEMENT}, fields
    )


def timing(text: str) -> Timing:
    """The timing of "every 2 mo", "3 per wk for 2 wk" and the like."""
    step, _, _ = _step(_Words(text), ())
    if step.timing is None:
        raise ValueError(f"no timing in: {text}")
    return step.timing


def _order(text: str, defaults: dict[str, Any], fields: dict[str, Any]) -> MedicationOrder:
    values = defaults | fields
    values["status"] = OrderStatus(values["status"])
    for name in ("reasons",):
        if name in values:
            values[name] = frozenset(values[name])
    steps: list[DosageStep] = []
    ingredients: frozenset[Ingredient] = frozenset()
    for position, part in enumerate(re.split(r"\bthen\b", text)):
        words = _Words(part)
        if position == 0:
            ingredients, doses, unreadable = _product(words)
        step, own_doses, own_unreadable = _step(words, tuple(ingredients))
        stated = own_doses or doses
        steps.append(replace(step, doses=stated, dose_unreadable=own_unreadable or unreadable))
    kind = ProductKind.CYANIDE_ANTIDOTE if text.lower().startswith("cyanokit") else ProductKind.MEDICINE
    values.setdefault("product", Product(text=text, ingredients=ingredients, kind=kind))
    steps = [] if steps == [DosageStep()] else steps
    return MedicationOrder(steps=tuple(steps), **values)


class _Words:
    """The words of one part, read from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = text.split()

    def peek(self, ahead: int = 0) -> str:
        return self.rest[ahead].lower() if ahead < len(self.rest) else ""

    def take(self) -> str:
        if not self.rest:
            raise ValueError(f"something is missing at the end of: {self.text}")
        return self.rest.pop(0).lower()

    def wrong(self) -> ValueError:
        return ValueError(f"not understood: {' '.join(self.rest)!r} in {self.text!r}")


def _product(words: _Words) -> tuple[frozenset[Ingredient], tuple[Dose, ...], bool]:
    found: frozenset[Ingredient] = frozenset()
    doses: tuple[Dose, ...] = ()
    unreadable = False
    while True:
        drug = _drug(words)
        found |= drug
        amount = _amount(words)
        if amount == "?":
            unreadable = True
        elif isinstance(amount, tuple):
            doses += (Dose(_dosed(drug), *amount),)
        if words.peek() != "+":
            return found, doses, unreadable
        words.take()


def _drug(words: _Words) -> frozenset[Ingredient]:
    for length in (5, 4, 3, 2, 1):
        name = " ".join(word.lower() for word in words.rest[:length])
        if name in DRUGS and len(words.rest) >= length:
            del words.rest[:length]
            return DRUGS[name]
    raise words.wrong()


def _dosed(drug: frozenset[Ingredient]) -> Ingredient:
    """The ingredient that a dose speaks of; of a multivitamin, the cobalamin."""
    return next(iter(drug)) if len(drug) == 1 else Ingredient.CYANOCOBALAMIN


def _amount(words: _Words) -> tuple[Decimal, Decimal] | str | None:
    if words.peek() == "?":
        return words.take()
    number = _NUMBER.fullmatch(words.peek())
    if number is None or words.peek(1) not in _TO_UG:
        return None
    words.take()
    factor = _TO_UG[words.take()]
    low = Decimal(number[1]) * factor
    return low, Decimal(number[2]) * factor if number[2] else low


def _step(words: _Words, ingredients: tuple[Ingredient, ...]) -> tuple[DosageStep, tuple[Dose, ...], bool]:
    step, timed = DosageStep(), Timing()
    doses: tuple[Dose, ...] = ()
    unreadable = False
    while words.rest:
        amount = _amount(words)
        if amount is not None:
            unreadable = amount == "?"
            if isinstance(amount, tuple):
                doses = (Dose(_dosed(frozenset(ingredients)), *amount),)
            continue
        word = words.take()
        if word in ROUTES:
            step = replace(step, route=ROUTES[word])
        elif word == "as" and words.peek() == "needed":
            words.take()
            step = replace(step, as_needed=True)
        elif word == "gluteal":
            step = replace(step, gluteal_site=True)
        else:
            timed = _timed(word, words, timed)
    return replace(step, timing=timed if timed != Timing() else None), doses, unreadable


def _timed(word: str, words: _Words, timed: Timing) -> Timing:
    readers: dict[str, Callable[[_Words, Timing], Timing]] = {"every": _every, "for": _for, "on": _on}
    if word in readers:
        return readers[word](words, timed)
    if word == "once":
        return replace(timed, once=True)
    if word == "twice" and words.peek() == "daily":
        words.take()
        return replace(timed, frequency=2, period=Decimal(1), unit="d")
    if word in _PLAIN:
        frequency, unit = _PLAIN[word]
        return replace(timed, frequency=frequency, period=Decimal(1), unit=unit)
    if re.fullmatch(r"x\d+", word):
        return replace(timed, count=int(word[1:]))
    number = _NUMBER.fullmatch(word)
    if number and words.peek() == "per":
        words.take()
        most = int(number[2]) if number[2] else None
        return replace(timed, frequency=int(number[1]), frequency_max=most, period=Decimal(1), unit=_unit(words))
    words.rest.insert(0, word)
    raise words.wrong()


def _every(words: _Words, timed: Timing) -> Timing:
    number = _NUMBER.fullmatch(words.peek())
    if number is None:
        raise words.wrong()
    words.take()
    most = Decimal(number[2]) if number[2] else None
    return replace(timed, frequency=1, period=Decimal(number[1]), period_max=most, unit=_unit(words))


def _for(words: _Words, timed: Timing) -> Timing:
    number = _NUMBER.fullmatch(words.peek())
    if number is None or number[2]:
        raise words.wrong()
    words.take()
    return replace(timed, bounds_days=Decimal(number[1]) * DAYS_PER[_unit(words)])


def _on(words: _Words, timed: Timing) -> Timing:
    days = tuple(_while(words, lambda word: word in _DAYS))
    if days:
        weekly = timed if timed.unit else replace(timed, frequency=1, period=Decimal(1), unit="wk")
        return replace(weekly, days_of_week=len(days))
    dates = tuple(_while(words, lambda word: re.fullmatch(r"\d{4}-\d\d-\d\d", word) is not None))
    if not dates:
        raise words.wrong()
    return replace(timed, events=tuple(date.fromisoformat(day) for day in dates))


def _unit(words: _Words) -> str:
    if words.peek() not in DAYS_PER:
        raise words.wrong()
    return words.take()


def _while(words: _Words, fits: Callable[[str], bool]) -> Iterator[str]:
    while words.rest and fits(words.peek()):
        yield words.take()
