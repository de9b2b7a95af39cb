"""What stopping an order would mean (derivations 2.6): what else is given, why it was given, when a dose is due.

Knows reviews of orders that are stopped, put on hold or cancelled; decides nothing.
"""

from datetime import date
from enum import StrEnum
from math import ceil

from cds_service.clinical.concepts import Analyte, Answer, Ingredient, ResourceKind
from cds_service.clinical.conditions import PERMANENT_CAUSE, Concept
from cds_service.clinical.orders import MedicationOrder, OrderStatus
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import own_course, parts_of
from cds_service.clinical.scope import scope_of
from cds_service.clinical.snapshot import Allergen, ClinicalStatus, Diagnosis, LabResult, Operation, Verification
from cds_service.clinical.timing import IntervalClass, days_after
from cds_service.clinical.treatment_record import therapeutic, told_twice
from cds_service.clinical.validity import within_days

_REVERSIBLE = (Concept.DIETARY_B12_DEFICIENCY, Concept.VEGAN_DIET, Concept.NITROUS_OXIDE_EXPOSURE)
# 1.1: medicines that lower vitamin B12, however long they are taken: a recheck is due while they go on.
_MEDICINE_CAUSES = (
    Ingredient.METFORMIN,
    Ingredient.PROTON_PUMP_INHIBITOR,
    Ingredient.H2_BLOCKER,
    Ingredient.COLCHICINE,
)
_ANY_COBALAMIN = frozenset({Allergen.COBALAMINS, Allergen.VITAMIN_B12})
_ALLERGEN_OF = {
    Ingredient.HYDROXOCOBALAMIN: Allergen.HYDROXOCOBALAMIN,
    Ingredient.CYANOCOBALAMIN: Allergen.CYANOCOBALAMIN,
    Ingredient.MECOBALAMIN: Allergen.MECOBALAMIN,
    Ingredient.COBAMAMIDE: Allergen.COBAMAMIDE,
}
_ASKED = (Analyte.B12, Analyte.HOLOTRANSCOBALAMIN, Analyte.MMA)


class Cause(StrEnum):
    """Why the patient lacks vitamin B12, as far as stopping asks (rows 5, 6 and 8)."""

    CORRECTED = "documented, reversible and corrected"
    PERMANENT = "permanent"
    NOT_CORRECTED = "not on record as corrected"


def allergy_explains(review: Review) -> bool:
    """Row 1: an allergy to this form, or to cobalamins, recorded since the order began, or with no date."""
    order = review.order
    wanted = {*_ANY_COBALAMIN, *(allergen for form, allergen in _ALLERGEN_OF.items() if form is order.cobalamin)}
    began = _began(review)
    return any(
        allergy.allergen in wanted and (allergy.recorded is None or began is None or allergy.recorded >= began)
        for allergy in review.patient.snapshot.allergies
    )


def another_treatment(review: Review) -> bool:
    """Row 3: is another therapeutic cobalamin active, or in the same bundle?

    An order that this bundle stops is none, although the record still calls it active; nor is a statement of it.
    """
    patient = review.patient
    stopped = (review.order, *patient.stops)
    active = any(
        record.status is OrderStatus.ACTIVE
        and record.reference not in patient.ended
        and not told_twice(record, stopped)
        for record in patient.treatment.running()
    )
    return active or any(_treats(draft, review) for draft in patient.drafts)


def _treats(draft: MedicationOrder, review: Review) -> bool:
    """A draft whose amount cannot be read counts: its own cards speak of it."""
    scope = scope_of(draft, review.patient.snapshot, review.t)
    if draft.cobalamin is None or not scope.judged or scope.nutritional:
        return False
    return any(therapeutic(part, review.t) is not Answer.NO for part in parts_of(draft))


def loading_finished(review: Review) -> bool:
    """Row 4: a loading course that is complete by 3.3. Weekly injections without an end are no loading course."""
    course = own_course(review.order)
    weekly_with_end = course.shortest_class is IntervalClass.WEEKLY and not course.open_ended
    loads = course.shortest_class is IntervalClass.INTENSIVE or weekly_with_end
    return review.parenteral and loads and review.phase.phase is Phase.MAINTENANCE


def causes(review: Review) -> tuple[Diagnosis | Operation, ...]:
    """What is on record as a permanent cause, or as a reversible one, corrected or not."""
    snapshot = review.patient.snapshot
    reversible = tuple(d for d in snapshot.diagnoses if _stands(d) and not d.concepts.isdisjoint(_REVERSIBLE))
    return (*_permanent_causes(review), *reversible)


def cause(review: Review) -> Cause:
    """Corrected only where a reversible cause is resolved, none is left, and no permanent cause can be hidden.

    What was not told may hold a permanent cause (SG-25).
    """
    patient, snapshot = review.patient, review.patient.snapshot
    possible = patient.inherited_defect is not Answer.NO or review.pernicious_anaemia_possible
    if _permanent_causes(review) or possible:
        return Cause.PERMANENT
    told = snapshot.told(ResourceKind.CONDITIONS) and snapshot.told(ResourceKind.PROCEDURES)
    found = [d for d in snapshot.diagnoses if _stands(d) and not d.concepts.isdisjoint(_REVERSIBLE)]
    resolved = [d for d in found if d.status is ClinicalStatus.RESOLVED and d.verification is Verification.CONFIRMED]
    corrected = told and bool(resolved) and not any(diagnosis.current for diagnosis in found)
    return Cause.CORRECTED if corrected else Cause.NOT_CORRECTED


def _permanent_causes(review: Review) -> tuple[Diagnosis | Operation, ...]:
    """Recorded at any time and not refuted: what is permanent is not undone by a status of "resolved"."""
    permanent = PERMANENT_CAUSE - ({Concept.ILEAL_RESECTION} if review.short_ileal_resection else frozenset())
    snapshot = review.patient.snapshot
    diagnoses = tuple(d for d in snapshot.diagnoses if _stands(d) and not d.concepts.isdisjoint(permanent))
    return (*diagnoses, *snapshot.had_operation(*permanent))


def _stands(diagnosis: Diagnosis) -> bool:
    return diagnosis.verification is not Verification.REFUTED


def cause_may_go_on(review: Review) -> bool:
    """Is a medicine that lowers vitamin B12 still taken?"""
    return review.patient.takes(*_MEDICINE_CAUSES)


def recent_results(review: Review) -> tuple[LabResult, ...]:
    """Row 8: a vitamin B12 or methylmalonic acid result of the last 30 days, which may have prompted the stop."""
    snapshot, days = review.patient.snapshot, review.t.stop_result_days
    newest = [result for analyte in _ASKED for result in snapshot.results_of(analyte)[:1]]
    return tuple(result for result in newest if within_days(result.day, snapshot.today, days))


def may_be_ordered_anew(review: Review) -> bool:
    """May a new order take the place of this one?

    Not beside one that is only held, and not instead of a product or a defect that adult doses do not fit; not instead
    of a course of which a part was given; and not less often than now (R-NOREDUCE).
    """
    patient = review.patient
    if review.order.status is OrderStatus.ON_HOLD or review.order.product.has_another_medicine:
        return False
    if patient.adult is not Answer.YES or patient.inherited_defect is not Answer.NO:
        return False
    if review.phase.phase is Phase.LOADING:
        return review.neurology.present or not review.phase.loading_continuing
    interval = review.current_interval_days
    as_often = interval is None or interval >= review.t.interval_maintenance_days
    return as_often or review.non_parenteral or loading_finished(review)


def end_of_life_care(review: Review) -> bool:
    """Row 2, as a diagnosis or as a finding."""
    findings = review.patient.snapshot.findings
    return review.patient.has(Concept.END_OF_LIFE_CARE) or any(
        finding.concept is Concept.END_OF_LIFE_CARE and finding.present for finding in findings
    )


def next_dose(review: Review) -> date | None:
    """Row 7: the day of the next dose: an interval after the last injection on record, else by the order's own dates.

    None: no date is on record, or the order has no readable interval.
    """
    order, today = review.order, review.patient.snapshot.today
    interval = own_course(order).interval
    if interval is None:
        return None
    given = [r.start for r in review.patient.treatment.records if r.administered and r.start is not None]
    if given and review.parenteral:
        return days_after(max(given), interval)
    began = _began(review)
    if began is None:
        return None
    passed = max(0, ceil((today - began).days / interval))
    return days_after(began, passed * interval)


def _began(review: Review) -> date | None:
    """The first day of the order, by itself or by its record; else the day it was written."""
    order = review.order
    recorded = [r.start for r in review.patient.treatment.records if r.reference == order.reference]
    starts = [order.starts, *recorded, order.authored]
    return next((day for day in starts if day is not None), None)
