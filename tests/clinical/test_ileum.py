"""How much ileum was resected or is involved, from findings."""

from dataclasses import replace
from decimal import Decimal

import pytest

from cds_service.clinical.conditions import Concept
from cds_service.clinical.ileum import ileal_crohn, lengths_of, resected_cm
from cds_service.clinical.snapshot import Finding
from tests.clinical.builders import diagnosis, finding, snapshot

RESECTED, INVOLVED = Concept.ILEAL_RESECTION_LENGTH, Concept.ILEAL_INVOLVEMENT_LENGTH


def length(cm: str, *part_of: str, concept: Concept = RESECTED) -> Finding:
    return replace(finding(concept), length_cm=Decimal(cm), part_of=part_of)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], None),
        ([length("12")], "12"),
        ([length("12"), length("9")], "12"),
        ([length("9"), length("12")], "12"),
        # of one operation the greatest, of two the sum
        ([length("15", "Procedure/a"), length("12", "Procedure/a")], "15"),
        ([length("12", "Procedure/a"), length("15", "Procedure/a")], "15"),
        ([length("15", "Procedure/a"), length("12", "Procedure/b")], "27"),
        ([length("15", "Procedure/a"), length("12", "Procedure/b"), length("40")], "40"),
        ([length("15", "Procedure/a"), length("12", "Procedure/b"), length("20")], "27"),
        ([length("45", concept=INVOLVED)], None),
        ([replace(length("45"), length_cm=None)], None),
        ([replace(length("45"), present=False)], None),
    ],
)
def test_length_resected(findings: list[Finding], expected: str | None) -> None:
    assert resected_cm(snapshot(*findings)) == (None if expected is None else Decimal(expected))


def test_every_length_of_its_kind() -> None:
    given = snapshot(length("45", concept=INVOLVED), length("61", concept=INVOLVED), length("12"))
    assert lengths_of(given, INVOLVED) == [Decimal(45), Decimal(61)]


@pytest.mark.parametrize(
    ("concept", "involved", "expected"),
    [
        (Concept.CROHN_ILEAL, None, True),
        (Concept.CROHN, None, False),
        (Concept.CROHN, "0", False),
        (Concept.CROHN, "0.5", True),
        (Concept.COELIAC, "45", False),
    ],
)
def test_crohn_disease_of_the_ileum(concept: Concept, involved: str | None, expected: bool) -> None:
    lengths = [length(involved, concept=INVOLVED)] if involved is not None else []
    assert ileal_crohn(snapshot(diagnosis(concept), *lengths)) is expected
