"""How numbers are printed: as clinicians read them, and never on the other side of a limit."""

import pytest

from cds_service.clinical import phrases


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        ("44", "44"),
        ("44.3", "44.3"),
        ("49.96", "49.96"),
        ("<60", "<60"),
        ("40.88682632762795", "40.9"),
        ("49.996", "49.996"),
        ("49.9999", "49.9999"),
        ("50.0001", "50.0"),
        ("<59.9731", "<59.97"),
        ("89.951", "89.95"),
    ],
)
def test_a_reported_egfr_is_read_with_one_decimal_and_keeps_its_whole_number(sent: str, printed: str) -> None:
    assert phrases.reported_egfr(sent) == printed
