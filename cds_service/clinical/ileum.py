"""How much ileum was resected, or is involved (facts-in-fhir.md). Knows findings; knows no rule."""

from decimal import Decimal

from cds_service.clinical.conditions import Concept
from cds_service.clinical.snapshot import Finding, Snapshot


def lengths_of(snapshot: Snapshot, concept: Concept) -> list[Decimal]:
    """Every length in cm on record of this kind."""
    return [finding.length_cm for finding in _found(snapshot, concept) if finding.length_cm is not None]


def resected_cm(snapshot: Snapshot) -> Decimal | None:
    """The length of ileum resected, in cm; None where no length is on record.

    Lengths that belong to different operations add up; of several for one operation, or for none that is named, the
    greatest counts.
    """
    by_operation: dict[tuple[str, ...], Decimal] = {}
    for finding in _found(snapshot, Concept.ILEAL_RESECTION_LENGTH):
        if finding.length_cm is not None:
            known = by_operation.get(finding.part_of, Decimal(0))
            by_operation[finding.part_of] = max(known, finding.length_cm)
    if not by_operation:
        return None
    of_no_operation = by_operation.pop((), Decimal(0))
    return max(of_no_operation, sum(by_operation.values(), Decimal(0)))


def ileal_crohn(snapshot: Snapshot) -> bool:
    """Crohn disease coded as ileal, or of any site with a length of ileum involved on record."""
    involved = any(length > 0 for length in lengths_of(snapshot, Concept.ILEAL_INVOLVEMENT_LENGTH))
    return bool(snapshot.current(Concept.CROHN_ILEAL)) or (involved and bool(snapshot.current(Concept.CROHN)))


def _found(snapshot: Snapshot, concept: Concept) -> list[Finding]:
    return [finding for finding in snapshot.findings if finding.concept is concept and finding.present]
