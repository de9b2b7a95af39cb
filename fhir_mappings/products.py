"""The drug of a medication line, wherever FHIR puts it, as a Drug. Knows where codings stand, and asks codes.py.

A product's ingredients decide, not its label. Codes first, the most specific of several; text only when no code is
known, and then its form stays uncertain.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from msgspec import Raw

from cds_service.clinical.concepts import COBALAMINS, Ingredient, ProductKind, Route
from cds_service.clinical.orders import Product
from fhir_mappings import codes
from fhir_mappings.codes import Medicine, Strength
from fhir_mappings.medicine_records import DrugRecord, MedicationIngredient, MedicationRecord, Ratio
from fhir_mappings.parse import UnreadableError, decode
from fhir_mappings.records import Coded, Coding, Quantity, Reference, several
from fhir_mappings.remembered import LONGEST, MOST
from fhir_mappings.repeated_keys import repeats_a_key
from fhir_mappings.systems import MEDICINE_SYSTEMS, normal_system
from fhir_mappings.units import dose_in_micrograms, volume_in_ml

_UNSPECIFIED = Ingredient.COBALAMIN_UNSPECIFIED
# Stands for a reference that says not where the Medication is (an identifier alone, or nothing): no read can follow it.
NO_ADDRESS = "a Medication without an address"
FindMedication = Callable[[str], bytes | Raw | None]


@dataclass(frozen=True, slots=True)
class Drug:
    """A product with what is needed to read its dose. `unread`: the Medication reference that could not be read.

    names_amount: its words or ingredients state an amount, of whatever: a tablet of it is not of an unstated strength.
    """

    product: Product
    strengths: tuple[Strength, ...] = ()
    usual_route: Route | None = None
    unread: str | None = None
    names_amount: bool = False

    @property
    def matters(self) -> bool:
        """Can any rule ask about this line? Other people's medicines are recognised by having no listed ingredient."""
        return bool(self.product.ingredients)


def drug_of(record: DrugRecord, find: FindMedication) -> Drug:
    """The drug of an order or statement. `find` gives the Medication behind a reference, or None."""
    said = _drug_said_by(record.medication_codeable_concept, record.medication_reference, record, find)
    if record.medication is None or said.matters:
        return said
    # R5; beside an R4 element of another drug the one that a rule asks about counts.
    found = _drug_said_by(record.medication.said, record.medication.pointer, record, find)
    return found if found.matters or not said.product.recognised else said


def _drug_said_by(concept: Coded | None, pointer: Reference | None, record: DrugRecord, find: FindMedication) -> Drug:
    said = drug_in(concept)
    if said.matters or pointer is None:
        return said
    medication = _medication(pointer.reference, record, find)
    if medication is not None:
        found = _compound(medication, pointer.display)
        return found if found.matters or not said.product.recognised else said
    if said.product.recognised:
        return said
    said = drug_in(Coded(text=pointer.display))
    nowhere = None if said.product.recognised else NO_ADDRESS
    return replace(said, unread=(pointer.reference or "").strip() or nowhere)


def drug_in(concept: Coded | None) -> Drug:
    """The drug of a CodeableConcept; `recognised` is False when it has neither a code of a system that names medicines
    here nor any words: a code of another system alone may be of any drug."""
    if concept is None:
        return Drug(Product(text="", recognised=False))
    text, codings = concept.text, concept.codings
    return _drug_known(text, codings) if _is_short(text, codings) else _drug_said(text, codings)


def _drug_said(said: str | None, codings: tuple[Coding, ...]) -> Drug:
    words = Coded(text=said, coding=list(codings)).words
    text = words[0] if words else next((each.code for each in codings if each.code), "")
    coded = [found for each in codings if each.code and (found := codes.medicine(each.system or "", each.code))]
    if coded:
        return _drug(text, _merged(coded), words)
    named = [found for word in words if (found := codes.medicine_from_text(word))]
    if named:
        return _drug(text, max(named, key=lambda each: len(each.strengths)), words)
    readable = bool(words) or any(
        each.code and normal_system(each.system or "") in MEDICINE_SYSTEMS for each in codings
    )
    return Drug(Product(text=text, recognised=readable))


# The same few products come with every patient. Bounded like remembered.py
_drug_known = lru_cache(maxsize=MOST)(_drug_said)


def _is_short(text: str | None, codings: tuple[Coding, ...]) -> bool:
    length = len(text or "")
    for each in codings:
        length += len(each.system or "") + len(each.code or "") + len(each.display or "")
    return length <= 4 * LONGEST


def _drug(text: str, medicine: Medicine, words: tuple[str, ...]) -> Drug:
    plain_cyanocobalamin = Ingredient.CYANOCOBALAMIN in medicine.ingredients and not any(
        "cyanocobalamin" in word.lower() for word in words
    )
    label = any(codes.names_b12(word) for word in words)
    product = Product(
        text=text,
        ingredients=medicine.ingredients,
        kind=medicine.kind,
        named_vitamin_b12=plain_cyanocobalamin and (label if words else medicine.named_vitamin_b12),
    )
    amount = any(codes.names_amount(word) for word in words)
    return Drug(product, medicine.strengths, medicine.usual_route, names_amount=amount)


def _merged(found: list[Medicine]) -> Medicine:
    """Several codings of one drug: the one with strengths leads, and no known ingredient of the others is lost.

    Two different forms of cobalamin stay both, which makes the form unspecified. An antidote or radiodiagnostic code
    beside a plain ingredient code is the more specific of the two.
    """
    best = max(
        found, key=lambda each: (bool(each.strengths), each.kind is not ProductKind.MEDICINE, len(each.ingredients))
    )
    ingredients = frozenset[Ingredient]().union(*(each.ingredients for each in found))
    if ingredients & COBALAMINS - {_UNSPECIFIED}:
        ingredients -= {_UNSPECIFIED}
    kinds = {each.kind for each in found} - {ProductKind.MEDICINE}
    route = best.usual_route or next((each.usual_route for each in found if each.usual_route), None)
    kind = best.kind if best.kind is not ProductKind.MEDICINE or not kinds or best.strengths else min(kinds)
    return replace(best, ingredients=ingredients, kind=kind, usual_route=route)


def _medication(pointer: str | None, record: DrugRecord, find: FindMedication) -> MedicationRecord | None:
    """The Medication that a reference names: contained (`#x`), or wherever `find` looks."""
    if not pointer:
        return None
    try:
        if pointer.startswith("#"):
            for raw in record.contained or ():
                contained = decode(raw, MedicationRecord)
                if contained.id in (pointer[1:], pointer):
                    return contained
            return None
        raw_found = find(pointer)
        return None if raw_found is None or repeats_a_key(raw_found) else decode(raw_found, MedicationRecord)
    except UnreadableError:
        return None


def _compound(medication: MedicationRecord, display: str | None) -> Drug:
    """A Medication by its code, else by the sum of its ingredients, else by the reference's display."""
    whole = drug_in(medication.code)
    if whole.matters:
        return whole
    parts: list[Drug] = []
    strengths: list[Strength] = []
    for part in several(medication.ingredient):
        drug = drug_in(part.item_codeable_concept or (part.item.said if part.item is not None else None))
        parts.append(drug)
        strengths += _strength(part, drug)
    ingredients = frozenset[Ingredient]().union(*(each.product.ingredients for each in parts))
    if ingredients:
        if any(not each.matters for each in parts):
            ingredients |= {Ingredient.OTHER_MEDICINE}
        kind = min((each.product.kind for each in parts if each.matters), key=lambda each: each is ProductKind.MEDICINE)
        text = whole.product.text or display or parts[0].product.text
        amount = any(_ratio(part) is not None for part in several(medication.ingredient))
        amount = amount or any(each.names_amount for each in (whole, *parts))
        product = Product(text=text, ingredients=ingredients, kind=kind)
        return Drug(product, tuple(strengths), names_amount=amount)
    return whole if whole.product.recognised else drug_in(Coded(text=display))


def _ratio(part: MedicationIngredient) -> Ratio | None:
    """R4's strength, STU3's amount, or R5's strength, which may be an amount in one unit."""
    one = part.strength_quantity
    return part.strength or part.strength_ratio or part.amount or (Ratio(numerator=one) if one is not None else None)


def _strength(part: MedicationIngredient, drug: Drug) -> list[Strength]:
    """Micrograms per mL or per unit of one ingredient; nothing when the ratio is no strength."""
    ratio, ingredients = _ratio(part), drug.product.ingredients
    if ratio is None or ratio.numerator is None or ratio.numerator.value is None or len(ingredients) != 1:
        return []
    ug = dose_in_micrograms(ratio.numerator.value, ratio.numerator.code, ratio.numerator.unit)
    below = ratio.denominator or Quantity(value=Decimal(1), unit="unit")
    if ug is None or below.value is None or not below.value.is_finite() or below.value <= 0:
        return []
    (ingredient,) = ingredients
    volume = volume_in_ml(below.value, below.code, below.unit)
    if volume is not None:
        return [Strength(ingredient, ug / volume, "mL")]
    return [Strength(ingredient, ug / below.value, "unit")] if counts_units(below) == "unit" else []


UNIT_WORDS = frozenset(
    {
        "1", "unit", "units", "each", "ea", "tab", "tabs", "tbl", "tablet", "tablets", "cap", "caps", "capsule",
        "capsules", "pill", "pills", "ampoule", "ampoules", "ampul", "ampule", "amp", "amps", "vial", "vials",
        "syringe", "syringes", "dose", "lozenge", "lozenges", "sachet", "sachets", "gummy", "gummies",
    }
)  # fmt: skip
ACTUATION_WORDS = frozenset({"actuation", "actuations", "actuat", "spray", "sprays", "puff", "puffs"})


def counts_units(quantity: Quantity) -> str | None:
    """ "unit" for a number of tablets, ampoules and the like, "actuation" for sprays; None for anything else."""
    for sent in (quantity.code, quantity.unit):
        word = (sent or "").strip().strip("{}[]()").lower()
        if word in UNIT_WORDS:
            return "unit"
        if word in ACTUATION_WORDS:
            return "actuation"
    return None
