"""What a CodeableConcept says: its concepts, its words, its one status code. Knows codings, no resource."""

from functools import lru_cache

from cds_service.clinical.conditions import Concept
from fhir_mappings import codes
from fhir_mappings.records import Coded


@lru_cache(maxsize=16384)
def concepts_at(system: str | None, code: str) -> frozenset[Concept]:
    """codes.concepts, remembered: the same few codes come with every request."""
    return codes.concepts(system or "", code)


def concepts_of(code: Coded | None) -> frozenset[Concept]:
    """Everything that the codings mean together."""
    found: frozenset[Concept] = frozenset()
    if code is not None:
        for coding in code.codings:
            if coding.code:
                found |= concepts_at(coding.system, coding.code)
    return found


def text_of(code: Coded | None) -> str:
    """The client's own words, for printing (escaped there): text, else a display, else a code."""
    if code is None:
        return ""
    return next(iter(code.words), None) or next((coding.code for coding in code.codings if coding.code), "")


def code_of(status: Coded | str | None) -> str | None:
    """The one code of a status element, in lower case; DSTU2 sends it as plain text. None: absent or empty.

    Codings that contradict each other are joined with a blank: no table holds such a code, so it is not understood.
    """
    if status is None:
        return None
    if isinstance(status, str):
        return status.strip().lower() or None
    said = {coding.code.strip().lower() for coding in status.codings if coding.code and coding.code.strip()}
    if not said and status.text and status.text.strip():
        return status.text.strip().lower()
    return " ".join(sorted(said)) or None
