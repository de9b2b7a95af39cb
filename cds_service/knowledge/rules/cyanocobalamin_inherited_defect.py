"""Cyanocobalamin, or mecobalamin, in an inherited cobalamin defect: hydroxocobalamin, as the metabolic team doses it.

Recommendation: R-IEM (seed 001), as resolved by C-16; SG-08.
Strength: specialist guidance; parenteral hydroxocobalamin is the mainstay, and mecobalamin is not proposed.

When anybody, of any age, is ordered cyanocobalamin, in any amount and by any route, a multivitamin included,
    and an inherited cobalamin defect is recorded by name, or methylmalonic acidaemia together with homocystinuria,
     or the defect is the coded reason of the order,
Then a critical card, the form and route to change to, no dose and no timing, and urgent metabolic advice;
    where methylmalonic acidaemia stands alone, or homocystinuria without it, or no form is stated, or the order is for
    mecobalamin or cobamamide: warn, same advice.
Homocystinuria of no stated type alone is no such defect: the rule cannot tell, and T-DATA says so.
A diagnosis that was refuted does not count. A defect recorded by name counts although it is called resolved or
    inactive, since it is genetic; of one whose type is not stated, and that is called resolved, the rule cannot tell.
When nothing is found and the diagnoses were not told in full, the rule cannot tell.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer, Ingredient, ResourceKind
from cds_service.clinical.conditions import LIFELONG, Concept
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.active_too import active_too
from cds_service.knowledge.rules.cyanocobalamin_barred import (
    certainly_cyanocobalamin,
    form_left,
    offer,
    saying,
    without_form,
)

_SPEAK_FOR_IT = (
    Concept.INHERITED_COBALAMIN_DEFECT,
    Concept.TRANSCOBALAMIN_II_DEFICIENCY,
    Concept.METHYLMALONIC_ACIDAEMIA,
    Concept.HOMOCYSTINURIA_WITHOUT_MMA,
)
_COENZYMES = frozenset({Ingredient.MECOBALAMIN, Ingredient.COBAMAMIDE})


def evaluate(review: Review) -> Outcome:
    certain = certainly_cyanocobalamin(review)
    coenzyme = isinstance(certain, NotApplicable) and bool(_COENZYMES & review.order.product.ingredients)
    if isinstance(certain, NotApplicable) and not coenzyme:
        return certain
    gaps = review.patient.gap_names(ResourceKind.CONDITIONS)
    if review.inherited_defect is Answer.NO:
        open_questions = (*review.defect_types_not_stated, *gaps)
        return CannotTell(open_questions) if open_questions else NotApplicable("no inherited defect on record")
    known = review.inherited_defect is Answer.YES
    snapshot, nerves = review.patient.snapshot, review.neurology.present
    diagnoses = tuple(dict.fromkeys((*snapshot.current(*_SPEAK_FOR_IT), *snapshot.current(Concept.HOMOCYSTINURIA))))
    active = active_too(review, lambda forms: not forms <= {Ingredient.HYDROXOCOBALAMIN})
    return Recommend(
        indicator=Indicator.CRITICAL if known and certain is True else Indicator.WARNING,
        say=_coenzyme(review) if coenzyme else _saying(review, known=known, certain=certain is True),
        recommendations=("R-IEM", "C-16", "SG-08"),
        found=(
            evidence.order(review),
            *map(evidence.diagnosis, diagnoses),
            *active.found,
            *(evidence.neurology(review) if nerves else ()),
        ),
        offer=offer(review),
        referrals=(Referral.METABOLIC, *((Referral.NEUROLOGY,) if nerves else ())),
        missing=gaps,
        paragraphs=(
            *((Saying("paragraph.inherited_defect_neurological"),) if nerves else ()),
            Saying("paragraph.inherited_defect" if known else "paragraph.inherited_defect_possible"),
            *((Saying("cyanocobalamin_inherited_defect.recorded_as_over"),) if _called_over(review) else ()),
            *active.paragraphs,
            *words.vitamin_b12_note(review),
        ),
    )


def _saying(review: Review, *, known: bool, certain: bool) -> Saying:
    return saying(review, "cyanocobalamin_inherited_defect", "known" if known else "possible", certain=certain)


def _coenzyme(review: Review) -> Saying:
    """C-16: the wrong drug, in a nutritional amount as well; 2.3a bars it."""
    other = form_left(review)
    kind = "nutritional" if review.scope.nutritional else "coenzyme" if other is not None else without_form(review)
    values = {"drug": words.drug(review), "other": other.value if other is not None else ""}
    return Saying(f"cyanocobalamin_inherited_defect.{kind}", values)


def _called_over(review: Review) -> bool:
    """Does a genetic disease count here that is recorded as resolved or inactive?"""
    return any(
        not each.current and each.concepts & LIFELONG for each in review.patient.snapshot.current(*_SPEAK_FOR_IT)
    )


RULE = Rule(
    id="T-CYANO-IEM",
    topic=Topic.CYANO_IEM,
    family=Family.FORM,
    title="Cyanocobalamin in an inherited cobalamin defect",
    source="S-EHOD",
    recommendations=("R-IEM", "C-16", "SG-08"),
    evaluate=evaluate,
)
