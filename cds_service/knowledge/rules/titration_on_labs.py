"""A longer maintenance interval than the current one: keep the interval, and do not titrate on vitamin B12 or MMA.

Recommendation: R-TITRATE-SYMPTOM, R-NOREDUCE, R-STABLE-CONTINUE (seeds 002, 003, 004), as resolved by C-02.
Strength: opinion.

When an injection in maintenance lengthens the interval of the current order of the same form, within its limits,
    and there is a neurological history, a sign in the last 12 months, or the current interval was held for less than
    6 months,
Then warn; inform where the short end of a range is the current interval, where the signs have another possible cause,
    where the form is not stated, or while the phase is only presumed from the draft's own timing.
When nothing speaks against it but a B12, holotranscobalamin or MMA result of the last 30 days is on record, or it is
    not known since when the interval was held, inform. Otherwise silent. The offer is the nearest regimen that is not
    longer than the current interval.
"""

from dataclasses import replace

from cds_service.clinical import evidence, phrases
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import Analyte, Answer, Ingredient, ResourceKind
from cds_service.clinical.current_order import Comparison
from cds_service.clinical.maintenance_interval import is_shorter, lengthened, nearest_regimen
from cds_service.clinical.neurological_course import signs_recorded_since
from cds_service.clinical.outcomes import Input, NotApplicable, Offer, Outcome, Recommend, Rule
from cds_service.clinical.phase import Phase
from cds_service.clinical.quantities import months_before
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.clinical.validity import within_days
from cds_service.knowledge.rules.regimen import fires, judged_as_hydroxocobalamin, schedule_rules_off

_WARNING, _INFO = Indicator.WARNING, Indicator.INFO
RECOMMENDATIONS = ("R-NOREDUCE", "R-STABLE-CONTINUE", "R-TITRATE-SYMPTOM", "C-02")
_ANALYTES = (Analyte.B12, Analyte.HOLOTRANSCOBALAMIN, Analyte.MMA)


def evaluate(review: Review) -> Outcome:
    if (off := schedule_rules_off(review)) is not None:
        return off
    if review.non_parenteral:
        return NotApplicable("not an injection: the route rules judge it")
    found = lengthened(review)
    if found is None:
        because = "the draft does not lengthen the maintenance interval of a current order of its form"
        return not_on_record(review, because, ResourceKind.MEDICATIONS, ResourceKind.STATEMENTS)
    if _beyond_limits(review):
        return NotApplicable("beyond the limit of the form: the regimen and underdose rules judge it")
    held = found.held_for(review.t.interval_held_months, review.patient.snapshot.today)
    if (key := _speaks_against(review, held)) is not None:
        return _card(review, found, _strength(review, found), key)
    if held is Answer.UNKNOWN:
        card = _card(review, found, _INFO, "titration_on_labs.held_unknown")
        return replace(card, missing=(*card.missing, "since when the current interval has been held"))
    if _recent_results(review):
        return _card(review, found, _INFO, "titration_on_labs.result")
    because = "held for 6 months or more, without a neurological history or sign, and no recent result"
    return not_on_record(review, because, ResourceKind.FINDINGS, ResourceKind.CONDITIONS, ResourceKind.RESULTS)


def _beyond_limits(review: Review) -> bool:
    """8.4 to 8.6. After neurological involvement a range is beyond its limit only with its short end as well."""
    t, longest, shortest = review.t, review.course.interval, review.course.interval_shortest
    if longest is None or shortest is None:
        return True
    if not judged_as_hydroxocobalamin(review):
        return longest > t.interval_max_other_form_days
    after_signs = review.neurological_history is Answer.YES and not review.history_may_have_another_cause
    short_limit = t.interval_max_hydroxocobalamin_neuro_days if after_signs else t.interval_max_hydroxocobalamin_days
    return longest > t.interval_max_hydroxocobalamin_days or shortest > short_limit


def _speaks_against(review: Review, held: Answer) -> str | None:
    """8.10, second row: what makes a longer interval premature."""
    since = months_before(review.patient.snapshot.today, review.t.lengthening_signs_months)
    if review.neurology.present or signs_recorded_since(review.patient.snapshot, since):
        return "titration_on_labs.signs"
    if review.neurological_history is Answer.YES:
        return "titration_on_labs.history"
    return "titration_on_labs.held_short" if held is Answer.NO else None


def _strength(review: Review, found: Comparison) -> Indicator:
    current, shortest = found.current.interval, review.course.interval_shortest
    partly = current is not None and shortest is not None and not is_shorter(current, shortest, review)
    another = review.neurology.other_cause_possible or review.history_may_have_another_cause
    unspecified = review.order.cobalamin is Ingredient.COBALAMIN_UNSPECIFIED
    presumed = review.phase.phase is Phase.UNKNOWN
    return _INFO if partly or another or unspecified or presumed else _WARNING


def _recent_results(review: Review) -> tuple[LabResult, ...]:
    today, days = review.patient.snapshot.today, review.t.lengthening_result_days
    newest = [result for analyte in _ANALYTES for result in review.patient.snapshot.results_of(analyte)[:1]]
    return tuple(result for result in newest if within_days(result.day, today, days))


def _card(review: Review, found: Comparison, indicator: Indicator, key: str) -> Recommend:
    current = found.current.interval
    kept = current is not None and nearest_regimen(review, "maintenance_non_neurological", current) is not None
    card = fires(review, indicator, key, RECOMMENDATIONS, offer=Offer.CORRECTION if kept else Offer.NOTHING)
    interval = Input(
        "current interval",
        phrases.schedule(found.current.part.timing),
        day=found.held_since,
        reference=found.current.reference,
    )
    return replace(
        card,
        found=(*card.found, interval, *map(evidence.result, _recent_results(review))),
        undecided=indicator is _INFO,
    )


RULE = Rule(
    id="T-TITRATE",
    topic=Topic.TITRATE,
    family=Family.SCHEDULE,
    title="Longer interval on a result",
    source="S-SEEDS",
    recommendations=("R-TITRATE-SYMPTOM", "R-NOREDUCE", "R-STABLE-CONTINUE"),
    evaluate=evaluate,
)
