"""Codes mean what terminology.md and derivations.md say: each trap of terminology.md 2 has its own test."""

from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Analyte, EgfrMethod, Ingredient, ProductKind, Route
from cds_service.clinical.conditions import Concept
from cds_service.clinical.snapshot import Allergen
from fhir_mappings import codes
from fhir_mappings.codes import Strength
from fhir_mappings.systems import ATC, DMD, HCPCS, ICD_10_CM, ICD_10_PCS, ICD_10_WHO, LOINC, RXNORM, SNOMED, V3_SITE

C = Concept
I = Ingredient  # noqa: E741


def ingredients(system: str, code: str) -> frozenset[Ingredient]:
    found = codes.medicine(system, code)
    assert found is not None, f"{code} is unknown"
    return found.ingredients


def test_rxnorm_vitamin_b12_is_cyanocobalamin_and_says_so() -> None:
    found = codes.medicine(RXNORM, "11248")
    assert found is not None
    assert (found.ingredients, found.named_vitamin_b12) == (frozenset({I.CYANOCOBALAMIN}), True)
    assert ingredients(RXNORM, "5514") == {I.HYDROXOCOBALAMIN}
    assert ingredients(RXNORM, "29421") == {I.MECOBALAMIN}
    assert ingredients(RXNORM, "21373") == {I.COBAMAMIDE}


@pytest.mark.parametrize(("system", "code"), [(RXNORM, "42604"), (ATC, "B03BA")])
def test_cobalamins_as_a_class_state_no_form(system: str, code: str) -> None:
    assert ingredients(system, code) == {I.COBALAMIN_UNSPECIFIED}


@pytest.mark.parametrize(
    ("system", "code"), [(RXNORM, "91516"), (ATC, "V09XX01"), (ATC, "V09XX02"), (SNOMED, "187006")]
)
def test_cobalt_57_cyanocobalamin_is_a_radiodiagnostic(system: str, code: str) -> None:
    found = codes.medicine(system, code)
    assert found is not None
    assert found.kind is ProductKind.RADIODIAGNOSTIC


@pytest.mark.parametrize(("system", "code"), [(RXNORM, "700499"), (ATC, "V03AB33")])
def test_cyanokit_is_an_antidote(system: str, code: str) -> None:
    found = codes.medicine(system, code)
    assert found is not None
    assert (found.kind, found.ingredients) == (ProductKind.CYANIDE_ANTIDOTE, frozenset({I.HYDROXOCOBALAMIN}))


def test_us_injections_keep_their_own_strength() -> None:
    for code, ug in (("309594", 1000), ("2001499", 5000)):
        found = codes.medicine(RXNORM, code)
        assert found is not None
        assert found.strengths == (Strength(I.CYANOCOBALAMIN, Decimal(ug), "mL"),)
        assert found.usual_route is Route.INTRAMUSCULAR


def test_nasal_spray_strength_is_per_actuation() -> None:
    found = codes.medicine(RXNORM, "861115")
    assert found is not None
    assert found.strengths == (Strength(I.CYANOCOBALAMIN, Decimal(500), "actuation"),)
    assert found.usual_route is Route.NASAL


def test_dm_d_products_are_found_under_either_uri() -> None:
    for system in (SNOMED, DMD, "https://dmd.nhs.uk/", "http://snomed.info/sct/83821000000107"):
        found = codes.medicine(system, "2858311000001109")
        assert found is not None
        assert found.strengths == (
            Strength(I.HYDROXOCOBALAMIN, Decimal(1000), "mL"),
            Strength(I.HYDROXOCOBALAMIN, Decimal(1000), "unit"),
        )
        assert ingredients(system, "30010009") == {I.CYANOCOBALAMIN}


def test_an_oral_solution_is_counted_per_ml() -> None:
    found = codes.medicine(DMD, "327546004")
    assert found is not None
    assert found.strengths == (Strength(I.CYANOCOBALAMIN, Decimal(7), "mL"),)


def test_a_code_with_trailing_blanks_is_trimmed() -> None:
    assert codes.lab(LOINC, "2132-9  ") == codes.lab(LOINC, "2132-9") is not None


def test_e53_8_is_ambiguous() -> None:
    for system in (ICD_10_CM, ICD_10_WHO):
        assert codes.concepts(system, "E53.8") == {C.B12_DEFICIENCY_AMBIGUOUS}
        assert codes.concepts(system, "D51.0") == {C.PERNICIOUS_ANAEMIA}


def test_z98_84_names_no_type_of_operation() -> None:
    assert codes.concepts(ICD_10_CM, "Z98.84") == {C.BARIATRIC_SURGERY}


@pytest.mark.parametrize("code", ["Z90.49", "Z98.0"])
def test_any_bowel_resection_is_not_an_ileal_one(code: str) -> None:
    assert codes.concepts(ICD_10_CM, code) == frozenset()


def test_homocystinuria_codes_count_as_far_as_they_reach() -> None:
    assert codes.concepts(ICD_10_CM, "E72.11") == {C.HOMOCYSTINURIA}
    assert codes.concepts(ICD_10_CM, "E71.120") == {C.METHYLMALONIC_ACIDAEMIA}
    assert codes.concepts(SNOMED, "721225009") == {C.HOMOCYSTINURIA_WITHOUT_MMA}
    for code in ("24308003", "41797007", "237933007"):
        assert codes.concepts(SNOMED, code) == frozenset()
    for code in ("360495000", "234361004"):
        assert codes.concepts(SNOMED, code) == {C.INTRINSIC_FACTOR_DEFICIENCY}


@pytest.mark.parametrize(("system", "code"), [(ICD_10_CM, "D51.2"), (ICD_10_WHO, "D51.2"), (SNOMED, "237934001")])
def test_transcobalamin_ii_deficiency_is_an_inherited_defect(system: str, code: str) -> None:
    assert codes.concepts(system, code) == {C.TRANSCOBALAMIN_II_DEFICIENCY, C.INHERITED_COBALAMIN_DEFECT}


def test_leber_and_tobacco_amblyopia_are_apart() -> None:
    assert codes.concepts(ICD_10_CM, "H47.22") == {C.LEBER}
    assert codes.concepts(ICD_10_CM, "H46.3") == codes.concepts(SNOMED, "314538009") == {C.TOBACCO_AMBLYOPIA}
    assert codes.concepts(SNOMED, "26125006") == {C.TOXIC_OPTIC_NEUROPATHY}


def test_who_icd_10_and_icd_10_cm_are_kept_apart() -> None:
    assert codes.concepts(ICD_10_WHO, "G63.4") == {C.B12_POLYNEUROPATHY}
    assert codes.concepts(ICD_10_CM, "G63.4") == frozenset()
    for code in ("N18.32", "N18.6", "Z98.84", "E71.120", "E72.11", "H47.22"):
        assert codes.concepts(ICD_10_CM, code)
        assert codes.concepts(ICD_10_WHO, code) == frozenset()
    assert codes.concepts(ICD_10_WHO, "N18.5") == {C.CKD_STAGE_3B_TO_5}


def test_gabapentin_and_pregabalin_have_no_b12_in_them() -> None:
    assert (
        ingredients(RXNORM, "25480") == ingredients(ATC, "N02BF01") == ingredients(ATC, "N02BF02") == {I.OTHER_MEDICINE}
    )


def test_gabapentin_with_mecobalamin_is_both() -> None:
    for code in ("1231353000", "1231744009"):
        assert ingredients(SNOMED, code) == {I.MECOBALAMIN, I.OTHER_MEDICINE}


def test_every_lab_code_needs_a_unit() -> None:
    for code in ("13964-2", "35201-3", "35210-4", "35203-9", "42569-4"):
        found = codes.lab(LOINC, code)
        assert found is not None
        assert found.unit_required
    either = codes.lab(LOINC, "35201-3")
    assert either is not None
    assert either.molar is None


@pytest.mark.parametrize(
    "code", ["32341-0", "3030-4", "20646-6", "2171-7", "41995-2", "11041-1", "11042-9", "50384-7", "50383-9", "2488-5"]
)
def test_look_alike_and_unusable_lab_codes_are_not_mapped(code: str) -> None:
    assert codes.lab(LOINC, code) is None
    assert code not in codes.code_search_list()


@pytest.mark.parametrize(
    ("code", "method"),
    [
        ("48643-1", EgfrMethod.AMONG_BLACKS),
        ("88293-6", EgfrMethod.AMONG_BLACKS),
        ("98979-8", EgfrMethod.CKD_EPI_2021),
        ("98980-6", EgfrMethod.CREATININE_CYSTATIN_C),
        ("50210-4", EgfrMethod.CYSTATIN_C),
        ("62238-1", EgfrMethod.OTHER),
        ("33914-3", EgfrMethod.OTHER),
    ],
)
def test_egfr_codes_carry_their_equation(code: str, method: EgfrMethod) -> None:
    found = codes.lab(LOINC, code)
    assert found is not None
    assert (found.analyte, found.method) == (Analyte.EGFR, method)


def test_clearance_is_not_egfr() -> None:
    found = codes.lab(LOINC, "35591-7")
    assert found is not None
    assert (found.analyte, found.method) == (Analyte.CREATININE_CLEARANCE, EgfrMethod.CLEARANCE)


def test_uk_laboratory_results_are_read() -> None:
    for code, analyte in (
        ("1000731000000107", Analyte.CREATININE),
        ("993411000000108", Analyte.SERUM_FOLATE),
        ("271216009", Analyte.B12),
        ("1011481000000105", Analyte.EGFR),
    ):
        found = codes.lab(SNOMED, code)
        assert found is not None
        assert found.analyte is analyte


@pytest.mark.parametrize(
    ("alias", "system"),
    [
        ("http://terminology.hl7.org/CodeSystem/icd10CM", ICD_10_CM),
        ("urn:oid:2.16.840.1.113883.6.90", ICD_10_CM),
        ("2.16.840.1.113883.6.90", ICD_10_CM),
        ("http://hl7.org/fhir/sid/icd-10-cm/", ICD_10_CM),
        ("urn:oid:2.16.840.1.113883.6.3", ICD_10_WHO),
        ("http://www.nlm.nih.gov/research/umls/hcpcs", HCPCS),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", HCPCS),
        ("urn:oid:2.16.840.1.113883.6.88", RXNORM),
        ("HTTP://LOINC.ORG", LOINC),
        ("http://snomed.info/sct/731000124108/version/20230901", SNOMED),
        (" https://dmd.nhs.uk ", DMD),
        ("http://hl7.org/fhir/sid/icd-10-pcs", ICD_10_PCS),
        ("http://example.org/Local ", "http://example.org/Local"),
    ],
)
def test_system_aliases(alias: str, system: str) -> None:
    assert codes.normal_system(alias) == system


def test_only_live_snomed_codes_stand_for_pernicious_anaemia_coeliac_and_crohn() -> None:
    assert codes.concepts(SNOMED, "84027009") == {C.PERNICIOUS_ANAEMIA}
    assert codes.concepts(SNOMED, "396331005") == {C.COELIAC}
    assert codes.concepts(SNOMED, "34000006") == codes.concepts(SNOMED, "7620006") == {C.CROHN}
    for code in ("191139001", "197477005"):
        assert codes.concepts(SNOMED, code) == frozenset()


def test_icd_has_no_vegan_diet_but_snomed_has() -> None:
    assert codes.concepts(ICD_10_CM, "D51.3") == {C.DIETARY_B12_DEFICIENCY}
    for code in ("24930006", "281015005", "267111003", "281014009"):
        assert codes.concepts(SNOMED, code) == {C.VEGAN_DIET}


def test_subcutaneous_is_matched_by_code_whatever_its_display() -> None:
    assert codes.route(SNOMED, "34206005") is Route.SUBCUTANEOUS
    assert codes.route("http://hl7.org/fhir/v3/RouteOfAdministration", "IMD") is Route.INTRAMUSCULAR
    assert codes.route(SNOMED, "1") is None


def test_ventrogluteal_is_not_gluteal() -> None:
    assert all(codes.is_gluteal(V3_SITE, code) for code in ("BU", "LG", "RG"))
    assert codes.is_gluteal(SNOMED, "46862004")
    assert not any(codes.is_gluteal(V3_SITE, code) for code in ("LVG", "RVG", "LD"))


def test_icd_prefixes_add_up_and_an_exact_row_replaces_them() -> None:
    assert codes.concepts(ICD_10_CM, "E11.9") == {C.DIABETES}
    assert codes.concepts(ICD_10_CM, "E11.42") == {C.DIABETES, C.DIABETIC_NEUROPATHY}
    assert codes.concepts(ICD_10_CM, "E1122") == {C.DIABETES, C.DIABETIC_KIDNEY_DISEASE}
    assert codes.concepts(ICD_10_WHO, "E11.2") == {C.DIABETES, C.DIABETIC_KIDNEY_DISEASE}
    assert codes.concepts(ICD_10_CM, "E11*") == codes.concepts(ICD_10_CM, "E1") == frozenset()


def test_kidney_codes_carry_their_stage() -> None:
    assert codes.concepts(SNOMED, "721000119107") == {C.CKD_STAGE_3B_TO_5, C.DIABETIC_KIDNEY_DISEASE, C.DIABETES}
    assert codes.concepts(SNOMED, "731000119105") == {C.CKD_STAGE_3_OR_LESS, C.DIABETIC_KIDNEY_DISEASE, C.DIABETES}
    assert codes.concepts(SNOMED, "127013003") == {C.DIABETIC_KIDNEY_DISEASE, C.DIABETES}
    assert codes.concepts(SNOMED, "236435004") == {C.CKD_STAGE_3B_TO_5, C.DIALYSIS}
    for code in ("N18.32", "N18.4", "N18.5", "N18.6", "I12.0"):
        assert codes.concepts(ICD_10_CM, code) == {C.CKD_STAGE_3B_TO_5}
    for code in ("N18.30", "N18.31", "N18.9", "I12.9"):
        assert codes.concepts(ICD_10_CM, code) == {C.CKD_STAGE_3_OR_LESS}


def test_pregnancy_status_is_a_question_with_three_answers() -> None:
    assert codes.is_pregnancy_status(LOINC, "82810-3")
    assert codes.lab(LOINC, "82810-3") is None
    assert codes.concepts(SNOMED, "77386006") == codes.concepts(LOINC, "LA15173-0") == {C.PREGNANT}
    assert codes.concepts(SNOMED, "60001007") == {C.NOT_PREGNANT}
    assert codes.concepts(SNOMED, "102874004") == frozenset()


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (RXNORM, "11248", Allergen.VITAMIN_B12),
        (RXNORM, "309594", Allergen.CYANOCOBALAMIN),
        (RXNORM, "5514", Allergen.HYDROXOCOBALAMIN),
        (ATC, "B03BA", Allergen.COBALAMINS),
        (SNOMED, "293395005", Allergen.COBALAMINS),
        (SNOMED, "327529002", Allergen.HYDROXOCOBALAMIN),
        (SNOMED, "54808007", Allergen.COBALT),
        ("http://fdasis.nlm.nih.gov", "LKG8494WBH", Allergen.EXCIPIENT),
        ("http://fdasis.nlm.nih.gov", "A2I8C7HI9T", Allergen.EXCIPIENT),
        (RXNORM, "25480", None),
        (RXNORM, "91516", None),
        (SNOMED, "1231353000", None),
    ],
)
def test_allergens(system: str, code: str, expected: Allergen | None) -> None:
    assert codes.allergen(system, code) is expected


def test_the_search_list_is_sorted_and_bare() -> None:
    found = codes.code_search_list()
    assert list(found) == sorted(set(found))
    assert {"2132-9", "13964-2", "1000731000000107"} <= set(found)
    assert not any("|" in code or "/" in code for code in found)
