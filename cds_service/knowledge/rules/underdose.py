"""Too little cobalamin: weekly-only loading, low doses, maintenance beyond what the form allows, low oral doses.

Recommendation: R-LOAD-NOT-WEEKLY, R-DOSE-100MCG, R-CYANO-ONLY-MAINT (overruled by C-15), R-MAINT-NONEURO,
    R-ORAL-DOSEFIND, R-BARI; resolved by C-05, C-14, C-15, C-22.
Strength: product labels for the ceilings of cyanocobalamin; one 24-patient trial of serum levels for weekly loading.

When maintenance injections of cyanocobalamin are further apart than 35 days, or of hydroxocobalamin than 93 days,
Then warn; mecobalamin from 36 to 93 days, and twice-yearly injections in dietary deficiency, inform.
    So too while loading is drafted with them, in the same order or in another, or is under way.
When loading is weekly only and there is no neurological involvement on record,
Then warn; in the US, weekly injections that go on to monthly inform.
When a loading course gives less than 3000 micrograms in 14 days, or a licensed lower dose, inform;
    of 10 to 249 micrograms a dose too: "on label" only in the US, hydroxocobalamin 30, cyanocobalamin 100.
When maintenance injections give 10 to 499 micrograms a dose, inform; 500 and more are accepted.
    Less than 10 micrograms by injection is T-UNIT-ERROR. A loading dose of 250 to 999 is judged by the 14-day total.
When deficiency is confirmed and the daily amount by mouth is below 647 micrograms, inform; from 50 to 349 micrograms
    warn where malabsorption is recorded; where the cause is diet, confirmed or suspected, inform (licensed for that).
    647 and more are accepted, below 50 is a food supplement. Into the nose, less than 500 micrograms a week: inform.
When there was bariatric surgery and deficiency is not confirmed: 350 micrograms a day by mouth are accepted; 50 to 349
    inform, and so, after gastrectomy too, do injections less often than the ceiling of the form (93 or 35 days).
    After total gastrectomy injections are judged as maintenance.
"""

from dataclasses import replace
from decimal import Decimal

from cds_service.clinical.concepts import Answer, Ingredient, Route
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.outcomes import NotApplicable, Outcome, Recommend, Rule
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.policy import Region
from cds_service.clinical.review import Review
from cds_service.clinical.running_course import running_course
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.regimen import (
    fires,
    for_range,
    judged_as_hydroxocobalamin,
    not_challenged,
    schedule_rules_off,
    with_maintenance,
)

_WARNING, _INFO = Indicator.WARNING, Indicator.INFO
ACCEPTED = NotApplicable("the dose and the interval are accepted")


def evaluate(review: Review) -> Outcome:
    if (off := schedule_rules_off(review)) is not None:
        return off
    if not review.course.known:
        return NotApplicable("no timing is stated")
    if review.non_parenteral:
        return _oral(review)
    if review.phase.phase is Phase.PROPHYLAXIS:
        return _prophylaxis(review)
    if review.phase.phase is Phase.LOADING:
        return _planned(review, strongest=_WARNING)
    if not_challenged(review):
        return NotApplicable("no deficiency is on record or suspected: the order is not challenged")
    if review.phase.phase is Phase.UNKNOWN and not review.presumed_maintenance:
        return _planned(review, strongest=_INFO)
    return _maintenance(review)


def _planned(review: Review, strongest: Indicator) -> Outcome:
    """3.1: loading, and the maintenance that follows it, each by its own rows. The ceiling of a form has no phase."""
    loading = _loading(review, strongest)
    if not review.maintains_after_loading:
        return loading
    then = _maintenance(review)
    # An order for both is put right by the course that is due, and that asks for an examination (8.3).
    asks = isinstance(then, Recommend) and review.course.loads_and_maintains and review.neurology.unknown
    if isinstance(then, Recommend) and asks:
        missing = tuple(dict.fromkeys(("neurological examination", *then.missing)))
        then = replace(then, both_options=True, missing=missing)
    return with_maintenance(review, loading, then)


def _loading(review: Review, strongest: Indicator) -> Outcome:
    """Derivations 8.2, 8.3 and the second column of 8.8."""
    if review.neurology.present:
        return NotApplicable("neurological involvement: the other regimen applies")
    t, course = review.t, review.course
    unsure = not review.neurology.absent
    interval, total = course.loading_interval, course.ug_in_loading_window
    if course.later_part or review.phase.loading_continuing:
        return _goes_on(review)
    if course.once or interval is None or interval >= t.interval_maintenance_days:
        return NotApplicable("one dose or a maintenance schedule: the regimen rules judge it")
    if interval >= t.interval_loading_days:
        us_course = review.knowledge.region is Region.US and course.weekly_then_monthly
        key = "underdose.weekly_us" if us_course else "underdose.weekly"
        shortest = course.loading_interval_shortest
        part_of_it_loads = shortest is not None and shortest < t.interval_loading_days
        strength = _INFO if us_course or part_of_it_loads else strongest
        return fires(review, strength, key, ("R-LOAD-NOT-WEEKLY", "C-22"), both_options=unsure)
    dose = course.loading_dose_ug
    if dose is not None and t.unit_error_low_parenteral_ug <= dose < t.licensed_low_dose_ug:
        return fires(review, _INFO, _small_dose(review, dose), ("R-DOSE-100MCG", "C-14"), both_options=unsure)
    if total is None or total >= t.loading_total_ug:
        return ACCEPTED
    alternate_days = interval <= t.interval_loading_neuro_days
    if dose is not None and t.licensed_low_dose_ug <= dose < t.standard_dose_ug and alternate_days:
        return fires(review, _INFO, "underdose.licensed_lower", ("C-22",), both_options=unsure)
    return fires(review, _INFO, "underdose.loading_total", ("C-22",), both_options=unsure)


def _goes_on(review: Review) -> Outcome:
    """3.1: a later part, weekly or oftener, is no wrong phase; its dose is judged by 8.8."""
    t, course = review.t, review.course
    dose, interval = course.own_loading_dose_ug, course.interval
    small = dose is not None and t.unit_error_low_parenteral_ug <= dose < t.licensed_low_dose_ug
    if dose is None or not small or interval is None:
        return NotApplicable("a later part of a planned course")
    # Oftener than weekly and beside another part of the same course: judged together, by the larger dose.
    if interval < t.interval_loading_days and (course.later_part or running_course(review) is not None):
        return NotApplicable("a later part of a planned course, which has a full dose")
    return fires(review, _INFO, _small_dose(review, dose), ("R-DOSE-100MCG", "C-14"))


def _small_dose(review: Review, dose: Decimal) -> str:
    """8.8: up to 100 micrograms; on label in the US alone, by the loading dose that the label of the form has."""
    t = review.t
    if dose > t.low_dose_ug:
        return "underdose.loading_dose"
    if review.knowledge.region is not Region.US:
        return "underdose.small_dose"
    match review.order.cobalamin:
        case Ingredient.CYANOCOBALAMIN if dose == t.low_dose_ug:
            return "underdose.on_label"
        case Ingredient.HYDROXOCOBALAMIN if dose == t.labelled_hydroxocobalamin_ug:
            return "underdose.on_label_hydroxocobalamin"
        case _:
            return "underdose.small_dose"


def _maintenance(review: Review) -> Outcome:
    """Derivations 8.4 to 8.6 and the third column of 8.8."""
    interval, t = review.course.interval, review.t
    form = review.order.cobalamin
    if interval is not None and (outcome := _interval(review, form)) is not None:
        return outcome
    dose = review.course.maintenance_dose_ug
    if dose is not None and t.unit_error_low_parenteral_ug <= dose < t.maintenance_dose_min_ug:
        key = "maintenance_dose_later" if review.course.loads_and_maintains else "maintenance_dose"
        return fires(review, _INFO, f"underdose.{key}", ("R-DOSE-100MCG", "C-14"))
    return ACCEPTED


def _interval(review: Review, form: Ingredient | None) -> Outcome | None:
    t, interval = review.t, review.course.interval
    if interval is None or _antifolate_schedule(review):
        return None
    if form is Ingredient.COBALAMIN_UNSPECIFIED:
        uk = judged_as_hydroxocobalamin(review)
        limit = t.interval_max_hydroxocobalamin_days if uk else t.interval_max_other_form_days
        if interval <= limit or (uk and review.neurological_history is Answer.YES):
            return None
        return fires(review, _INFO, "underdose.form_not_stated", ("C-05", "C-15"))
    if form is Ingredient.HYDROXOCOBALAMIN:
        return _hydroxocobalamin_interval(review)
    if interval <= t.interval_max_other_form_days:
        return None
    if form is Ingredient.MECOBALAMIN and interval <= t.interval_max_hydroxocobalamin_days:
        return fires(review, _INFO, "underdose.mecobalamin_interval", ("C-15",))
    strength = for_range(_WARNING, review.course.interval_shortest, t.interval_max_other_form_days)
    return fires(review, strength, "underdose.monthly_ceiling", ("R-CYANO-ONLY-MAINT", "C-15"))


def _hydroxocobalamin_interval(review: Review) -> Outcome | None:
    """8.4; the twice-yearly row stands first. With a neurological history the regimen rule speaks."""
    t, interval = review.t, review.course.interval
    if interval is None or interval <= t.interval_max_hydroxocobalamin_days:
        return None
    if review.neurological_history is Answer.YES:
        return None
    twice_yearly = t.interval_hydroxocobalamin_tolerated_days < interval <= t.interval_twice_yearly_days
    if twice_yearly and review.dietary_cause and not review.malabsorption:
        return fires(review, _INFO, "underdose.twice_yearly", ("R-MAINT-NONEURO", "C-05"), undecided=True)
    strength = for_range(_WARNING, review.course.interval_shortest, t.interval_max_hydroxocobalamin_days)
    return fires(review, strength, "underdose.interval_too_long", ("R-MAINT-NONEURO", "C-05"))


def _antifolate_schedule(review: Review) -> bool:
    """8.5, first row: 8- to 10-weekly with pemetrexed or pralatrexate is accepted in either form."""
    t, interval = review.t, review.course.interval
    return (
        interval is not None
        and review.antifolate_chemotherapy
        and t.antifolate_interval_min_days <= interval <= t.antifolate_interval_max_days
    )


def _prophylaxis(review: Review) -> Outcome:
    """Derivations 8.9: never more than information, total gastrectomy apart (as pernicious anaemia)."""
    t, interval = review.t, review.course.interval
    if interval is None:
        return ACCEPTED
    limit = (
        t.interval_max_hydroxocobalamin_days if judged_as_hydroxocobalamin(review) else t.interval_max_other_form_days
    )
    if review.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS:
        limit = t.antifolate_interval_max_days
    elif review.total_gastrectomy:
        return _maintenance(review)
    elif not (review.gastrectomy or review.bariatric_operation):
        return ACCEPTED
    if interval > limit:
        bariatric = ("R-BARI", "C-08") if review.bariatric_operation else ()
        return fires(review, _INFO, "underdose.prophylaxis_interval", bariatric)
    return ACCEPTED


def _oral(review: Review) -> Outcome:
    """Derivations 8.7, the rows about the dose; in prophylaxis 8.9."""
    t, daily = review.t, review.oral_ug_per_day
    if daily is None or review.full_nasal_dose:
        return ACCEPTED
    asks = review.phase.phase is Phase.LOADING
    confirmed = review.deficiency.status is DeficiencyStatus.CONFIRMED
    if review.route is Route.NASAL:
        return (
            fires(review, _INFO, "underdose.nasal", ("R-ORAL-DOSEFIND", "R-ORAL-1000"), asks_neurology=asks)
            if confirmed
            else ACCEPTED
        )
    if daily >= t.oral_dose_finding_ug_day or daily < t.nutritional_oral_ug_day:
        return ACCEPTED
    if daily >= t.cover_oral_bariatric_ug_day:
        if confirmed:
            return fires(review, _INFO, "underdose.oral", ("R-ORAL-DOSEFIND", "R-ORAL-1000"), asks_neurology=asks)
        return ACCEPTED
    treatment = review.purpose is Purpose.TREATMENT
    if treatment and review.dietary_cause and not review.malabsorption:
        return fires(review, _INFO, "underdose.oral_dietary", ("R-ORAL-DOSEFIND", "C-18"), asks_neurology=asks)
    if confirmed:
        strength = _WARNING if review.malabsorption else _INFO
        return fires(review, strength, "underdose.oral", ("R-ORAL-DOSEFIND", "R-ORAL-1000"), asks_neurology=asks)
    if review.bariatric_operation:
        return fires(review, _INFO, "underdose.oral_bariatric", ("R-BARI", "C-08"))
    return ACCEPTED


RULE = Rule(
    id="T-UNDERDOSE",
    topic=Topic.UNDERDOSE,
    family=Family.SCHEDULE,
    title="Too little cobalamin",
    source="S-SMPC",
    recommendations=(
        "R-LOAD-NOT-WEEKLY",
        "R-DOSE-100MCG",
        "R-CYANO-ONLY-MAINT",
        "R-ORAL-DOSEFIND",
        "R-ORAL-1000",
        "R-BARI",
        "R-MAINT-NONEURO",
    ),
    evaluate=evaluate,
)
