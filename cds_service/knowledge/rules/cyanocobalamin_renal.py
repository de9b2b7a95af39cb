"""Cyanocobalamin when the kidneys do not clear it: choose hydroxocobalamin or mecobalamin instead.

Recommendation: R-RENAL-EGFR50, R-RENAL-ANY (seeds 000 to 004), as resolved by C-12.
Strength: signal of harm from a post-hoc analysis of trials of a combination tablet; no guideline threshold was found.

When an adult is ordered cyanocobalamin, or a vitamin B12 whose form is not stated,
    and the newest usable eGFR is below 50 mL/min/1.73 m2, reported or calculated, however old,
     or the patient is on dialysis,
     or there is no usable eGFR and stage 3b, 4, 5 or end-stage kidney disease is recorded,
Then warn, and offer the same treatment with another form;
    for a single dose of 100 to 499 micrograms, or where the form is not stated, inform;
    for less than 100 micrograms, as in a multivitamin, say nothing.
If cyanocobalamin is the only form left, the warning stays and treatment continues (R-CYANO-ONLY-MONITOR);
    if no form at all is left, ask for advice and let nothing lapse (SG-35).
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import EgfrMethod, Ingredient, ResourceKind
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Recommend, Rule, Saying
from cds_service.clinical.phase import Phase
from cds_service.clinical.renal import RenalAssessment, RenalStatus
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.cyanocobalamin_order import cyanocobalamin_order, offer_of
from cds_service.knowledge.rules.form_choice import form_names, form_paragraphs

DIALYSIS_ROW = 1  # derivations 6.3
RISK = frozenset({RenalStatus.RISK, RenalStatus.RISK_BY_CODE})


def evaluate(review: Review) -> Outcome:
    order = cyanocobalamin_order(review)
    if not isinstance(order, Indicator):
        return order
    renal = review.patient.renal
    gaps = review.patient.gap_names(ResourceKind.RESULTS)
    if renal.unknown:
        return CannotTell(gaps or ("eGFR",))
    if renal.status not in RISK:
        return NotApplicable(f"kidney function, as far as cyanocobalamin depends on it: {renal.status.value}")
    by_code = renal.status is RenalStatus.RISK_BY_CODE
    values_seen = (*((renal.egfr,) if renal.egfr is not None else ()), *renal.also)
    limit, near = review.t.egfr_cyanocobalamin_ml_min, review.t.egfr_near_limit_ml_min
    other = review.form_to_propose()
    only_form = other is Ingredient.CYANOCOBALAMIN
    new_form = other is not None and not only_form
    return Recommend(
        indicator=order,
        say=_saying(review, renal, other),
        recommendations=(
            "R-RENAL-EGFR50",
            "R-RENAL-ANY",
            "C-12",
            *form_names(review, other),
            *(("R-RENAL-SCHEDULE",) if new_form and review.phase.phase is Phase.MAINTENANCE else ()),
        ),
        found=(
            evidence.order(review),
            *(evidence.egfr(value, limit, near) for value in values_seen),
            *(evidence.diagnosis(code) for code in renal.codes),
            *(evidence.operation(operation) for operation in renal.operations),
        ),
        offer=offer_of(review, order),
        tests=(LabTest.CREATININE_EGFR,) if by_code or only_form else (),
        referrals=() if other is not None else (Referral.HAEMATOLOGY,),
        missing=("eGFR", *gaps) if by_code else (),
        paragraphs=(*words.renal_paragraphs(review), *form_paragraphs(review, other)),
    )


def _saying(review: Review, renal: RenalAssessment, other: Ingredient | None) -> Saying:
    values = {"drug": words.drug(review), "other": other.value if other is not None else ""}
    if other is None:
        return Saying("cyanocobalamin_renal.no_form", values)
    if other is Ingredient.CYANOCOBALAMIN:
        return Saying("cyanocobalamin_renal.only_form", values)
    if renal.status is RenalStatus.RISK_BY_CODE:
        return Saying("cyanocobalamin_renal.stage", values)
    if renal.row == DIALYSIS_ROW or renal.egfr is None:
        return Saying("cyanocobalamin_renal.dialysis", values)
    shown = evidence.egfr(renal.egfr, review.t.egfr_cyanocobalamin_ml_min, review.t.egfr_near_limit_ml_min)
    values |= {
        "egfr": f"{shown.value} {shown.unit}",
        "date": words.day(renal.egfr.day),
        "how": words.egfr_is(renal.egfr),
    }
    if renal.egfr.method is EgfrMethod.CLEARANCE:
        return Saying("cyanocobalamin_renal.clearance", values)
    return Saying("cyanocobalamin_renal.old" if renal.egfr.old else "cyanocobalamin_renal.egfr", values)


RULE = Rule(
    id="T-CYANO-RENAL",
    topic=Topic.CYANO_RENAL,
    family=Family.FORM,
    title="Cyanocobalamin in renal impairment",
    source="S-SPENCE",
    recommendations=(
        "R-RENAL-EGFR50",
        "R-RENAL-ANY",
        "R-RENAL-CYANIDE",
        "R-RENAL-SCHEDULE",
        "R-AGENT-CYANO-LAST",
        "R-CYANO-ONLY-MONITOR",
        "R-CYANO-SWITCH",
        "SG-37",
    ),
    evaluate=evaluate,
)
