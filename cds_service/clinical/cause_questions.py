"""Why a patient may lack vitamin B12, as far as route and interval ask. Knows diagnoses and operations; no order."""

from decimal import Decimal

from cds_service.clinical.conditions import Concept
from cds_service.clinical.patient_review import PatientReview

_MALABSORPTION = (
    Concept.PERNICIOUS_ANAEMIA,
    Concept.GASTRECTOMY,
    Concept.TOTAL_GASTRECTOMY,
    Concept.ILEAL_RESECTION,
    Concept.ILEAL_BYPASS,
    Concept.GASTRIC_BYPASS,
    Concept.BILIOPANCREATIC_DIVERSION,
    Concept.COELIAC,
    Concept.MALABSORPTION,
    Concept.INTRINSIC_FACTOR_DEFICIENCY,
    Concept.CROHN_ILEAL,
)
# Bariatric surgery of a type not stated includes banding, which takes nothing away (8.9, Z98.84 only).
_BARIATRIC_OPERATIONS = (Concept.GASTRIC_BYPASS, Concept.BILIOPANCREATIC_DIVERSION, Concept.SLEEVE_GASTRECTOMY)


class CauseQuestions:
    """Questions about causes, in words. patient: the patient of the request."""

    patient: PatientReview

    @property
    def malabsorption(self) -> bool:
        return self.patient.has(*_MALABSORPTION)

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
    def long_ileal_resection(self) -> bool:
        """More than 20 cm; a length that is not on record is not judged (8.9)."""
        limit = self.patient.t.ileal_resection_cm
        return self.patient.has(Concept.ILEAL_RESECTION) and any(cm > limit for cm in self._ileal_lengths)

    @property
    def short_ileal_resection(self) -> bool:
        """Every length on record is 20 cm or less; with none on record nobody knows."""
        limit, lengths = self.patient.t.ileal_resection_cm, self._ileal_lengths
        return bool(lengths) and all(cm <= limit for cm in lengths)

    @property
    def _ileal_lengths(self) -> list[Decimal]:
        found = [f for f in self.patient.snapshot.findings if f.concept is Concept.ILEAL_RESECTION_LENGTH and f.present]
        return [finding.length_cm for finding in found if finding.length_cm is not None]

    @property
    def dietary_cause(self) -> bool:
        return self.patient.has(Concept.DIETARY_B12_DEFICIENCY, Concept.VEGAN_DIET)
