"""The first year of a regimen that is proposed, as days. Knows regimens and thresholds; no patient, no words.

Every number is that of the regimen or of the rule that asks for the check. What nobody can date is left without a day.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from cds_service.clinical.beside_proposal import LOADING
from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.maintenance_interval import MONTHLY
from cds_service.clinical.monitoring import months_after
from cds_service.clinical.oral_options import ORAL
from cds_service.clinical.policy import Regimen, Thresholds
from cds_service.clinical.treatment_follow_up import FIRST_YEAR, IN_PREGNANCY, TABLETS, TABLETS_IN_PERNICIOUS_ANAEMIA

_DAYS = {"d": 1, "wk": 7}
_LOADING_NEUROLOGICAL = "loading_neurological"
_OPTIC = frozenset({"optic_loading", "optic_twice_weekly"})
_PREVENTION = frozenset({"bariatric_three_monthly", "antifolate_nine_weekly"})
_RELAPSE = frozenset({"relapse_two_to_four_weekly", "relapse_two_weekly"})


class Check(StrEnum):
    """What is done besides the doses: advice and potassium at the start, and the milestones of follow-up."""

    REFERRALS = "urgent-referrals"
    POTASSIUM_FIRST = "potassium-first"
    RESPONSE = "M1"
    REVIEW = "M2"
    REVIEW_PREGNANT = "M2-pregnant"
    YEARLY = "M3"
    TABLETS = "M4"
    TABLETS_PERNICIOUS = "M4-pernicious"
    RELAPSE = "M6"
    POTASSIUM = "M7"
    POTASSIUM_TABLETS = "M7-tablets"
    SEVERE_ANAEMIA = "M8"
    CREATININE = "M9"


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose. earliest: where the interval is a range, as if every interval were the short one. latest: the long end
    after the earliest day of the dose before, so that no two doses lie further apart than the range; else the same day.

    of None: nobody knows how many there will be.
    """

    regimen: str
    number: int
    earliest: date
    latest: date
    of: int | None = None


@dataclass(frozen=True, slots=True)
class OpenDoses:
    """Doses that go on until somebody ends them. days: those within the year."""

    regimen: str
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """A regimen that follows, on a day that the response to this one settles."""

    regimen: str


@dataclass(frozen=True, slots=True)
class Checks:
    """Days of one check. None: the day depends on what is on record. every: days between them, where they go on for
    as long as the open doses do."""

    check: Check
    days: tuple[date, ...]
    every: int | None = None


@dataclass(frozen=True, slots=True)
class Year:
    """start to end, both included."""

    start: date
    end: date
    doses: tuple[Dose | OpenDoses | Later, ...]
    checks: tuple[Checks, ...]


def first_year(key: str, form: Ingredient, start: date, regimens: Mapping[str, Regimen], t: Thresholds) -> Year:
    """Doses and checks from the day of the first dose."""
    end = months_after(start, 12)
    doses = tuple(_doses(key, form, start, end, regimens))
    checks = (each for each in _checks(key, form, start, end, t) if each.days or each.check in _UNDATED)
    return Year(start, end, doses, tuple(checks))


def following(key: str, form: Ingredient) -> str | None:
    """The regimen that comes after this one, as this form is given (9.2 rows 4 to 7, and 11)."""
    if key == "optic_loading":
        return "optic_twice_weekly"
    if key not in LOADING:
        return None
    if form is not Ingredient.HYDROXOCOBALAMIN:
        return MONTHLY
    return "maintenance_neurological" if key == _LOADING_NEUROLOGICAL else "maintenance_non_neurological"


def _doses(
    key: str, form: Ingredient, start: date, end: date, regimens: Mapping[str, Regimen]
) -> Iterator[Dose | OpenDoses | Later]:
    regimen, after = regimens[key], following(key, form)
    if regimen.count is not None:
        days = [_spread(regimen, start, place) for place in range(regimen.count)]
        yield from (Dose(key, n, day, day, regimen.count) for n, day in enumerate(days, 1))
        if after is not None and regimens[after].frequency > 1:
            yield _open(regimens[after], start + timedelta(weeks=regimen.bounds_weeks or 0), end)
        elif after is not None:
            yield from _apart(regimens[after], days[-1], end, first=1)
    elif _is_open(regimen):
        yield _open(regimen, start, end)
        if after is not None:
            yield Later(after)
    else:
        yield from _apart(regimen, start, end, first=0)


def _is_open(regimen: Regimen) -> bool:
    """Too many doses to plan one by one: they are a habit until somebody ends it."""
    return regimen.unit == "d" or regimen.frequency > 1


def _spread(regimen: Regimen, start: date, place: int) -> date:
    """Several in a period are spread over it evenly, on whole days."""
    length = regimen.period * _DAYS[regimen.unit]
    return start + timedelta(days=place * length // regimen.frequency)


def _open(regimen: Regimen, start: date, end: date) -> OpenDoses:
    days = (_spread(regimen, start, place) for place in range((end - start).days * regimen.frequency + 1))
    return OpenDoses(regimen.key, tuple(day for day in days if day <= end))


def _apart(regimen: Regimen, start: date, end: date, first: int) -> Iterator[Dose]:
    """One at a time, always counted from the start, so that the end of a short month moves no later dose."""
    for place in range(first, (end - start).days + 1):
        earliest = _moved(start, place * regimen.period, regimen.unit)
        if earliest > end:
            return
        latest = earliest
        if regimen.period_max is not None and place > 0:
            before = _moved(start, (place - 1) * regimen.period, regimen.unit)
            latest = _moved(before, regimen.period_max, regimen.unit)
        yield Dose(regimen.key, place + 1 - first, earliest, latest)


def _moved(start: date, number: int, unit: str) -> date:
    return months_after(start, number) if unit == "mo" else start + timedelta(days=number * _DAYS[unit])


# Asked for by an event, or counted from the last one on record
_UNDATED = frozenset({Check.YEARLY, Check.RELAPSE, Check.CREATININE})


def _checks(key: str, form: Ingredient, start: date, end: date, t: Thresholds) -> Iterator[Checks]:
    def after(*days: int) -> tuple[date, ...]:
        return tuple(start + timedelta(days=n) for n in days)

    def months(*numbers: int) -> tuple[date, ...]:
        return tuple(day for n in numbers if (day := months_after(start, n)) <= end)

    if key in _OPTIC | _PREVENTION:
        return
    if key == _LOADING_NEUROLOGICAL:
        yield Checks(Check.REFERRALS, (start,))
    if key in LOADING:
        yield Checks(Check.POTASSIUM_FIRST, (start,))
    if key in LOADING or key == ORAL:  # a course of treatment begins
        again = Check.POTASSIUM if key in LOADING else Check.POTASSIUM_TABLETS
        yield Checks(again, after(t.potassium_check_days))
        yield Checks(Check.SEVERE_ANAEMIA, after(t.severe_anaemia_review_days, t.severe_anaemia_second_review_days))
        if key == _LOADING_NEUROLOGICAL:
            every, length = t.response_review_every_days, (end - start).days
            yield Checks(Check.RESPONSE, after(*range(t.response_review_days, length + 1, every)), every)
        yield Checks(Check.REVIEW_PREGNANT, months(*IN_PREGNANCY))
        yield Checks(Check.REVIEW, months(*FIRST_YEAR))
    else:
        yield Checks(Check.YEARLY, ())
    if key == ORAL:
        yield Checks(Check.TABLETS, months(*TABLETS))
        if form is Ingredient.CYANOCOBALAMIN:
            yield Checks(Check.TABLETS_PERNICIOUS, months(*TABLETS_IN_PERNICIOUS_ANAEMIA))
    if key in _RELAPSE:
        yield Checks(Check.RELAPSE, ())
    if form is Ingredient.CYANOCOBALAMIN:
        yield Checks(Check.CREATININE, ())
