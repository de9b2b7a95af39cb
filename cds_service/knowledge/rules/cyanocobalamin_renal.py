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
If cyanocobalamin is the only form in stock, the warning stays and treatment continues (R-CYANO-ONLY-MONITOR).
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.outcomes import (
    CannotTell,
    Family,
    Indicator,
    LabTest,
    NotApplicable,
    Offer,
    Outcome,
    Recommend,
    Rule,
    Saying,
    Topic,
)
from cds_service.clinical.renal import RenalStatus
from cds_service.clinical.review import Review
from cds_service.knowledge.rules.cyanocobalamin_order import cyanocobalamin_order

DIALYSIS_ROW = 1  # derivations 6.3
RISK = frozenset({RenalStatus.RISK, RenalStatus.RISK_BY_CODE})


def evaluate(review: Review) -> Outcome:
    order = cyanocobalamin_order(review)
    if not isinstance(order, Indicator):
        return order
    renal = review.patient.renal
    if renal.status is RenalStatus.NOT_TOLD:
        return CannotTell(review.patient.gap_names(ResourceKind.RESULTS))
    if renal.status not in RISK:
        return NotApplicable(f"renal status is {renal.status.value}")
    values = {"drug": words.drug(review), "dose": words.dose(review)}
    found = [evidence.order(review)]
    on_dialysis = renal.row == DIALYSIS_ROW
    if renal.status is RenalStatus.RISK and renal.egfr is not None and not on_dialysis:
        limit, near = review.t.egfr_cyanocobalamin_ml_min, review.t.egfr_near_limit_ml_min
        inputs = [evidence.egfr(value, limit, near) for value in (renal.egfr, *renal.also)]
        found += inputs
        key = "cyanocobalamin_renal.old" if renal.egfr.old else "cyanocobalamin_renal.egfr"
        printed = f"{inputs[0].value} {inputs[0].unit}"
        values |= {"egfr": printed, "date": words.day(renal.egfr.day), "how": words.egfr_is(renal.egfr)}
    elif renal.status is RenalStatus.RISK:
        key = "cyanocobalamin_renal.dialysis"
        found += [evidence.diagnosis(code) for code in renal.codes]
        found += [evidence.operation(operation) for operation in renal.operations]
    else:
        key = "cyanocobalamin_renal.stage"
        found += [evidence.diagnosis(code) for code in renal.codes]
    only_form = review.cyanocobalamin_is_the_only_form
    if only_form:
        key = "cyanocobalamin_renal.only_form"
    by_code = renal.status is RenalStatus.RISK_BY_CODE
    return Recommend(
        indicator=order,
        say=Saying(key, values),
        recommendations=(
            "R-RENAL-EGFR50",
            "R-RENAL-ANY",
            "C-12",
            *(("R-CYANO-ONLY-MONITOR",) if only_form else ()),
        ),
        found=tuple(found),
        offer=Offer.NOTHING if order is Indicator.INFO and review.non_parenteral else Offer.CORRECTION,
        tests=(LabTest.CREATININE_EGFR,) if by_code or only_form else (),
        missing=("eGFR",) if by_code else (),
        paragraphs=words.vitamin_b12_note(review),
    )


RULE = Rule(
    id="T-CYANO-RENAL",
    topic=Topic.CYANO_RENAL,
    family=Family.FORM,
    title="Cyanocobalamin in renal impairment",
    source="S-SPENCE",
    recommendations=("R-RENAL-EGFR50", "R-RENAL-ANY", "R-RENAL-CYANIDE", "R-RENAL-SCHEDULE", "R-CYANO-ONLY-MONITOR"),
    evaluate=evaluate,
)
