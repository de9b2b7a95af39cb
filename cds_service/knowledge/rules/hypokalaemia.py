"""Potassium falls when severe anaemia of vitamin B12 deficiency is treated by injection: measure it, never wait for it.

Recommendation: SG-06, K-06, as made exact by derivations 9.4.
Strength: the labels of both forms report low potassium and sudden death at the start of treatment; every limit is this
    project's judgement.

When loading or re-loading by injection is drafted or proposed (a draft of an unknown phase: unless its own timing is
    maintenance), by potassium of the last 7 days, and haemoglobin and MCV of the last 30 days:
    potassium below 3.5 mmol/L: warn, more strongly below 3.0;
    haemoglobin below 80 g/L: warn if potassium is missing, old or unreadable; inform, repeat it, if it is 3.5 or more;
    haemoglobin low but not below 80 g/L, and MCV above 100 fL: inform if potassium is missing, old or unreadable.
    Low is below the report's own limit, else 120 (women), 130 (men) or 110 g/L (pregnancy; under 18).
With digoxin, a loop or thiazide diuretic, or an eating disorder on record, information becomes a warning, and large
    cells with potassium of 3.5 or more, otherwise silent, become information.
A potassium order among the drafts answers what is missing. No potassium is ever proposed, and vitamin B12 never waits.
Where loading is only proposed (chart, folic acid, tablets, relapse), the card that proposes says so and asks for it.
When there is no haemoglobin in date, the rule cannot tell: "full blood count and potassium not on record" stands on
another card.
"""

from dataclasses import replace

from cds_service.clinical import evidence, words
from cds_service.clinical.outcomes import NotApplicable, Outcome, Recommend, Rule
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.potassium_at_start import potassium_at_start
from cds_service.clinical.review import Review
from cds_service.clinical.scope import UnitError
from cds_service.clinical.topics import Family, Topic
from cds_service.knowledge.rules.regimen import nothing_to_propose


def evaluate(review: Review) -> Outcome:
    if review.order.cobalamin is None or review.scope.nutritional:
        return NotApplicable("not an order for treatment with a cobalamin")
    if review.purpose in (Purpose.SPECIALIST, Purpose.OPTIC_INDICATION):
        return NotApplicable("not given for deficiency")
    if review.scope.unit_error is UnitError.PERHAPS_ANTIDOTE:
        return NotApplicable("perhaps the cyanide antidote")
    if not _loading_by_injection(review):
        return NotApplicable("not loading by injection")
    outcome = potassium_at_start(review, words.drug(review))
    if not isinstance(outcome, Recommend):
        return outcome
    return replace(outcome, found=(evidence.order(review), *outcome.found, *evidence.phase(review)))


def _loading_by_injection(review: Review) -> bool:
    """A bare order without a route becomes an injection; a timed one that may be a tablet does not (3.4)."""
    if review.non_parenteral or review.route_unclear or review.course.later_part:
        return False
    match review.phase.phase:
        case Phase.LOADING:
            return True
        case Phase.UNKNOWN if review.course.known:
            return not review.presumed_maintenance
        case Phase.UNKNOWN:
            return not nothing_to_propose(review)
        case _:
            return False


RULE = Rule(
    id="T-K",
    topic=Topic.POTASSIUM,
    family=Family.POTASSIUM,
    title="Potassium at the start of treatment",
    source="S-FDA-CY",
    recommendations=("SG-06",),
    evaluate=evaluate,
)
