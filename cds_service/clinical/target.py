"""The one order that would be right in all respects at once (derivations 2.3 and 9.2): form, route, timing, dose."""

from cds_service.clinical.childs_form import childs_form
from cds_service.clinical.choices import SCHEDULE_TOPICS, Choice, choices, continuing, loading, within_ceiling
from cds_service.clinical.concepts import Answer, Ingredient, Route
from cds_service.clinical.due_treatment import choices_due, form_due
from cds_service.clinical.optic import schedule_on_label
from cds_service.clinical.oral_options import ORAL
from cds_service.clinical.outcomes import Offer, Proposal, Recommend
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.running_course import doubles_it
from cds_service.clinical.stops import may_be_ordered_anew
from cds_service.clinical.topics import Occasion, Topic

# Their corrections turn tablets and sprays into injections.
_INTO_MUSCLE = (Topic.ROUTE_ORAL_NEURO, Topic.ROUTE_ORAL_PA, Topic.ROUTE_ORAL_MALABS, Topic.ILEAL_PROPH)


def corrections(review: Review, fired: dict[Topic, Recommend]) -> tuple[Proposal, ...]:
    """What to offer for one draft, best first; empty when text is all that may be offered.

    fired: this draft's recommendations by topic. An inherited defect gets form and route only (cards.md 5). None
    where each would be a loading course that runs already: then the draft is to be left out.
    """
    if review.patient.adult is Answer.NO:
        return childs_form(review, fired)
    if not review.may_be_rewritten:
        return ()
    moves_to_injection = _moves_to_injection(review, fired)
    form = review.form_to_propose(None if moves_to_injection else review.order.cobalamin)
    if form is None:
        return ()
    if review.purpose is Purpose.SPECIALIST or Topic.CYANO_IEM in fired:
        return (Proposal(form, Route.INTRAMUSCULAR, None, None),)
    if review.non_parenteral and not moves_to_injection:
        return (_by_mouth(review),)
    route = _injection_route(review)
    keeps_timing = not moves_to_injection and review.course.known and _timing_stands(review, form, fired)
    if keeps_timing and _already_right(review, form, route, fired):
        return ()
    chosen: tuple[Choice, ...] = ((None, None),) if keeps_timing else choices(review, form, fired)
    if chosen and all(doubles_it(review, regimen) for regimen, _ in chosen):
        return ()
    return tuple(dict.fromkeys(_proposal(review, form, choice) for choice in chosen))


def _proposal(review: Review, form: Ingredient, choice: Choice) -> Proposal:
    """One choice as an order: an injection of this form, or cyanocobalamin by mouth (9.1)."""
    regimen, states = choice
    dose = review.t.standard_dose_ug
    if regimen == ORAL:
        return Proposal(Ingredient.CYANOCOBALAMIN, Route.ORAL, dose, ORAL, states)
    return Proposal(form, _injection_route(review), dose, within_ceiling(form, regimen), states)


def _timing_stands(review: Review, form: Ingredient, fired: dict[Topic, Recommend]) -> bool:
    """2.3c: a drafted schedule that section 8 accepts is kept, also where its dose is not; within the ceiling."""
    if _over_ceiling(review, form):
        return False
    if review.purpose is Purpose.OPTIC_INDICATION:
        return schedule_on_label(review)
    asks = _asking(fired)
    if not asks:
        return True
    if asks & {Topic.RECUR, Topic.TITRATE}:
        return False  # it is accepted by itself, but not beside these signs, or beside the current interval
    phase, interval = review.phase.phase, review.course.interval
    maintenance = phase is Phase.MAINTENANCE or (phase is Phase.UNKNOWN and review.presumed_maintenance)
    # What follows a loading course, and an order for both whose loading part is accepted: only the dose is at fault.
    goes_on = review.course.later_part or (review.phase.loading_continuing and not review.neurology.present)
    follows = goes_on or _loading_part_accepted(review)
    if not (maintenance or follows) or interval is None or Topic.DATA in asks:
        return False
    longest = review.t.interval_max_other_form_days
    if form is Ingredient.HYDROXOCOBALAMIN:
        no_history = review.neurological_history is Answer.NO
        limits = (review.t.interval_max_hydroxocobalamin_neuro_days, review.t.interval_max_hydroxocobalamin_days)
        longest = limits[1] if no_history else limits[0]
    return review.t.interval_loading_days <= interval <= longest


def _loading_part_accepted(review: Review) -> bool:
    """Of an order that loads and maintains: is its loading part accepted in silence (8.1, 8.2)?"""
    if not review.course.loads_and_maintains:
        return False
    if review.neurology.present:
        return review.right_with_neurology
    return review.neurology.absent and review.right_without_neurology


def _asking(fired: dict[Topic, Recommend]) -> frozenset[Topic]:
    """The schedule and route topics that ask for a correction."""
    return frozenset(topic for topic in SCHEDULE_TOPICS & fired.keys() if fired[topic].offer is Offer.CORRECTION)


def _over_ceiling(review: Review, form: Ingredient) -> bool:
    """Is the drafted interval beyond what the proposed form allows? Antifolate schedules are exempt."""
    interval, t = review.course.interval, review.t
    if interval is None:
        return False
    if form is Ingredient.HYDROXOCOBALAMIN:
        return interval > t.interval_max_hydroxocobalamin_days
    exempt = review.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS
    return not exempt and interval > t.interval_max_other_form_days


def _oral_form(review: Review) -> Ingredient:
    """9.1: cyanocobalamin by mouth; a drafted mecobalamin is kept."""
    drafted = review.order.cobalamin
    return Ingredient.MECOBALAMIN if drafted is Ingredient.MECOBALAMIN else Ingredient.CYANOCOBALAMIN


def _already_right(review: Review, form: Ingredient, route: Route, fired: dict[Topic, Recommend]) -> bool:
    """Is there nothing to correct: the same form and route, and no doubt about the dose or the vein?"""
    same = form is review.order.cobalamin and route is review.route
    return same and not _asking(fired) and not {Topic.UNIT_ERROR, Topic.ROUTE_IV} & fired.keys()


def additions(review: Review) -> tuple[Proposal, ...]:
    """The cobalamin to start beside a folic acid order (9.2 row 22), or what is due when a chart is opened.

    For an order that is stopped, what takes its place (2.6). Beside one that is only held, nothing: both would run.
    """
    if review.occasion is Occasion.STOP:
        return _in_place_of_the_stopped(review)
    if stopped := [Review(stop, review.patient) for stop in review.patient.stops if stop.cobalamin is not None]:
        return _in_place_of_the_stopped(stopped[0])
    at_chart = review.occasion is Occasion.CHART
    form = form_due(review) if at_chart else review.form_to_propose()
    if form is None or review.purpose is Purpose.SPECIALIST or review.patient.adult is not Answer.YES:
        return ()
    chosen = choices_due(review, form) if at_chart else loading(review)
    return tuple(_proposal(review, form, choice) for choice in chosen)


def _in_place_of_the_stopped(review: Review) -> tuple[Proposal, ...]:
    """2.6: the current treatment, in the form and by the route that it has where these may stay."""
    if not may_be_ordered_anew(review):
        return ()
    if review.non_parenteral and _stays_by_mouth(review):
        return (_by_mouth(review),)
    form = review.form_to_propose(review.order.cobalamin if review.parenteral else None)
    if form is None:
        return ()
    return tuple(_proposal(review, form, choice) for choice in continuing(review, form))


def _stays_by_mouth(review: Review) -> bool:
    """Without signs, and in a form that may stay; into the nose or under the tongue the same by mouth."""
    form = _oral_form(review)
    return (
        review.phase.phase is not Phase.LOADING
        and not review.neurology.present
        and review.form_to_propose(form) is form
    )


def _by_mouth(review: Review) -> Proposal:
    """A dose by mouth is no dose for the nose, and there is no oral hydroxocobalamin."""
    route = review.route if review.route is not None and review.route is not Route.NASAL else Route.ORAL
    return Proposal(_oral_form(review), route, review.t.standard_dose_ug, ORAL)


def _moves_to_injection(review: Review, fired: dict[Topic, Recommend]) -> bool:
    """2.3b: oral is kept only where 8.7 accepts it; a change of form from oral or nasal changes the route too."""
    if not review.non_parenteral:
        return False
    routes = [fired[topic] for topic in _INTO_MUSCLE if topic in fired]
    if any(outcome.offer is Offer.CORRECTION for outcome in routes):
        return True
    if Topic.UNDERDOSE in fired and not review.stays_oral:
        return True
    return review.form_to_propose(_oral_form(review)) is not _oral_form(review)


def _injection_route(review: Review) -> Route:
    """2.3b: IM unless the draft is SC, or a needle in muscle is a risk."""
    if review.route is Route.SUBCUTANEOUS or review.patient.needs_subcutaneous:
        return Route.SUBCUTANEOUS
    return Route.INTRAMUSCULAR
