"""Which regimens to offer, best first (derivations 9.2): by phase, neurological status, population and form."""

from decimal import Decimal

from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.conditions import BARIATRIC, Concept
from cds_service.clinical.maintenance_interval import (
    MONTHLY,
    TWO_TO_FOUR_WEEKLY,
    TWO_WEEKLY,
    Relapse,
    current_maintenance,
    interval_to_keep,
    is_shorter,
    longest_days,
    monthly_is_an_option,
    nearest_regimen,
    relapse_of,
    relapse_regimens,
)
from cds_service.clinical.optic import optic_regimens
from cds_service.clinical.oral_options import ORAL, by_mouth_first, offered_by_mouth
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.outcomes import Recommend
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.policy import Region
from cds_service.clinical.review import Review
from cds_service.clinical.running_course import loading_is_seen_to
from cds_service.clinical.topics import Topic

SCHEDULE_TOPICS = frozenset(
    {
        Topic.REGIMEN_NEURO,
        Topic.REGIMEN_NONEURO,
        Topic.UNDERDOSE,
        Topic.ROUTE_ORAL_NEURO,
        Topic.ROUTE_ORAL_PA,
        Topic.ROUTE_ORAL_MALABS,
        Topic.ILEAL_PROPH,
        Topic.RECUR,
        Topic.TITRATE,
        Topic.DATA,
    }
)
# A key of regimens.toml, and what choosing it says of neurological signs (cards.md 8).
Choice = tuple[str | None, NeurologicalStatement | None]


def choices(review: Review, form: Ingredient, fired: dict[Topic, Recommend]) -> tuple[Choice, ...]:
    """9.2 by phase, neurological status and population."""
    if review.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS:
        return (("antifolate_nine_weekly", None),)
    if review.purpose is Purpose.OPTIC_INDICATION:
        return tuple((regimen, None) for regimen in optic_regimens(review))
    if review.purpose is Purpose.PROPHYLAXIS:
        return _prophylaxis(review, form)
    match review.phase.phase:
        case Phase.LOADING if loading_is_seen_to(review):
            return ((maintenance(review, form), None),)  # row 23
        case Phase.LOADING:
            return loading(review)
        case Phase.MAINTENANCE:
            relapse = relapse_of(review)
            if relapse is not None:
                return tuple((regimen, None) for regimen in _for_relapse(review, relapse, form))
            return _with_monthly(review, _maintenance(review, form))
        case _:
            return _phase_unknown(review, form, fired)


def _for_relapse(review: Review, relapse: Relapse, form: Ingredient) -> tuple[str, ...]:
    """Rows 9 and 10, and before row 10 the usual interval of rows 4 to 7, where that shortens the current one."""
    found = relapse_regimens(review, relapse)
    usual, current = maintenance(review, form), current_maintenance(review)
    if relapse is Relapse.WORSE or current is None or current.interval is None:
        return found
    shortens = is_shorter(longest_days(review.knowledge, usual), current.interval, review)
    return tuple(dict.fromkeys((usual, *found))) if shortens else found


def loading(review: Review) -> tuple[Choice, ...]:
    """Rows 1 to 3, and 24. Only where status is unknown does the choice itself state it (cards.md 8)."""
    neurology = review.neurology
    if neurology.present:
        return (("loading_neurological", None),)
    if neurology.absent:
        by_mouth: tuple[Choice, ...] = ((ORAL, None),) if by_mouth_first(review) else ()
        return (*by_mouth, ("loading_non_neurological", None))
    if neurology.other_cause_possible:
        return (("loading_neurological", None), ("loading_non_neurological", None))
    return (
        ("loading_neurological", NeurologicalStatement.PRESENT),
        ("loading_non_neurological", NeurologicalStatement.ASSESSED_ABSENT),
    )


def continuing(review: Review, form: Ingredient) -> tuple[Choice, ...]:
    """2.6: what takes the place of an order that is stopped: loading or prevention where that is due, else maintenance.

    An unknown phase asks nothing here: the patient is treated, and goes on with maintenance, as often as by that order.
    """
    if review.phase.phase not in (Phase.MAINTENANCE, Phase.UNKNOWN):
        return choices(review, form, {})
    regimen, current = maintenance(review, form), review.current_interval_days
    if current is not None and current >= review.t.interval_maintenance_days:
        regimen = not_longer_than(review, current, regimen)
    return ((regimen, None),)


def _maintenance(review: Review, form: Ingredient) -> Choice:
    """Rows 4 to 7, never longer than the current interval (9.2, last line; R-NOREDUCE)."""
    regimen, current = maintenance(review, form), interval_to_keep(review)
    if current is None:
        return (regimen, None)
    return (nearest_regimen(review, regimen, current) or regimen, None)


def _with_monthly(review: Review, usual: Choice) -> tuple[Choice, ...]:
    """Row 8: monthly as an option beside a rarer interval."""
    rarer = usual[0] is not None and longest_days(review.knowledge, usual[0]) > longest_days(review.knowledge, MONTHLY)
    return (usual, (MONTHLY, None)) if rarer and monthly_is_an_option(review) else (usual,)


def maintenance(review: Review, form: Ingredient) -> str:
    """Rows 4 to 7, whatever the current interval: history unknown is treated as history present."""
    if form is not Ingredient.HYDROXOCOBALAMIN:
        return MONTHLY
    no_history = review.neurological_history is Answer.NO
    return "maintenance_non_neurological" if no_history else "maintenance_neurological"


def not_longer_than(review: Review, current: Decimal, regimen: str) -> str:
    """This regimen, or the longest of the others that is no longer than so many days."""
    return nearest_regimen(review, regimen, current) or MONTHLY


def _prophylaxis(review: Review, form: Ingredient) -> tuple[Choice, ...]:
    """Rows 14 to 17; other populations as row 5, by mouth too where absorption is not impaired."""
    hydroxocobalamin = form is Ingredient.HYDROXOCOBALAMIN
    by_mouth: tuple[Choice, ...] = ((ORAL, None),) if offered_by_mouth(review) else ()
    if review.patient.has(*BARIATRIC):
        if review.knowledge.region is Region.UK and hydroxocobalamin:
            return (("bariatric_three_monthly", None), *by_mouth)
        return ((MONTHLY, None), *by_mouth)
    resection_of_unknown_length = review.patient.has(Concept.ILEAL_RESECTION) and not review.short_ileal_resection
    if review.long_ileal_resection or resection_of_unknown_length:
        second: tuple[Choice, ...] = (("maintenance_non_neurological", None),) if hydroxocobalamin else ()
        return ((MONTHLY, None), *second)
    if review.ileal_crohn:
        return ((MONTHLY, None), *by_mouth)
    injection: tuple[Choice, ...] = (("maintenance_non_neurological" if hydroxocobalamin else MONTHLY, None),)
    if review.malabsorption:
        return injection
    # Diet and medicines leave absorption as it is (8.9, last row).
    return (*injection, *by_mouth) if review.parenteral else (*by_mouth, *injection)


def _phase_unknown(review: Review, form: Ingredient, fired: dict[Topic, Recommend]) -> tuple[Choice, ...]:
    """3.4: the draft's own timing says which phase is presumed.

    Where maintenance is one of several options it states what it rests on, so that the question is not asked again.
    With signs on record it is no option of a card that asks: the draft itself is that choice, unless its form changes.
    """
    regimen, _ = _maintenance(review, form)
    neurology = review.neurology
    unsigned = neurology.absent or neurology.unknown or neurology.plateaued
    maintenance = (regimen, NeurologicalStatement.ASSESSED_ABSENT if unsigned else None)
    too_short = review.phase.short_course is not None  # and with active signs: maintenance is not the next step
    if not review.course.known:
        return loading(review) if too_short else (*loading(review), maintenance)
    if not review.presumed_maintenance:
        return loading(review)
    asks = review.lapse or review.asks_whether_loading_was_given
    # Another fault of the interval is mended first; whether to load comes after it.
    if fired.keys() & (SCHEDULE_TOPICS - {Topic.DATA}):
        if too_short:
            return (*loading(review), (regimen, None))
        return ((regimen, None), *loading(review)) if asks else ((regimen, None),)
    if asks and form is not review.order.cobalamin:
        # 2.3c: the drafted timing in the new form, for a patient who was loaded; the draft itself is no choice.
        as_drafted: Choice = (None, None)
        return (*loading(review), as_drafted) if neurology.present else (as_drafted, *loading(review))
    if review.lapse and unsigned:
        return (*loading(review), maintenance)
    return loading(review) if asks else ((regimen, None),)


# Given at least monthly, or exempt: the ceiling of no form is below them.
_WITHIN_ANY_CEILING = frozenset(
    {
        "antifolate_nine_weekly",
        "loading_neurological",
        "loading_non_neurological",
        ORAL,
        MONTHLY,
        TWO_TO_FOUR_WEEKLY,
        TWO_WEEKLY,
    }
)


def within_ceiling(form: Ingredient, regimen: str | None) -> str | None:
    """2.3c: the ceiling of the form comes last. Antifolate schedules are exempt."""
    if regimen is None or regimen in _WITHIN_ANY_CEILING or form is Ingredient.HYDROXOCOBALAMIN:
        return regimen
    return MONTHLY
