"""Allergy to a cobalamin: after a severe reaction the same form is not given, and no form is without advice.

Recommendation: SG-05, as made exact by derivations 1.5.
Strength: product information contraindicates; reports of anaphylaxis and deaths. Cross-reaction between forms is
    frequent, but some patients tolerated the other form after testing.

When anybody, of any age, is ordered a cobalamin, in any amount and by any route, a multivitamin included,
    and a severe reaction is recorded to the same form, to cobalamins as a class or to "vitamin B12",
     or the form is stated on one side only and may be the same,
Then a critical card, urgent advice and no substitute;
    where the severe reaction was to another form: warn, no dose is proposed until there is an allergy plan;
    where a reaction to the same form was mild or is not recorded: warn, clarify it,
     unless it is an intolerance of low criticality.
RxNorm 11248 is called vitamin B12 and means cyanocobalamin: to hydroxocobalamin and mecobalamin it is another form.
When nothing is found and the allergies were not told in full, the rule cannot tell.

Not judged yet: allergy to cobalt, benzyl alcohol, parabens or polyethylene glycol (derivations 1.5, rank W23).
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import COBALAMINS, Ingredient, ResourceKind
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import (
    CannotTell,
    ClientText,
    Input,
    NotApplicable,
    Offer,
    Outcome,
    Recommend,
    Rule,
    Saying,
)
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import Allergen, Allergy, AllergySeverity
from cds_service.clinical.topics import Family, Indicator, Topic

_ANY = COBALAMINS
# What each allergen may be, form by form: a class and an unstated form may be any of them.
_FORMS: dict[Allergen, frozenset[Ingredient]] = {
    Allergen.HYDROXOCOBALAMIN: frozenset({Ingredient.HYDROXOCOBALAMIN}),
    Allergen.CYANOCOBALAMIN: frozenset({Ingredient.CYANOCOBALAMIN}),
    Allergen.MECOBALAMIN: frozenset({Ingredient.MECOBALAMIN}),
    Allergen.COBAMAMIDE: frozenset({Ingredient.COBAMAMIDE}),
    Allergen.COBALAMINS: _ANY,
    Allergen.VITAMIN_B12: frozenset({Ingredient.CYANOCOBALAMIN}),
}
_AS_NAMED = {Allergen.COBALAMINS: "vitamin B12", Allergen.VITAMIN_B12: "vitamin B12"}


def evaluate(review: Review) -> Outcome:
    drafted = review.order.product.ingredients & COBALAMINS
    if not drafted:
        return NotApplicable("the order is not for a cobalamin")
    gaps = review.patient.gap_names(ResourceKind.ALLERGIES)
    allergies = sorted(
        (allergy for allergy in review.patient.snapshot.allergies if allergy.allergen in _FORMS),
        key=lambda allergy: (allergy.allergen, allergy.reference),
    )
    severe = [allergy for allergy in allergies if allergy.severity is AllergySeverity.SEVERE]
    same = [allergy for allergy in severe if _may_be_drafted(allergy, drafted)]
    unclear = [
        allergy
        for allergy in allergies
        if allergy not in severe and not allergy.intolerance and _may_be_drafted(allergy, drafted)
    ]
    if same:
        kind = "same_form_neurological" if _nerves(review) else "same_form"
        return _fires(review, Indicator.CRITICAL, kind, same, gaps)
    others = [allergy for allergy in severe if allergy not in same]
    if others:
        return _fires(review, Indicator.WARNING, "another_form", [*others, *unclear], gaps)
    if unclear:
        return _fires(review, Indicator.WARNING, "unclear", unclear, gaps)
    return CannotTell(gaps) if gaps else NotApplicable("no allergy to this form, and no severe one to another")


def _may_be_drafted(allergy: Allergy, drafted: frozenset[Ingredient]) -> bool:
    return Ingredient.COBALAMIN_UNSPECIFIED in drafted or not drafted.isdisjoint(_FORMS[allergy.allergen])


def _nerves(review: Review) -> bool:
    """Is there something to lose while treatment waits?"""
    return review.neurology.present and not review.scope.nutritional


def _fires(
    review: Review, indicator: Indicator, kind: str, allergies: list[Allergy], gaps: tuple[str, ...]
) -> Recommend:
    """Allergies: the one that the summary names comes first."""
    first = allergies[0].allergen
    severe = kind != "unclear"
    nerves = severe and _nerves(review)
    return Recommend(
        indicator=indicator,
        say=Saying(
            f"cobalamin_allergy.{kind}", {"drug": words.drug(review), "other": _AS_NAMED.get(first, first.value)}
        ),
        recommendations=("SG-05",),
        found=(
            evidence.order(review),
            *(
                Input("recorded allergy", ClientText(each.text), day=each.recorded, reference=each.reference)
                for each in allergies
            ),
            *(evidence.neurology(review) if nerves else ()),
        ),
        offer=Offer.NOTHING,
        referrals=((Referral.HAEMATOLOGY,) if severe else ()) + ((Referral.NEUROLOGY,) if nerves else ()),
        missing=gaps,
        paragraphs=(
            *((Saying("paragraph.allergy_neurological"),) if nerves and indicator is Indicator.WARNING else ()),
            *((Saying("paragraph.allergy_plan"),) if indicator is Indicator.CRITICAL else ()),
            *words.vitamin_b12_note(review),
        ),
    )


RULE = Rule(
    id="T-COBALAMIN-ALLERGY",
    topic=Topic.ALLERGY,
    family=Family.ALLERGY,
    title="Allergy to a cobalamin",
    source="S-SMPC",
    recommendations=("SG-05",),
    evaluate=evaluate,
)
