"""What the deficiency table asks of the record (derivations 4.1, 4.2). Knows results, diagnoses and renal status."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from cds_service.clinical.b12_results import Level, Reading, Readings, read_b12, read_holotranscobalamin, read_mma
from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.conditions import PERMANENT_CAUSE, SPECIFIC_DEFICIENCY, Concept
from cds_service.clinical.person import nitrous_oxide_exposure
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.renal import RenalAssessment
from cds_service.clinical.snapshot import Availability, Diagnosis, Snapshot, UnreadableResult, Verification
from cds_service.clinical.validity import within_days, within_months

# "A cause of deficiency is coded" (4.2 row 8). Metformin and other medicines are not: 5.4, "never by itself".
CAUSES_OF_DEFICIENCY = PERMANENT_CAUSE | {
    Concept.AUTOIMMUNE_GASTRITIS,
    Concept.HEMICOLECTOMY,
    Concept.CROHN,
    Concept.CROHN_ILEAL,
    Concept.COELIAC,
    Concept.MALABSORPTION,
    Concept.VEGAN_DIET,
    Concept.DIETARY_B12_DEFICIENCY,
}
B12_ANALYTES = (Analyte.B12, Analyte.HOLOTRANSCOBALAMIN, Analyte.MMA)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Results read once, and diagnoses sorted for 4.2.

    mma_reads_true: eGFR valid and at or above the MMA limit. holotc_decides: pregnant, and holotranscobalamin at or
    above its low limit is in date, so total B12 has no voice. may_reassure: nothing refused, unread or untold stands
    in the way of "unlikely".
    """

    b12: Readings
    holotc: Readings
    mma: Readings
    mma_reads_true: bool
    pregnant: bool
    nitrous_oxide: Answer
    specific: tuple[Diagnosis, ...]
    provisional: tuple[Diagnosis, ...]
    transcobalamin: tuple[Diagnosis, ...]
    ambiguous: tuple[Diagnosis, ...]
    vague: tuple[Diagnosis, ...]
    unreadable: tuple[UnreadableResult, ...]
    may_reassure: bool

    @property
    def holotc_decides(self) -> bool:
        return self.pregnant and self.holotc.level in (Level.INDETERMINATE, Level.UNLIKELY)

    @property
    def b12_with_voice(self) -> Reading | None:
        return None if self.holotc_decides else self.b12.in_date

    @property
    def mma_is_high(self) -> bool:
        return self.mma.level is Level.LOW

    def at_most_indeterminate(self) -> tuple[Reading, ...]:
        """Total B12 <= 350 or holotranscobalamin <= 70 in date, on treatment or off."""
        wanted = (Level.LOW, Level.INDETERMINATE)
        found = []
        for readings in (self.b12, self.holotc):
            reading = readings.in_date if readings.level in wanted else readings.newest(*wanted)
            if reading is not None:
                found.append(reading)
        return tuple(found)


def gather_evidence(
    snapshot: Snapshot,
    thresholds: Thresholds,
    *,
    renal: RenalAssessment,
    on_treatment: Callable[[date], Answer],
    pregnant: Answer,
) -> Evidence:
    """One pass over results and diagnoses."""
    b12 = read_b12(snapshot, thresholds, on_treatment)
    holotc = read_holotranscobalamin(snapshot, thresholds, on_treatment)
    mma = read_mma(snapshot, thresholds, on_treatment)
    unreadable = tuple(gap for gap in snapshot.unreadable if gap.analyte in B12_ANALYTES)
    specific = snapshot.current(*SPECIFIC_DEFICIENCY)
    transcobalamin = snapshot.current(Concept.TRANSCOBALAMIN_II_DEFICIENCY)
    read = {Analyte.B12: b12, Analyte.HOLOTRANSCOBALAMIN: holotc, Analyte.MMA: mma}
    months = thresholds.b12_valid_months
    unread = any(_may_be_newest(gap, read[gap.analyte].decisive, snapshot, months) for gap in unreadable)
    unclear = any(reading.level is Level.UNCLEAR and reading.in_date for reading in mma.all[:1])
    supplied = snapshot.availability_of(ResourceKind.RESULTS) in (Availability.COMPLETE, Availability.INCOMPLETE)
    return Evidence(
        b12=b12,
        holotc=holotc,
        mma=mma,
        mma_reads_true=renal.reaches(thresholds.mma_egfr_ml_min),
        pregnant=pregnant is Answer.YES,
        nitrous_oxide=nitrous_oxide_exposure(snapshot, thresholds),
        specific=tuple(d for d in specific if d.verification is Verification.CONFIRMED),
        provisional=tuple(d for d in (*specific, *transcobalamin) if d.verification is Verification.UNCONFIRMED),
        transcobalamin=tuple(d for d in transcobalamin if d.verification is Verification.CONFIRMED),
        ambiguous=snapshot.current(Concept.B12_DEFICIENCY_AMBIGUOUS),
        vague=snapshot.current(Concept.B12_DEFICIENCY_VAGUE),
        unreadable=unreadable,
        may_reassure=supplied and snapshot.told(ResourceKind.CONDITIONS) and not unread and not unclear,
    )


def _may_be_newest(gap: UnreadableResult, decisive: Reading | None, snapshot: Snapshot, months: int) -> bool:
    """Could the unread result be the newest in-date one of its kind? One without a date could."""
    if gap.day is None:
        return True
    if not within_months(gap.day, snapshot.today, months):
        return False
    return decisive is None or gap.day > decisive.result.day


def cause_is_coded(snapshot: Snapshot) -> bool:
    """A cause among current diagnoses, operations or findings."""
    if snapshot.current(*CAUSES_OF_DEFICIENCY) or snapshot.had_operation(*CAUSES_OF_DEFICIENCY):
        return True
    return any(finding.present and finding.concept in CAUSES_OF_DEFICIENCY for finding in snapshot.findings)


def macrocytic_anaemia(snapshot: Snapshot, thresholds: Thresholds) -> bool:
    """Coded, or haemoglobin below and MCV above the report's own limits, both in date."""
    if snapshot.current(Concept.MACROCYTIC_ANAEMIA):
        return True
    low_hb = high_mcv = False
    days = thresholds.blood_count_valid_days
    for hb in snapshot.results_of(Analyte.HAEMOGLOBIN)[:1]:
        in_date = within_days(hb.day, snapshot.today, days)
        low_hb = in_date and hb.lower_limit is not None and hb.measured.is_below(hb.lower_limit) is Answer.YES
    for mcv in snapshot.results_of(Analyte.MCV)[:1]:
        in_date = within_days(mcv.day, snapshot.today, days)
        high_mcv = in_date and mcv.upper_limit is not None and mcv.measured.is_above(mcv.upper_limit) is Answer.YES
    return low_hb and high_mcv
