"""Neurological signs that return, worsen or persist on maintenance injections: shorten the interval, look for a cause.

Recommendation: R-RECUR-ALTDAY, R-RECUR-DESPITE-NORMAL, R-RECUR-STEP, R-RECUR-INCREASE, R-FREQ-50PCT, R-MAINT-MONTHLY,
    R-TRACK-SX (all five seeds), as resolved by C-01, C-02 and C-24.
Strength: opinion and clinical experience; no trial.

When signs are new, recurrent or worse in maintenance, and the draft is an injection that is neither given on alternate
    days nor an interval, monthly at the longest, that is shorter than the current one,
Then warn, and offer what is shorter than the current interval: alternate days first, with two urgent referrals;
    monthly; every 2 to 4 weeks, or every 2 weeks where the current interval is 35 days or less. Inform where the signs
    have another possible cause. Inform if alternate days are drafted for less than 21 days.
A disease specific to B12 deficiency (N1: subacute combined degeneration and the like) that is first recorded on
    maintenance, or back, is answered by alternate days alone: no other option is offered, and no other draft is
    accepted in silence. This goes beyond 9.2 row 9, which offers monthly as well: cord damage can become irreversible.
When signs persist since before treatment, or since they were answered, and treatment has run for 3 months or more at an
    interval longer than monthly, and the draft does not shorten it, inform: monthly, or every 2 to 4 weeks.
A dose below 500 micrograms answers nothing. Signs that return on oral or nasal treatment are for the route rules.
"""

from dataclasses import replace

from cds_service.clinical import phrases
from cds_service.clinical.maintenance_interval import (
    Relapse,
    asks_for_alternate_days,
    current_maintenance,
    is_alternate_days,
    is_step_up,
    relapse_of,
    relapse_regimens,
)
from cds_service.clinical.outcomes import Input, NotApplicable, Outcome, Recommend, Rule, Saying
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.regimen import URGENT, fires, no_signs, schedule_rules_off

_WARNING, _INFO = Indicator.WARNING, Indicator.INFO
WORSE = (
    "R-RECUR-ALTDAY",
    "R-RECUR-DESPITE-NORMAL",
    "R-RECUR-STEP",
    "R-RECUR-INCREASE",
    "R-FREQ-50PCT",
    "R-TRACK-SX",
    "C-01",
    "C-02",
    "C-24",
)
PERSISTENT = ("R-RECUR-STEP", "R-RECUR-INCREASE", "R-MAINT-MONTHLY", "R-FREQ-50PCT", "R-TRACK-SX", "C-01", "C-24")


def evaluate(review: Review) -> Outcome:
    if (off := schedule_rules_off(review)) is not None:
        return off
    if review.non_parenteral:
        return NotApplicable("not an injection: the route rules judge it")
    if review.phase.phase is not Phase.MAINTENANCE:
        return NotApplicable(f"the phase is {review.phase.phase.value}, not maintenance")
    relapse = relapse_of(review)
    if relapse is None:
        return no_signs(review, "no relapse, and no persistent sign at an interval longer than monthly, is on record")
    if is_step_up(review, relapse):
        if relapse is Relapse.WORSE and is_alternate_days(review) and _ends_early(review):
            return _card(review, _INFO, "recurrence.ends_early", (*WORSE, "C-21"))
        return NotApplicable("the draft is itself alternate days or a shorter interval")
    if relapse is Relapse.PERSISTENT:
        return _card(review, _INFO, _key(review, "persistent"), PERSISTENT)
    if review.neurology.other_cause_possible:
        return _card(review, _INFO, _key(review, "other_cause"), (*WORSE, "SG-27"))
    if is_alternate_days(review):
        return _card(review, _WARNING, "recurrence.small_dose", (*WORSE, "R-DOSE-100MCG", "C-14"))
    if asks_for_alternate_days(review, relapse):
        return _card(review, _WARNING, _key(review, "specific"), WORSE)
    nothing_shorter = len(relapse_regimens(review, relapse)) == 1
    return _card(review, _WARNING, _key(review, "nothing_shorter" if nothing_shorter else "worse"), WORSE)


def _key(review: Review, name: str) -> str:
    return f"recurrence.{name}" if review.course.known else f"recurrence.{name}_proposal"


def _ends_early(review: Review) -> bool:
    ends = review.course.loading_ends_after_days
    return ends is not None and ends < review.t.loading_neuro_min_days


def _card(review: Review, indicator: Indicator, key: str, recommendations: tuple[str, ...]) -> Recommend:
    found = fires(review, indicator, key, recommendations, undecided=True)
    paragraphs = tuple(each for each in found.paragraphs if each.key != "paragraph.other_cause")
    cause = (Saying("recurrence.cause_named"),) if review.neurology.other_cause is not None else ()
    worse = recommendations is not PERSISTENT
    return replace(
        found,
        found=(*found.found, *_interval(review)),
        referrals_with_first=URGENT if worse and not review.neurology.other_cause_possible else (),
        paragraphs=(*paragraphs, Saying("recurrence.look_for_cause"), *cause),
    )


def _interval(review: Review) -> tuple[Input, ...]:
    course = Input("course of the signs", review.neurology.course.value, day=review.neurology.course_day, derived=True)
    current = current_maintenance(review)
    if current is None:
        return (course,)
    interval = phrases.schedule(current.part.timing)
    return (course, Input("current interval", interval, day=current.start, reference=current.reference))


RULE = Rule(
    id="T-RECUR",
    topic=Topic.RECUR,
    family=Family.SCHEDULE,
    title="Relapse on maintenance",
    source="S-SEEDS",
    recommendations=(
        "R-RECUR-ALTDAY",
        "R-RECUR-DESPITE-NORMAL",
        "R-RECUR-STEP",
        "R-RECUR-INCREASE",
        "R-FREQ-50PCT",
        "R-MAINT-MONTHLY",
        "R-TRACK-SX",
        "R-DOSE-100MCG",
    ),
    evaluate=evaluate,
)
