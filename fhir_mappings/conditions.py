"""Condition resources as Diagnoses. Knows Condition's elements in R4 and before; decides nothing about them."""

from cds_service.clinical.conditions import SPECIFIC_DEFICIENCY
from cds_service.clinical.snapshot import ClinicalStatus, Diagnosis, Verification
from fhir_mappings import codes
from fhir_mappings.coded import code_of, concepts_at, concepts_of, text_of
from fhir_mappings.parse import UnreadableError
from fhir_mappings.primitives import day
from fhir_mappings.records import ConditionRecord

# R5 (clinical) and DSTU2 (verification) have a code for who does not know the status: the diagnosis stands, as where
# R4 leaves it out, and `says_unknown` tells that it may not.
_CLINICAL = {status.value: status for status in ClinicalStatus} | {"unknown": ClinicalStatus.ACTIVE}
_VERIFICATION = {
    "confirmed": Verification.CONFIRMED,
    "unconfirmed": Verification.UNCONFIRMED,
    "provisional": Verification.UNCONFIRMED,
    "differential": Verification.UNCONFIRMED,
    "unknown": Verification.UNCONFIRMED,
    "refuted": Verification.REFUTED,
}
_FAMILY_HISTORY = ("family history", "fh:", "fh of", "fhx")


def diagnosis_of(record: ConditionRecord) -> Diagnosis | None:
    """One diagnosis; None for an entry made in error, for family history, or when no rule asks for it.

    A missing clinicalStatus counts as active and a missing verificationStatus as confirmed (facts-in-fhir.md). A status
    that was sent and is not in FHIR's list is UnreadableError: it may as well mean refuted.
    """
    concepts = concepts_of(record.code)
    said = code_of(record.verification_status)
    if not concepts or said == "entered-in-error" or _is_family_history(record):
        return None
    verification = Verification.CONFIRMED if said is None else _VERIFICATION.get(said)
    clinical = code_of(record.clinical_status)
    status = ClinicalStatus.ACTIVE if clinical is None else _CLINICAL.get(clinical)
    if verification is None or status is None:
        raise UnreadableError
    code = record.code
    words = code.words if code is not None else ()
    return Diagnosis(
        concepts=concepts,
        status=status,
        verification=verification,
        text=text_of(code),
        reference=f"Condition/{record.id or ''}",
        onset=day(record.onset_date_time or (None if record.onset_period is None else record.onset_period.start)),
        recorded=day(record.recorded_date or record.asserted_date or record.date_recorded),
        abated=day(record.abatement_date_time or _abatement(record)),
        names_b12=bool(concepts & SPECIFIC_DEFICIENCY) or any(codes.names_b12(word) for word in words),
        code=next((c.code for c in code.codings if c.code and concepts_at(c.system, c.code)), "") if code else "",
    )


def says_unknown(record: ConditionRecord) -> bool:
    """Is either status stated as unknown? Then it may as well be over, or refuted."""
    return "unknown" in (code_of(record.clinical_status), code_of(record.verification_status))


def _abatement(record: ConditionRecord) -> str | None:
    period = record.abatement_period
    return None if period is None else (period.end or period.start)


def _is_family_history(record: ConditionRecord) -> bool:
    words = record.code.words if record.code is not None else ()
    return any(map(names_family_history, words))


def names_family_history(text: str) -> bool:
    """Is it said to be a relative's?"""
    return text.strip().lower().startswith(_FAMILY_HISTORY)
