"""Cyanocobalamin in diabetic nephropathy, at any eGFR: choose hydroxocobalamin or mecobalamin instead.

Recommendation: R-DN-CYANO (seeds 001, 003, 004), as resolved by C-12.
Strength: secondary endpoint of one trial (DIVINe, n = 238) of a combination tablet;
    hazard ratio 2.0, 95 % CI 1.0 to 4.0.

When an adult is ordered cyanocobalamin, or a vitamin B12 whose form is not stated,
    and diabetic kidney disease is recorded, or diabetes with a urine albumin-creatinine ratio of 300 mg/g or more,
Then warn, show the trial with its limits, and offer the same treatment with another form;
    for a single dose of 100 to 499 micrograms, or where the form is not stated, inform.
If cyanocobalamin is the only form left, the warning stays and treatment continues (R-CYANO-ONLY-MONITOR).
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer, Ingredient, ResourceKind
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.cyanocobalamin_order import cyanocobalamin_order, offer_of
from cds_service.knowledge.rules.form_choice import form_names, form_paragraphs


def evaluate(review: Review) -> Outcome:
    order = cyanocobalamin_order(review)
    if not isinstance(order, Indicator):
        return order
    patient, nephropathy = review.patient, review.patient.nephropathy
    if nephropathy.answer is Answer.UNKNOWN and nephropathy.diagnoses:
        return CannotTell(("urine albumin-creatinine ratio", *patient.gap_names(ResourceKind.RESULTS)))
    if nephropathy.answer is Answer.UNKNOWN:
        return CannotTell(patient.gap_names(ResourceKind.CONDITIONS))
    if nephropathy.answer is Answer.NO:
        return NotApplicable("no diabetic nephropathy on record")
    other = review.form_to_propose()
    only_form = other is Ingredient.CYANOCOBALAMIN
    key = "no_form" if other is None else "only_form" if only_form else "found"
    values = {"drug": words.drug(review), "other": other.value if other is not None else ""}
    found = [evidence.order(review), *map(evidence.diagnosis, nephropathy.diagnoses)]
    if nephropathy.acr is not None:
        found.append(evidence.result(nephropathy.acr))
    # T-RENAL-UNKNOWN stands in this card (2.4): the test that it asks for must not be lost with it.
    return Recommend(
        indicator=order,
        say=Saying(f"cyanocobalamin_diabetic_nephropathy.{key}", values),
        recommendations=("R-DN-CYANO", "C-12", "SG-21", *form_names(review, other)),
        found=tuple(found),
        offer=offer_of(review, order),
        tests=(LabTest.CREATININE_EGFR,) if only_form or patient.renal_unknown else (),
        referrals=() if other is not None else (Referral.HAEMATOLOGY,),
        missing=("eGFR",) if patient.renal_unknown else (),
        paragraphs=(*words.renal_paragraphs(review), *form_paragraphs(review, other)),
    )


RULE = Rule(
    id="T-CYANO-DN",
    topic=Topic.CYANO_DN,
    family=Family.FORM,
    title="Cyanocobalamin in diabetic nephropathy",
    source="S-DIVINE",
    recommendations=("R-DN-CYANO", "R-AGENT-CYANO-LAST", "R-CYANO-ONLY-MONITOR", "R-CYANO-SWITCH", "SG-37"),
    evaluate=evaluate,
)
