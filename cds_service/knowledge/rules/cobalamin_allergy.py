"""Allergy to a cobalamin: after a severe reaction the same form is not given, and no form is without advice.

Recommendation: SG-05, as made exact by derivations 1.5; SG-35 (no removal without a plan).
Strength: product information contraindicates; reports of anaphylaxis and deaths. Cross-reaction between forms is
    frequent, but some patients tolerated the other form after testing (29 patients, three UK clinics).

When anybody, of any age, is ordered a cobalamin, in any amount and by any route, a multivitamin included,
    and a severe reaction (anaphylaxis by code or words, severity severe, or criticality high) is recorded to the same
     form, to cobalamins as a class or to "vitamin B12", or the form is stated on one side only and may be the same,
Then a critical card, urgent allergy and haematology advice, the draft may be removed, and no substitute;
    where the severe reaction was to another form: warn, no dose is proposed until there is an allergy plan;
    where a reaction to the same form is recorded as mild, or its severity is not recorded: warn, clarify it;
    where the allergy is to cobalt, of any severity: warn and counsel, no ban in the UK, a US label contraindication,
     and doses taken so far without a reaction count;
    where a severe reaction to benzyl alcohol, parabens or polyethylene glycol is recorded: warn, choose a product
     without it;
    a reaction to another form that was not severe, or an intolerance of low criticality, is said beside another card
     and is none by itself.
RxNorm 11248 is called vitamin B12 and means cyanocobalamin: to hydroxocobalamin and mecobalamin it is another form.
When nothing is found and the allergies were not told in full, the rule cannot tell.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.allergies import Reactions, concerns, reactions
from cds_service.clinical.concepts import COBALAMINS, ResourceKind
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import CannotTell, Input, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.phase import Phase
from cds_service.clinical.policy import Region
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import Allergy, AllergySeverity
from cds_service.clinical.topics import Family, Indicator, Standing, Topic
from cds_service.knowledge.rules.active_too import active_too


def evaluate(review: Review) -> Outcome:
    drafted = review.order.product.ingredients & COBALAMINS
    if not drafted:
        return NotApplicable("the order is not for a cobalamin")
    gaps = review.patient.gap_names(ResourceKind.ALLERGIES)
    found = reactions(review.patient.snapshot.allergies, drafted)
    if found.same:
        return _severe(review, found, gaps)
    if found.other:
        return _another_form(review, found, gaps)
    if found.unclear:
        return _unclear(review, found, gaps)
    if found.cobalt:
        also = (Saying("cobalamin_allergy.excipient", _values(review, found.excipients)),) * bool(found.excipients)
        return _lower(
            review, _cobalt(review), (*found.cobalt, *found.excipients), gaps, (_cobalt_so_far(review), *also)
        )
    if found.excipients:
        return _lower(review, "excipient", found.excipients, gaps)
    return CannotTell(gaps) if gaps else NotApplicable("no allergy to this form, and no severe one to another")


def _severe(review: Review, found: Reactions, gaps: tuple[str, ...]) -> Recommend:
    nerves = _nerves(review)
    active = active_too(review, lambda forms: any(concerns(each, forms) for each in found.same))
    return _fires(
        review,
        Indicator.CRITICAL,
        "same_form_neurological" if nerves else "same_form",
        (*found.same, *found.other, *found.unclear),
        gaps,
        offer=Offer.REMOVAL,
        referrals=(Referral.ALLERGY, Referral.HAEMATOLOGY, *((Referral.NEUROLOGY,) if nerves else ())),
        paragraphs=(*_beside(review, found), Saying("cobalamin_allergy.plan"), *active.paragraphs),
        also_found=active.found,
    )


def _another_form(review: Review, found: Reactions, gaps: tuple[str, ...]) -> Recommend:
    nerves = _nerves(review)
    return _fires(
        review,
        Indicator.WARNING,
        "another_form_neurological" if nerves else "another_form",
        (*found.other, *found.unclear),
        gaps,
        referrals=(Referral.ALLERGY, Referral.HAEMATOLOGY, *((Referral.NEUROLOGY,) if nerves else ())),
        paragraphs=_beside(review, found),
    )


def _unclear(review: Review, found: Reactions, gaps: tuple[str, ...]) -> Recommend:
    """An allergy of which nothing is told may have been anaphylaxis: it is named before a mild one."""
    unknown = tuple(each for each in found.unclear if each.severity is AllergySeverity.NOT_RECORDED)
    mild = tuple(each for each in found.unclear if each not in unknown)
    kind = "not_recorded" if unknown else "mild"
    return _fires(review, Indicator.WARNING, kind, (*unknown, *mild), gaps, paragraphs=_beside(review, found))


def _nerves(review: Review) -> bool:
    """Is there something to lose while treatment waits?"""
    return review.neurology.present and not review.scope.nutritional


def _cobalt(review: Review) -> str:
    return "cobalt_us" if review.knowledge.region is Region.US else "cobalt"


def _cobalt_so_far(review: Review) -> Saying:
    """Every form holds cobalt: doses of any form tell what this patient tolerates."""
    since = review.patient.treatment.course_began
    if since is None or review.phase.phase is not Phase.MAINTENANCE:
        return Saying("cobalamin_allergy.cobalt_first_dose")
    return Saying("cobalamin_allergy.cobalt_taken", {"since": words.day(since)})


def _beside(review: Review, found: Reactions) -> tuple[Saying, ...]:
    """What the lesser rows have to say where a graver one speaks."""
    cobalt = Saying(f"cobalamin_allergy.{_cobalt(review)}", _values(review, found.cobalt))
    excipient = Saying("cobalamin_allergy.excipient", _values(review, found.excipients))
    return (*((cobalt, _cobalt_so_far(review)) if found.cobalt else ()), *((excipient,) if found.excipients else ()))


def _lower(
    review: Review, kind: str, allergies: tuple[Allergy, ...], gaps: tuple[str, ...], also: tuple[Saying, ...] = ()
) -> Recommend:
    """2.2 W23: to be talked over with the patient, and below every other warning."""
    return _fires(review, Indicator.WARNING, kind, allergies, gaps, standing=Standing.LOWER, paragraphs=also)


def _values(review: Review, allergies: tuple[Allergy, ...]) -> dict[str, str]:
    return {"drug": words.drug(review), "other": words.allergen(allergies[0]) if allergies else ""}


def _fires(
    review: Review,
    indicator: Indicator,
    kind: str,
    allergies: tuple[Allergy, ...],
    gaps: tuple[str, ...],
    *,
    offer: Offer = Offer.NOTHING,
    referrals: tuple[Referral, ...] = (),
    standing: Standing = Standing.USUAL,
    paragraphs: tuple[Saying, ...] = (),
    also_found: tuple[Input, ...] = (),
) -> Recommend:
    """Allergies: the one that the summary names comes first."""
    return Recommend(
        indicator=indicator,
        say=Saying(f"cobalamin_allergy.{kind}", _values(review, allergies)),
        recommendations=("SG-05", *(("SG-35",) if offer is Offer.REMOVAL else ())),
        found=(
            evidence.order(review),
            *map(evidence.allergy, allergies),
            *also_found,
            *(evidence.neurology(review) if Referral.NEUROLOGY in referrals else ()),
        ),
        offer=offer,
        referrals=referrals,
        standing=standing,
        missing=gaps,
        paragraphs=(*paragraphs, *words.vitamin_b12_note(review)),
    )


RULE = Rule(
    id="T-COBALAMIN-ALLERGY",
    topic=Topic.ALLERGY,
    family=Family.ALLERGY,
    title="Allergy to a cobalamin",
    source="S-SMPC",
    recommendations=("SG-05", "SG-35"),
    evaluate=evaluate,
)
