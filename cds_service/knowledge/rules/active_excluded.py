"""Why the form of an active order should not go on beside a draft of another form (derivations 1.5, 2.3a)."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_service.clinical import evidence
from cds_service.clinical.allergies import reactions
from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.conditions import OPTIC
from cds_service.clinical.outcomes import Input
from cds_service.clinical.renal import RenalStatus
from cds_service.clinical.review import Review
from cds_service.clinical.scope import inherited_defect_diagnoses


@dataclass(frozen=True, slots=True)
class Excluded:
    """kind: the last part of the sentence's key. found: the facts behind it."""

    kind: str
    found: tuple[Input, ...] = ()


def excluded(review: Review, form: Ingredient | None) -> Excluded | None:
    """The gravest reason against the form of an active order, or None; a form that is not stated has none."""
    return next(_reasons(review, form), None) if form is not None else None


def _reasons(review: Review, form: Ingredient) -> Iterator[Excluded]:
    patient = review.patient
    if form is Ingredient.COBALAMIN_UNSPECIFIED:
        return
    if severe := reactions(patient.snapshot.allergies, frozenset({form})).same:
        yield Excluded("allergy", tuple(map(evidence.allergy, severe)))
    cyanocobalamin = form is Ingredient.CYANOCOBALAMIN
    if cyanocobalamin and (eye := patient.snapshot.current(*OPTIC)):
        yield Excluded("eye", tuple(map(evidence.diagnosis, eye)))
    if form is not Ingredient.HYDROXOCOBALAMIN and patient.inherited_defect is not Answer.NO:
        yield Excluded("defect", tuple(map(evidence.diagnosis, inherited_defect_diagnoses(patient.snapshot))))
    if cyanocobalamin and patient.renal_risk:
        yield Excluded("kidneys", tuple(_of_kidneys(review)))


def _of_kidneys(review: Review) -> Iterator[Input]:
    renal, nephropathy = review.patient.renal, review.patient.nephropathy
    if renal.egfr is not None:
        yield evidence.egfr(renal.egfr, review.t.egfr_cyanocobalamin_ml_min, review.t.egfr_near_limit_ml_min)
    codes = (*renal.codes, *(nephropathy.diagnoses if nephropathy.answer is Answer.YES else ()))
    yield from map(evidence.diagnosis, dict.fromkeys(codes))
    if renal.status is RenalStatus.UNSTABLE:
        yield from map(evidence.result, review.patient.unstable_creatinines)
