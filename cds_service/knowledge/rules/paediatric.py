"""A child is given a cobalamin: no adult regimen applies, and neurological signs are urgent.

Recommendation: SG-01, SG-03, as made exact by derivations 2.5.
Strength: the seeds are about adults, NICE NG239 covers 16 and over; that adult rules begin at 18 is this project's
    judgement.

When anybody under 18 is ordered a cobalamin, nutritional products and what may be the cyanide antidote apart, inform;
    with neurological involvement present: warn, urgent paediatric neurology and haematology, no delay.
In the first year of life, name benzyl alcohol and aluminium in US multi-dose vials.
Allergy, Leber disease, inherited defects, the unit of a dose, the vein, folic acid in proven deficiency, platelets,
    anticoagulation, the injection site and potassium are checked as in adults; no adult dose or timing is offered.
Another form is offered with dose and timing as drafted: clinical/childs_form.py.
Beyond the decision tables: 2.5 does not list platelets, anticoagulation, the injection site and potassium among what is
    still run under 18; here they are, without an offer of a dose, because the danger is no smaller in a child.
When the age is not known, the rule cannot tell.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.person import ages_on
from cds_service.clinical.review import Review
from cds_service.clinical.scope import UnitError
from cds_service.clinical.topics import Family, Indicator, Topic

_URGENT = (Referral.PAEDIATRICS, Referral.NEUROLOGY, Referral.HAEMATOLOGY)


def evaluate(review: Review) -> Outcome:
    if review.order.cobalamin is None or review.scope.nutritional:
        return NotApplicable("not an order for treatment with a cobalamin")
    if review.scope.unit_error is UnitError.PERHAPS_ANTIDOTE:
        return NotApplicable("perhaps the cyanide antidote")
    if review.patient.adult is Answer.UNKNOWN:
        return CannotTell(("birth date",))
    if review.patient.adult is Answer.YES:
        return NotApplicable("the patient is 18 or older")
    nerves = review.neurology.present
    key = "found"
    if nerves:
        key = "neurological_allergy" if review.patient.severe_allergy else "neurological"
    return Recommend(
        indicator=Indicator.WARNING if nerves else Indicator.INFO,
        say=Saying(f"paediatric.{key}", {"drug": words.drug(review)}),
        recommendations=("SG-01", *(("SG-03",) if _infant(review) else ())),
        found=(evidence.order(review), evidence.age(review), *(evidence.neurology(review) if nerves else ())),
        offer=Offer.NOTHING,
        referrals=_URGENT if nerves else (),
        missing=review.gaps,
        paragraphs=(Saying("paediatric.infant"),) if _infant(review) else (),
    )


def _infant(review: Review) -> bool:
    """Also where a birth date in part leaves it open."""
    ages = ages_on(review.patient.snapshot.person, review.patient.snapshot.today)
    return bool(ages) and min(ages) < review.t.infant_years


RULE = Rule(
    id="T-PEDS",
    topic=Topic.PEDS,
    family=Family.PERSON,
    title="Vitamin B12 for a child",
    source="S-BNFC",
    recommendations=("SG-01", "SG-03"),
    evaluate=evaluate,
)
