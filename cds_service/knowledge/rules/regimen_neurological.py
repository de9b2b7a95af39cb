"""With neurological involvement: 1000 micrograms on alternate days until no further improvement, then every 2 months.

Recommendation: R-NEURO-DEF, R-LOAD-NEURO, R-LOAD-NEURO-WHY, R-LOAD-NEURO-DURATION, R-PLATEAU, R-MAINT-NEURO,
    R-STABLE-CONTINUE (all five seeds), as resolved by C-05, C-14, C-15 and C-21.
Strength: expert consensus (BNF); no randomised trial.

When an adult with neurological involvement is due loading by injection
    and the draft is a maintenance schedule, weekly or rarer, the course of six doses in two weeks,
    a course rarer than alternate days that ends before 21 days, or 10 to 100 micrograms a dose,
Then warn; for smaller departures (alternate days that end before 21 days; rarer than three doses a week and more often
    than weekly; one dose; 101 to 999 micrograms) inform; while the phase is only presumed from the draft's own timing,
    inform of all of these.
    Weekly or rarer by the long end of a range only, inform.
    Where the first dose is more than 7 days ahead, or the last one lies before today, warn without a suggestion: the
    date is for who drafts it. Not beside a loading course that is under way.
    Where an active order for alternate days runs and the draft does not renew it, the draft is to be left out and the
    course to go on: changed into alternate days, it would give every dose twice.
When maintenance is drafted after 21 days or more of alternate days, inform: confirm that improvement has stopped.
When a hydroxocobalamin maintenance interval is longer than 63 days and there is a neurological history,
Then warn, so too while loading is drafted with it or is under way; inform if the form is not stated, or if the short
    end of a range is within 63 days; up to 93 days also if it renews the same interval, held for 12 months without
    signs (C-05 against R-STABLE-CONTINUE), or if the signs have another possible cause and the interval is new.
When maintenance has loading frequency and no end, and no relapse is on record, inform without a suggestion.
When the draft names no timing, propose: with neurological involvement the loading course; in maintenance every 2 months
    unless a neurological history is known to be absent, other forms than hydroxocobalamin every month; every month as
    an option (R-MAINT-MONTHLY) where signs persist, with signs after bariatric surgery, after a long ileal resection.
When a chart is opened, signs are present, deficiency is confirmed or suspected and no cobalamin covers, propose
    loading; when maintenance is overdue and a neurological history is not known to be absent, propose it
    (untreated.py).
"""

from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.maintenance_interval import relapse_of
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Rule
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.running_course import alternate_days_run
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic
from cds_service.knowledge.rules import untreated
from cds_service.knowledge.rules.regimen import (
    due,
    fires,
    for_range,
    judged_as_hydroxocobalamin,
    lapsed,
    no_signs,
    not_challenged,
    out_of_time,
    schedule_rules_off,
    with_maintenance,
)

_WARNING, _INFO = Indicator.WARNING, Indicator.INFO
LOADING = ("R-LOAD-NEURO", "R-LOAD-NEURO-WHY", "R-NEURO-DEF")
MAINTENANCE = ("R-MAINT-NEURO", "C-05")


def evaluate(review: Review) -> Outcome:
    if review.occasion is Occasion.CHART:
        return untreated.with_neurology(review)
    if (off := schedule_rules_off(review)) is not None:
        return off
    if review.non_parenteral:
        return NotApplicable("not an injection: the route rules judge it")
    match review.phase.phase:
        case Phase.LOADING:
            return _planned(review, _loading(review))
        case Phase.MAINTENANCE:
            return _maintenance(review)
        case Phase.PROPHYLAXIS:
            return NotApplicable("prophylaxis: no loading is expected")
        case Phase.UNKNOWN:
            return _phase_unknown(review)


def _planned(review: Review, loading: Outcome) -> Outcome:
    """3.1: what follows loading comes at its time; the ceiling after neurological signs stands all the same (K-09)."""
    return with_maintenance(review, loading, _maintenance(review)) if review.maintains_after_loading else loading


def _loading(review: Review) -> Outcome:
    if not review.neurology.present:
        return no_signs(review)
    return _judged_as_loading(review, strongest=_WARNING)


def _judged_as_loading(review: Review, strongest: Indicator) -> Outcome:
    """Derivations 8.1 and the first column of 8.8. strongest: INFO while the phase is only presumed (3.4)."""
    t, course = review.t, review.course
    dose = course.loading_dose_ug
    if not course.known:
        running = alternate_days_run(review)
        return due(review, f"regimen_neurological.{'course_running_untimed' if running else 'proposal'}", LOADING)
    interval, shortest = course.loading_interval, course.loading_interval_shortest
    if course.once or interval is None:
        if review.phase.loading_continuing:
            return NotApplicable("one dose beside a loading course that is under way")
        return fires(review, _INFO, "regimen_neurological.one_dose", LOADING, undecided=True)
    if course.later_part:
        return NotApplicable("a later part of a planned course")
    if interval >= t.interval_maintenance_days:
        if review.loading_days_so_far >= t.loading_neuro_min_days:
            key, carries = "regimen_neurological.confirm_plateau", ("R-PLATEAU", "R-LOAD-NEURO-DURATION", "C-21")
            return fires(review, _INFO, key, carries, undecided=True)
        return fires(review, strongest, _not_yet(review), (*LOADING, "R-PLATEAU"))
    if interval >= t.interval_loading_days:
        strength = for_range(strongest, shortest, t.interval_loading_neuro_days)
        key = "regimen_neurological.course_running" if alternate_days_run(review) else "regimen_neurological.weekly"
        return fires(review, strength, key, (*LOADING, "R-LOAD-NOT-WEEKLY"))
    if dose is not None and t.unit_error_low_parenteral_ug <= dose <= t.low_dose_ug:
        return fires(review, strongest, "regimen_neurological.low_dose", (*LOADING, "R-DOSE-100MCG", "C-14"))
    if (when := out_of_time(review)) is not None:
        return fires(review, strongest, f"regimen_neurological.{when}", LOADING, offer=Offer.NOTHING)
    ends = course.loading_ends_after_days
    ends_early = ends is not None and ends + review.loading_days_so_far < t.loading_neuro_min_days
    if interval > t.interval_loading_neuro_days:
        # Fewer doses than the six-dose course, and no more to come: never judged more mildly than that course is.
        if ends_early:
            return fires(review, strongest, "regimen_neurological.fixed_course", LOADING)
        return fires(review, _INFO, "regimen_neurological.not_alternate_days", LOADING)
    if ends_early:
        if course.fixed_non_neurological_course:
            return fires(review, strongest, "regimen_neurological.fixed_course", LOADING)
        return fires(review, _INFO, "regimen_neurological.ends_early", (*LOADING, "C-21"))
    if dose is not None and t.unit_error_low_parenteral_ug <= dose < t.standard_dose_ug:
        return fires(review, _INFO, "regimen_neurological.smaller_dose", LOADING)
    return NotApplicable("the loading schedule is accepted")


def _not_yet(review: Review) -> str:
    """Why maintenance alone is too early."""
    if alternate_days_run(review):
        return "regimen_neurological.course_running"
    return f"regimen_neurological.{'lapsed' if lapsed(review) else 'maintenance_too_early'}"


def _maintenance(review: Review) -> Outcome:
    """Derivations 8.4, column "neuro history yes". Other forms have a ceiling of their own: T-UNDERDOSE."""
    if not review.course.known:
        if relapse_of(review) is not None:
            return NotApplicable("signs returned, worsened or persist on maintenance: the relapse rule proposes")
        if review.neurological_history is Answer.NO:
            return NotApplicable("no neurological history: the other regimen is proposed")
        key = "maintenance_proposal" if judged_as_hydroxocobalamin(review) else "maintenance_monthly_proposal"
        return due(review, f"regimen_neurological.{key}", MAINTENANCE)
    if not judged_as_hydroxocobalamin(review):
        return no_signs(review, "the ceiling of this form is judged by the underdose rule")
    if review.neurological_history is Answer.UNKNOWN:
        return CannotTell(("neurological history",))
    if review.neurological_history is Answer.NO:
        return NotApplicable("no neurological history on record")
    t, interval = review.t, review.course.interval
    if interval is None:
        return NotApplicable("one dose or no readable interval in maintenance")
    if interval < t.interval_loading_days and review.course.open_ended and not review.frequent_dosing_explained:
        return fires(review, _INFO, "regimen_neurological.loading_frequency", MAINTENANCE, offer=Offer.NOTHING)
    if interval <= t.interval_max_hydroxocobalamin_neuro_days:
        return NotApplicable("the maintenance interval is accepted")
    within = interval <= t.interval_max_hydroxocobalamin_days
    if within and review.history_may_have_another_cause:
        if review.same_interval_as_current:
            return NotApplicable("another cause of the signs is possible: the interval that is held is accepted")
        key = "regimen_neurological.interval_other_cause"
        return fires(review, _INFO, key, (*MAINTENANCE, "SG-27"), undecided=True)
    range_inside = for_range(_WARNING, review.course.interval_shortest, t.interval_max_hydroxocobalamin_neuro_days)
    if within and review.course.is_range and range_inside is _INFO:
        return fires(review, _INFO, "regimen_neurological.interval_range", MAINTENANCE)
    if within and review.stable_on_this_interval:
        key = "regimen_neurological.stable_interval"
        return fires(review, _INFO, key, (*MAINTENANCE, "R-STABLE-CONTINUE"), undecided=True)
    # 1.3: the ceiling depends on the form, and the form is not stated.
    unspecified = review.order.cobalamin is Ingredient.COBALAMIN_UNSPECIFIED
    strongest = _INFO if unspecified else range_inside
    return fires(review, strongest, "regimen_neurological.interval_too_long", MAINTENANCE)


def _phase_unknown(review: Review) -> Outcome:
    """3.4: the draft's own timing presumes the phase; no card about the wrong phase."""
    if not review.course.known:
        if not review.neurology.present:
            return no_signs(review)
        return due(review, "regimen_neurological.proposal", LOADING)
    if review.presumed_maintenance:
        return _maintenance(review)
    if not_challenged(review):
        return no_signs(review, "deficiency is unlikely: the order is not challenged")
    loading = _judged_as_loading(review, strongest=_INFO) if review.neurology.present else no_signs(review)
    return _planned(review, loading)


RULE = Rule(
    id="T-REGIMEN-NEURO",
    topic=Topic.REGIMEN_NEURO,
    family=Family.SCHEDULE,
    title="Regimen with neurological involvement",
    source="S-BNF",
    recommendations=(
        "R-NEURO-DEF",
        "R-LOAD-NEURO",
        "R-LOAD-NEURO-WHY",
        "R-LOAD-NEURO-DURATION",
        "R-PLATEAU",
        "R-MAINT-NEURO",
        "R-STABLE-CONTINUE",
        "R-DOSE-100MCG",
        "R-LOAD-NOT-WEEKLY",
        "R-NOSTOP-HARM",
        "R-PERM-CAUSE",
    ),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.DRAFT, Occasion.CHART}),
)
