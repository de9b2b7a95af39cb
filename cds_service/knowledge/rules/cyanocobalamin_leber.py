"""Cyanocobalamin in Leber hereditary optic neuropathy, or in tobacco amblyopia: use hydroxocobalamin instead.

Recommendation: SG-04, as made exact by derivations 1.5.
Strength: the label warns of severe and swift optic atrophy; hydroxocobalamin is licensed for Leber disease in the UK.
    Vitamin B12 as such is not contraindicated.

When anybody, of any age, is ordered cyanocobalamin, in any amount and by any route, a multivitamin included,
    and Leber hereditary optic neuropathy is recorded, or is the coded reason of the order,
Then a critical card, and the same treatment with another form;
    in tobacco or toxic amblyopia, or where the form of vitamin B12 is not stated: warn.
A diagnosis that was refuted, resolved or is inactive does not count.
If no form is left, ask for advice and let nothing lapse (SG-35). An adult dose is offered to adults only.
When nothing is found and the diagnoses were not told in full, the rule cannot tell.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.cyanocobalamin_barred import certainly_cyanocobalamin, form_left, offer, saying

# The only ICD-10-CM code for Leber disease holds all hereditary optic atrophy (1.5).
HEREDITARY_OPTIC_ATROPHY = "H47.22"


def evaluate(review: Review) -> Outcome:
    certain = certainly_cyanocobalamin(review)
    if isinstance(certain, NotApplicable):
        return certain
    snapshot, gaps = review.patient.snapshot, review.patient.gap_names(ResourceKind.CONDITIONS)
    diagnoses = snapshot.current(Concept.LEBER, Concept.TOBACCO_AMBLYOPIA)
    on_record = {concept for diagnosis in diagnoses for concept in diagnosis.concepts} | review.order.reasons
    leber = Concept.LEBER in on_record
    if not leber and Concept.TOBACCO_AMBLYOPIA not in on_record:
        return CannotTell(gaps) if gaps else NotApplicable("no Leber disease and no tobacco amblyopia on record")
    wide = any(diagnosis.code == HEREDITARY_OPTIC_ATROPHY for diagnosis in diagnoses)
    return Recommend(
        indicator=Indicator.CRITICAL if leber and certain else Indicator.WARNING,
        say=saying(review, "cyanocobalamin_leber", "found" if leber else "amblyopia", certain=certain),
        recommendations=("SG-04",),
        found=(evidence.order(review), *map(evidence.diagnosis, diagnoses)),
        offer=offer(review),
        referrals=() if form_left(review) is not None else (Referral.HAEMATOLOGY,),
        missing=gaps,
        paragraphs=(
            *((Saying("paragraph.hereditary_optic_atrophy"),) if wide else ()),
            *words.vitamin_b12_note(review),
        ),
    )


RULE = Rule(
    id="T-CYANO-LEBER",
    topic=Topic.CYANO_LEBER,
    family=Family.FORM,
    title="Cyanocobalamin in Leber disease or tobacco amblyopia",
    source="S-FDA-CY",
    recommendations=("SG-04",),
    evaluate=evaluate,
)
