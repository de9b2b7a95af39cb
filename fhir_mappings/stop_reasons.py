"""Why an order was stopped, put on hold or cancelled: statusReason as StopReasons. Knows codes and whole texts."""

from cds_service.clinical.orders import StopReason
from fhir_mappings.code_tables import read_tables
from fhir_mappings.records import Coded
from fhir_mappings.systems import normal_code, normal_system

_CODES = {
    key: row.member(StopReason, row["reason"])
    for key, row in read_tables("stop_reasons", ("system", "code", "reason", "label", "evidence")).items()
}
# Whole texts only: a sentence may say the opposite of one of its words.
REASON_TEXTS = {
    "allergy": StopReason.ALLERGY_OR_INTOLERANCE,
    "allergic reaction": StopReason.ALLERGY_OR_INTOLERANCE,
    "adverse reaction": StopReason.ALLERGY_OR_INTOLERANCE,
    "adverse drug reaction": StopReason.ALLERGY_OR_INTOLERANCE,
    "intolerance": StopReason.ALLERGY_OR_INTOLERANCE,
    "suspected intolerance": StopReason.ALLERGY_OR_INTOLERANCE,
    "duplicate": StopReason.DUPLICATE,
    "duplicate order": StopReason.DUPLICATE,
    "duplicate prescription": StopReason.DUPLICATE,
    "duplicate therapy": StopReason.DUPLICATE,
    "entered in error": StopReason.ENTERED_IN_ERROR,
    "prescribing error": StopReason.ENTERED_IN_ERROR,
    "drug level too high": StopReason.LEVEL_HIGH,
    "admission to hospital": StopReason.ADMISSION,
    "hospital admission": StopReason.ADMISSION,
    "surgery": StopReason.SURGERY,
    "patient scheduled for surgery": StopReason.SURGERY,
    "lab interference issues": StopReason.TEST,
}


def is_stop_code(system: str, code: str) -> bool:
    """Is it in our list of reasons?"""
    return (normal_system(system), normal_code(normal_system(system), code)) in _CODES


def stop_reasons(sent: tuple[Coded, ...]) -> frozenset[StopReason]:
    """Every reason given; OTHER for one that is not understood, nothing where none was given.

    Words are read only where no code is known: a display may name more than the code means.
    """
    return frozenset[StopReason]().union(*(_reasons_of(each) for each in sent))


def _reasons_of(sent: Coded) -> frozenset[StopReason]:
    codes = ((normal_system(c.system or ""), c.code) for c in sent.codings if c.code)
    known = {_CODES[key] for system, code in codes if (key := (system, normal_code(system, code))) in _CODES}
    if not known:
        words = (" ".join(word.split()).rstrip(".").casefold() for word in sent.words)
        known = {REASON_TEXTS.get(word, StopReason.OTHER) for word in words}
        # One text that is understood explains what the others, in other words, say of the same thing.
        known = known - {StopReason.OTHER} or known
    given = bool(sent.words) or any(coding.code for coding in sent.codings)
    return frozenset(known or ({StopReason.OTHER} if given else ()))
