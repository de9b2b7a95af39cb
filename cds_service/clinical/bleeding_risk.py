"""Why a needle in muscle may bleed: platelets and INR (derivations 2.3b, 2.7). Knows snapshot and thresholds only."""

from dataclasses import dataclass
from enum import StrEnum

from cds_service.clinical.concepts import Analyte, Answer
from cds_service.clinical.outcomes import Saying
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import Diagnosis, LabResult, Snapshot
from cds_service.clinical.validity import within_days


class Platelets(StrEnum):
    """C-20: 50 and 25 themselves belong to the technique tier."""

    BELOW_10 = "below 10"
    BELOW_25 = "10 to below 25"
    TECHNIQUE = "25 to 50"
    ENOUGH = "above 50"
    UNKNOWN = "none that can be relied on"


@dataclass(frozen=True, slots=True)
class PlateletCount:
    """newest: the newest count on record, whatever its date. old: out of date, though a low one still counts."""

    tier: Platelets
    newest: LabResult | None = None
    old: bool = False

    @property
    def no_needle_in_muscle(self) -> bool:
        return self.tier in (Platelets.BELOW_10, Platelets.BELOW_25)


def platelet_count(snapshot: Snapshot, t: Thresholds) -> PlateletCount:
    """A low count stands until a newer one replaces it; a count above 50 only while it is in date (SG-23).

    A comparator that leaves open whether the count is below 25 is read as below.
    """
    newest = next(iter(snapshot.results_of(Analyte.PLATELETS)), None)
    if newest is None:
        return PlateletCount(Platelets.UNKNOWN)
    old = not within_days(newest.day, snapshot.today, t.blood_count_valid_days)
    measured = newest.measured
    if measured.is_below(t.platelets_transfusion) is Answer.YES:
        return PlateletCount(Platelets.BELOW_10, newest, old)
    if measured.is_below(t.platelets_no_im) is not Answer.NO:
        return PlateletCount(Platelets.BELOW_25, newest, old)
    if measured.is_above(t.platelets_technique_max) is not Answer.YES:
        return PlateletCount(Platelets.TECHNIQUE, newest, old)
    return PlateletCount(Platelets.UNKNOWN if old else Platelets.ENOUGH, newest, old)


def high_inr(snapshot: Snapshot, t: Thresholds) -> LabResult | None:
    """The newest INR, where it is at most 30 days old and above 4.0."""
    newest = next(iter(snapshot.results_of(Analyte.INR)), None)
    if newest is None or not within_days(newest.day, snapshot.today, t.blood_count_valid_days):
        return None
    return newest if newest.measured.is_above(t.inr_no_im) is Answer.YES else None


def called_over(disorders: tuple[Diagnosis, ...]) -> tuple[Saying, ...]:
    """What is said of a hereditary disorder that counts although it is recorded as resolved or inactive."""
    return (Saying("anticoagulation.recorded_as_over"),) if any(not each.current for each in disorders) else ()
