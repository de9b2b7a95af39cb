"""What may be changed of an example: a few named values within bounds. Knows the fields of the form; no FHIR, no rule.

Nothing else of a query string is ever evaluated. An example has one value of a kind, or gets one.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cds_service.clinical.concepts import Analyte, Ingredient
from cds_service.clinical.policy import Region
from cds_service.knowledge.tables import Library
from cds_service.pages.what_if_facts import Quantity, born, set_result, set_signs

Json = dict[str, Any]
_NUMBER: Final = re.compile(r"\d{1,5}(?:\.\d{1,2})?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,3}", re.ASCII)
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Field:
    """One number. quantity None: the age, a whole number."""

    name: str
    label: str
    unit: str
    lowest: int
    highest: int
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One list to choose from; the first of its options leaves the example as it is."""

    name: str
    label: str
    options: Mapping[str, str]


_EGFR: Final = Quantity(Analyte.EGFR, "eGFR", "mL/min/1.73 m2", "98979-8", "mL/min/{1.73_m2}")
_B12: Final = Quantity(Analyte.B12, "Serum B12", "pg/mL", "2132-9", "pg/mL")
_PLATELETS: Final = Quantity(Analyte.PLATELETS, "Platelets", "x 10^9/L", "777-3", "10*9/L")
NUMBERS: Final = (
    Field("egfr", _EGFR.label, _EGFR.unit, 1, 200, _EGFR),
    Field("b12", _B12.label, _B12.unit, 10, 5000, _B12),
    Field("platelets", _PLATELETS.label, _PLATELETS.unit, 1, 2000, _PLATELETS),
    Field("age", "Age", "years", 0, 120),
)
_FORMS: Final = (Ingredient.HYDROXOCOBALAMIN, Ingredient.CYANOCOBALAMIN, Ingredient.MECOBALAMIN)
_STOCKS: Final[Mapping[str, frozenset[Ingredient]]] = {
    "all": frozenset(),
    **{f"no-{form.value}": frozenset({form}) for form in _FORMS},
    **{f"only-{form.value}": frozenset(_FORMS) - {form} for form in _FORMS},
}
_SIGNS: Final = Choice(
    "signs",
    "Neurological signs",
    {"": "as in the example", "yes": "yes: numbness", "no": "examined, none found", "unknown": "not examined"},
)
_REGION: Final = Choice(
    "region", "Country", {"": "as this service is set up", "uk": "United Kingdom", "us": "United States"}
)
_STOCK: Final = Choice(
    "stock",
    "Formulary",
    {"": "as this service is set up", "all": "every form can be had"}
    | {f"no-{form.value}": f"no {form.value}" for form in _FORMS}
    | {f"only-{form.value}": f"only {form.value}" for form in _FORMS},
)
CHOICES: Final = (_SIGNS, _STOCK, _REGION)


@dataclass(frozen=True, slots=True)
class Changes:
    """values: what is changed, as it stands in the URL. shown: what was typed, for the form. wrong: what is wrong."""

    values: Mapping[str, str]
    shown: Mapping[str, str]
    wrong: Mapping[str, str]

    def of_request(self, request: Json, today: date) -> Json:
        """The request with every changed fact; the one given is not touched."""
        if not self.values:
            return request
        changed = deepcopy(request)
        prefetch = changed["prefetch"]
        for field in NUMBERS:
            if field.name not in self.values:
                continue
            if field.quantity is None:
                prefetch["patient"]["birthDate"] = born(int(self.values[field.name]), today)
            else:
                set_result(prefetch, field.quantity, self.values[field.name], today)
        if "signs" in self.values:
            set_signs(prefetch, self.values["signs"], today)
        return changed

    def of_library(self, library: Library) -> Library:
        """The same knowledge with another stock, or for another country."""
        knowledge = library.knowledge
        if "stock" in self.values:
            knowledge = replace(knowledge, unavailable=_STOCKS[self.values["stock"]])
        if "region" in self.values:
            knowledge = replace(knowledge, region=Region(self.values["region"]))
        return library if knowledge is library.knowledge else replace(library, knowledge=knowledge)


def read_changes(query: Mapping[str, str]) -> Changes:
    """Whatever else stands in the query is ignored; an empty value changes nothing."""
    values, shown, wrong = {}, {}, {}
    for field in NUMBERS:
        typed = query.get(field.name, "").strip()
        if typed == "":
            continue
        shown[field.name] = typed[:_SHOWN]
        if _within(field, typed):
            values[field.name] = typed
        else:
            kind = "a whole number" if field.quantity is None else "a number"
            wrong[field.name] = f"This must be {kind} from {field.lowest} to {field.highest}. It was not used."
    for choice in CHOICES:
        chosen = query.get(choice.name, "")
        if chosen == "":
            continue
        if chosen in choice.options:
            values[choice.name] = shown[choice.name] = chosen
        else:
            wrong[choice.name] = "Choose one of the list. What was sent was not used."
    return Changes(values, shown, wrong)


def _within(field: Field, typed: str) -> bool:
    pattern = _WHOLE if field.quantity is None else _NUMBER
    return pattern.fullmatch(typed) is not None and field.lowest <= Decimal(typed) <= field.highest
