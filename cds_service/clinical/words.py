"""What a card says of one order, made ready to print from typed facts. Knows reviews; decides nothing."""

from datetime import date
from decimal import Decimal

from cds_service.clinical import phrases
from cds_service.clinical.background import background
from cds_service.clinical.concepts import FOLATES, Answer, Ingredient
from cds_service.clinical.conditions import Concept
from cds_service.clinical.errands import LabTest
from cds_service.clinical.folate import ExemptionKind, every_week
from cds_service.clinical.orders import DosageStep, MedicationOrder
from cds_service.clinical.outcomes import ClientText, Saying
from cds_service.clinical.policy import Region
from cds_service.clinical.renal import EgfrValue
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import Allergen, Allergy

_MILLIGRAM = Decimal(1000)
_ALLERGENS = {Allergen.COBALAMINS: "vitamin B12", Allergen.VITAMIN_B12: "vitamin B12"}


def drug(review: Review) -> str:
    return drug_of(review.order)


def drug_of(order: MedicationOrder) -> str:
    """Our own name of the drug, capitalised: never the client's text, which may be of any length."""
    form = order.cobalamin
    if form is Ingredient.COBALAMIN_UNSPECIFIED:
        return "Vitamin B12 (form not stated)"
    if form is not None:
        return form.value.capitalize()
    return "Folic acid" if Ingredient.FOLIC_ACID in order.product.ingredients else "Levomefolate"


def drafted(order: MedicationOrder) -> str:
    """The first step of an order with a cobalamin, as drafted; what is not stated is left out."""
    amount, step = order.cobalamin_dose, order.step
    ends = dict.fromkeys((phrases.micrograms(amount.low_ug), phrases.micrograms(amount.high_ug))) if amount else {}
    route = phrases.by_route(step.route) if step.route is not None else ""
    timing = phrases.schedule(step.timing) if step.timing is not None else ""
    return " ".join(part for part in (drug_of(order), " to ".join(ends), route, timing) if part)


def dose(review: Review) -> str:
    largest, smallest = review.largest_dose_ug, review.smallest_dose_ug
    if largest is None or smallest is None:
        return "dose could not be read" if review.order.dose_unreadable else "dose not stated"
    if largest == smallest:
        return phrases.micrograms(largest)
    return f"{phrases.micrograms(smallest)} to {phrases.micrograms(largest)}"


def day(value: date | None) -> str:
    return value.isoformat() if value is not None else "undated"


def schedule(review: Review) -> dict[str, str]:
    """Values of the schedule rules' sentences."""
    daily = review.oral_ug_per_day
    steps = review.order.steps or (review.order.step,)
    return {
        "drug": drug(review),
        "dose": dose(review),
        "route": phrases.by_route(review.route),
        "schedule": _schedule(steps),
        "daily": f"{phrases.significant(daily)} micrograms" if daily is not None else "dose not readable",
        "starts": day(review.course.loading_starts),
        "last": day(review.course.loading_last_day),
    }


def short_course(review: Review) -> dict[str, str]:
    """The loading course on record that was too short for the signs; nothing where there is none."""
    run = review.phase.short_course
    if run is None:
        return {}
    return {"ended": day(run.last_dose), "days": str(run.days)}


def _schedule(steps: tuple[DosageStep, ...]) -> str:
    """One or two steps in words; of more only the first, so that a summary keeps its reason."""
    if len(steps) > 2:
        return f"{phrases.schedule(steps[0].timing)}, then {len(steps) - 1} more steps"
    return ", then ".join(phrases.schedule(step.timing) for step in steps)


def egfr_is(value: EgfrValue) -> str:
    """How the eGFR was obtained, as a sentence."""
    if value.calculated:
        return (
            f"The eGFR was calculated by this service (CKD-EPI 2021) from creatinine {value.from_creatinine} "
            f"of {day(value.day)}."
        )
    return f"The eGFR was reported on {day(value.day)} ({value.method})."


def folic_acid_daily(review: Review) -> str:
    """A weekly or single dose as ordered; otherwise, or with other products, the total a day. Empty: not readable."""
    total = review.folate.total_ug_day
    if total is None or review.folate.unreadable:
        return ""
    own = [line.ug_day for line in review.folate.lines if line.drafted and line.reference == review.order.reference]
    as_ordered = _weekly_or_single(review.order.steps) if own == [total] else ""
    return as_ordered or f"{_folic_acid(total)} a day"


def _weekly_or_single(steps: tuple[DosageStep, ...]) -> str:
    """ "5 mg once a week", "one dose of 5 mg"; empty for any other timing."""
    if len(steps) != 1:
        return ""
    timing, dose = steps[0].timing, steps[0].dose_of(*FOLATES)
    if timing is None or dose is None:
        return ""
    ends = dict.fromkeys((_folic_acid(dose.low_ug), _folic_acid(dose.high_ug)))
    amount = " to ".join(ends)
    if timing.single_dose:
        return f"one dose of {amount}"
    return f"{amount} once a week" if every_week(timing) else ""


def _folic_acid(ug: Decimal) -> str:
    """In mg from 1 mg on."""
    rounded = ug.quantize(Decimal(1)) if ug != ug.to_integral_value() else ug
    if rounded >= _MILLIGRAM:
        return f"{phrases.number(rounded / _MILLIGRAM)} mg"
    return phrases.micrograms(rounded)


def allergen(allergy: Allergy) -> str:
    """What the allergy is to, in our words: a class and RxNorm 11248 are both called vitamin B12."""
    return _ALLERGENS.get(allergy.allergen, allergy.allergen.value)


def vitamin_b12_note(review: Review) -> tuple[Saying, ...]:
    """1.3: what the record calls the drug, where that is not the name of a form."""
    if review.order.cobalamin is Ingredient.COBALAMIN_UNSPECIFIED:
        return (Saying("paragraph.form_not_stated"),)
    if review.order.product.named_vitamin_b12:
        return (Saying("paragraph.named_vitamin_b12"),)
    return ()


def schedule_paragraphs(review: Review, tests: tuple[LabTest, ...]) -> tuple[Saying, ...]:
    """What stands beside a card about the schedule."""
    found: list[Saying] = [*vitamin_b12_note(review)]
    neurology = review.neurology
    if neurology.other_cause is not None:
        found.append(Saying("paragraph.other_cause", {"cause": ClientText(neurology.other_cause.text)}))
    if review.patient.takes(Ingredient.METFORMIN):
        found.append(Saying("paragraph.metformin"))
    if review.patient.pregnant is Answer.YES:
        found.append(Saying("paragraph.pregnancy"))
    if review.patient.has(Concept.BREAST_FEEDING):
        found.append(Saying("pregnancy.breast_feeding"))
    if tests:
        found.append(Saying("paragraph.sample_first"))
    if review.phase.partial or review.phase.phase.value == "unknown":
        found.append(Saying("paragraph.partial_phase", {"why": review.phase.why}))
    if review.phase.last_dose_assumed:
        found.append(Saying("paragraph.last_dose_assumed"))
    return (*found, *background(review), *result_remarks(review))


def result_remarks(review: Review) -> tuple[Saying, ...]:
    """How far the vitamin B12 results behind a card can be relied on."""
    received = (Saying("card.received"),) if review.deficiency.of_results_received else ()
    return (*(Saying(f"note.{key}") for key in review.deficiency.notes), *received)


def renal_paragraphs(review: Review) -> tuple[Saying, ...]:
    """What stands beside a card about the kidneys (decision 18 for results that came only in part)."""
    received = (Saying("card.received"),) if review.patient.renal.of_results_received else ()
    return (*vitamin_b12_note(review), *_aluminium(review), *received)


def _aluminium(review: Review) -> tuple[Saying, ...]:
    """SG-37: of the injection, of the products of the US, where the kidneys are known to fail."""
    injected = review.order.cobalamin is Ingredient.CYANOCOBALAMIN and not review.non_parenteral
    us = review.knowledge.region is Region.US
    return (Saying("paragraph.aluminium"),) if injected and us and review.patient.renal_risk else ()


def folic_acid_paragraphs(review: Review) -> tuple[Saying, ...]:
    found: list[Saying] = []
    if review.exemption.presumed_methotrexate:
        found.append(Saying("paragraph.methotrexate_presumed"))
    elif review.exemption.kind is not ExemptionKind.NONE:
        found.append(Saying("paragraph.folate_standing", {"why": review.exemption.why}))
    if review.folate.unreadable or review.folate.total_ug_day is None:
        found.append(Saying("paragraph.dose_unreadable"))
    if review.patient.pregnant is Answer.YES:
        found.append(Saying("paragraph.pregnancy"))
    if review.patient.inherited_defect is Answer.YES:
        found.append(Saying("paragraph.inherited_defect"))
    return (*found, *result_remarks(review))
