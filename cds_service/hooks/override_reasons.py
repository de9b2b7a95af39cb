"""Why a clinician may override a card: HL7's non-adherence reasons, and three of our own (cards.md 6)."""

_HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
_OURS = "https://cobalamin-cds.org/fhir/CodeSystem/override-reason"

OVERRIDE_REASONS = [
    {"system": _HL7, "code": "patient-contraindication", "display": "Patient contraindication"},
    {"system": _HL7, "code": "patient-refuses", "display": "Patient refuses"},
    {"system": _HL7, "code": "action-completed", "display": "Action completed"},
    {"system": _HL7, "code": "cds-not-applicable", "display": "CDS not applicable"},
    {"system": _HL7, "code": "service-not-available", "display": "Service not available"},
    {"system": _OURS, "code": "following-label", "display": "Following the label"},
    {"system": _OURS, "code": "local-policy", "display": "Local policy"},
    {"system": _OURS, "code": "specialist-advice", "display": "Specialist advice"},
]
