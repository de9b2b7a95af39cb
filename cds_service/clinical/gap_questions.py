"""What we were not told, as far as one draft order depends on it. Knows a review's order and patient; no rule."""

from cds_service.clinical.bleeding_risk import Platelets
from cds_service.clinical.blood_count import severe_anaemia
from cds_service.clinical.concepts import COBALAMINS, Analyte, Answer, Ingredient, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.form_questions import FormQuestions
from cds_service.clinical.worked_out_once import worked_out_once

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


class GapQuestions(FormQuestions):
    """Part of Review."""

    @property
    def inherited_defect_possible(self) -> bool:
        """Of a type not stated, or not excluded because the problem list was not told (1.5)."""
        return self.inherited_defect is Answer.UNKNOWN or not self.patient.snapshot.told(ResourceKind.CONDITIONS)

    @worked_out_once
    def gaps(self) -> tuple[str, ...]:
        """What this order depends on and was refused, failed, not sent or unreadable, its own dose included."""
        if self.order.cobalamin is None:
            return self.patient.gap_names(*_FOR_FOLIC_ACID) + self.patient.personal_gaps
        return ("the dose of the order",) * self.order.dose_unreadable + self.cobalamin_gaps + self.platelets_missing

    @property
    def platelets_missing(self) -> tuple[str, ...]:
        """2.7: no count to rely on before a needle in muscle, in thrombocytopenia as coded or in severe anaemia; and a
        count that is on record and cannot be read."""
        patient = self.patient
        if not self.order.into_muscle or patient.platelets.tier is not Platelets.UNKNOWN:
            return ()
        if patient.has(Concept.THROMBOCYTOPENIA):
            return ("platelet count of the last 30 days (thrombocytopenia is recorded)",)
        if severe_anaemia(patient.snapshot, patient.t):
            return ("platelet count of the last 30 days (haemoglobin is below 80 g/L)",)
        unread = patient.snapshot.unread_of(Analyte.PLATELETS, patient.t.blood_count_valid_days)
        return tuple(f"platelet count: {each.why}" for each in unread[:1])

    @property
    def not_on_record(self) -> frozenset[str]:
        """Of the gaps, those that are no fault of reading: no platelet count was sent, no birth date is on record."""
        unread = any(each.analyte is Analyte.PLATELETS for each in self.patient.snapshot.unreadable)
        counts = () if unread else self.platelets_missing
        return frozenset((*counts, *self.patient.birth_date_missing))

    @property
    def cobalamin_gaps(self) -> tuple[str, ...]:
        """The same for giving a cobalamin, drafted or proposed."""
        return self.patient.gap_names(*_FOR_COBALAMIN) + self.patient.personal_gaps + self.defect_gaps

    @property
    def defect_gaps(self) -> tuple[str, ...]:
        """1.5: what is not known of an inherited defect, as far as this order depends on it: the form, or the dose."""
        if self.order.product.ingredients & COBALAMINS != {Ingredient.HYDROXOCOBALAMIN}:
            return self.defect_types_not_stated
        untimed = all(step.timing is None for step in self.order.steps)
        possible = untimed and self.inherited_defect is Answer.UNKNOWN
        return ("type of the inherited defect, on which dose and timing depend",) if possible else ()
