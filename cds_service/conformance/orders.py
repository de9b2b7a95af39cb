"""Draft orders that make services speak, and some that nobody need speak about. Knows FHIR R4 requests only."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from cds_service.conformance.exact import Number
from cds_service.conformance.patient import PRACTITIONER

Json = dict[str, Any]

_RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_UCUM: Final = "http://unitsofmeasure.org"
_ROUTES: Final = {"oral": ("26643006", "Oral route"), "im": ("78421000", "Intramuscular route")}
# In every draft: what a service must hand back untouched when it changes the order.
KEPT: Final = {
    "identifier": [{"system": "https://ehr.example/orders", "value": "conformance"}],
    "extension": [{"url": "https://ehr.example/StructureDefinition/urgency", "valueDecimal": Number("2.50")}],
}
MARKUP: Final = "<img src=x onerror=alert(1)><script>alert(1)</script>"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Drafts of one hook call. selected: how many of them, from the first, are newly selected. ill: for whom.

    name: the patient's family name. harmless: nobody has a reason to call anything here critical. allergy: RxNorm
    code and name of what the patient has had anaphylaxis from.
    """

    label: str
    drafts: tuple[Json, ...]
    ill: bool = True
    selected: int = 1
    name: str = "Conformance"
    harmless: bool = False
    allergy: tuple[str, str] | None = None


def medicine(
    order_id: str, code: str, name: str, amount: float, unit: str, route: str, frequency: int, unit_of_time: str
) -> Json:
    """A complete draft MedicationRequest without its subject. unit: UCUM; unit_of_time: of `frequency` per one."""
    snomed, route_name = _ROUTES[route]
    return {
        "resourceType": "MedicationRequest",
        "id": order_id,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": _RXNORM, "code": code, "display": name}],
            "text": name,
        },
        "requester": {"reference": PRACTITIONER},
        **deepcopy(KEPT),
        "dosageInstruction": [
            {
                "text": f"{amount:g} {unit} {route_name.lower()}, {frequency} per {unit_of_time}",
                "timing": {"repeat": {"frequency": frequency, "period": 1, "periodUnit": unit_of_time}},
                "route": {"coding": [{"system": "http://snomed.info/sct", "code": snomed, "display": route_name}]},
                "doseAndRate": [
                    {"doseQuantity": {"value": amount, "unit": unit, "system": _UCUM, "code": unit}},
                ],
            }
        ],
    }


def _bare(order_id: str, code: str, name: str) -> Json:
    """A draft in which nothing but the medicine is chosen yet."""
    whole = medicine(order_id, code, name, 1, "mg", "oral", 1, "d")
    return {member: value for member, value in whole.items() if member != "dosageInstruction"}


def _investigation(order_id: str, code: str, name: str) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": order_id,
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code, "display": name}], "text": name},
        "requester": {"reference": PRACTITIONER},
        **deepcopy(KEPT),
    }


_CYANO: Final = medicine("draft-cyano", "309594", "cyanocobalamin 1 MG/ML injection", 1000, "ug", "im", 1, "mo")
_HYDROXO: Final = _bare("draft-hydroxo", "5514", "hydroxocobalamin")
_TABLET: Final = medicine("draft-tablet", "11248", "vitamin B12 1 MG oral tablet", 1000, "ug", "oral", 1, "d")
_FOLIC: Final = medicine("draft-folic", "4511", "folic acid 5 MG oral tablet", 5, "mg", "oral", 1, "d")
_OVERDOSE: Final = medicine("draft-milligram", "309594", "cyanocobalamin injection", 1000, "mg", "im", 1, "mo")
_AMOXICILLIN: Final = medicine("draft-amoxicillin", "308191", "amoxicillin 500 MG capsule", 500, "mg", "oral", 3, "d")
_PARACETAMOL: Final = medicine("draft-paracetamol", "313782", "paracetamol 325 MG tablet", 325, "mg", "oral", 3, "d")
_WARFARIN: Final = medicine("draft-warfarin", "855332", "warfarin 5 MG oral tablet", 5, "mg", "oral", 1, "d")
_IBUPROFEN: Final = medicine("draft-ibuprofen", "197806", "ibuprofen 600 MG oral tablet", 600, "mg", "oral", 3, "d")
_OXYCODONE: Final = medicine("draft-oxycodone", "1049621", "oxycodone 5 MG oral tablet", 5, "mg", "oral", 4, "d")


def _with_markup(draft: Json) -> Json:
    marked = deepcopy(draft)
    name = f"cyanocobalamin {MARKUP}"
    marked["medicationCodeableConcept"]["text"] = name
    marked["medicationCodeableConcept"]["coding"][0]["display"] = name
    marked["dosageInstruction"][0]["text"] = MARKUP
    return marked


ORDERS: Final = (
    Scenario("cyanocobalamin at eGFR 30", (_CYANO,)),
    Scenario("folic acid at low B12", (_FOLIC,)),
    Scenario("hydroxocobalamin without a dose", (_HYDROXO,)),
    Scenario("cyanocobalamin 1000 mg", (_OVERDOSE,)),
    Scenario("hydroxocobalamin after anaphylaxis", (_HYDROXO,), allergy=("5514", "hydroxocobalamin")),
    Scenario("two B12 orders at once", (_CYANO, _TABLET), selected=2),
    Scenario("four orders, one selected", (_CYANO, _FOLIC, _AMOXICILLIN, _WARFARIN)),
    Scenario("four orders, all selected", (_FOLIC, _CYANO, _IBUPROFEN, _WARFARIN), selected=4),
    Scenario("medicine and scan", (_investigation("draft-scan", "70551", "MRI of the brain"), _OXYCODONE), selected=2),
    Scenario("mark-up in the record", (_with_markup(_CYANO),), name=MARKUP),
    Scenario("paracetamol for a healthy adult", (_PARACETAMOL,), ill=False, harmless=True),
)
CHARTS: Final = (
    Scenario("chart of an ill adult", ()),
    Scenario("mark-up in the chart", (), name=MARKUP),
    Scenario("chart of a healthy adult", (), ill=False, harmless=True),
)
