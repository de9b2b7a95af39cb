"""Earlier treatment with cobalamin as a whole (derivations 3.1, K-08). Knows records, no drafts."""

from dataclasses import dataclass
from datetime import date

from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import months_before
from cds_service.clinical.schedule import Way
from cds_service.clinical.snapshot import Availability, Snapshot
from cds_service.clinical.timing import IntervalClass, days_after
from cds_service.clinical.treatment_record import TreatmentRecord, read_records

__all__ = ["Treatment", "TreatmentRecord", "list_told", "therapeutic_records", "treatment_of"]

_MISSING = frozenset({Availability.REFUSED, Availability.FAILED, Availability.NOT_SUPPLIED})


@dataclass(frozen=True, slots=True)
class Treatment:
    """All therapeutic records.

    unclear: cobalamin lines that may be treatment (dose, route or status unreadable). list_missing: the list was
    refused, failed or not supplied (3.3 row 2).

    list_told: the list of medicines was supplied, complete and readable. list_readable: and no line in it is
    unknown or unclear, so that "no cobalamin on record" may be said.
    """

    records: tuple[TreatmentRecord, ...]
    unclear: tuple[str, ...]
    list_told: bool
    list_readable: bool
    list_missing: bool
    today: date
    thresholds: Thresholds

    def on_treatment_at(self, day: date) -> Answer:
        """K-08: was there a dose in the 180 days (injection) or 60 days (other) before the day? Not on the day."""
        possible = not self.list_readable
        for record in self.records:
            answer = self._dose_before(record, day)
            if answer is Answer.YES:
                return Answer.YES
            possible = possible or answer is Answer.UNKNOWN
        return Answer.UNKNOWN if possible else Answer.NO

    def _dose_before(self, record: TreatmentRecord, day: date) -> Answer:
        limits = self.thresholds
        parenteral = record.way is Way.PARENTERAL
        window = limits.on_treatment_parenteral_days if parenteral else limits.on_treatment_oral_days
        opens = days_after(day, -window)
        if record.start is not None and record.start >= day:
            return Answer.NO
        if record.last_dose is None:
            return Answer.UNKNOWN if record.start is None else Answer.NO
        if record.start is None:
            if opens <= record.last_dose < day and not record.uncertain:
                return Answer.YES
            return Answer.UNKNOWN if record.last_dose >= opens or record.uncertain else Answer.NO
        if (record.start if record.uncertain else record.last_dose) >= opens:
            return Answer.YES
        # A completed or stopped order without an end may have gone on, but not for ever.
        lasting = months_before(opens, limits.cover_open_order_months) <= record.start
        return Answer.UNKNOWN if record.uncertain and lasting else Answer.NO

    def first_dose_on(self, day: date) -> bool:
        """Did treatment begin on this day? A sample of that day is off treatment only for a low value (4.1)."""
        begins = any(record.start == day for record in self.records)
        return begins and self.on_treatment_at(day) is not Answer.YES

    @property
    def treatment_began(self) -> date | None:
        """Start of the current course: records that follow one another without a lapse. None: none, or not known."""
        return self._chain_start(self.records, self.thresholds.lapse_short_days)

    @property
    def course_began(self) -> date | None:
        """10.1, t0: start of the first record that no long lapse separates from the next. None: none, or not known."""
        return self._chain_start(self.records, self.thresholds.course_lapse_days)

    @property
    def tablets_began(self) -> date | None:
        """The same for treatment that is not injected."""
        oral = tuple(r for r in self.records if r.way in (Way.ORAL, Way.NASAL))
        return self._chain_start(oral, self.thresholds.course_lapse_days)

    @property
    def maintenance_began(self) -> date | None:
        """The same for the records that are not loading."""
        loading = (IntervalClass.INTENSIVE, IntervalClass.WEEKLY)
        later = tuple(r for r in self.records if r.way is not Way.PARENTERAL or r.interval_class not in loading)
        return self._chain_start(later, self.thresholds.lapse_short_days)

    def _chain_start(self, records: tuple[TreatmentRecord, ...], lapse: int) -> date | None:
        begun = [record for record in records if record.last_dose is not None]
        dated = sorted(((r.start, r) for r in begun if r.start is not None), key=lambda pair: pair[0], reverse=True)
        undated = [record for record in begun if record.start is None]
        if not dated:
            return None
        began = dated[0][0]
        for start, record in dated:
            if record.covered_until is not None and days_after(record.covered_until, lapse) >= began:
                began = min(began, start)
        linked = any(
            record.covered_until is not None and days_after(record.covered_until, lapse) >= began for record in undated
        )
        return None if linked else began

    @property
    def covered_until(self) -> date | None:
        """The last day on which any record covers; None when no record has begun."""
        return max((r.covered_until for r in self.records if r.covered_until is not None), default=None)

    @property
    def last_dose_assumed(self) -> bool:
        """Is the day on which all cover ended reckoned from the start of an order, with no end written (3.1)?"""
        until = self.covered_until
        return self.on_hold_undated or any(r.last_dose_assumed and r.covered_until == until for r in self.records)

    @property
    def on_hold_undated(self) -> bool:
        return any(record.on_hold_undated for record in self.records)

    def running(self) -> tuple[TreatmentRecord, ...]:
        return tuple(record for record in self.records if record.runs_on(self.today))


def treatment_of(snapshot: Snapshot, thresholds: Thresholds) -> Treatment:
    """Every therapeutic record of the patient, with what could not be told."""
    records, unclear = read_records(snapshot, thresholds)
    told = list_told(snapshot)
    return Treatment(
        records=records,
        unclear=unclear,
        list_told=told,
        list_readable=told and not unclear and not snapshot.unknown_medications,
        list_missing=snapshot.availability_of(ResourceKind.MEDICATIONS) in _MISSING,
        today=snapshot.today,
        thresholds=thresholds,
    )


def therapeutic_records(snapshot: Snapshot, thresholds: Thresholds) -> tuple[TreatmentRecord, ...]:
    """3.1: which records count as earlier treatment."""
    return read_records(snapshot, thresholds)[0]


def list_told(snapshot: Snapshot) -> bool:
    """Was the list of medicines supplied whole? Statements need not exist, but must not have been refused."""
    statements = snapshot.availability_of(ResourceKind.STATEMENTS)
    return (
        snapshot.told(ResourceKind.MEDICATIONS)
        and statements in (Availability.COMPLETE, Availability.NOT_SUPPLIED)
        and ResourceKind.STATEMENTS not in snapshot.unreadable_kinds
    )
