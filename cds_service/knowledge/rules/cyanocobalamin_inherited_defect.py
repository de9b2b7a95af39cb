"""Cyanocobalamin in an inherited cobalamin defect: hydroxocobalamin, with dose and timing from the metabolic team.

Recommendation: R-IEM (seed 001), as resolved by C-16; SG-08.
Strength: specialist guidance; parenteral hydroxocobalamin is the mainstay, and mecobalamin is not proposed.

When anybody, of any age, is ordered cyanocobalamin, in any amount and by any route, a multivitamin included,
    and an inherited cobalamin defect is recorded by name, or methylmalonic acidaemia together with homocystinuria,
Then a critical card, the form and route to change to, no dose and no timing, and urgent metabolic advice;
    where methylmalonic acidaemia stands alone, or homocystinuria without it, or no form is stated: warn, same advice.
Homocystinuria of no stated type alone is no such defect: the rule cannot tell.
A diagnosis that was refuted, resolved or is inactive does not count.
When nothing is found and the diagnoses were not told in full, the rule cannot tell.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.cyanocobalamin_barred import certainly_cyanocobalamin, offer, saying

_SPEAK_FOR_IT = (
    Concept.INHERITED_COBALAMIN_DEFECT,
    Concept.TRANSCOBALAMIN_II_DEFICIENCY,
    Concept.METHYLMALONIC_ACIDAEMIA,
    Concept.HOMOCYSTINURIA_WITHOUT_MMA,
)


def evaluate(review: Review) -> Outcome:
    certain = certainly_cyanocobalamin(review)
    if isinstance(certain, NotApplicable):
        return certain
    snapshot, gaps = review.patient.snapshot, review.patient.gap_names(ResourceKind.CONDITIONS)
    defect = review.patient.inherited_defect
    untyped = snapshot.current(Concept.HOMOCYSTINURIA)
    if defect is Answer.NO:
        open_questions = (*(("type of the homocystinuria",) if untyped else ()), *gaps)
        return CannotTell(open_questions) if open_questions else NotApplicable("no inherited defect on record")
    known = defect is Answer.YES
    nerves = review.neurology.present
    return Recommend(
        indicator=Indicator.CRITICAL if known and certain else Indicator.WARNING,
        say=saying(review, "cyanocobalamin_inherited_defect", "known" if known else "possible", certain=certain),
        recommendations=("R-IEM", "C-16", "SG-08"),
        found=(
            evidence.order(review),
            *map(evidence.diagnosis, dict.fromkeys((*snapshot.current(*_SPEAK_FOR_IT), *untyped))),
            *(evidence.neurology(review) if nerves else ()),
        ),
        offer=offer(review),
        referrals=(Referral.METABOLIC, *((Referral.NEUROLOGY,) if nerves else ())),
        missing=gaps,
        paragraphs=(
            *((Saying("paragraph.inherited_defect_neurological"),) if nerves else ()),
            Saying("paragraph.inherited_defect" if known else "paragraph.inherited_defect_possible"),
            *words.vitamin_b12_note(review),
        ),
    )


RULE = Rule(
    id="T-CYANO-IEM",
    topic=Topic.CYANO_IEM,
    family=Family.FORM,
    title="Cyanocobalamin in an inherited cobalamin defect",
    source="S-BNFC",
    recommendations=("R-IEM", "C-16", "SG-08"),
    evaluate=evaluate,
)
