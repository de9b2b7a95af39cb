"""The one order that would be right in all respects at once (derivations 2.3 and 9.2): form, route, timing, dose."""

from cds_service.clinical.concepts import Answer, Ingredient, Route
from cds_service.clinical.conditions import BARIATRIC, Concept
from cds_service.clinical.forms import permitted_form
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.outcomes import Offer, Proposal, Recommend, Topic
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.policy import Region
from cds_service.clinical.review import Review

SCHEDULE_TOPICS = frozenset(
    {
        Topic.REGIMEN_NEURO,
        Topic.REGIMEN_NONEURO,
        Topic.UNDERDOSE,
        Topic.ROUTE_ORAL_NEURO,
        Topic.ROUTE_ORAL_PA,
        Topic.DATA,
    }
)
_Choice = tuple[str | None, NeurologicalStatement | None]


def corrections(review: Review, fired: dict[Topic, Recommend]) -> tuple[Proposal, ...]:
    """What to offer for one draft, best first; empty when text is all that may be offered.

    fired: this draft's recommendations by topic. An inherited defect gets form and route only (cards.md 5).
    """
    if not review.may_be_rewritten:
        return ()
    moves_to_injection = _moves_to_injection(review, fired)
    form = permitted_form(
        review.knowledge,
        review.patient.barred,
        drafted=None if moves_to_injection else review.order.cobalamin,
        renal_risk=review.patient.renal_risk,
        renal_unknown=review.patient.renal_unknown,
    )
    if form is None:
        return ()
    if review.purpose is Purpose.SPECIALIST:
        return (Proposal(form, Route.INTRAMUSCULAR, None, None),)
    if review.stays_oral and not moves_to_injection:
        return (Proposal(form, review.route or Route.ORAL, review.t.standard_dose_ug, "oral_daily"),)
    route = _injection_route(review)
    schedule_fault = any(
        topic in SCHEDULE_TOPICS and outcome.offer is Offer.CORRECTION for topic, outcome in fired.items()
    )
    keeps_timing = not schedule_fault and not moves_to_injection and review.course.known
    if keeps_timing and _already_right(review, form, route, fired):
        return ()
    choices = ((None, None),) if keeps_timing else _choices(review, form)
    return tuple(
        Proposal(form, route, review.t.standard_dose_ug, _within_ceiling(review, form, regimen), states)
        for regimen, states in choices
    )


def _already_right(review: Review, form: Ingredient, route: Route, fired: dict[Topic, Recommend]) -> bool:
    """Is there nothing to correct: the same form and route, and no doubt about the dose or the vein?"""
    same = form is review.order.cobalamin and route is review.route
    return same and not {Topic.UNIT_ERROR, Topic.ROUTE_IV} & fired.keys()


def additions(review: Review) -> tuple[Proposal, ...]:
    """The cobalamin to start beside a folic acid order (9.2 row 22: rows 1 to 3)."""
    form = permitted_form(
        review.knowledge,
        review.patient.barred,
        drafted=None,
        renal_risk=review.patient.renal_risk,
        renal_unknown=review.patient.renal_unknown,
    )
    if form is None or review.purpose is Purpose.SPECIALIST or review.patient.adult is not Answer.YES:
        return ()
    route = _injection_route(review)
    return tuple(
        Proposal(form, route, review.t.standard_dose_ug, regimen, states) for regimen, states in _loading(review)
    )


def _moves_to_injection(review: Review, fired: dict[Topic, Recommend]) -> bool:
    """2.3b: oral is kept only where 8.7 accepts it; a change of form from oral or nasal changes the route too."""
    if not review.non_parenteral:
        return False
    if {Topic.ROUTE_ORAL_NEURO, Topic.ROUTE_ORAL_PA} & fired.keys():
        return True
    if Topic.UNDERDOSE in fired and review.malabsorption:
        return True
    kept = permitted_form(
        review.knowledge,
        review.patient.barred,
        drafted=review.order.cobalamin,
        renal_risk=review.patient.renal_risk,
        renal_unknown=review.patient.renal_unknown,
    )
    return kept is not review.order.cobalamin


def _injection_route(review: Review) -> Route:
    """2.3b: IM unless the draft is SC, or a needle in muscle is a risk."""
    if review.route is Route.SUBCUTANEOUS or review.patient.needs_subcutaneous:
        return Route.SUBCUTANEOUS
    return Route.INTRAMUSCULAR


def _choices(review: Review, form: Ingredient) -> tuple[_Choice, ...]:
    """9.2 by phase, neurological status and population."""
    if review.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS:
        return (("antifolate_nine_weekly", None),)
    if review.purpose is Purpose.PROPHYLAXIS:
        return _prophylaxis(review, form)
    match review.phase.phase:
        case Phase.LOADING:
            return _loading(review)
        case Phase.MAINTENANCE:
            return (_maintenance(review, form),)
        case _:
            return _phase_unknown(review, form)


def _loading(review: Review) -> tuple[_Choice, ...]:
    """Rows 1 to 3. Only where status is unknown does the choice itself state it (cards.md 8)."""
    neurology = review.neurology
    if neurology.present:
        return (("loading_neurological", None),)
    if neurology.absent:
        return (("loading_non_neurological", None),)
    if neurology.other_cause_possible:
        return (("loading_neurological", None), ("loading_non_neurological", None))
    return (
        ("loading_neurological", NeurologicalStatement.PRESENT),
        ("loading_non_neurological", NeurologicalStatement.ASSESSED_ABSENT),
    )


def _maintenance(review: Review, form: Ingredient) -> _Choice:
    """Rows 4 to 7: history unknown is treated as history present."""
    if form is not Ingredient.HYDROXOCOBALAMIN:
        return ("maintenance_monthly", None)
    if review.neurological_history is Answer.NO:
        return ("maintenance_non_neurological", None)
    return ("maintenance_neurological", None)


def _prophylaxis(review: Review, form: Ingredient) -> tuple[_Choice, ...]:
    """Rows 14 to 17; other populations as row 5."""
    hydroxocobalamin = form is Ingredient.HYDROXOCOBALAMIN
    if review.patient.has(*BARIATRIC):
        if review.knowledge.region is Region.UK and hydroxocobalamin:
            return (("bariatric_three_monthly", None),)
        return (("maintenance_monthly", None),)
    if review.patient.has(Concept.ILEAL_RESECTION):
        second: tuple[_Choice, ...] = (("maintenance_non_neurological", None),) if hydroxocobalamin else ()
        return (("maintenance_monthly", None), *second)
    if review.patient.has(Concept.CROHN_ILEAL) or not hydroxocobalamin:
        return (("maintenance_monthly", None),)
    return (("maintenance_non_neurological", None),)


def _phase_unknown(review: Review, form: Ingredient) -> tuple[_Choice, ...]:
    """3.4: the draft's own timing says which phase is presumed."""
    maintenance = _maintenance(review, form)
    if not review.course.known or review.lapse:
        return (*_loading(review), maintenance)
    if not review.presumed_maintenance:
        return _loading(review)
    if review.asks_whether_loading_was_given:
        return (*_loading(review), maintenance)
    return (maintenance,)


def _within_ceiling(review: Review, form: Ingredient, regimen: str | None) -> str | None:
    """2.3c: the ceiling of the form comes last. Antifolate schedules are exempt."""
    if regimen in (None, "antifolate_nine_weekly", "loading_neurological", "loading_non_neurological", "oral_daily"):
        timing = review.order.timing
        over = (
            regimen is None
            and form is not Ingredient.HYDROXOCOBALAMIN
            and timing is not None
            and timing.longest_interval is not None
            and timing.longest_interval > review.t.interval_max_other_form_days
            and review.purpose is not Purpose.ANTIFOLATE_PROPHYLAXIS
        )
        return "maintenance_monthly" if over else regimen
    if form is not Ingredient.HYDROXOCOBALAMIN:
        return "maintenance_monthly"
    return regimen
