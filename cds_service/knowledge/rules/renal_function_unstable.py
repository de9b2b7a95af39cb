"""Cyanocobalamin while creatinine is not steady: eGFR is not valid, choose another form.

Recommendation: SG-22 (AKI makes eGFR invalid), read with R-RENAL-ANY.
Strength: definition of acute kidney injury (KDIGO); the consequence for the form of B12 is this project's judgement.

When an adult not on dialysis is ordered cyanocobalamin, or a vitamin B12 whose form is not stated,
    and the newest creatinine, not older than 14 days, has changed up or down by 0.3 mg/dL (26.5 umol/L) within 48 hours
     or by a factor of 1.5 within 7 days,
     or it stands at 1.5 times the median of the year or more, with nothing to compare in the last week,
     or acute kidney injury was recorded in the last 30 days, or without a date, with no steady pair of results since,
Then warn that eGFR cannot be relied on, and offer the same treatment with another form;
    for a single dose of 100 to 499 micrograms, or where the form is not stated, inform.
If cyanocobalamin is the only form left, the warning stays and treatment continues (R-CYANO-ONLY-MONITOR).
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer, Ingredient, ResourceKind
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Recommend, Rule, Saying
from cds_service.clinical.renal import RenalStatus
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.cyanocobalamin_order import cyanocobalamin_order, offer_of
from cds_service.knowledge.rules.form_choice import form_names, form_paragraphs

DIALYSIS_ROW = 1  # of 6.3: on dialysis a change of creatinine says nothing
_KEYS = {1: "found", 2: "found", 3: "possible", 4: "diagnosis"}  # rows of derivations 6.2


def evaluate(review: Review) -> Outcome:
    order = cyanocobalamin_order(review)
    if not isinstance(order, Indicator):
        return order
    renal = review.patient.renal
    course = renal.course
    if renal.row != DIALYSIS_ROW and (course is None or course.unstable is Answer.UNKNOWN):
        return CannotTell(review.patient.gap_names(ResourceKind.RESULTS, ResourceKind.CONDITIONS))
    if renal.status is not RenalStatus.UNSTABLE or course is None:
        why = f"kidney function, as far as cyanocobalamin depends on it: {renal.status.value}"
        return NotApplicable(f"creatinine is not known to change; {why}")
    other = review.form_to_propose()
    only_form = other is Ingredient.CYANOCOBALAMIN
    key = "no_form" if other is None else "only_form" if only_form else _KEYS[course.row]
    return Recommend(
        indicator=order,
        say=Saying(
            f"renal_function_unstable.{key}",
            {"drug": words.drug(review), "other": other.value if other is not None else ""},
        ),
        recommendations=("SG-22", "R-RENAL-ANY", *form_names(review, other)),
        found=(
            evidence.order(review),
            *(evidence.result(result) for result in review.patient.unstable_creatinines),
            *(evidence.diagnosis(code) for code in renal.codes),
        ),
        offer=offer_of(review, order),
        tests=(LabTest.CREATININE_EGFR,) if only_form else (),
        referrals=() if other is not None else (Referral.HAEMATOLOGY,),
        paragraphs=(*words.renal_paragraphs(review), *form_paragraphs(review, other)),
    )


RULE = Rule(
    id="T-AKI",
    topic=Topic.AKI,
    family=Family.FORM,
    title="Cyanocobalamin while renal function is unstable",
    source="S-KDIGO-AKI",
    recommendations=("SG-22", "R-RENAL-ANY", "R-AGENT-CYANO-LAST", "R-CYANO-ONLY-MONITOR", "R-CYANO-SWITCH", "SG-37"),
    evaluate=evaluate,
)
