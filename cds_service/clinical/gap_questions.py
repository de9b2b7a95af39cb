"""What we were not told, as far as one draft order depends on it. Knows a review's order and patient; no rule."""

from functools import cached_property

from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.patient_review import PatientReview

_FOR_COBALAMIN = (
    ResourceKind.RESULTS,
    ResourceKind.FINDINGS,
    ResourceKind.CONDITIONS,
    ResourceKind.MEDICATIONS,
    ResourceKind.STATEMENTS,
    ResourceKind.PROCEDURES,
    ResourceKind.ALLERGIES,
)
_FOR_FOLIC_ACID = (
    ResourceKind.RESULTS,
    ResourceKind.CONDITIONS,
    ResourceKind.MEDICATIONS,
    ResourceKind.STATEMENTS,
)


class GapQuestions:
    """Part of Review."""

    order: MedicationOrder
    patient: PatientReview

    @property
    def inherited_defect_possible(self) -> bool:
        """Of a type not stated, or not excluded because the problem list was not told (1.5)."""
        return self.patient.inherited_defect is Answer.UNKNOWN or not self.patient.snapshot.told(
            ResourceKind.CONDITIONS
        )

    @cached_property
    def gaps(self) -> tuple[str, ...]:
        """What this order depends on and was refused, failed, not sent or unreadable, its own dose included."""
        if self.order.cobalamin is None:
            return self.patient.gap_names(*_FOR_FOLIC_ACID) + self.patient.personal_gaps
        return ("the dose of the order",) * self.order.dose_unreadable + self.cobalamin_gaps

    @property
    def cobalamin_gaps(self) -> tuple[str, ...]:
        """The same for giving a cobalamin, drafted or proposed."""
        return self.patient.gap_names(*_FOR_COBALAMIN) + self.patient.personal_gaps
