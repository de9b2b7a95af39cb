"""Why a patient may lack vitamin B12, as far as route and interval ask. Knows diagnoses and operations; no order."""

from decimal import Decimal

from cds_service.clinical.conditions import REMOVES_ILEUM, Concept
from cds_service.clinical.ileum import ileal_crohn, lengths_of
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.severity import severe_results
from cds_service.clinical.snapshot import LabResult

# 8.2, "other coded malabsorption": pernicious anaemia has its own rule, and ileal Crohn disease never warns (C-11).
OTHER_MALABSORPTION = (
    Concept.GASTRECTOMY,
    Concept.TOTAL_GASTRECTOMY,
    Concept.ILEAL_RESECTION,
    Concept.ILEAL_BYPASS,
    Concept.GASTRIC_BYPASS,
    Concept.BILIOPANCREATIC_DIVERSION,
    Concept.COELIAC,
    Concept.MALABSORPTION,
    Concept.INTRINSIC_FACTOR_DEFICIENCY,
)
_MALABSORPTION = (*OTHER_MALABSORPTION, Concept.PERNICIOUS_ANAEMIA, Concept.CROHN_ILEAL)
BYPASS = (Concept.GASTRIC_BYPASS, Concept.BILIOPANCREATIC_DIVERSION)
# Bariatric surgery of a type not stated includes banding, which takes nothing away (8.9, Z98.84 only).
_BARIATRIC_OPERATIONS = (*BYPASS, Concept.SLEEVE_GASTRECTOMY)


class CauseQuestions:
    """Questions about causes, in words. patient: the patient of the request."""

    patient: PatientReview

    @property
    def malabsorption(self) -> bool:
        return self.patient.has(*_MALABSORPTION)

    @property
    def other_malabsorption(self) -> bool:
        return self.patient.has(*OTHER_MALABSORPTION)

    @property
    def pernicious_anaemia(self) -> bool:
        return self.patient.has(Concept.PERNICIOUS_ANAEMIA)

    @property
    def pernicious_anaemia_possible(self) -> bool:
        return self.patient.pernicious_anaemia_possible

    @property
    def gastrectomy(self) -> bool:
        return self.patient.has(Concept.GASTRECTOMY, Concept.TOTAL_GASTRECTOMY)

    @property
    def total_gastrectomy(self) -> bool:
        return self.patient.has(Concept.TOTAL_GASTRECTOMY)

    @property
    def bariatric_operation(self) -> bool:
        """Of a type that is known to reduce absorption or intake (8.9)."""
        return self.patient.has(*_BARIATRIC_OPERATIONS)

    @property
    def gastric_bypass(self) -> bool:
        """Roux-en-Y gastric bypass or biliopancreatic diversion (C-08)."""
        return self.patient.has(*BYPASS)

    @property
    def long_ileal_resection(self) -> bool:
        """More than 20 cm (strict); a length that is not on record is not judged (8.9)."""
        length = self.patient.ileum_resected_cm
        return length is not None and length > self.patient.t.ileal_resection_cm and self.patient.has(*REMOVES_ILEUM)

    @property
    def short_ileal_resection(self) -> bool:
        """The length on record is 20 cm or less; with none on record nobody knows."""
        length = self.patient.ileum_resected_cm
        return length is not None and length <= self.patient.t.ileal_resection_cm

    @property
    def ileum_involved_cm(self) -> Decimal | None:
        """By Crohn disease: the greatest length on record."""
        return max(lengths_of(self.patient.snapshot, Concept.ILEAL_INVOLVEMENT_LENGTH), default=None)

    @property
    def ileal_crohn(self) -> bool:
        return ileal_crohn(self.patient.snapshot)

    @property
    def severe_deficiency(self) -> tuple[LabResult, ...]:
        """K-07, as far as results tell: those that make a deficiency severe; empty where none does."""
        return severe_results(self.patient.snapshot, self.patient.t)

    @property
    def dietary_cause(self) -> bool:
        return self.patient.has(Concept.DIETARY_B12_DEFICIENCY, Concept.VEGAN_DIET)
