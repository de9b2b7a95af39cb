"""Stopping, holding or cancelling a cobalamin: keep it unless its cause was reversible and is corrected.

Recommendation: R-NOSTOP, R-NOSTOP-HARM, R-STOP-EXCEPTION, R-LIFELONG-ALL (overruled by C-07), R-PERM-CAUSE,
    R-MON-NOSTOP; resolved by C-02 and C-07, made exact by derivations 2.6 (first match).
Strength: expert consensus; NICE NG239 stops or reduces where the cause is resolved.

When an adult's cobalamin is stopped, put on hold or cancelled, the first of:
    an allergy or intolerance is the reason, or such an allergy was recorded since: inform that deficiency needs a plan,
    if it is confirmed and nothing else is given; otherwise silent;
    a duplicate, an order made in error, end-of-life care, or another therapeutic cobalamin goes on: silent;
    a complete loading course with no maintenance, cause not corrected: inform and propose maintenance;
    a reversible cause that is resolved, no permanent cause and no neurological history: silent; where the history is
    yes or unknown, or a medicine that lowers B12 goes on: inform, agree a recheck;
    on hold for admission, surgery or a test: silent until the next dose is overdue, then inform;
    otherwise warn: keep the current treatment.
With that warning a new order in place of the stopped one is offered, "only if the order is stopped all the same", and
    never marked as recommended: 2.6 row 8 asks to keep the order, and an order that is kept needs nothing added. A
    stop cannot be undone from here, and once it is signed without a new order the patient has no treatment.
Beyond the decision tables: a loading course that is stopped before it is complete (2.6 has no row of its own), and a
    stop in an inherited cobalamin defect (2.4 shows no schedule card there; here it is text without any schedule).
In an inherited cobalamin defect warn without an order: the metabolic team. Under 18 silent (2.5); age unknown inform.
"""

from cds_service.clinical import evidence, stops, words
from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.errands import Referral
from cds_service.clinical.orders import OrderStatus, StopReason
from cds_service.clinical.outcomes import Input, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.phase import Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.scope import is_nutritional
from cds_service.clinical.snapshot import Diagnosis
from cds_service.clinical.stops import Cause
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic

_DONE = {
    OrderStatus.STOPPED: "stopped",
    OrderStatus.ON_HOLD: "put on hold",
    OrderStatus.CANCELLED: "cancelled",
}
_POINTLESS = {StopReason.DUPLICATE, StopReason.ENTERED_IN_ERROR}
_PAUSES = {StopReason.ADMISSION, StopReason.SURGERY, StopReason.TEST}
_NEEDED = (
    ResourceKind.CONDITIONS,
    ResourceKind.PROCEDURES,
    ResourceKind.MEDICATIONS,
    ResourceKind.STATEMENTS,
    ResourceKind.ALLERGIES,
)
NOSTOP = ("R-NOSTOP", "R-NOSTOP-HARM", "C-07")


def evaluate(review: Review) -> Outcome:
    if (off := _not_judged(review)) is not None:
        return off
    reasons = review.order.stop_reasons
    if StopReason.ALLERGY_OR_INTOLERANCE in reasons or stops.allergy_explains(review):  # row 1
        return _for_allergy(review)
    if reasons & _POINTLESS:  # row 2
        return NotApplicable("a duplicate, or an order made in error")
    if stops.end_of_life_care(review):
        return NotApplicable("end-of-life care")
    if stops.another_treatment(review):  # row 3
        return NotApplicable("another therapeutic cobalamin is active or drafted")
    if review.patient.adult is Answer.UNKNOWN:
        return _fires(review, Indicator.INFO, "age_unknown", ("SG-25",), missing=("birth date",))
    if review.patient.inherited_defect is Answer.YES:
        referrals = (Referral.METABOLIC,)
        return _fires(review, Indicator.WARNING, "inherited_defect", (*NOSTOP, "SG-08"), referrals=referrals)
    return _by_cause(review)


def _not_judged(review: Review) -> NotApplicable | None:
    if review.order.cobalamin is None:
        return NotApplicable("the order is not for a cobalamin")
    if is_nutritional(review.order, review.t):
        return NotApplicable("a nutritional product is not treatment")
    if review.patient.adult is Answer.NO:
        return NotApplicable("under 18: the adult rules do not run")
    confirmed = review.deficiency.status is DeficiencyStatus.CONFIRMED
    if review.purpose is Purpose.OPTIC_INDICATION and not confirmed:
        return NotApplicable("given for optic neuropathy, not for deficiency")
    return None


def _for_allergy(review: Review) -> Outcome:
    """Row 1: never "keep it"; what is left to say is that deficiency goes on."""
    confirmed = review.deficiency.status is DeficiencyStatus.CONFIRMED
    if not confirmed or stops.another_treatment(review):
        return NotApplicable("stopped for an allergy or intolerance")
    return _fires(review, Indicator.INFO, "allergy", ("SG-05", "SG-35"), referrals=(Referral.ALLERGY,))


def _by_cause(review: Review) -> Outcome:
    """Rows 4 to 8."""
    cause = stops.cause(review)
    if stops.loading_finished(review) and cause is not Cause.CORRECTED:
        return _fires(
            review,
            Indicator.INFO,
            "maintenance_due",
            ("R-PLATEAU", "R-LIFELONG-ALL", "C-07"),
            offers=stops.may_be_ordered_anew(review),
        )
    if cause is Cause.CORRECTED:
        history = review.neurological_history
        if history is Answer.NO and not review.neurology.present and not stops.cause_may_go_on(review):
            return NotApplicable("the cause was reversible and is corrected (R-STOP-EXCEPTION)")
        return _fires(review, Indicator.INFO, "recheck", ("R-STOP-EXCEPTION", "R-MON-NOSTOP", "C-07"))
    if review.order.status is OrderStatus.ON_HOLD and review.order.stop_reasons & _PAUSES:
        return _on_hold(review)
    return _keep(review, cause)


def _on_hold(review: Review) -> Outcome:
    """Row 7. A date that is not known is not taken for one that has not passed."""
    due = stops.next_dose(review)
    if due is None:
        return _fires(review, Indicator.INFO, "hold_undated", ("R-NOSTOP",), missing=("day of the last dose",))
    if due >= review.patient.snapshot.today:
        return NotApplicable(f"on hold, and the next dose is not due before {due.isoformat()}")
    return _fires(review, Indicator.INFO, "hold_overdue", ("R-NOSTOP",), date=due.isoformat())


def _keep(review: Review, cause: Cause) -> Outcome:
    """Row 8."""
    reasons = review.order.stop_reasons
    more: tuple[str, ...]
    if review.phase.loading_continuing:
        key, more = "loading_unfinished", ("R-PLATEAU",)
    elif reasons == {StopReason.LEVEL_HIGH} or (not reasons and stops.recent_results(review)):
        key, more = "on_a_result", ("C-02", "R-MON-NOSTOP", "SG-09")
    elif cause is Cause.PERMANENT:
        key, more = "permanent", ("R-PERM-CAUSE",)
    else:
        key, more = "not_corrected", ("R-STOP-EXCEPTION",)
    return _fires(review, Indicator.WARNING, key, (*NOSTOP, *more), offers=stops.may_be_ordered_anew(review))


def _fires(
    review: Review,
    indicator: Indicator,
    key: str,
    recommendations: tuple[str, ...],
    *,
    offers: bool = False,
    referrals: tuple[Referral, ...] = (),
    missing: tuple[str, ...] = (),
    date: str = "",
) -> Recommend:
    values = {"drug": words.drug(review), "done": _DONE[review.order.status], "date": date}
    return Recommend(
        indicator=indicator,
        say=Saying(f"discontinuation.{key}", values),
        recommendations=recommendations,
        found=_found(review),
        offer=Offer.ADD_COBALAMIN if offers else Offer.NOTHING,
        referrals=referrals,
        missing=missing + review.patient.gap_names(*_NEEDED),
        paragraphs=(Saying("discontinuation.new_order"),) if offers and indicator is Indicator.WARNING else (),
    )


def _found(review: Review) -> tuple[Input, ...]:
    """The order, why it ends, and what is on record of its cause."""
    reasons = ", ".join(sorted(review.order.stop_reasons)) or "not stated"
    return (
        evidence.order(review),
        Input(f"reason why it is {_DONE[review.order.status]}", reasons, reference=review.order.reference),
        *(
            evidence.diagnosis(found) if isinstance(found, Diagnosis) else evidence.operation(found)
            for found in stops.causes(review)
        ),
        *map(evidence.result, stops.recent_results(review)),
        Input("neurological history", review.neurological_history.value, derived=True),
    )


RULE = Rule(
    id="T-STOP",
    topic=Topic.STOP,
    family=Family.SCHEDULE,
    title="Stopping vitamin B12",
    source="S-NICE",
    recommendations=(
        "R-NOSTOP",
        "R-NOSTOP-HARM",
        "R-STOP-EXCEPTION",
        "R-LIFELONG-ALL",
        "R-PERM-CAUSE",
        "R-MON-NOSTOP",
        "C-02",
        "C-07",
        "R-PLATEAU",
    ),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.STOP}),
)
