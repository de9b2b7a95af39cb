"""Without neurological involvement: 1000 micrograms three times a week for 2 weeks, then every 2 to 3 months.

Recommendation: R-LOAD-NONEURO, R-LOAD-SUBCLINICAL, R-LOAD-TISSUE, R-MAINT-NONEURO (seeds 001 to 004),
    as resolved by C-05 and C-06.
Strength: expert consensus (BNF).

When an adult without neurological involvement, or whose neurological status is unknown, is due loading by injection
    and the draft is a maintenance schedule, every 28 days or rarer,
Then warn; with both regimens as options where neurological status is unknown or another cause is possible.
When the loading course has no end, or is one dose, inform; when maintenance has loading frequency and no end,
    inform without a suggestion. While the phase is unknown there is no card about the wrong phase.
When the draft names no timing, propose: the loading course where an examination found no neurological sign,
    treatment by mouth before it where the cause is dietary, the deficiency is not severe and no injection is named;
    in maintenance, where a neurological history is known to be absent, every 2 to 3 months, other forms than
    hydroxocobalamin every month; in prophylaxis a maintenance schedule without loading.
When a chart is opened, deficiency is confirmed, an examination found no sign and no cobalamin covers, propose
    loading; when maintenance is overdue and there is no neurological history, or prevention is overdue, propose it
    (untreated.py).
"""

from cds_service.clinical.concepts import Answer
from cds_service.clinical.maintenance_interval import relapse_of
from cds_service.clinical.oral_options import by_mouth_first
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Recommend, Rule
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic
from cds_service.knowledge.rules import untreated
from cds_service.knowledge.rules.regimen import (
    due,
    fires,
    judged_as_hydroxocobalamin,
    lapsed,
    not_challenged,
    schedule_rules_off,
)

_WARNING, _INFO = Indicator.WARNING, Indicator.INFO
BY_MOUTH = ("R-ORAL-1000", "R-ORAL-CYANO-SELECT", "C-18")
LOADING = ("R-LOAD-NONEURO",)
MAINTENANCE = ("R-MAINT-NONEURO", "C-05")


def evaluate(review: Review) -> Outcome:
    if review.occasion is Occasion.CHART:
        return untreated.without_neurology(review)
    if (off := schedule_rules_off(review)) is not None:
        return off
    if review.non_parenteral:
        return NotApplicable("not an injection: the route rules judge it")
    match review.phase.phase:
        case Phase.LOADING:
            return _loading(review, strongest=_WARNING)
        case Phase.MAINTENANCE:
            return _maintenance(review)
        case Phase.PROPHYLAXIS:
            return _prophylaxis(review)
        case Phase.UNKNOWN:
            return _phase_unknown(review)


def _loading(review: Review, strongest: Indicator) -> Outcome:
    """Derivations 8.2 and 8.3. strongest: INFO while the phase is only presumed (3.4)."""
    if review.neurology.present:
        return NotApplicable("neurological involvement: the other regimen applies")
    t, course = review.t, review.course
    unsure = not review.neurology.absent
    if not course.known:
        if review.neurology.absent:
            if by_mouth_first(review):
                return due(review, "regimen_non_neurological.dietary_proposal", (*BY_MOUTH, *LOADING))
            return due(review, "regimen_non_neurological.proposal", LOADING)
        return NotApplicable("neurological status is not known: the data gap card offers both regimens")
    if course.later_part or review.phase.loading_continuing:
        return NotApplicable("a later part of a planned course")
    interval = course.loading_interval
    if course.once or interval is None:
        return fires(review, _INFO, "regimen_non_neurological.one_dose", LOADING, both_options=unsure)
    if interval >= t.interval_maintenance_days:
        key = "lapsed" if lapsed(review) else "maintenance_too_early"
        return fires(review, strongest, f"regimen_non_neurological.{key}", LOADING, both_options=unsure)
    # 8.3: without an examination, alternate days without an end are right in either case.
    if (
        course.loading_without_end
        and interval < t.interval_loading_days
        and not (unsure and review.right_with_neurology)
    ):
        return fires(review, _INFO, "regimen_non_neurological.no_end", LOADING, both_options=unsure)
    return NotApplicable("the loading schedule is accepted, or the underdose rule judges it")


def _maintenance(review: Review) -> Outcome:
    """Derivations 8.4, first row, for every history but "yes"; and the proposal for a draft without timing."""
    if not review.course.known:
        if relapse_of(review) is not None:
            return NotApplicable("signs returned, worsened or persist on maintenance: the relapse rule proposes")
        if review.neurological_history is Answer.NO:
            key = "maintenance_proposal" if judged_as_hydroxocobalamin(review) else "maintenance_monthly_proposal"
            return due(review, f"regimen_non_neurological.{key}", MAINTENANCE)
        return NotApplicable("neurological history is not excluded: the other regimen is proposed")
    # 8.5 and 8.6 accept the other forms at any short interval.
    if not judged_as_hydroxocobalamin(review):
        return NotApplicable("the maintenance interval is accepted, or the underdose rule judges it")
    interval = review.course.interval
    frequent = interval is not None and interval < review.t.interval_loading_days and review.course.open_ended
    if frequent and review.neurological_history is not Answer.YES and not review.frequent_dosing_explained:
        return fires(review, _INFO, "regimen_non_neurological.loading_frequency", MAINTENANCE, offer=Offer.NOTHING)
    return NotApplicable("the maintenance interval is accepted, or the underdose rule judges it")


def _prophylaxis(review: Review) -> Outcome:
    if review.course.known:
        return NotApplicable("prophylaxis: the underdose rule judges the interval")
    ileal = ("R-ILEAL20", "C-10") if review.long_ileal_resection else ()
    bariatric = ("R-BARI", "C-08") if review.bariatric_operation else ()
    return due(review, "regimen_non_neurological.prophylaxis_proposal", (*ileal, *bariatric))


def _phase_unknown(review: Review) -> Outcome:
    if review.course.known and review.presumed_maintenance:
        return _maintenance(review)
    if not_challenged(review):
        return NotApplicable("no deficiency is on record or suspected: the order is not challenged")
    outcome = _loading(review, strongest=_INFO)
    too_early = isinstance(outcome, Recommend) and outcome.say.key.endswith("maintenance_too_early")
    # 3.4: while the phase is unknown there is no card about the wrong phase.
    return NotApplicable("the phase is unknown") if too_early else outcome


RULE = Rule(
    id="T-REGIMEN-NONEURO",
    topic=Topic.REGIMEN_NONEURO,
    family=Family.SCHEDULE,
    title="Regimen without neurological involvement",
    source="S-BNF",
    recommendations=(
        "R-LOAD-NONEURO",
        "R-LOAD-SUBCLINICAL",
        "R-LOAD-TISSUE",
        "R-MAINT-NONEURO",
        "R-BARI",
        "R-ILEAL20",
        "R-NOSTOP-HARM",
        "R-ORAL-1000",
        "R-ORAL-CYANO-SELECT",
        "R-PERM-CAUSE",
    ),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.DRAFT, Occasion.CHART}),
)
