"""The patient of one request, derived once for all drafts. Knows snapshot, drafts and knowledge; no single order."""

from datetime import date
from decimal import Decimal

from cds_service.clinical.bleeding_risk import PlateletCount, high_inr, platelet_count
from cds_service.clinical.blood_count import BloodCount, blood_count
from cds_service.clinical.concepts import Analyte, Answer, Ingredient, ResourceKind
from cds_service.clinical.conditions import BLEEDING, PERMANENT_CAUSE, Concept
from cds_service.clinical.cover import CoverAssessment, cobalamin_cover
from cds_service.clinical.deficiency import DeficiencyAssessment, DeficiencyStatus, Strength
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.folate import FolateDose, folic_acid_per_day
from cds_service.clinical.forms import PROPOSABLE, barred_forms, permitted_form
from cds_service.clinical.ileum import resected_cm
from cds_service.clinical.nephropathy import NephropathyAssessment
from cds_service.clinical.neurological_course import CourseStatus
from cds_service.clinical.neurology import NeurologicalAssessment, neurological_status
from cds_service.clinical.orders import NOT_GIVEN, STOPPED, MedicationOrder, NeurologicalStatement, OrderStatus
from cds_service.clinical.person import is_adult, pregnancy
from cds_service.clinical.policy import Knowledge, Thresholds
from cds_service.clinical.purpose import PatientState
from cds_service.clinical.renal import RenalAssessment, renal_status
from cds_service.clinical.scope import inherited_defect
from cds_service.clinical.snapshot import Availability, LabResult, Snapshot
from cds_service.clinical.treatment import Treatment, treatment_of
from cds_service.clinical.worked_out_once import worked_out_once

_LABORATORY = frozenset({Strength.LABORATORY, Strength.LABORATORY_OLD, Strength.LABORATORY_TREATED, Strength.TISSUE})
_TOLD_HOW = {
    Availability.INCOMPLETE: "only part of it was received",
    Availability.REFUSED: "refused by the server",
    Availability.FAILED: "could not be fetched",
    Availability.NOT_SUPPLIED: "not supplied",
}


class PatientReview:
    """Facts about the patient, each worked out once and only when asked for.

    drafts: the orders of the request that are to be given; stops: those that end or pause something.
    ordered: tests and referrals that stand among the drafts.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        orders: tuple[MedicationOrder, ...],
        knowledge: Knowledge,
        ordered: frozenset[LabTest | Referral] = frozenset(),
    ) -> None:
        self.snapshot = snapshot
        self.ordered = ordered
        self.drafts = tuple(order for order in orders if order.status not in NOT_GIVEN)
        self.stops = tuple(order for order in orders if order.status in STOPPED)
        self.knowledge = knowledge
        self._neurology: dict[NeurologicalStatement | None, NeurologicalAssessment] = {}

    @worked_out_once
    def ended(self) -> frozenset[str]:
        """References that this bundle stops, pauses or cancels; the record may still call them active."""
        return frozenset(order.reference for order in self.stops)

    @property
    def t(self) -> Thresholds:
        return self.knowledge.thresholds

    @worked_out_once
    def adult(self) -> Answer:
        return is_adult(self.snapshot.person, self.snapshot.today, self.t.adult_years)

    @worked_out_once
    def pregnant(self) -> Answer:
        return pregnancy(self.snapshot, self.t)

    @worked_out_once
    def renal(self) -> RenalAssessment:
        return renal_status(self.snapshot, self.t)

    @property
    def nephropathy(self) -> NephropathyAssessment:
        return self.renal.nephropathy

    @property
    def renal_risk(self) -> bool:
        """2.3a: renal risk, unstable renal function, or diabetic nephropathy."""
        return self.renal.at_risk or self.nephropathy.answer is Answer.YES

    @property
    def renal_unknown(self) -> bool:
        return self.renal.unknown

    @property
    def unstable_creatinines(self) -> tuple[LabResult, ...]:
        course = self.renal.course
        if course is None:
            return ()
        return tuple(result for result in (course.newest, course.compared) if result is not None)

    @worked_out_once
    def treatment(self) -> Treatment:
        return treatment_of(self.snapshot, self.t)

    def on_treatment(self, day: date) -> Answer:
        """K-08. On the day of a first dose nobody knows whether the sample came before it (4.1)."""
        if self.treatment.first_dose_on(day):
            return Answer.UNKNOWN
        return self.treatment.on_treatment_at(day)

    def treated_since(self, day: date) -> Answer:
        """Is there any therapeutic record after this day (4.2 row 5)?"""
        if any(record.last_dose is not None and record.last_dose > day for record in self.treatment.records):
            return Answer.YES
        return Answer.NO if self.treatment.list_readable else Answer.UNKNOWN

    def neurology(self, stated: NeurologicalStatement | None) -> NeurologicalAssessment:
        if stated not in self._neurology:
            self._neurology[stated] = neurological_status(
                self.snapshot,
                self.t,
                stated=stated,
                newest_low_b12=self._newest_low_b12,
                loading_decision=not self.treatment.records,
                treatment_began=self.treatment.treatment_began,
                maintenance_began=self.treatment.maintenance_began,
            )
        return self._neurology[stated]

    @worked_out_once
    def _newest_low_b12(self) -> date | None:
        return max((result.day for result in self._low_b12), default=None)

    @worked_out_once
    def _low_b12(self) -> tuple[LabResult, ...]:
        limit = self.t.b12_low_pg_ml
        results = self.snapshot.results_of(Analyte.B12)
        return tuple(result for result in results if result.measured.is_below(limit) is Answer.YES)

    @property
    def ever_low_b12(self) -> bool:
        """Is a low total B12 or holotranscobalamin of any date on record?"""
        limit, results = self.t.holotc_low_pmol_l, self.snapshot.results_of(Analyte.HOLOTRANSCOBALAMIN)
        return bool(self._low_b12) or any(result.measured.is_below(limit) is Answer.YES for result in results)

    @worked_out_once
    def folate(self) -> FolateDose:
        return folic_acid_per_day((*self.drafts, *self.stops), self.snapshot)

    @worked_out_once
    def cover(self) -> CoverAssessment:
        return cobalamin_cover(self.snapshot, self.treatment, self.drafts, self.t, stops=self.stops)

    @worked_out_once
    def inherited_defect(self) -> Answer:
        return inherited_defect(self.snapshot)

    @property
    def severe_allergy(self) -> bool:
        """Is a severe reaction to a cobalamin on record, so that no form may be proposed?"""
        return self.barred >= frozenset(PROPOSABLE)

    @worked_out_once
    def barred(self) -> frozenset[Ingredient]:
        return barred_forms(self.snapshot)

    def permitted_form(
        self, drafted: Ingredient | None = None, *, without: frozenset[Ingredient] = frozenset()
    ) -> Ingredient | None:
        """2.3a: the form to propose, the drafted one where it may stay; None where nothing is left.

        without: forms that the question itself excludes, beside those that are barred for this patient.
        """
        return permitted_form(
            self.knowledge,
            self.barred | without,
            drafted=drafted,
            renal_risk=self.renal_risk,
            renal_unknown=self.renal_unknown,
        )

    @worked_out_once
    def needs_subcutaneous(self) -> bool:
        """2.3b: platelets below 25, INR above 4.0, or a bleeding disorder. An old low count still counts (2.7)."""
        if self.has(*BLEEDING) or self.platelets.no_needle_in_muscle:
            return True
        return high_inr(self.snapshot, self.t) is not None

    @worked_out_once
    def platelets(self) -> PlateletCount:
        return platelet_count(self.snapshot, self.t)

    @worked_out_once
    def blood_count(self) -> BloodCount:
        return blood_count(self.snapshot, self.t, self.pregnant, self.adult)

    @worked_out_once
    def ileum_resected_cm(self) -> Decimal | None:
        return resected_cm(self.snapshot)

    def has(self, *concepts: Concept) -> bool:
        """A current diagnosis or a completed procedure of any of these."""
        return bool(self.snapshot.current(*concepts)) or bool(self.snapshot.had_operation(*concepts))

    def takes(self, *ingredients: Ingredient) -> bool:
        """Active on record, or drafted in this bundle."""
        return bool(self.taken(*ingredients))

    def taken(self, *ingredients: Ingredient) -> tuple[MedicationOrder, ...]:
        """The lines with any of these, active on record or drafted in this bundle."""
        return tuple(order for order in self._lines if not order.product.ingredients.isdisjoint(ingredients))

    @worked_out_once
    def _lines(self) -> tuple[MedicationOrder, ...]:
        records = self.snapshot.medications
        active = (r for r in records if r.status is OrderStatus.ACTIVE and r.reference not in self.ended)
        return (*active, *self.drafts)

    @worked_out_once
    def pernicious_anaemia_possible(self) -> bool:
        """1.1: intrinsic factor antibodies, or autoimmune gastritis coded."""
        antibodies = self.snapshot.results_of(Analyte.INTRINSIC_FACTOR_ANTIBODY)
        return self.has(Concept.AUTOIMMUNE_GASTRITIS) or any(result.positive is True for result in antibodies)

    @staticmethod
    def improving(neurology: NeurologicalAssessment) -> bool:
        return neurology.course is CourseStatus.IMPROVING

    def state(self, deficiency: DeficiencyAssessment, neurology: NeurologicalAssessment) -> PatientState:
        """What purpose and phase ask of the other derivations."""
        confirmed = deficiency.status is DeficiencyStatus.CONFIRMED
        by_diagnosis = confirmed and deficiency.strength is Strength.DIAGNOSIS
        return PatientState(
            deficiency=deficiency.status.value,
            strength_laboratory=deficiency.strength in _LABORATORY,
            evidence_day=deficiency.day,
            diagnosis_only=by_diagnosis,
            diagnosis_day=deficiency.day if by_diagnosis else None,
            b12_above_unlikely_in_date=deficiency.above_limit_in_date,
            b12_low_since=self._b12_low_since,
            neuro_present=neurology.present or neurology.plateaued,
            neuro_plateaued=neurology.plateaued or neurology.course is CourseStatus.PLATEAUED,
            neuro_worse_or_recurrent=neurology.course is CourseStatus.RECURRENT_OR_WORSE,
            neuro_persistent=neurology.course is CourseStatus.PERSISTENT,
            neuro_other_cause=neurology.other_cause_possible,
            permanent_cause=self.has(*PERMANENT_CAUSE),
        )

    def _b12_low_since(self, day: date) -> bool:
        return any(result.day > day for result in self._low_b12)

    def gap_names(self, *kinds: ResourceKind) -> tuple[str, ...]:
        """Which of these parts of the record we were not told in full, and how we know."""
        names = []
        for kind in kinds:
            availability = self.snapshot.availability_of(kind)
            # Statements are read "where supplied" (facts-in-fhir.md): not sending them is no gap, refusing them is.
            if kind is ResourceKind.STATEMENTS and availability is Availability.NOT_SUPPLIED:
                continue
            if availability in _TOLD_HOW:
                names.append(f"{kind.value}: {_TOLD_HOW[availability]}")
            elif kind in self.snapshot.unreadable_kinds:
                names.append(f"{kind.value}: an entry that matters could not be read")
        return tuple(names)

    @worked_out_once
    def personal_gaps(self) -> tuple[str, ...]:
        person = self.snapshot.person
        record = (f"patient record: {person.record_problem}",) if person.record_problem is not None else ()
        unknown = ("a medicine on record could not be identified",) if self.snapshot.unknown_medications else ()
        return (*self.birth_date_missing, *record, *unknown)

    @property
    def birth_date_missing(self) -> tuple[str, ...]:
        """Named also where it is too vague to tell whether the patient is an adult."""
        return ("birth date",) if self.adult is Answer.UNKNOWN else ()
