"""Folic acid in vitamin B12 deficiency that is not being treated: start B12 first, or together.

Recommendation: R-FOLATE-BEFORE (all five seeds), as resolved by C-19, SG-12 and SG-13.
Strength: consensus, and the labels of both products: anaemia is masked, the cord may be damaged.

When folic acid above 0.4 mg a day is ordered, deficiency is confirmed, and no cobalamin fully covers,
Then a critical card that adds cobalamin; holding the folic acid is a second option where one regimen is certain;
    a warning where folic acid has a standing indication (methotrexate, pemetrexed, pralatrexate; once weekly, 10 mg or
    less; pregnant or planning it, up to 5 mg a day; haemolysis, dialysis, phenytoin, valproate, sulfasalazine,
    pyrimethamine) or where cover could not be told from the record;
    where the cobalamin among the drafts starts in more than 7 days, asking to bring it forward, with none beside it;
    where a critical card speaks of it, saying that it does not count and is not to run beside the other;
    at most a warning where the dose cannot be read. A cobalamin that is stopped beside it covers no longer.
When deficiency is confirmed by a diagnosis alone and a B12 above 350 pg/mL is in date, warn: treated elsewhere?
    With a standing indication be silent there, and inform where cover could not be told (no such B12 in date).
Children get the card too, without an offer: adult doses do not apply.
Nothing here removes, reduces or delays folic acid that has a standing indication.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.cover import Cover
from cds_service.clinical.deficiency import DeficiencyStatus, Strength
from cds_service.clinical.folate import ExemptionKind
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.tests_due import b12_missing
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.folic_acid_order import (
    at_most,
    dose_unreadable,
    drafted_cobalamin,
    drafted_too_late,
    folic_acid,
    treatment_dose_without_cover,
)
from cds_service.knowledge.rules.regimen import URGENT

_CRITICAL, _WARNING, _INFO = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO


def evaluate(review: Review) -> Outcome:
    if (ends := treatment_dose_without_cover(review)) is not None:
        return ends
    if review.deficiency.status is DeficiencyStatus.UNKNOWN:
        return CannotTell(b12_missing(review))
    if review.deficiency.status is not DeficiencyStatus.CONFIRMED:
        return NotApplicable(f"vitamin B12 deficiency is {review.deficiency.status.value}")
    indicator = at_most(_indicator(review), _WARNING) if dose_unreadable(review) else _indicator(review)
    if indicator is None:
        return NotApplicable("a standing indication for folic acid, and a B12 in range on record")
    return Recommend(
        indicator=indicator,
        say=Saying(_key(review), {**folic_acid(review), **drafted_cobalamin(review)}),
        recommendations=("R-FOLATE-BEFORE", "C-19", "SG-12"),
        found=(
            evidence.folic_acid(review),
            *evidence.deficiency(review),
            *evidence.neurology(review),
            *evidence.cover(review),
        ),
        offer=Offer.NOTHING if drafted_too_late(review) else Offer.ADD_COBALAMIN,
        referrals=URGENT if review.neurology.present else (),
        missing=review.cobalamin_gaps,
        paragraphs=words.folic_acid_paragraphs(review),
    )


def _key(review: Review) -> str:
    if review.deficiency.strength is Strength.DIAGNOSIS and review.deficiency.above_limit_in_date:
        return "folate_in_b12_deficiency.treated_elsewhere"
    if drafted_too_late(review):
        return "folate_in_b12_deficiency.draft_later"
    if review.patient.cover.stopped:
        return "folate_in_b12_deficiency.stopped"
    if review.patient.cover.cover is Cover.UNKNOWN:
        return "folate_in_b12_deficiency.cover_unknown"
    if review.patient.cover.left_out is not None:
        return "folate_in_b12_deficiency.draft_not_counted"
    return "folate_in_b12_deficiency.untreated"


def _indicator(review: Review) -> Indicator | None:
    """The first five rows of the table in derivations 7.2."""
    exempt = review.exemption.kind is not ExemptionKind.NONE
    cover_unknown = review.patient.cover.cover is Cover.UNKNOWN
    if review.deficiency.strength is not Strength.DIAGNOSIS:
        return _WARNING if exempt or cover_unknown else _CRITICAL
    # A normal B12 says "treated elsewhere" whether or not the list was told: unknown cover is no stronger than none.
    if review.deficiency.above_limit_in_date:
        return None if exempt else _WARNING
    if cover_unknown:
        return _INFO if exempt else _WARNING
    return _WARNING if exempt else _CRITICAL


RULE = Rule(
    id="T-FOLATE-B12-DEF",
    topic=Topic.FOLATE_B12_DEF,
    family=Family.FOLATE,
    title="Folic acid in untreated vitamin B12 deficiency",
    source="S-FDA-FA",
    recommendations=("R-FOLATE-BEFORE", "SG-12", "SG-13"),
    evaluate=evaluate,
)
