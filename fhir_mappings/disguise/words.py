"""Free text -> words of our own that mean the same to the readers. Not one word of the client's comes through.

Readers understand little of a text: the medicine that it names, a length of ileum, anaphylaxis. What they understand
is written anew in words that stand in this file; all else becomes "-", which says that there was something. Each text
is read again when it is written: where our words would mean another thing, less is said.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from cds_service.clinical.concepts import Ingredient as I  # noqa: N817
from cds_service.clinical.concepts import ProductKind, Route
from cds_service.clinical.snapshot import Allergen
from fhir_mappings.codes import allergen_from_text, medicine_from_text, names_amount, names_b12
from fhir_mappings.conditions import names_family_history
from fhir_mappings.disguise.person import few_digits
from fhir_mappings.dosage import ROUTE_TEXTS
from fhir_mappings.findings import names_nitrous_oxide_use, says_length
from fhir_mappings.medicine_codes import Medicine
from fhir_mappings.ordered import referrals_in
from fhir_mappings.presence import ANSWER_WORDS
from fhir_mappings.reactions import names_anaphylaxis
from fhir_mappings.stop_reasons import REASON_TEXTS

NOTHING: Final = "-"
Words = Callable[[str], str]
_NAMES: Final = {
    I.HYDROXOCOBALAMIN: "hydroxocobalamin",
    I.CYANOCOBALAMIN: "cyanocobalamin",
    I.MECOBALAMIN: "mecobalamin",
    I.COBAMAMIDE: "cobamamide",
    I.COBALAMIN_UNSPECIFIED: "vitamin B12",
    I.FOLIC_ACID: "folic acid",
    I.LEVOMEFOLATE: "levomefolate",
    I.FOLINIC_ACID: "folinic acid",
    I.METHOTREXATE: "methotrexate",
    I.PEMETREXED: "pemetrexed",
    I.PRALATREXATE: "pralatrexate",
    I.METFORMIN: "metformin",
    I.PROTON_PUMP_INHIBITOR: "omeprazole",
    I.H2_BLOCKER: "famotidine",
    I.COLCHICINE: "colchicine",
    I.NITROUS_OXIDE: "nitrous oxide",
    I.PHENYTOIN: "phenytoin",
    I.VALPROATE: "valproate",
    I.SULFASALAZINE: "sulfasalazine",
    I.PYRIMETHAMINE: "pyrimethamine",
    I.ANTICOAGULANT: "heparin",
    I.DIGOXIN: "digoxin",
    I.POTASSIUM_LOSING_DIURETIC: "furosemide",
    I.COMBINED_CONTRACEPTIVE: "ethinylestradiol",
    I.OTHER_MEDICINE: "iron",
    I.OTHER_VITAMIN: "thiamine",
}
_KINDS: Final = {ProductKind.RADIODIAGNOSTIC: " co-57", ProductKind.CYANIDE_ANTIDOTE: " cyanokit"}
_ROUTES: Final = {Route.SUBLINGUAL: " sublingual", Route.NASAL: " nasal", Route.ORAL: " oral"}
_ALLERGENS: Final = {
    Allergen.HYDROXOCOBALAMIN: "hydroxocobalamin",
    Allergen.CYANOCOBALAMIN: "cyanocobalamin",
    Allergen.MECOBALAMIN: "mecobalamin",
    Allergen.COBAMAMIDE: "cobamamide",
    Allergen.COBALAMINS: "vitamin B12",
    Allergen.COBALT: "cobalt",
    Allergen.EXCIPIENT: "benzyl alcohol",
}
# Words of FHIR's own value sets, DSTU2 to R5, that some reader tells from others. In lower case
STATUS_WORDS: Final = frozenset(
    re.findall(
        r"\S+",
        """
    male female other unknown
    active inactive recurrence relapse remission resolved
    unconfirmed provisional differential confirmed refuted entered-in-error
    registered preliminary final amended corrected cancelled
    preparation in-progress not-done on-hold stopped completed suspended aborted
    draft ended revoked proposed intended not-taken recorded
    order plan directive instance-order original-order reflex-order filler-order proposal option
    y n unk na
    taking taking-as-directed taking-not-as-directed not-taking on-hold-as-directed on-hold-not-as-directed
    stopped-as-directed stopped-not-as-directed
    allergy intolerance
    low high unable-to-assess critl crith critu
    mild moderate severe
    replaced-by replace replaces refer seealso
    normal recommended treatment ordered calculated
    < <= > >= ad
    b w
    """,
    )
)
_LENGTHS: Final = ("length of ileum resected", "length of ileum involved")
_REFERRAL_WORDS: Final = (
    "neurolog",
    "haematolog",
    "metabolic medicine",
    "allerg",
    "obstetric",
    "ophthalmolog",
    "paediatric",
)
_LONGEST_STRENGTH: Final = 7  # characters
_SOME_AMOUNT: Final = " 100 units"


def medicine(text: str) -> str:
    """The text of a drug: what it contains, its strength and its route."""
    return _first_that_means(text, _medicine_meaning, _medicine_texts(text))


def condition(text: str) -> str:
    """The text of a diagnosis or a reason: is it family history, does it name vitamin B12?"""
    family = "family history " if names_family_history(text) else ""
    return f"{family}vitamin B12" if names_b12(text) else f"{family}{NOTHING}" if family else NOTHING


def finding(text: str) -> str:
    """The text of a finding's code: a length of ileum, or the use of nitrous oxide."""
    if names_nitrous_oxide_use(text):
        return "nitrous oxide use"
    return _first_that_means(text, says_length, _LENGTHS)


def allergy(text: str) -> str:
    """The text of an allergy or a reaction: to what, and was it anaphylaxis?"""
    to = allergen_from_text(text)
    words = [_ALLERGENS[to]] if to in _ALLERGENS else []
    words += ["anaphylaxis"] if names_anaphylaxis(text) else []
    return " ".join(words) or NOTHING


def referral(text: str) -> str:
    """The text of a request: which specialty is asked?"""
    named = [word for word in _REFERRAL_WORDS if referrals_in(f"refer {word}") <= referrals_in(text)]
    return f"refer {' '.join(named)}" if named else NOTHING


def answer(text: str) -> str:
    return _one_of(ANSWER_WORDS, text)


def route(text: str) -> str:
    return _one_of(ROUTE_TEXTS, text)


def stop_reason(text: str) -> str:
    return _one_of(REASON_TEXTS, text)


def dose_type(text: str) -> str:
    return _one_of(("ordered",), text)


def status(text: str) -> str:
    """A status in words, where no code is given."""
    return text.strip() if text.strip().lower() in STATUS_WORDS else NOTHING


def nothing(_text: str) -> str:
    """Of a text that no reader reads."""
    return NOTHING


def _one_of(known: Any, text: str) -> str:
    """The text as the reader's list has it; readers look past case, spaces and a full stop at the end."""
    plain = " ".join(text.lower().split())
    return next((each for each in (plain, plain.rstrip(".")) if each in known), NOTHING)


def _first_that_means(text: str, meaning: Callable[[str], Any], candidates: Any) -> str:
    meant = meaning(text)
    return next((each for each in candidates if meaning(each) == meant), NOTHING)


def _medicine_meaning(text: str) -> tuple[Medicine | None, bool, bool, bool]:
    return medicine_from_text(text), names_b12(text), "cyanocobalamin" in text.lower(), names_amount(text)


def _medicine_texts(text: str) -> Iterator[str]:
    """Ways to say it, the fullest first, each without an amount and with one that is of nothing."""
    for said in _without_amount(text):
        yield said
        yield f"{said}{_SOME_AMOUNT}"


def _without_amount(text: str) -> Iterator[str]:
    yield NOTHING
    yield "vitamin B12 level"
    said = medicine_from_text(text)
    if said is None:
        return
    for spelling in ("cyanocobalamin", "cyanocbalamin"):  # whether it is spelt out is read from the text too
        by = _ROUTES.get(said.usual_route, "") if said.usual_route is not None else ""
        for of, strength in (*_strengths(said), (None, "")):
            names = {each: _NAMES[each] for each in sorted(said.ingredients)}
            names |= {I.CYANOCOBALAMIN: spelling} if I.CYANOCOBALAMIN in names else {}
            names |= {of: f"{names[of]}{strength}"} if of is not None else {}
            plain = " + ".join(names.values()) + _KINDS.get(said.kind, "")
            yield plain
            yield f"{plain}{by}"


def _strengths(said: Medicine) -> Iterator[tuple[I, str]]:
    """Beside whose name it stands, and how it is written."""
    for each in said.strengths:
        for number, unit in ((each.ug, "micrograms"), (each.ug / Decimal(1000), "mg")):
            written = f"{number.normalize():f}"
            if len(written) <= _LONGEST_STRENGTH and number == few_digits(number):
                for per in ("/ml",) if each.per == "mL" else ("/tablet", ""):  # a tablet is a route as well
                    yield each.ingredient, f" {written} {unit}{per}"
