"""One order, or the chart alone, read against one patient: the questions that rules ask. Knows no rule and no FHIR."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from cds_service.clinical.cause_questions import CauseQuestions
from cds_service.clinical.concepts import INJECTED_BY_NATURE, Answer, Ingredient, Route
from cds_service.clinical.conditions import SPECIFIC_TO_B12, Concept
from cds_service.clinical.current_order import Comparison, IntervalChange, compare_with_current, renewed_record
from cds_service.clinical.deficiency import DeficiencyAssessment, deficiency_status
from cds_service.clinical.draft_schedule import DraftSchedule
from cds_service.clinical.folate import Exemption, ExemptionKind, FolateDose, folate_exemption
from cds_service.clinical.gap_questions import GapQuestions
from cds_service.clinical.loading import had_alternate_day_course_of_21_days
from cds_service.clinical.neurology import NeurologicalAssessment, neurological_history
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import Recommend
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.phase import Phase, PhaseAssessment, phase_of, presumed_phase
from cds_service.clinical.policy import Knowledge, Thresholds
from cds_service.clinical.purpose import PatientState, Purpose, purpose_of
from cds_service.clinical.schedule import own_course, parts_of, planned_course
from cds_service.clinical.scope import Scope, reasons_of, scope_of
from cds_service.clinical.topics import Occasion, Topic
from cds_service.clinical.worked_out_once import worked_out_once


class Review(CauseQuestions, GapQuestions):
    """Facts about one draft, each worked out once and only when a rule asks."""

    def __init__(self, order: MedicationOrder, patient: PatientReview) -> None:
        self.order = order
        self.patient = patient
        # Filled by evaluate.py once every rule has spoken of this draft.
        self.fired: dict[Topic, Recommend] = {}
        self.beside: tuple[str, ...] = ()

    @property
    def knowledge(self) -> Knowledge:
        return self.patient.knowledge

    @property
    def t(self) -> Thresholds:
        return self.patient.t

    @property
    def occasion(self) -> Occasion:
        """What the rules are asked about."""
        if self.order.nothing_ordered:
            return Occasion.CHART
        return Occasion.STOP if self.scope.stop else Occasion.DRAFT

    @worked_out_once
    def scope(self) -> Scope:
        return scope_of(self.order, self.patient.snapshot, self.t)

    # --- the order itself

    @worked_out_once
    def route(self) -> Route | None:
        """As ordered. Hydroxocobalamin and mecobalamin without a route are read as injections, which they are."""
        if self.order.route is None and self.order.cobalamin in INJECTED_BY_NATURE:
            return Route.INTRAMUSCULAR
        return self.order.route

    @property
    def parenteral(self) -> bool:
        return self.route is not None and self.route.parenteral

    @property
    def non_parenteral(self) -> bool:
        """By mouth, under the tongue, in the cheek or into the nose. No route at all is neither."""
        return self.route is not None and (self.route.swallowed_or_absorbed_in_mouth or self.route is Route.NASAL)

    @worked_out_once
    def route_unclear(self) -> bool:
        """A timed draft that may be a tablet as well as an injection; no tablet is taken weekly or less often."""
        if not self.course.known or self.parenteral or self.non_parenteral:
            return False
        interval = self.course.own.shortest
        return self.route is Route.OTHER or interval is None or interval < self.t.interval_loading_days

    @worked_out_once
    def _doses(self) -> tuple[tuple[Decimal, Decimal], ...]:
        parts = parts_of(self.order)
        return tuple((part.dose.low_ug, part.dose.high_ug) for part in parts if part.dose is not None)

    @property
    def largest_dose_ug(self) -> Decimal | None:
        return max((high for _, high in self._doses), default=None)

    @property
    def smallest_dose_ug(self) -> Decimal | None:
        return min((low for low, _ in self._doses), default=None)

    @worked_out_once
    def oral_ug_per_day(self) -> Decimal | None:
        """Of a draft that is not injected: the least it gives a day, or None where it cannot be read.

        Into the nose far less is needed: `full_nasal_dose`.
        """
        amounts = [part.least_ug_per_day for part in parts_of(self.order)]
        return min((amount for amount in amounts if amount is not None), default=None)

    @property
    def full_nasal_dose(self) -> bool:
        """500 micrograms a week into the nose, or an amount that cannot be read (1.4, 8.7)."""
        daily = self.oral_ug_per_day
        week = self.t.interval_loading_days
        return self.route is Route.NASAL and (daily is None or daily * week >= self.t.therapeutic_nasal_ug_week)

    @worked_out_once
    def course(self) -> DraftSchedule:
        own = own_course(self.order)
        bundle = [draft for draft in self.patient.drafts if draft.cobalamin is not None]
        return DraftSchedule(self.order.reference, own, planned_course(self.order, bundle), self.t)

    @property
    def may_be_rewritten(self) -> bool:
        """Is there a correction that this service may offer on the draft itself?"""
        return self.whole and self.patient.adult is Answer.YES

    @property
    def whole(self) -> bool:
        """A cobalamin with no other medicine in the product, in an order that an action may touch."""
        whole = self.order.changeable and not self.order.product.has_another_medicine
        return whole and self.order.cobalamin is not None

    # --- the patient, as far as this order asks

    @worked_out_once
    def neurology(self) -> NeurologicalAssessment:
        return self.patient.neurology(self.order.stated_neurology)

    @worked_out_once
    def neurological_history(self) -> Answer:
        """5.3. Maintenance that is drafted with the first loading course is judged as treatment that begins today."""
        treatment, found = self.patient.treatment, self._history_from(self.patient.treatment.treatment_began)
        if found is not Answer.UNKNOWN or self.phase.phase is not Phase.LOADING or not self.maintains_after_loading:
            return found
        if self.neurology.present:
            return Answer.YES  # also where nothing but the order states it
        return found if treatment.records else self._history_from(treatment.today)

    def _history_from(self, began: date | None) -> Answer:
        alternate_days = had_alternate_day_course_of_21_days(self.patient.treatment)
        snapshot = self.patient.snapshot
        return neurological_history(snapshot, self.t, treatment_began=began, had_alternate_day_course=alternate_days)

    @property
    def history_may_have_another_cause(self) -> bool:
        """5.3: the signs on record have another possible cause, and nothing else speaks for a history."""
        specific = any(not d.concepts.isdisjoint(SPECIFIC_TO_B12) for d in self.patient.snapshot.diagnoses)
        long_course = had_alternate_day_course_of_21_days(self.patient.treatment)
        return self.neurology.other_cause_possible and not specific and not long_course

    @worked_out_once
    def deficiency(self) -> DeficiencyAssessment:
        patient = self.patient
        return deficiency_status(
            patient.snapshot,
            self.t,
            neurology=self.neurology,
            renal=patient.renal,
            on_treatment=patient.on_treatment,
            treated_since=patient.treated_since,
            pregnant=patient.pregnant,
            cobalamin_ordered=any(draft.cobalamin is not None for draft in patient.drafts),
            order_names_b12=self.order.names_b12 or self._reason_is_ambiguous,
        )

    @property
    def _reason_is_ambiguous(self) -> bool:
        """E53.8 as the reason of a cobalamin order (derivations 4.2 row 12)."""
        reasons = reasons_of(self.order, self.patient.snapshot)
        return self.order.cobalamin is not None and Concept.B12_DEFICIENCY_AMBIGUOUS in reasons

    @worked_out_once
    def _state(self) -> PatientState:
        state = self.patient.state(self.deficiency, self.neurology)
        return replace(state, inherited_defect=self.inherited_defect is Answer.YES)

    @worked_out_once
    def purpose(self) -> Purpose:
        return purpose_of(self.order, self.patient.snapshot, self.patient.drafts, self._state, self.t)

    @worked_out_once
    def phase(self) -> PhaseAssessment:
        return phase_of(self.order, self.purpose, self.patient.treatment, self._state)

    @property
    def presumed_maintenance(self) -> bool:
        """3.4: while the phase is unknown, does the draft's own timing say maintenance?"""
        return presumed_phase(self.course.own, self.t) is Phase.MAINTENANCE

    @property
    def maintains_after_loading(self) -> bool:
        """Has it a maintenance part that a loading course comes before: in the draft, beside it, or under way? (3.1)"""
        return not self.non_parenteral and self.course.maintains_after_loading(under_way=self.phase.loading_continuing)

    @property
    def lapse(self) -> bool:
        return self.phase.lapse

    @property
    def asks_whether_loading_was_given(self) -> bool:
        """3.4: only with signs, or with deficiency on record and no B12 above the limit in date."""
        if self.phase.phase is not Phase.UNKNOWN or not self.presumed_maintenance or self.non_parenteral:
            return False
        if self.course.later_part:
            return False  # it is drafted with this order, and offered again it would be given twice
        if self.neurology.present:
            return True
        return self._state.confirmed_or_suspected and not self.deficiency.above_limit_in_date

    @worked_out_once
    def comparison(self) -> Comparison | None:
        """This draft beside the current order of the same form (8.10)."""
        return compare_with_current(self.order, self.patient.treatment, self.t, self.patient.drafts)

    @property
    def same_interval_as_current(self) -> bool:
        return self.comparison is not None and self.comparison.change is IntervalChange.SAME

    @worked_out_once
    def stable_on_this_interval(self) -> bool:
        """8.4: renews the same interval, held for 12 months or more, without signs now."""
        found = self.comparison
        if found is None or found.change is not IntervalChange.SAME or self.neurology.present:
            return False
        return found.held_for(self.t.stable_renewal_months, self.patient.snapshot.today) is Answer.YES

    @property
    def frequent_dosing_explained(self) -> bool:
        """8.4: a relapse, or improvement that goes on, is on record."""
        return self._state.neuro_worse_or_recurrent or self.patient.improving(self.neurology)

    @property
    def loading_days_so_far(self) -> int:
        """How long the alternate-day course that this draft continues has run; 0 where none is on record (8.1)."""
        record = renewed_record(self.order, self.patient.treatment) or self.phase.current
        if not self.phase.loading_continuing or record is None or record.start is None or record.interval is None:
            return 0
        alternate_days = record.interval <= self.t.interval_loading_neuro_days
        return (self.patient.snapshot.today - record.start).days if alternate_days else 0

    @property
    def right_without_neurology(self) -> bool:
        """8.2: accepted in silence if there were no neurological signs."""
        return self.course.accepted_without_neurology(self.course.loading_dose_ug)

    @property
    def right_with_neurology(self) -> bool:
        """8.1: accepted in silence if there were signs."""
        return self.course.accepted_with_neurology(self.course.loading_dose_ug, self.loading_days_so_far)

    @property
    def current_interval_days(self) -> Decimal | None:
        """Days between doses of the maintenance order that this one renews, changes, stands beside or stops (8.10)."""
        if self.comparison is None:
            return self.course.own.interval if self.scope.stop else None
        return self.comparison.current.interval

    # --- causes: cause_questions.py

    @property
    def antifolate_chemotherapy(self) -> bool:
        return self.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS or self.patient.takes(
            Ingredient.PEMETREXED, Ingredient.PRALATREXATE
        )

    @property
    def stays_oral(self) -> bool:
        """Where its dose is too low: is the draft raised by mouth, with no malabsorption behind a deficiency?"""
        return self.non_parenteral and not (self.malabsorption and self._state.confirmed_or_suspected)

    # --- folic acid

    @property
    def folate(self) -> FolateDose:
        return self.patient.folate

    @worked_out_once
    def exemption(self) -> Exemption:
        patient = self.patient
        return folate_exemption(
            self.order,
            (*patient.drafts, *patient.stops),
            patient.snapshot,
            daily=patient.folate,
            pregnant=patient.pregnant,
            thresholds=self.t,
        )

    @property
    def may_hold_folic_acid(self) -> bool:
        """7.2: holding folic acid is an option only where nothing stands for it, and the draft can be changed."""
        return self.exemption.kind is ExemptionKind.NONE and self.order.changeable
