"""Codes of what makes a low potassium or a needle more dangerous: digoxin, diuretics, eating disorders, sites."""

import pytest

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.conditions import Concept
from fhir_mappings import codes
from fhir_mappings.systems import ATC, DMD, ICD_10_CM, ICD_10_WHO, RXNORM, SNOMED, V3_SITE

DIGOXIN, DIURETIC = Ingredient.DIGOXIN, Ingredient.POTASSIUM_LOSING_DIURETIC


@pytest.mark.parametrize(
    ("system", "code", "ingredient"),
    [
        (RXNORM, "3407", DIGOXIN),
        (ATC, "C01AA05", DIGOXIN),
        (SNOMED, "796001", DIGOXIN),
        (DMD, "796001", DIGOXIN),
        (RXNORM, "4603", DIURETIC),
        (RXNORM, "5487", DIURETIC),
        (ATC, "C03CA01", DIURETIC),
        (ATC, "C03AA03", DIURETIC),
    ],
)
def test_medicines_that_make_potassium_matter(system: str, code: str, ingredient: Ingredient) -> None:
    found = codes.medicine(system, code)
    assert found is not None
    assert found.ingredients == {ingredient}


def test_a_potassium_sparing_diuretic_is_none_of_them() -> None:
    assert codes.medicine(ATC, "C03DA01") is None
    assert codes.medicine_from_text("spironolactone 25 mg") is None


@pytest.mark.parametrize(
    ("system", "code"),
    [(SNOMED, "72366004"), (SNOMED, "56882008"), (SNOMED, "78004001"), (ICD_10_CM, "F50.01"), (ICD_10_WHO, "F50.2")],
)
def test_eating_disorders(system: str, code: str) -> None:
    assert codes.concepts(system, code) == {Concept.EATING_DISORDER}


@pytest.mark.parametrize("system", [ICD_10_CM, ICD_10_WHO])
@pytest.mark.parametrize("code", ["D66", "D67", "D68.0", "D68.1", "D68.2", "D69.1"])
def test_bleeding_disorders_that_are_hereditary(system: str, code: str) -> None:
    assert codes.concepts(system, code) == {Concept.HEREDITARY_BLEEDING_DISORDER}


@pytest.mark.parametrize("code", ["90935002", "128105004", "16922007"])
def test_bleeding_disorders_that_are_hereditary_in_snomed_ct(code: str) -> None:
    assert codes.concepts(SNOMED, code) == {Concept.HEREDITARY_BLEEDING_DISORDER}


def test_acquired_von_willebrand_disease_is_not_hereditary() -> None:
    assert codes.concepts(ICD_10_CM, "D68.03") == {Concept.HEREDITARY_BLEEDING_DISORDER}
    for code in ("D65", "D68.04", "D68.32", "D68.4", "D68.9", "D69.9"):
        assert codes.concepts(ICD_10_CM, code) == {Concept.BLEEDING_DISORDER}


@pytest.mark.parametrize(
    ("system", "code", "gluteal"),
    [
        (SNOMED, "46862004", True),
        (V3_SITE, "BU", True),
        (V3_SITE, "LG", True),
        (V3_SITE, "RG", True),
        ("http://hl7.org/fhir/v3/ActSite", "BU", True),
        (V3_SITE, "LVG", False),
        (V3_SITE, "RVG", False),
        (SNOMED, "456271000124109", False),
        (V3_SITE, "LD", False),
        (SNOMED, "1", False),
    ],
)
def test_the_buttock_and_no_other_site_is_gluteal(system: str, code: str, gluteal: bool) -> None:
    assert codes.is_gluteal(system, code) is gluteal
