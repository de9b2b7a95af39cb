"""Cyanocobalamin in Leber hereditary optic neuropathy, or in tobacco amblyopia: use hydroxocobalamin instead.

Recommendation: SG-04, as made exact by derivations 1.5.
Strength: the label warns of severe and swift optic atrophy; hydroxocobalamin is licensed for Leber disease in the UK.
    Vitamin B12 as such is not contraindicated.

When anybody, of any age, is ordered cyanocobalamin, in any amount and by any route, a multivitamin included,
    and Leber hereditary optic neuropathy is recorded, or is the coded reason of the order,
Then a critical card, and the same treatment with hydroxocobalamin, no other form;
    in tobacco or toxic amblyopia, or where the form of vitamin B12 is not stated: warn.
When an adult is ordered hydroxocobalamin or mecobalamin and the eye is the coded reason of the order,
    and it is not hydroxocobalamin daily for up to 14 days, then twice weekly, then every 1 to 3 months, inform;
    an order without timing is offered the daily course.
A diagnosis that was refuted does not count; Leber disease counts although it is recorded as resolved or inactive,
    since it is genetic; tobacco amblyopia does not.
If no form is left, the draft may be removed, with urgent referral (SG-35). An adult dose is offered to adults only.
When nothing is found and the diagnoses were not told in full, the rule cannot tell.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Ingredient, ResourceKind
from cds_service.clinical.conditions import OPTIC, Concept
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.active_too import active_too
from cds_service.knowledge.rules.cyanocobalamin_barred import certainly_cyanocobalamin, form_left, offer, saying
from cds_service.knowledge.rules.optic_indication import indication_paragraphs, labelled_treatment, ophthalmology

# The only ICD-10-CM code for Leber disease holds all hereditary optic atrophy (1.5).
HEREDITARY_OPTIC_ATROPHY = "H47.22"


def evaluate(review: Review) -> Outcome:
    certain = certainly_cyanocobalamin(review)
    if isinstance(certain, NotApplicable):
        return labelled_treatment(review)
    snapshot, gaps = review.patient.snapshot, review.patient.gap_names(ResourceKind.CONDITIONS)
    diagnoses = snapshot.current(*OPTIC)
    leber = Concept.LEBER in review.optic_disease
    if not review.optic_disease:
        return CannotTell(gaps) if gaps else NotApplicable("no Leber disease and no tobacco amblyopia on record")
    treatment_waits = form_left(review) is None and not review.scope.nutritional
    active = active_too(review, lambda forms: Ingredient.CYANOCOBALAMIN in forms)
    wide = any(diagnosis.code == HEREDITARY_OPTIC_ATROPHY for diagnosis in diagnoses)
    return Recommend(
        indicator=Indicator.CRITICAL if leber and certain else Indicator.WARNING,
        say=saying(review, "cyanocobalamin_leber", "found" if leber else "amblyopia", certain=certain),
        recommendations=("SG-04",),
        found=(evidence.order(review), *map(evidence.diagnosis, diagnoses), *active.found),
        offer=offer(review),
        referrals=(*ophthalmology(review), *((Referral.HAEMATOLOGY,) if treatment_waits else ())),
        missing=gaps,
        paragraphs=(
            *((Saying("cyanocobalamin_leber.wide_code"),) if wide else ()),
            *((Saying("cyanocobalamin_leber.recorded_as_over"),) if any(not d.current for d in diagnoses) else ()),
            *indication_paragraphs(review),
            *active.paragraphs,
            *words.vitamin_b12_note(review),
        ),
    )


RULE = Rule(
    id="T-CYANO-LEBER",
    topic=Topic.CYANO_LEBER,
    family=Family.FORM,
    title="Cyanocobalamin in Leber disease or tobacco amblyopia",
    source="S-FDA-CY",
    recommendations=("SG-04", "SG-36"),
    evaluate=evaluate,
)
