"""Dosage instructions as DosageSteps: dose in micrograms, route, site, schedule. Never reads the instruction's text.

A dose that was sent and cannot be turned into micrograms is marked unreadable, which is not the same as no dose.
"""

from decimal import Decimal

from msgspec import UNSET, Raw, UnsetType

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.orders import DosageStep, Dose
from cds_service.clinical.timing import Timing
from fhir_mappings import codes
from fhir_mappings.medicine_codes import PER_UNIT
from fhir_mappings.medicine_records import DosageRecord, DoseAndRate
from fhir_mappings.parse import decode_list
from fhir_mappings.products import Drug, counts_units
from fhir_mappings.records import Coded, Quantity, Range, several
from fhir_mappings.schedule import timing_of
from fhir_mappings.units import dose_in_micrograms, volume_in_ml

_ORDERED = "ordered"
# No regimen has so many steps, and what is asked of each takes a fifth of a millisecond
MOST_STEPS = 100
# Whole texts only, for clients that code routes in a list of their own.
ROUTE_TEXTS = {
    "intramuscular": Route.INTRAMUSCULAR, "intramuscular use": Route.INTRAMUSCULAR, "im": Route.INTRAMUSCULAR,
    "intramuscular route": Route.INTRAMUSCULAR, "subcutaneous": Route.SUBCUTANEOUS, "sc": Route.SUBCUTANEOUS,
    "subcutaneous use": Route.SUBCUTANEOUS, "subcutaneous route": Route.SUBCUTANEOUS,
    "deep subcutaneous": Route.SUBCUTANEOUS, "intravenous": Route.INTRAVENOUS, "iv": Route.INTRAVENOUS,
    "intravenous use": Route.INTRAVENOUS, "intravenous route": Route.INTRAVENOUS, "oral": Route.ORAL,
    "oral use": Route.ORAL, "oral route": Route.ORAL, "by mouth": Route.ORAL, "po": Route.ORAL,
    "sublingual": Route.SUBLINGUAL, "sublingual use": Route.SUBLINGUAL, "buccal": Route.BUCCAL, "nasal": Route.NASAL,
    "nasal use": Route.NASAL, "intranasal": Route.NASAL,
}  # fmt: skip

Amounts = tuple[Dose, ...]


def steps_of(raw: Raw | UnsetType, drug: Drug) -> tuple[DosageStep, ...]:
    """One step per instruction; a list that cannot be decoded, or is longer than MOST_STEPS, is one step of which
    nothing is known."""
    if raw is UNSET or bytes(raw).strip() == b"null":
        return ()
    instructions = decode_list(raw, DosageRecord)
    if instructions is None or len(instructions) > MOST_STEPS:
        return (DosageStep(dose_unreadable=True, timing=Timing()),)
    return tuple(_step(each, drug) for each in instructions)


def _step(instruction: DosageRecord, drug: Drug) -> DosageStep:
    sent = _sent(instruction)
    doses = _doses(sent, drug)
    unread = not doses and bool(sent)
    return DosageStep(
        doses=doses,
        dose_unreadable=unread,
        most_ug=_most_ug(sent, drug) if unread else None,
        only_counted=unread and _only_counted(sent, drug),
        route=_route(instruction.route, drug),
        timing=timing_of(instruction.timing),
        gluteal_site=_is_gluteal(instruction.site) or _is_gluteal(instruction.site_codeable_concept),
        as_needed=_is_as_needed(instruction),
    )


def _sent(instruction: DosageRecord) -> list[DoseAndRate]:
    """The doses that count: of several `doseAndRate` the ones typed "ordered", as others are calculated, or the amount
    drawn up; without such a type all of them."""
    sent = [each for each in several(instruction.dose_and_rate) if _has_dose(each)]
    sent += _doses_above(instruction)
    return [each for each in sent if each.type is not None and _says_ordered(each.type)] or sent


def _doses(sent: list[DoseAndRate], drug: Drug) -> Amounts:
    """The dose, or nothing where there is none or it cannot be read.

    Of several, those that can be read must agree: a client that writes two versions' elements shows a person either.
    Of two that are typed "ordered" nobody can say which is meant.
    """
    read = [_amounts(each, drug) for each in sent]
    known = {amounts for amounts in read if amounts is not None}
    ordered = any(each.type is not None and _says_ordered(each.type) for each in sent)
    return known.pop() if len(known) == 1 and (not ordered or len(read) == 1) else ()


def _most_ug(sent: list[DoseAndRate], drug: Drug) -> Decimal | None:
    """What a dose of a combination weighs with all that is in it; None as soon as one of those sent is no mass."""
    if len(drug.product.ingredients) < 2:
        return None
    masses = [_mass(end) for end in _every_end(sent)]
    known = [mass for mass in masses if mass is not None]
    return max(known, default=None) if len(known) == len(masses) else None


def _mass(quantity: Quantity | None) -> Decimal | None:
    if quantity is None or quantity.value is None or not _is_amount(quantity):
        return None
    return dose_in_micrograms(quantity.value, quantity.code, quantity.unit)


def _only_counted(sent: list[DoseAndRate], drug: Drug) -> bool:
    """A number of tablets, of a product that names no amount of anything."""
    if drug.strengths or drug.names_amount:
        return False
    return all(end is not None and _is_amount(end) and counts_units(end) == PER_UNIT for end in _every_end(sent))


def _every_end(sent: list[DoseAndRate]) -> list[Quantity | None]:
    """All amounts that were sent, also where an amount and a range contradict each other: either may be meant."""
    ends: list[Quantity | None] = []
    for each in sent:
        if each.dose_quantity is not None:
            ends.append(each.dose_quantity)
        if each.dose_range is not None:
            ends += (each.dose_range.low, each.dose_range.high)
    return ends


def _doses_above(instruction: DosageRecord) -> list[DoseAndRate]:
    """The dose where DSTU2 and STU3 have it; DSTU2's statements under a name of their own."""
    above = DoseAndRate(dose_quantity=instruction.dose_quantity, dose_range=instruction.dose_range)
    stated = DoseAndRate(dose_quantity=instruction.quantity_quantity, dose_range=instruction.quantity_range)
    return [each for each in (above, stated) if _has_dose(each)]


def _is_as_needed(instruction: DosageRecord) -> bool:
    """R5 asks and gives the reason in two elements; before, either stood in one."""
    return (
        bool(instruction.as_needed_boolean or instruction.as_needed or several(instruction.as_needed_for))
        or instruction.as_needed_codeable_concept is not None
    )


def _has_dose(sent: DoseAndRate) -> bool:
    return sent.dose_quantity is not None or sent.dose_range is not None


def _says_ordered(kind: Coded) -> bool:
    return any((each.code or "").lower() == _ORDERED for each in kind.codings) or (kind.text or "").lower() == _ORDERED


def _amounts(sent: DoseAndRate, drug: Drug) -> Amounts | None:
    """Doses of all ingredients that one dose element gives; None when it gives none for certain."""
    if sent.dose_quantity is not None and sent.dose_range is not None:
        return None
    low, high = _ends(sent.dose_quantity, sent.dose_range)
    if low is None or high is None:
        return None
    lows = _by_ingredient(low, drug)
    highs = lows if high is low else _by_ingredient(high, drug)
    if not lows or lows.keys() != highs.keys() or any(lows[each] > highs[each] for each in lows):
        return None
    return tuple(Dose(each, lows[each], highs[each]) for each in sorted(lows))


def _ends(quantity: Quantity | None, span: Range | None) -> tuple[Quantity | None, Quantity | None]:
    if quantity is not None:
        return quantity, quantity
    return (None, None) if span is None else (span.low, span.high)


def _is_amount(quantity: Quantity) -> bool:
    value = quantity.value
    return value is not None and quantity.comparator is None and value.is_finite() and value > 0


def _by_ingredient(quantity: Quantity, drug: Drug) -> dict[Ingredient, Decimal]:
    """Micrograms of each ingredient in a dose; empty when unknown.

    A dose by mass belongs to the one ingredient. In a combination nobody can say which one it weighs: unknown.
    """
    value = quantity.value
    if value is None or not _is_amount(quantity):
        return {}
    mass = dose_in_micrograms(value, quantity.code, quantity.unit)
    if mass is not None:
        return dict.fromkeys(drug.product.ingredients, mass) if len(drug.product.ingredients) == 1 else {}
    volume = volume_in_ml(value, quantity.code, quantity.unit)
    per, number = ("mL", volume) if volume is not None else (counts_units(quantity), value)
    if per is None or number is None:
        return {}
    strengths = [each for each in drug.strengths if each.per == per]
    # Two strengths of one ingredient in the same measure contradict each other.
    if len({each.ingredient for each in strengths}) != len(strengths):
        return {}
    return {each.ingredient: each.ug * number for each in strengths}


def _route(sent: Coded | None, drug: Drug) -> Route | None:
    """The coded route, else a text that is nothing but a route; the product's usual route only when none was sent."""
    if sent is None or not (sent.codings or sent.words):
        return drug.usual_route
    coded = {found for each in sent.codings if each.code and (found := codes.route(each.system or "", each.code))}
    if not coded:
        coded = {found for word in sent.words if (found := ROUTE_TEXTS.get(" ".join(word.lower().split())))}
    return coded.pop() if len(coded) == 1 else None


def _is_gluteal(site: Coded | None) -> bool:
    return site is not None and any(
        codes.is_gluteal(each.system or "", each.code) for each in site.codings if each.code
    )
