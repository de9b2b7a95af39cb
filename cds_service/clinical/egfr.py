"""Which eGFR speaks for the patient (derivations 6.1). Knows results, age and sex; judges no medicine."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from cds_service.clinical.ckd_epi import ckd_epi_2021
from cds_service.clinical.concepts import Analyte, Answer, EgfrMethod
from cds_service.clinical.orders import MedicationOrder, OrderStatus
from cds_service.clinical.person import ages_on
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import Comparator, Measured
from cds_service.clinical.scope import is_antidote
from cds_service.clinical.snapshot import LabResult, Sex, Snapshot

# 6.1 step 4, best first. "Among blacks" comes last of the eGFRs: it is relied on only below the limit (step 5).
_PREFERENCE = (
    EgfrMethod.CREATININE_CYSTATIN_C,
    EgfrMethod.CYSTATIN_C,
    EgfrMethod.CKD_EPI_2021,
    EgfrMethod.OTHER,
    EgfrMethod.CALCULATED,
    EgfrMethod.AMONG_BLACKS,
    EgfrMethod.CLEARANCE,
)
# More creatinine is less filtration, so a comparator turns round.
_TURNED = {
    Comparator.LESS: Comparator.GREATER,
    Comparator.LESS_OR_EQUAL: Comparator.GREATER_OR_EQUAL,
    Comparator.GREATER: Comparator.LESS,
    Comparator.GREATER_OR_EQUAL: Comparator.LESS_OR_EQUAL,
}
_NOT_GIVEN = frozenset({OrderStatus.DRAFT, OrderStatus.CANCELLED, OrderStatus.ENTERED_IN_ERROR})


@dataclass(frozen=True, slots=True)
class EgfrValue:
    """One eGFR, unrounded, in mL/min/1.73 m2 (clearance: mL/min, "not indexed").

    as_sent: the client's own value and unit; for a calculated one, those of the creatinine it came from.
    for_sex, for_age: the reading that a calculated value assumes. old: out of date by K-06.
    """

    measured: Measured
    method: EgfrMethod
    taken: datetime
    reference: str
    as_sent: str
    calculated: bool = False
    from_creatinine: str = ""
    for_sex: Sex | None = None
    for_age: int | None = None
    old: bool = False

    @property
    def value(self) -> Decimal:
        return self.measured.value

    @property
    def day(self) -> date:
        return self.taken.date()

    @property
    def label(self) -> str:
        return "calculated" if self.calculated else "reported"


@dataclass(frozen=True, slots=True)
class EgfrChoice:
    """The value that decides. below: is it below the limit, UNKNOWN where it straddles it or is not relied on.

    also: the other values to show, of the same day or a newer one that could not decide. doubted: something newer
    (or undated) could not be read, so that a value at or above the limit no longer speaks for today.
    """

    chosen: EgfrValue | None = None
    below: Answer = Answer.UNKNOWN
    also: tuple[EgfrValue, ...] = ()
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One sample's readings, the lowest first: several where sex or age leave more than one (6.1 step 7)."""

    readings: tuple[EgfrValue, ...]
    below: Answer

    @property
    def lowest(self) -> EgfrValue:
        return self.readings[0]

    @property
    def order(self) -> tuple[int, timedelta, Decimal]:
        first = self.lowest
        return (
            _PREFERENCE.index(first.method),
            datetime.max.replace(tzinfo=first.taken.tzinfo) - first.taken,
            first.value,
        )


def choose_egfr(snapshot: Snapshot, thresholds: Thresholds) -> EgfrChoice:
    """6.1 steps 1-8: the newest sample date wins, reported or calculated. Looks no further back than it must."""
    results = (*_until_today(snapshot, Analyte.EGFR), *usable_creatinines(snapshot, thresholds))
    unread = [gap.day for gap in snapshot.unreadable if gap.analyte in (Analyte.EGFR, Analyte.CREATININE)]
    choice = _choose(results, unread, snapshot, thresholds)
    if choice is None:
        # Step 2: creatinine clearance only when nothing else exists.
        clearances = _until_today(snapshot, Analyte.CREATININE_CLEARANCE)
        choice = _choose(clearances, unread, snapshot, thresholds)
    return choice if choice is not None else EgfrChoice(doubted=bool(unread))


def _choose(
    results: tuple[LabResult, ...], unread: list[date | None], snapshot: Snapshot, thresholds: Thresholds
) -> EgfrChoice | None:
    """None where no day has a reading. unread: days of results that could not be used; more are added on the way."""
    by_day: dict[date, list[LabResult]] = {}
    for result in results:
        by_day.setdefault(result.day, []).append(result)
    chosen: list[tuple[date, EgfrChoice]] = []
    for day in sorted(by_day, reverse=True):
        candidates = []
        for result in by_day[day]:
            readings = _readings(result, snapshot, thresholds)
            if readings:
                candidates.append(_candidate(readings, thresholds.egfr_cyanocobalamin_ml_min))
            else:
                unread.append(day)
        if candidates:
            chosen.append((day, _choice_of_day(candidates)))
            if chosen[-1][1].below is not Answer.UNKNOWN:
                break
    if not chosen:
        return None
    (newest_day, newest), (_, decided) = chosen[0], chosen[-1]
    # A value that shows neither side of the limit replaces nothing: an older one below the limit stands (6.3).
    if decided is not newest and decided.below is Answer.YES:
        shown = () if newest.chosen is None else (newest.chosen, *newest.also)
        return EgfrChoice(decided.chosen, Answer.YES, (*decided.also, *shown))
    doubted = any(day is None or day > newest_day for day in unread)
    return EgfrChoice(newest.chosen, newest.below, newest.also, doubted)


def _readings(result: LabResult, snapshot: Snapshot, thresholds: Thresholds) -> tuple[EgfrValue, ...]:
    if result.analyte is Analyte.CREATININE:
        return _calculated(result, snapshot, thresholds)
    return (_reported(result),)


def _choice_of_day(candidates: list[_Candidate]) -> EgfrChoice:
    ranked = sorted(candidates, key=lambda candidate: candidate.order)
    # Step 6: values of one day on both sides of the limit: the lower decides, both are shown.
    decisive = next((c for c in ranked if c.below is Answer.YES), None)
    if decisive is None:
        # Step 5: "among blacks" at or above the limit is not relied on; its companion or the creatinine is.
        relied_on = [c for c in ranked if c.lowest.method is not EgfrMethod.AMONG_BLACKS]
        decisive = relied_on[0] if relied_on else None
    shown = decisive if decisive is not None else ranked[0]
    chosen = shown.lowest
    also = tuple(reading for c in ranked for reading in c.readings if reading is not chosen)
    return EgfrChoice(chosen, decisive.below if decisive is not None else Answer.UNKNOWN, also)


def _candidate(readings: tuple[EgfrValue, ...], limit: Decimal) -> _Candidate:
    if len(readings) > 1:
        readings = tuple(sorted(readings, key=lambda reading: reading.value))
    answers = {reading.measured.is_below(limit) for reading in readings}
    # Step 7: all readings below, or all at or above; otherwise unknown.
    return _Candidate(readings, answers.pop() if len(answers) == 1 else Answer.UNKNOWN)


def _reported(result: LabResult) -> EgfrValue:
    if result.analyte is Analyte.CREATININE_CLEARANCE:
        method = EgfrMethod.CLEARANCE
    else:
        method = result.method if result.method is not None else EgfrMethod.OTHER
    return EgfrValue(result.measured, method, result.taken, result.reference, result.as_sent)


def _calculated(creatinine: LabResult, snapshot: Snapshot, thresholds: Thresholds) -> tuple[EgfrValue, ...]:
    """Step 2, 7 and 8: one reading, or one per sex and outermost age where these are not known; none for a child."""
    ages = ages_on(snapshot.person, creatinine.day)
    if not ages or ages[0] < thresholds.adult_years or creatinine.measured.value <= 0:
        return ()
    sexes = (snapshot.person.sex,) if snapshot.person.sex in (Sex.FEMALE, Sex.MALE) else (Sex.FEMALE, Sex.MALE)
    comparator = creatinine.measured.comparator
    turned = None if comparator is None else _TURNED[comparator]
    return tuple(
        EgfrValue(
            measured=Measured(ckd_epi_2021(creatinine.measured.value, age, sex), turned),
            method=EgfrMethod.CALCULATED,
            taken=creatinine.taken,
            reference=creatinine.reference,
            as_sent=creatinine.as_sent,
            calculated=True,
            from_creatinine=creatinine.as_sent,
            for_sex=sex,
            for_age=age,
        )
        for sex in sexes
        for age in dict.fromkeys((ages[0], ages[-1]))
    )


def usable_creatinines(snapshot: Snapshot, thresholds: Thresholds) -> tuple[LabResult, ...]:
    """Step 1: creatinines newest first, without those that a cyanide antidote may have coloured."""
    creatinines = _until_today(snapshot, Analyte.CREATININE)
    given = [day for record in snapshot.medications for day in _antidote_days(record, snapshot, thresholds)]
    if not given:
        return creatinines
    window = timedelta(hours=thresholds.antidote_interferes_hours)
    return tuple(c for c in creatinines if not any(_interferes(day, c.taken, window) for day in given))


def _until_today(snapshot: Snapshot, analyte: Analyte) -> tuple[LabResult, ...]:
    """Step 1: nothing of the future, newest first."""
    return tuple(result for result in snapshot.results_of(analyte) if result.day <= snapshot.today)


def _interferes(given: date, taken: datetime, window: timedelta) -> bool:
    # Only the day of the antidote is on record: its hours are counted from the end of that day.
    opens = datetime.combine(given, time.min, tzinfo=taken.tzinfo)
    return opens <= taken <= opens + timedelta(days=1) + window


def _antidote_days(record: MedicationOrder, snapshot: Snapshot, thresholds: Thresholds) -> tuple[date, ...]:
    if record.status in _NOT_GIVEN or not is_antidote(record, snapshot, thresholds):
        return ()
    if record.timing is not None and record.timing.events:
        return record.timing.events
    day = record.starts or record.authored
    return () if day is None else (day,)
