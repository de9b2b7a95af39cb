"""What the schedule rules share: when they do not run at all, and how their cards are put together."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.errands import Referral
from cds_service.clinical.maintenance_interval import Relapse, monthly_is_an_option, relapse_of
from cds_service.clinical.neurology import CourseStatus
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.outcomes import CannotTell, Input, NotApplicable, Offer, Outcome, Recommend, Saying
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.policy import Region
from cds_service.clinical.review import Review
from cds_service.clinical.tests_due import b12_tests
from cds_service.clinical.topics import Indicator

URGENT = (Referral.NEUROLOGY, Referral.HAEMATOLOGY)


def schedule_rules_off(review: Review) -> NotApplicable | CannotTell | None:
    """Why family F4 does not judge this order, or None when it does."""
    if review.order.cobalamin is None:
        return NotApplicable("the order is not for a cobalamin")
    if review.scope.nutritional:
        return NotApplicable("a nutritional product is not treatment")
    if review.patient.adult is Answer.UNKNOWN:
        return CannotTell(("birth date",))
    if review.patient.adult is Answer.NO:
        return NotApplicable("the patient is under 18: adult regimens do not apply")
    if review.purpose is Purpose.SPECIALIST:
        return NotApplicable("inherited cobalamin defect: the metabolic team sets the schedule")
    if review.purpose is Purpose.OPTIC_INDICATION:
        return NotApplicable("optic neuropathy is the indication: deficiency schedules do not apply")
    if review.order.product.has_another_medicine and not review.course.known:
        return NotApplicable("a combination product without timing is not completed")
    return None


def fires(
    review: Review,
    indicator: Indicator,
    key: str,
    recommendations: tuple[str, ...],
    *,
    offer: Offer = Offer.CORRECTION,
    both_options: bool = False,
    asks_neurology: bool = False,
    found_also: tuple[Input, ...] = (),
    undecided: bool = False,
) -> Recommend:
    """A card about the schedule of this draft, with the facts it was judged on.

    asks_neurology: neurological status is missing, and it would change more than the choice between two courses.
    found_also: further facts that this card rests on.
    undecided: whether a change is needed is for the clinician.
    """
    # Signs that return on injections: the options of T-RECUR say with which of them the referrals ride (2.4).
    returned = review.non_parenteral and relapse_of(review) is Relapse.WORSE
    urgent = returned or (review.phase.phase is Phase.LOADING and review.neurology.present)
    tests = b12_tests(review) if _starts(review) else ()
    asked = (both_options or asks_neurology) and (review.neurology.unknown or review.neurology.plateaued)
    missing = ("neurological examination",) if asked else ()
    review_due = _review_due(review) and "R-LOAD-NEURO-DURATION" not in recommendations
    prompt = (Saying("regimen_neurological.review_due"),) if review_due else ()
    return Recommend(
        indicator=indicator,
        say=Saying(key, words.schedule(review)),
        recommendations=(*recommendations, *(("R-LOAD-NEURO-DURATION", "C-21") if review_due else ())),
        found=(
            evidence.order(review),
            *evidence.deficiency(review),
            *evidence.neurology(review),
            *evidence.phase(review),
            *found_also,
        ),
        offer=offer,
        tests=tests,
        referrals=URGENT if urgent else (),
        undecided=undecided,
        both_options=both_options,
        missing=missing + review.gaps,
        paragraphs=(*prompt, *words.schedule_paragraphs(review, tests)),
    )


def with_maintenance(review: Review, loading: Outcome, maintenance: Outcome) -> Outcome:
    """Both faults of one draft: what it says of loading, and of the maintenance that follows (3.1).

    The more serious speaks first. That the later part comes at its time excuses neither its interval nor its dose.
    """
    if not isinstance(maintenance, Recommend):
        return loading
    if review.course.loads_and_maintains:
        rarest = phrases.schedule(review.course.maintenance_part.parts[-1].timing)
        values = {**maintenance.say.values, "schedule": f"{rarest} after loading"}
        maintenance = replace(maintenance, say=Saying(maintenance.say.key, values))
    if not isinstance(loading, Recommend):
        return maintenance
    first, second = (loading, maintenance) if loading.indicator >= maintenance.indicator else (maintenance, loading)
    return replace(
        first,
        recommendations=tuple(dict.fromkeys((*first.recommendations, *second.recommendations))),
        missing=tuple(dict.fromkeys((*first.missing, *second.missing))),
        undecided=first.undecided or second.undecided,
        both_options=first.both_options or second.both_options,
        paragraphs=tuple(dict.fromkeys((second.say, *first.paragraphs, *second.paragraphs))),
    )


def due(review: Review, key: str, recommendations: tuple[str, ...]) -> Recommend | NotApplicable:
    """The proposal for an order that names a cobalamin and no timing: information, never a warning."""
    if nothing_to_propose(review):
        return NotApplicable(f"deficiency is {review.deficiency.status.value}: no regimen is proposed")
    if review.order.stated_neurology is NeurologicalStatement.PRESENT:
        recommendations = (*recommendations, "SG-26")
    if not (monthly_is_an_option(review) and judged_as_hydroxocobalamin(review)):
        return fires(review, Indicator.INFO, key, recommendations)
    found = fires(review, Indicator.INFO, key, (*recommendations, "R-MAINT-MONTHLY"))
    return replace(found, paragraphs=(Saying("regimen_neurological.monthly_option"), *found.paragraphs))


def out_of_time(review: Review) -> str | None:
    """The last part of the key where a loading course gives nothing now: over before today, or begun too late, by the
    days of 1.4. None beside a course that is under way, and where no first day is written."""
    course, today = review.course, review.patient.snapshot.today
    if review.phase.loading_continuing:
        return None
    if course.loading_last_day is not None and course.loading_last_day < today:
        return "over_before_today"
    late = today + timedelta(days=review.t.cover_starts_within_days)
    return "starts_late" if course.loading_starts is not None and course.loading_starts > late else None


def lapsed(review: Review) -> bool:
    """3.3 rows 12 and 14: loading is due again because treatment lapsed."""
    return review.phase.row in (12, 14)


def no_signs(review: Review, because: str = "no neurological involvement on record") -> NotApplicable | CannotTell:
    """How a rule ends that speaks of neurological signs, and none are on record: perhaps nobody looked."""
    return CannotTell(("neurological examination",)) if review.neurology.unknown else NotApplicable(because)


def nothing_to_propose(review: Review) -> bool:
    """4.3: deficiency unlikely or indeterminate, phase unknown. Signs, whatever their cause, are answered (5.4).

    C-16: nothing either where an inherited defect is possible, because its dose and timing are not those of adults.
    """
    if review.inherited_defect is Answer.UNKNOWN:
        return True
    if review.phase.phase is not Phase.UNKNOWN:
        return False
    if review.deficiency.status is DeficiencyStatus.INDETERMINATE:
        return not review.neurology.present and not review.neurology.other_cause_possible
    return review.deficiency.status is DeficiencyStatus.UNLIKELY


def not_challenged(review: Review) -> bool:
    """4.3: a timed course of an unknown phase, where no deficiency is on record or suspected (3.4 says how much)."""
    doubtful = review.deficiency.status in (DeficiencyStatus.UNLIKELY, DeficiencyStatus.INDETERMINATE)
    return doubtful and review.phase.phase is Phase.UNKNOWN and review.course.known and not review.presumed_maintenance


def for_range(indicator: Indicator, shortest: Decimal | None, limit: Decimal) -> Indicator:
    """8.0: a range is one step less severe, as far as its short end is right. Both ends too long is no range."""
    inside = shortest is not None and shortest <= limit
    return Indicator.INFO if inside and indicator is Indicator.WARNING else indicator


def judged_as_hydroxocobalamin(review: Review) -> bool:
    """1.3: a form that is not stated has the limits of hydroxocobalamin in `uk`, of cyanocobalamin in `us`."""
    unspecified = review.order.cobalamin is Ingredient.COBALAMIN_UNSPECIFIED
    uk = review.knowledge.region is Region.UK
    return review.order.cobalamin is Ingredient.HYDROXOCOBALAMIN or (unspecified and uk)


def _review_due(review: Review) -> bool:
    """3.3 row 7, C-21: alternate days for more than 21 days, and neither improvement nor its end is on record."""
    return review.phase.review_due and review.neurology.course in (CourseStatus.UNKNOWN, CourseStatus.PERSISTENT)


def _starts(review: Review) -> bool:
    """Is this the start of treatment, so that a sample taken first still means something (SG-09)?"""
    if review.phase.phase is Phase.UNKNOWN:
        return not review.presumed_maintenance
    return review.phase.phase is Phase.LOADING and not review.phase.loading_continuing
