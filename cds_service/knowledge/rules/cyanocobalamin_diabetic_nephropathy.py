"""Cyanocobalamin in diabetic nephropathy, at any eGFR: choose hydroxocobalamin or mecobalamin instead.

Recommendation: R-DN-CYANO (seeds 001, 003, 004), as resolved by C-12.
Strength: secondary endpoint of one trial (DIVINe, n = 238) of a combination tablet;
    hazard ratio 2.0, 95 % CI 1.0 to 4.0.

When an adult is ordered cyanocobalamin, or a vitamin B12 whose form is not stated,
    and diabetic kidney disease is recorded, or diabetes with a urine albumin-creatinine ratio of 300 mg/g or more,
Then warn, show the trial with its limits, and offer the same treatment with another form;
    for a single dose of 100 to 499 micrograms, or where the form is not stated, inform.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer
from cds_service.clinical.outcomes import (
    CannotTell,
    Family,
    Indicator,
    NotApplicable,
    Offer,
    Outcome,
    Recommend,
    Rule,
    Saying,
    Topic,
)
from cds_service.clinical.review import Review
from cds_service.knowledge.rules.cyanocobalamin_order import cyanocobalamin_order


def evaluate(review: Review) -> Outcome:
    order = cyanocobalamin_order(review)
    if not isinstance(order, Indicator):
        return order
    nephropathy = review.patient.nephropathy
    if nephropathy.answer is Answer.UNKNOWN:
        return CannotTell(("diabetic nephropathy (Condition, urine albumin-creatinine ratio)",))
    if nephropathy.answer is Answer.NO:
        return NotApplicable("no diabetic nephropathy on record")
    found = [evidence.order(review), *map(evidence.diagnosis, nephropathy.diagnoses)]
    if nephropathy.acr is not None:
        found.append(evidence.result(nephropathy.acr))
    return Recommend(
        indicator=order,
        say=Saying("cyanocobalamin_diabetic_nephropathy.found", {"drug": words.drug(review)}),
        recommendations=("R-DN-CYANO", "C-12", "SG-21"),
        found=tuple(found),
        offer=Offer.NOTHING if order is Indicator.INFO and review.non_parenteral else Offer.CORRECTION,
        paragraphs=words.vitamin_b12_note(review),
    )


RULE = Rule(
    id="T-CYANO-DN",
    topic=Topic.CYANO_DN,
    family=Family.FORM,
    title="Cyanocobalamin in diabetic nephropathy",
    source="S-DIVINE",
    recommendations=("R-DN-CYANO",),
    evaluate=evaluate,
)
