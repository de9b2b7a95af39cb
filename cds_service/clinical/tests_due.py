"""Which test settles vitamin B12 status (derivations 9.3), and what folate results say (7.3). Knows reviews."""

from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.errands import LabTest
from cds_service.clinical.person import nitrous_oxide_exposure
from cds_service.clinical.quantities import months_before
from cds_service.clinical.renal import RenalStatus
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult, Verification
from cds_service.clinical.validity import within_months

_ANALYTES = {
    LabTest.B12: Analyte.B12,
    LabTest.HOLOTRANSCOBALAMIN: Analyte.HOLOTRANSCOBALAMIN,
    LabTest.MMA: Analyte.MMA,
    LabTest.HOMOCYSTEINE: Analyte.HOMOCYSTEINE,
}
_NO_EGFR = frozenset({RenalStatus.UNKNOWN, RenalStatus.AT_RISK_UNKNOWN})
_FOLATES = (Analyte.SERUM_FOLATE, Analyte.RED_CELL_FOLATE)


def b12_tests(review: Review) -> tuple[LabTest, ...]:
    """The test that comes next: serum B12 until a usable one is in date, then MMA or holotranscobalamin.

    Nothing where status is settled, and never a test whose result is in date already: the next one follows.
    """
    status = review.deficiency.status
    if status not in (DeficiencyStatus.UNKNOWN, DeficiencyStatus.INDETERMINATE, DeficiencyStatus.SUSPECTED):
        return ()
    if review.patient.pregnant is Answer.YES:
        return _first_without_result(review, LabTest.HOLOTRANSCOBALAMIN, LabTest.MMA)
    if not _in_date(review, LabTest.B12):
        return (LabTest.B12,)
    if nitrous_oxide_exposure(review.patient.snapshot, review.t) is Answer.YES:
        return _first_without_result(review, LabTest.MMA, LabTest.HOMOCYSTEINE)
    # A B12 that is in date and leaves the status unknown cannot be relied on (treatment, comparator): take it again.
    if status is DeficiencyStatus.UNKNOWN:
        return (LabTest.B12,)
    return _after_b12(review)


def _after_b12(review: Review) -> tuple[LabTest, ...]:
    """MMA rises when the kidneys fail: below 60, or unknown, holotranscobalamin comes first (9.3, SG-18).

    MMA that is not high answers at any eGFR (4.2 row 16), so it follows; where no eGFR is known, creatinine goes with
    it, because without an eGFR a high MMA says nothing.
    """
    renal = review.patient.renal
    if renal.reaches(review.t.mma_egfr_ml_min):
        return _first_without_result(review, LabTest.MMA, LabTest.HOLOTRANSCOBALAMIN)
    following = _first_without_result(review, LabTest.HOLOTRANSCOBALAMIN, LabTest.MMA)
    if following == (LabTest.HOLOTRANSCOBALAMIN,) or renal.status not in _NO_EGFR:
        return following
    return (*following, LabTest.CREATININE_EGFR)


def _first_without_result(review: Review, *wanted: LabTest) -> tuple[LabTest, ...]:
    return tuple(test for test in wanted if not _in_date(review, test))[:1]


def b12_missing(review: Review) -> tuple[str, ...]:
    """What is not known of B12 status, for the list of what could not be checked."""
    refused = review.patient.gap_names(ResourceKind.RESULTS)
    if refused:
        return refused
    if review.deficiency.unreadable:
        return tuple(f"{gap.analyte.value}: {gap.why}" for gap in review.deficiency.unreadable)
    return ("usable vitamin B12 result",) if review.deficiency.status is DeficiencyStatus.UNKNOWN else ()


def _in_date(review: Review, test: LabTest) -> bool:
    snapshot, months = review.patient.snapshot, review.t.b12_valid_months
    return any(within_months(result.day, snapshot.today, months) for result in snapshot.results_of(_ANALYTES[test]))


def folate_results(review: Review) -> tuple[LabResult, ...]:
    """The newest serum and red-cell folate."""
    newest = [review.patient.snapshot.results_of(analyte)[:1] for analyte in _FOLATES]
    return tuple(result for results in newest for result in results)


def folate_is_low(review: Review) -> Answer:
    """In date and below the report's own lower limit? Without a limit, or out of date, nobody can say."""
    results = folate_results(review)
    today, months = review.patient.snapshot.today, review.t.b12_valid_months
    answers = []
    for result in results:
        if not within_months(result.day, today, months) or result.lower_limit is None:
            answers.append(Answer.UNKNOWN)
        else:
            answers.append(result.measured.is_below(result.lower_limit))
    if Answer.YES in answers:
        return Answer.YES
    return Answer.NO if Answer.NO in answers else Answer.UNKNOWN


def folate_never_measured(review: Review) -> bool:
    """No folate result of any date in a record of results that was supplied whole."""
    snapshot = review.patient.snapshot
    unread = any(gap.analyte in _FOLATES for gap in snapshot.unreadable)
    return snapshot.told(ResourceKind.RESULTS) and not unread and not folate_results(review)


def folate_deficiency_recorded(review: Review) -> bool:
    """Ever, unless refuted: a folate deficiency that was treated is an indication that was documented."""
    return any(
        Concept.FOLATE_DEFICIENCY in diagnosis.concepts and diagnosis.verification is not Verification.REFUTED
        for diagnosis in review.patient.snapshot.diagnoses
    )


def folic_acid_is_high_or_long(review: Review) -> bool:
    """7.3: 5 mg a day or more, or a treatment dose for more than 4 months by this order or beside it."""
    total, t = review.folate.total_ug_day, review.t
    if total is None or total <= t.folate_treatment_ug_day:
        return False
    if total >= t.folate_high_ug_day:
        return True
    since = months_before(review.patient.snapshot.today, t.folate_long_months)
    records = review.patient.snapshot.medications
    long = {
        record.reference for record in records if (day := record.starts or record.authored) is not None and day < since
    }
    renewed = {record.reference for record in records if record.product.has_folate}
    if long & renewed & {review.order.reference, *review.order.renews}:
        return True
    beside = [line.ug_day for line in review.folate.lines if not line.drafted and line.reference in long]
    return sum(amount for amount in beside if amount is not None) > t.folate_treatment_ug_day
