"""Which form of cobalamin may stand on one order (derivations 1.5, 2.3a, 9.2 rows 11 and 12). Knows no rule."""

from cds_service.clinical.concepts import COBALAMINS, Answer, Ingredient
from cds_service.clinical.conditions import OPTIC, Concept
from cds_service.clinical.forms import PROPOSABLE, excluded_by_diagnosis
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.scope import inherited_defect, reasons_of
from cds_service.clinical.worked_out_once import worked_out_once

# Of no stated type: deficiency of vitamin B12 raises the same acids, and the finding may pass.
_UNTYPED = frozenset({Concept.METHYLMALONIC_ACIDAEMIA, Concept.HOMOCYSTINURIA_WITHOUT_MMA})
_CYANOCOBALAMIN, _MECOBALAMIN = Ingredient.CYANOCOBALAMIN, Ingredient.MECOBALAMIN


class FormQuestions:
    """Part of Review."""

    order: MedicationOrder
    patient: PatientReview

    @worked_out_once
    def optic_disease(self) -> frozenset[Concept]:
        """Leber disease or tobacco amblyopia, on record or named by this order alone."""
        on_record = {concept for each in self.patient.snapshot.current(*OPTIC) for concept in each.concepts}
        return OPTIC & (on_record | reasons_of(self.order, self.patient.snapshot))

    @worked_out_once
    def inherited_defect(self) -> Answer:
        """1.5, on record or named by this order alone."""
        return inherited_defect(self.patient.snapshot, reasons_of(self.order, self.patient.snapshot))

    @worked_out_once
    def defect_types_not_stated(self) -> tuple[str, ...]:
        """1.5: what a defect may hide behind, for T-DATA: a type that is not stated, or a record that calls it over."""
        snapshot = self.patient.snapshot
        if self.inherited_defect is not Answer.NO:
            return ()
        untyped = ("type of the homocystinuria",) if snapshot.current(Concept.HOMOCYSTINURIA) else ()
        past = [d for d in snapshot.diagnoses if d.concepts & _UNTYPED and d.past]
        return (*untyped, *(("type of the methylmalonic acidaemia or homocystinuria called resolved",) if past else ()))

    def form_to_propose(
        self, drafted: Ingredient | None = None, *, without: frozenset[Ingredient] = frozenset()
    ) -> Ingredient | None:
        """2.3a for this order: the drafted form where it may stay, else the first that is left, else None.

        9.2 rows 11 and 12: with Leber disease or tobacco amblyopia nothing but hydroxocobalamin is begun; a drafted
        mecobalamin may stay where another disease is treated.
        """
        if self.inherited_defect is not Answer.NO:
            without |= {_CYANOCOBALAMIN, _MECOBALAMIN}
        if self.optic_disease:
            without |= {_CYANOCOBALAMIN}
            if drafted is not _MECOBALAMIN or OPTIC & reasons_of(self.order, self.patient.snapshot):
                without |= {_MECOBALAMIN}
        return self.patient.permitted_form(drafted, without=without)

    @worked_out_once
    def cyanocobalamin_is_the_only_form(self) -> bool:
        """2.3a: nothing but cyanocobalamin, or nothing at all, is left to propose."""
        return self.form_to_propose() in (None, _CYANOCOBALAMIN)

    @property
    def must_not_be_given(self) -> bool:
        """Is every cobalamin of this draft excluded by a diagnosis or not to be had, and nothing left in its place?

        A severe reaction to another form does not make it so: this form may be given once there is an allergy plan.
        A child is offered no adult dose, so that for a child nothing is left where a diagnosis excludes the form.
        """
        drafted = self.order.product.ingredients & COBALAMINS
        excluded = excluded_by_diagnosis(self.patient.snapshot)
        if self.optic_disease or self.inherited_defect is not Answer.NO:
            excluded |= {_CYANOCOBALAMIN}
        closed = excluded | self.patient.knowledge.unavailable | (COBALAMINS - frozenset(PROPOSABLE))
        if not drafted & closed:
            return False
        child = self.patient.adult is not Answer.YES and bool(drafted & excluded)
        return child or self.form_to_propose(self.order.cobalamin) is None
