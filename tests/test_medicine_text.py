"""Free text is the last resort: it names a medicine conservatively, and never a test, a diagnosis or a look-alike."""

from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Ingredient, ProductKind, Route
from cds_service.clinical.snapshot import Allergen
from fhir_mappings import codes
from fhir_mappings.codes import Strength

I = Ingredient  # noqa: E741


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hydroxycobalamin", {I.HYDROXOCOBALAMIN}),
        ("hydroxocobalamin 1mg/1ml solution for injection ampoules", {I.HYDROXOCOBALAMIN}),
        ("Vitamin B-12 (cyanocobalamin) 1,000 mcg", {I.CYANOCOBALAMIN}),
        ("methylcobalamin 500 mcg", {I.MECOBALAMIN}),
        ("mecobalamin", {I.MECOBALAMIN}),
        ("adenosylcobalamin", {I.COBAMAMIDE}),
        ("Vit B12 injection", {I.COBALAMIN_UNSPECIFIED}),
        ("B12", {I.COBALAMIN_UNSPECIFIED}),
        ("folic acid 5 mg", {I.FOLIC_ACID}),
        ("L-methylfolate 15 mg", {I.LEVOMEFOLATE}),
        ("methyl folate", {I.LEVOMEFOLATE}),
        ("calcium folinate", {I.FOLINIC_ACID}),
        ("folinic acid", {I.FOLINIC_ACID}),
        ("leucovorin", {I.FOLINIC_ACID}),
        ("gabapentin + mecobalamin", {I.MECOBALAMIN, I.OTHER_MEDICINE}),
        ("mecobalamin/zzzanib", {I.MECOBALAMIN, I.OTHER_MEDICINE}),
        ("folic acid / vitamin B12 / vitamin B6 Oral Tablet", {I.FOLIC_ACID, I.COBALAMIN_UNSPECIFIED, I.OTHER_VITAMIN}),
        ("ferrous fumarate and folic acid", {I.FOLIC_ACID, I.OTHER_MEDICINE}),
        ("cyanocobalamin for B12 deficiency", {I.CYANOCOBALAMIN}),
        ("cyanocobalamin 50micrograms / 1 tablet", {I.CYANOCOBALAMIN}),
        ("metformin 500 mg", {I.METFORMIN}),
        ("pemetrexed", {I.PEMETREXED}),
        ("digoxin 125 microgram tablets", {I.DIGOXIN}),
        ("Furosemide 40mg tablets", {I.POTASSIUM_LOSING_DIURETIC}),
        ("torsemide 20 MG Oral Tablet", {I.POTASSIUM_LOSING_DIURETIC}),
        ("bendroflumethiazide 2.5 mg", {I.POTASSIUM_LOSING_DIURETIC}),
        ("chlorthalidone 25 mg", {I.POTASSIUM_LOSING_DIURETIC}),
        ("losartan / hydrochlorothiazide", {I.POTASSIUM_LOSING_DIURETIC, I.OTHER_MEDICINE}),
    ],
)
def test_what_a_text_names(text: str, expected: set[Ingredient]) -> None:
    found = codes.medicine_from_text(text)
    assert found is not None
    assert found.ingredients == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("Foliumzuur 5 mg|Folsäure 5 mg Tabletten|FOLSAEURE|Acide folique 5 mg|Ácido fólico|Acido folico"
         "|Folsyra|Folsyre",
         I.FOLIC_ACID),
        ("Methotrexat 10 mg|Methotrexaat|Méthotrexate|Metotrexato|Metotrexat|Metotressato", I.METHOTREXATE),
        ("Cianocobalamina 1000 mcg|Cyanokobalamin 1 mg|Cyanocobalamine|Orobalin 1mg tablets|Cytamen 1000microgram",
         I.CYANOCOBALAMIN),
        ("Hydroxocobalamine|Hydroxokobalamin|Hydroksokobalamin|Hidroxocobalamina|Idrossocobalamina"
         "|Neo-Cytamen|Neo Cytamen",
         I.HYDROXOCOBALAMIN),
        ("Metylkobalamin|Metilcobalamina|Methylcobalamine", I.MECOBALAMIN),
        ("Adenosilcobalamina", I.COBAMAMIDE),
        ("Vitamin B₁₂|Vitamina B12|Vitamine B₁₂ 1000 µg|Kobalamin|Cobalamine", I.COBALAMIN_UNSPECIFIED),
        ("Acenocoumarol|Acénocoumarol 4 mg|Acenocumarol|Acenocumarolo|Fenprocoumon|Phenprocoumon|Fenprocumona"
         "|Phenindione|Fluindione|Warfarine|Varfarina|Heparina|Héparine|Enoxaparina|Rivaroxabán|Apixabana|Dabigatrán"
         "|Sintrom|Marcoumar",
         I.ANTICOAGULANT),
    ],
)  # fmt: skip
def test_names_of_other_languages(texts: str, expected: Ingredient) -> None:
    for text in texts.split("|"):
        found = codes.medicine_from_text(text)
        assert found is not None, text
        assert found.ingredients == {expected}, text


@pytest.mark.parametrize(
    "text",
    [
        "Folsäuremangel", "Folsäure-Antagonist", "foliumzuurtekort", "foliumzuur-deficiëntie",
        "carence en acide folique", "déficit de ácido fólico", "antagoniste de l'acide folique",
        "Folinsäure 15 mg", "Acide folinique", "folinezuur", "aspirina 100 mg", "acetylsalicylzuur",
        "Paracetamol 500 mg Tabletten", "transcobalamina", "coumarine",
    ],
)  # fmt: skip
def test_a_word_that_is_part_of_another_is_not_taken_for_it(text: str) -> None:
    assert codes.medicine_from_text(text) is None


def test_the_a_of_vitamina_is_no_vitamin_a() -> None:
    """With another vitamin in it the product would count as a multivitamin, and be passed over."""
    for text in ("Vitamina B12", "Vitamine B12 1000 µg", "Vitamine B₁₂"):
        found = codes.medicine_from_text(text)
        assert found is not None
        assert found.ingredients == {I.COBALAMIN_UNSPECIFIED}
    for text in ("Vitamin A + vitamin B12", "vit. C, B12", "Vitamine E, vitamine B12", "vitD B12", "Vitamina B6 B12"):
        found = codes.medicine_from_text(text)
        assert found is not None
        assert found.ingredients == {I.COBALAMIN_UNSPECIFIED, I.OTHER_VITAMIN}, text


@pytest.mark.parametrize(
    "text", ["Serum vitamin B12 level", "B12 deficiency", "folate deficiency", "transcobalamin II", "aspirin 75 mg", ""]
)
def test_a_test_a_diagnosis_or_an_unknown_drug_is_no_medicine_of_ours(text: str) -> None:
    assert codes.medicine_from_text(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Cyanocobalamin Co-57 capsule", ProductKind.RADIODIAGNOSTIC),
        ("Cyanokit", ProductKind.CYANIDE_ANTIDOTE),
        ("hydroxocobalamin 5 g vial", ProductKind.CYANIDE_ANTIDOTE),
        ("hydroxocobalamin 1 g", ProductKind.MEDICINE),
        ("hydroxocobalamin 2.5 g powder for solution for infusion", ProductKind.CYANIDE_ANTIDOTE),
        ("hydroxocobalamin 5 grams IV once", ProductKind.CYANIDE_ANTIDOTE),
        ("Cyanokit 23G needle", ProductKind.CYANIDE_ANTIDOTE),
        ("Hydroxocobalamin 1mg/1ml inj (23G blue needle)", ProductKind.MEDICINE),
        ("Hydroxocobalamin 1mg/1ml ampoule, 25G, 25 mm", ProductKind.MEDICINE),
        ("Hydroxocobalamin 1 mg vial with 21 G needle", ProductKind.MEDICINE),
        ("Hydroxocobalamin 1mg/1ml IM, 23G needle", ProductKind.MEDICINE),
        ("hydroxocobalamin 1000 mcg", ProductKind.MEDICINE),
    ],
)
def test_kind_of_product_in_text(text: str, kind: ProductKind) -> None:
    found = codes.medicine_from_text(text)
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    ("text", "strengths"),
    [
        ("hydroxocobalamin 1 mg/mL", (Strength(I.HYDROXOCOBALAMIN, Decimal(1000), "mL"),)),
        ("cyanocobalamin 50 microgram per tablet", (Strength(I.CYANOCOBALAMIN, Decimal(50), "unit"),)),
        ("cyanocobalamin 1,000 mcg/mL", ()),
        ("cyanocobalamin 1.000 mcg", ()),
        ("folic acid 1 mg/tablet + cyanocobalamin", ()),
        ("cyanocobalamin 1 mg/mL or 5 mg/mL", ()),
        ("Cyanocobalamin 50microgram tablets", (Strength(I.CYANOCOBALAMIN, Decimal(50), "unit"),)),
        ("Vitamin C 60 mg, B-complex, cyanocobalamin 6 mcg tablet", (Strength(I.CYANOCOBALAMIN, Decimal(6), "unit"),)),
        (
            "folic acid 2.5 mg / vitamin B12 2 mg Oral Tablet",
            (Strength(I.COBALAMIN_UNSPECIFIED, Decimal(2000), "unit"),),
        ),
        ("Vitamin B12 (cyanocobalamin) 6 mcg, thiamine", (Strength(I.CYANOCOBALAMIN, Decimal(6), "unit"),)),
        ("cyanocobalamin 1,000 mcg tablet", ()),
        ("cyanocobalamin 1.000 mcg tablet", ()),
        ("cyanocobalamin 1000 mcg per 2 gummies", ()),
        ("thiamine 100 mg, cyanocobalamin, biotin", ()),
        ("thiamine 100 mg + cyanocobalamin 1 mg injection", ()),
        ("cyanocobalamin 1 mg vial", ()),
        ("cyanocobalamin 1 mg in 5 mL syrup", ()),
        ("cyanocobalamin 500 mcg or mecobalamin 500 mcg", ()),
    ],
)
def test_a_strength_is_read_only_when_it_is_plain(text: str, strengths: tuple[Strength, ...]) -> None:
    found = codes.medicine_from_text(text)
    assert found is not None
    assert found.strengths == strengths


def test_route_from_the_form() -> None:
    for text, route in (
        ("cyanocobalamin 1 mg sublingual tablets", Route.SUBLINGUAL),
        ("cyanocobalamin nasal spray", Route.NASAL),
        ("cyanocobalamin tablets", Route.ORAL),
        ("cyanocobalamin injection", None),
    ):
        found = codes.medicine_from_text(text)
        assert found is not None
        assert found.usual_route is route


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cobalt", Allergen.COBALT),
        ("cobalt and nickel", Allergen.COBALT),
        ("Vitamin B12", Allergen.COBALAMINS),
        ("cobalamins", Allergen.COBALAMINS),
        ("hydroxocobalamin and cyanocobalamin", Allergen.COBALAMINS),
        ("Hydroxocobalamin (contains cobalt)", Allergen.HYDROXOCOBALAMIN),
        ("methylparaben", Allergen.EXCIPIENT),
        ("benzyl alcohol", Allergen.EXCIPIENT),
        ("peanut", None),
    ],
)
def test_allergens_in_text(text: str, expected: Allergen | None) -> None:
    assert codes.allergen_from_text(text) is expected


@pytest.mark.parametrize("text", ["Vitamin B12 deficiency", "B-12", "cyanocobalamin", "cobalamin C disease"])
def test_text_names_b12(text: str) -> None:
    assert codes.names_b12(text)


@pytest.mark.parametrize("text", ["B1 deficiency", "transcobalamin", "biotin deficiency", "cobalt", "B123"])
def test_text_does_not_name_b12(text: str) -> None:
    assert not codes.names_b12(text)
