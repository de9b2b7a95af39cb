"""Which form of cobalamin may stand on one order (derivations 1.5, 2.3a, 9.2 rows 11 and 12). Knows no rule."""

from functools import cached_property

from cds_service.clinical.concepts import COBALAMINS, Answer, Ingredient
from cds_service.clinical.conditions import OPTIC, Concept
from cds_service.clinical.forms import PROPOSABLE, excluded_by_diagnosis
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.scope import reasons_of

_CYANOCOBALAMIN, _MECOBALAMIN = Ingredient.CYANOCOBALAMIN, Ingredient.MECOBALAMIN


class FormQuestions:
    """Part of Review."""

    order: MedicationOrder
    patient: PatientReview

    @cached_property
    def optic_disease(self) -> frozenset[Concept]:
        """Leber disease or tobacco amblyopia, on record or named by this order alone."""
        on_record = {concept for each in self.patient.snapshot.current(*OPTIC) for concept in each.concepts}
        return OPTIC & (on_record | reasons_of(self.order, self.patient.snapshot))

    def form_to_propose(
        self, drafted: Ingredient | None = None, *, without: frozenset[Ingredient] = frozenset()
    ) -> Ingredient | None:
        """2.3a for this order: the drafted form where it may stay, else the first that is left, else None.

        9.2 rows 11 and 12: with Leber disease or tobacco amblyopia nothing but hydroxocobalamin is begun; a drafted
        mecobalamin may stay.
        """
        optic = frozenset({_CYANOCOBALAMIN} if self.optic_disease else ())
        begun = frozenset({_MECOBALAMIN} if self.optic_disease and drafted is not _MECOBALAMIN else ())
        return self.patient.permitted_form(drafted, without=without | optic | begun)

    @cached_property
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
        if self.optic_disease:
            excluded |= {_CYANOCOBALAMIN}
        closed = excluded | self.patient.knowledge.unavailable | (COBALAMINS - frozenset(PROPOSABLE))
        if not drafted & closed:
            return False
        child = self.patient.adult is not Answer.YES and bool(drafted & excluded)
        return child or self.form_to_propose(self.order.cobalamin) is None
