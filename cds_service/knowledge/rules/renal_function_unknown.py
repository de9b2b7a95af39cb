"""Cyanocobalamin while kidney function is not known: check it.

Recommendation: SG-20, SG-23, SG-24 and SG-25 of the rule base; R-RENAL-ANY needs a number to be applied.
Strength: this project's judgement: a missing result is never read as normal.

When an adult is ordered 500 micrograms or more of cyanocobalamin, or a dose that is not stated or not readable,
    and there is no usable eGFR or creatinine, or it is too old, or its comparator leaves 50 open,
     or something newer could not be read,
     or it falls on both sides of 50 by a sex or age that is not known,
     or it disagrees with a later record of stage 3b or worse,
     or the patient is pregnant, where eGFR is not relied on, and has diabetes or kidney disease,
Then ask for creatinine with eGFR: a warning with diabetes, kidney disease or a kidney transplant, else information;
    for 100 to 499 micrograms, or where the form is not stated, inform, and only where there is no usable result with
    diabetes, kidney disease or a transplant on record.
Beyond the decision tables: row 6.3 names no kidney transplant among what puts a patient at risk; here it counts, since
    it is judged by an eGFR, which is what is missing.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.errands import LabTest
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.renal import EgfrValue, RenalAssessment, RenalStatus
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.cyanocobalamin_order import cyanocobalamin_order

_KEYS = {
    RenalStatus.NOT_RELIED_ON: "renal_function_unknown.pregnant",
    RenalStatus.CONFLICT: "renal_function_unknown.conflict",
    RenalStatus.AT_RISK_UNKNOWN: "renal_function_unknown.at_risk",
    RenalStatus.UNKNOWN: "renal_function_unknown.nothing",
}


def evaluate(review: Review) -> Outcome:
    order = cyanocobalamin_order(review)
    if not isinstance(order, Indicator):
        return order
    renal = review.patient.renal
    if renal.status is RenalStatus.NOT_TOLD:
        return CannotTell(review.patient.gap_names(ResourceKind.RESULTS))
    if renal.status not in _KEYS:
        return NotApplicable(f"kidney function, as far as cyanocobalamin depends on it: {renal.status.value}")
    if renal.status is RenalStatus.NOT_RELIED_ON and not renal.codes:
        because = "pregnant, with no diabetes and no kidney disease on record"
        return not_on_record(review, because, ResourceKind.CONDITIONS)
    at_risk = renal.status is not RenalStatus.UNKNOWN
    full_dose = order is Indicator.WARNING
    if not full_dose and renal.status is not RenalStatus.AT_RISK_UNKNOWN:
        return NotApplicable("the single dose is below 500 micrograms, or the form is not stated")
    limit, near = review.t.egfr_cyanocobalamin_ml_min, review.t.egfr_near_limit_ml_min
    seen = (*((renal.egfr,) if renal.egfr is not None else ()), *renal.also)
    gaps = review.patient.gap_names(ResourceKind.RESULTS)
    return Recommend(
        indicator=Indicator.WARNING if at_risk and full_dose else Indicator.INFO,
        say=_saying(review, renal),
        recommendations=("SG-20", "SG-23", "SG-25"),
        found=(
            evidence.order(review),
            *(evidence.diagnosis(code) for code in renal.codes),
            *(evidence.operation(operation) for operation in renal.operations),
            *(evidence.egfr(value, limit, near) for value in seen),
        ),
        offer=Offer.NOTHING,
        tests=(LabTest.CREATININE_EGFR,),
        missing=("eGFR", *(("sex",) if "sex" in renal.missing else ()), *gaps),
        paragraphs=words.renal_paragraphs(review),
    )


def _saying(review: Review, renal: RenalAssessment) -> Saying:
    key, egfr = _KEYS[renal.status], renal.egfr
    values = {"drug": words.drug(review)}
    if egfr is None:
        unreadable = bool(renal.unreadable) and renal.status is not RenalStatus.CONFLICT
        return Saying("renal_function_unknown.unreadable" if unreadable else key, values)
    limit, near = review.t.egfr_cyanocobalamin_ml_min, review.t.egfr_near_limit_ml_min
    shown = evidence.egfr(egfr, limit, near)
    values |= {"egfr": f"{shown.value} {shown.unit}", "date": words.day(egfr.day)}
    if renal.status in (RenalStatus.NOT_RELIED_ON, RenalStatus.CONFLICT):
        return Saying(key, values)
    highest = max((egfr, *_other_readings(egfr, renal)), key=lambda value: value.value)
    if egfr.measured.is_below(limit) is not highest.measured.is_below(limit):
        values |= {"high": str(evidence.egfr(highest, limit, near).value)}
        return Saying("renal_function_unknown.two_readings", values)
    at_risk = renal.status is RenalStatus.AT_RISK_UNKNOWN
    return Saying(f"renal_function_unknown.not_usable{'_at_risk' if at_risk else ''}", values)


def _other_readings(egfr: EgfrValue, renal: RenalAssessment) -> tuple[EgfrValue, ...]:
    """The same creatinine, read for another sex or age where these are not known (6.1 step 7)."""
    return tuple(other for other in renal.also if egfr.calculated and other.reference == egfr.reference)


RULE = Rule(
    id="T-RENAL-UNKNOWN",
    topic=Topic.RENAL_UNKNOWN,
    family=Family.FORM,
    title="Cyanocobalamin while renal function is unknown",
    source="J-PROJECT",
    recommendations=("SG-20", "SG-23", "SG-24", "SG-25"),
    evaluate=evaluate,
)
