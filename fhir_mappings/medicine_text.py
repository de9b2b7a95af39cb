"""Medicines and allergens in free text, the last resort. Allowed to know: names in English, and of cobalamins,
folic acid, methotrexate and anticoagulants in other languages written in Latin letters; no code, no FHIR."""

import re
import unicodedata
from decimal import Decimal

from cds_service.clinical.concepts import COBALAMINS, Ingredient, ProductKind, Route
from cds_service.clinical.snapshot import Allergen
from fhir_mappings.medicine_codes import PER_ML, PER_UNIT, Medicine, Strength
from fhir_mappings.remembered import remembered

I = Ingredient  # noqa: E741
_FOLIC_ACID_ELSEWHERE = r"\bfoliumzuur\b|\bfols(?:au|aeu)re\b|\bacide folique\b|\bacido folico\b|\bfolsyr[ae]\b"
_B12 = r"\bvit(?:amin)?s?\.?\s*b[\s-]*12\b|\bb[\s-]?12\b"
# "B12 level", "folate deficiency": a test or a reason, not a medicine (terminology.md 3).
_NO_MEDICINE = re.compile(
    rf"(?:{_B12}|\bcobalamins?\b|\bfol(?:ic acid|ate)\b)[\s-]*"
    r"(?:levels?|status|assay|deficien\w*|antagonist\w*)"
    rf"|(?:{_FOLIC_ACID_ELSEWHERE})[\s-]*(?:antagonist\w*|deficien\w*|mangel\w*|spiegel\w*|tekort\w*|brist\w*)"
    rf"|\b(?:carence|deficit|carenza|deficien[zc]i?a|antagonist[aei])\w* (?:\w{{1,3}}[' ]){{0,2}}"
    rf"(?:{_FOLIC_ACID_ELSEWHERE})"
)
_RADIODIAGNOSTIC = re.compile(r"\bco(?:balt)?[\s-]?5[78]\b|\b5[78][\s-]?co\b")
# 2.5 to 15 grams: no vial and no dose of the antidote is more, and needles of 16 G and finer are written like grams.
_GRAMS = re.compile(
    r"(?<![\d.,])(?:2\.[5-9]\d*|[3-9](?:\.\d+)?|1[0-4](?:\.\d+)?|15)\s*(?:g|grams?)\b(?!\s*(?:needle|gauge))"
)
_VIAL = re.compile(r"\bvials?\b|\bpowder\b|\binfusion\b|\bkit\b")
_BY_VEIN_ONCE = re.compile(r"\b(?:iv|intravenous\w*)\b.*\b(?:once|single|stat)\b")
_NAMES: tuple[tuple[Ingredient, re.Pattern[str]], ...] = tuple(
    (ingredient, re.compile(pattern))
    for ingredient, pattern in (
        (
            I.HYDROXOCOBALAMIN,
            r"hydrox[oy]co?balamin|\bhydro(?:x|ks)okobalamin|\bhidrox[oi]cobalamin|\bidross[oi]cobalamin"
            r"|\bcyanokit\b|neo[\s-]?cytamen|cobalin-h",
        ),
        (
            I.CYANOCOBALAMIN,
            r"cyanoco?balamin|\bcyanokobalamin|\bcianocobalamin|\bnascobal\b|\bcytacon\b|\bcytamen\b|\borobalin\b",
        ),
        (I.MECOBALAMIN, r"\bme(?:thyl)?[\s-]?cobalamin|\bmet(?:yl|il)[ck]obalamin"),
        (I.COBAMAMIDE, r"\bcobamamide\b|adenos[yi]l[\s-]?cobalamin|\bdibencozide\b"),
        (I.LEVOMEFOLATE, r"\blevomefol\w*|methyl[\s-]?(?:tetrahydro)?folate\b|\b5-mthf\b"),
        (I.FOLINIC_ACID, r"\b(?:levo)?folin(?:ic|ate)\b|\b(?:levo)?leucovorin\b"),
        (
            I.FOLIC_ACID,
            rf"\bfolic acid\b|\bfolate\b|\bfolacin\b|{_FOLIC_ACID_ELSEWHERE}",
        ),
        (I.METHOTREXATE, r"\bmethotrexa(?:te?|at)\b|\bmetotrexato?\b|\bmetotressato\b"),
        (I.PEMETREXED, r"\bpemetrexed\b"),
        (I.PRALATREXATE, r"\bpralatrexate\b"),
        (I.METFORMIN, r"\bmetformin\b"),
        (I.PROTON_PUMP_INHIBITOR, r"\b(?:es)?omeprazole\b|\b(?:dex)?lansoprazole\b|\bpantoprazole\b|\brabeprazole\b"),
        (I.H2_BLOCKER, r"\bfamotidine\b|\branitidine\b|\bcimetidine\b|\bnizatidine\b"),
        (I.COLCHICINE, r"\bcolchicine\b"),
        (I.NITROUS_OXIDE, r"\bnitrous oxide\b"),
        (I.PHENYTOIN, r"\b(?:fos)?phenytoin\b"),
        (I.VALPROATE, r"\bvalpro(?:ate|ic)\b|\bdivalproex\b"),
        (I.SULFASALAZINE, r"\bsul(?:f|ph)asalazine\b"),
        (I.PYRIMETHAMINE, r"\bpyrimethamine\b"),
        (
            I.ANTICOAGULANT,
            r"\b[wv]arfarin[ae]?\b|\bheparin[ae]?\b|\b\w+parin[ae]?\b|\b\w+xabana?\b|\bdabigatrana?\b|\bfondaparinux\b"
            r"|\bacenoco?umarolo?\b|\bacenokumarol\b|\b(?:ph|f)enproco?umon[ae]?\b|\bphenindione\b|\bfluindion[ea]\b"
            r"|\bsinth?rome?\b|\bmarcoumar\b",
        ),
        (I.DIGOXIN, r"\bdigoxin\b"),
        (
            I.POTASSIUM_LOSING_DIURETIC,
            r"\bfrusemide\b|\bfurosemide\b|\bbumetanide\b|\btora?semide\b|\b\w+thiazide\b|\bindapamide\b"
            r"|\bchlorth?alidone\b|\bmetolazone\b",
        ),
        (I.COMBINED_CONTRACEPTIVE, r"\bethinyl\s?o?estradiol\b|\bethinylestradiol\b"),
        (
            I.OTHER_MEDICINE,
            r"\bgabapentin\b|\bpregabalin\b|\bduloxetine\b|\bdiclofenac\b|\bibuprofen\b|\bpiroxicam\b|\bnaproxen\b"
            r"|\bnortriptyline\b|\bamitriptyline\b|\biron\b|\bferrous\b|\bferric\b|\balpha[\s-]?lipoic\b|\bdexamethasone\b",
        ),
        (
            I.OTHER_VITAMIN,
            r"\bthiamine?\b|\bpyridox\w+|\briboflavin\b|\bniacin(?:amide)?\b|\bnicotinamide\b|\bbiotin\b|\bmultivit\w*"
            r"|\bb[\s-]complex\b|\bvit(?:amin[ae]?)?s?\.?\s*b[\s-]?[1236](?!\d)|\bvit(?:amin[ae]?s?)?[\s.-]+[acdek]\b|\bvit[acdek]\b|\bb[16]\b",
        ),
    )
)
_ANY_COBALAMIN = re.compile(rf"{_B12}|\b[ck]obalamin(?:s|a|as|e)?\b")
_PARTS = re.compile(r"\+|\s/\s|/(?=\s*[a-z]{4,})")
# Words that follow a medicine's name without naming another; what is left over after them is a partner.
_FORM_WORDS = frozenset(
    re.findall(
        r"\w+",
        """oral orally tablet tablets capsule capsules caps injection injectable solution suspension ampoule ampoules
        vial vials syringe prefilled powder drops drop liquid syrup spray nasal sublingual intramuscular subcutaneous
        intravenous extended release modified delayed dose doses daily weekly monthly once twice times take each every
        with free sugar sodium calcium hydrochloride acetate chloride units unit actuation chewable lozenge from pack
        week month hours hour microgram micrograms milligram milligrams gram grams""",
    )
)
_STRENGTH = re.compile(
    r"(?<![\d.,])(\d+(?:\.\d+)?)\s*(mg|milligrams?|micrograms?|mcg|ug)\s*(?:/|per)\s*(ml|millilit(?:re|er)|tablet|capsule)\b"
)
# The amount that follows the name, in a text of tablets. Read by nothing that may hold several doses.
_BESIDE_NAME = re.compile(
    rf"(?:\b[a-z]+cobalamine?\b|{_B12})[\s):,-]*(\d+(?:\.\d{{1,2}})?)\s*(mg|milligrams?|micrograms?|mcg|ug)\b"
    r"(?!\s*(?:/|per|in)\s*(?:[2-9]|1\d|[\d.]*\s*m(?:l|illi)))"
)
_NOT_IN_TABLETS = re.compile(
    r"\binj|\bvials?\b|\bampoules?\b|\bampu\w*|\bamps?\b|\bm(?:l|illilit(?:re|er)s?)\b|\d\s*ml\b"
)
_AMOUNT = re.compile(r"(?<![a-z])\d[\d.,]*\s*(?:m?g|mcg|ug|(?:micro|milli)?grams?|iu|units?)\b|\d{3}")
_ROUTES = (
    (Route.SUBLINGUAL, re.compile(r"\bsublingual")),
    (Route.NASAL, re.compile(r"\b(?:intra)?nasal")),
    (Route.ORAL, re.compile(r"\boral\b|\btablets?\b|\bcapsules?\b")),
)
_ALLERGENS = {
    I.HYDROXOCOBALAMIN: Allergen.HYDROXOCOBALAMIN,
    I.CYANOCOBALAMIN: Allergen.CYANOCOBALAMIN,
    I.MECOBALAMIN: Allergen.MECOBALAMIN,
    I.COBAMAMIDE: Allergen.COBAMAMIDE,
}
_EXCIPIENT = re.compile(r"benzyl alcohol|paraben|hydroxybenzoate|polyethylene glycol|\bmacrogols?\b|\bpeg\b")


def _plain(text: str) -> str:
    """In small letters, without accents and subscripts (B₁₂ is b12, Folsäure folsaure), one space between words."""
    text = text.casefold()
    if not text.isascii():
        # NFKD makes one sign of the two micro signs, too.
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(each for each in decomposed if not unicodedata.combining(each))
    return re.sub(r"\s+", " ", text.replace("\u03bcg", "ug")).strip()


def _named(text: str) -> frozenset[Ingredient]:
    """Ingredients that the text names; "vitamin B12" counts only where no form is named beside it."""
    found = set()
    for ingredient, pattern in _NAMES:
        if pattern.search(text):
            found.add(ingredient)
            # Taken out, so that "methyl folate" is not read again as folate.
            text = pattern.sub(" ", text)
    if not found & COBALAMINS and _ANY_COBALAMIN.search(text):
        found.add(I.COBALAMIN_UNSPECIFIED)
    return frozenset(found)


def _has_unknown_partner(text: str) -> bool:
    parts = _PARTS.split(text)
    if len(parts) < 2:
        return False
    return any(
        not _named(part) and any(word not in _FORM_WORDS for word in re.findall(r"[a-z]{4,}", part)) for part in parts
    )


def _is_antidote(text: str) -> bool:
    """Derivations 1.2 row 3: the product by name, or grams of a vial, or grams by vein and once."""
    if "cyanokit" in text:
        return True
    return bool(_GRAMS.search(text) and (_VIAL.search(text) or _BY_VEIN_ONCE.search(text)))


def _strengths(text: str, ingredients: frozenset[Ingredient]) -> tuple[Strength, ...]:
    """The one strength of a text with one ingredient; in a text of tablets, what follows the cobalamin's name. None
    when there could be doubt which is meant."""
    found = _STRENGTH.findall(text)
    if len(ingredients) == 1 and len(found) == 1:
        (ingredient,), (number, unit, per) = ingredients, found[0]
        return (Strength(ingredient, _in_ug(number, unit), PER_ML if per.startswith("m") else PER_UNIT),)
    forms, beside = ingredients & COBALAMINS, _BESIDE_NAME.findall(text)
    if len(forms) != 1 or len(beside) != 1 or _NOT_IN_TABLETS.search(text):
        return ()
    (form,), (number, unit) = forms, beside[0]
    return (Strength(form, _in_ug(number, unit), PER_UNIT),)


def _in_ug(number: str, unit: str) -> Decimal:
    return Decimal(number) * (1000 if unit in ("mg", "milligram", "milligrams") else 1)


@remembered
def medicine_from_text(text: str) -> Medicine | None:
    """What a medicine's text names, or None when it names nothing that we know. Its form stays uncertain."""
    plain = _NO_MEDICINE.sub(" ", _plain(text))
    ingredients = _named(plain)
    if not ingredients:
        return None
    if ingredients & COBALAMINS and _RADIODIAGNOSTIC.search(plain):
        return Medicine(ingredients, ProductKind.RADIODIAGNOSTIC)
    if I.HYDROXOCOBALAMIN in ingredients and _is_antidote(plain):
        return Medicine(ingredients, ProductKind.CYANIDE_ANTIDOTE)
    if _has_unknown_partner(plain):
        ingredients |= {I.OTHER_MEDICINE}
    route = next((route for route, pattern in _ROUTES if pattern.search(plain)), None)
    return Medicine(ingredients, usual_route=route, strengths=_strengths(plain, ingredients))


@remembered
def allergen_from_text(text: str) -> Allergen | None:
    """What an allergy's text names: a form, cobalamins, cobalt that is not cobalamin, or an excipient; else None."""
    plain = _plain(text)
    forms = sorted(_named(plain) & COBALAMINS)
    if forms:
        return _ALLERGENS.get(forms[0], Allergen.COBALAMINS) if len(forms) == 1 else Allergen.COBALAMINS
    if re.search(r"\bcobalt\b", plain):
        return Allergen.COBALT
    return Allergen.EXCIPIENT if _EXCIPIENT.search(plain) else None


@remembered
def names_b12(text: str) -> bool:
    """Does the text name vitamin B12 or a cobalamin, as medicine, deficiency or test?"""
    plain = _plain(text)
    return bool(_ANY_COBALAMIN.search(plain) or _named(plain) & COBALAMINS)


@remembered
def names_amount(text: str) -> bool:
    """Does the text name an amount of anything, or a number that may be one?"""
    return bool(_AMOUNT.search(_plain(text)))
