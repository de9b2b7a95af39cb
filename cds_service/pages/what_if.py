"""What may be changed of an example: a few named values within bounds. Knows FHIR's spelling of them; no rule.

Nothing else of a query string is ever evaluated. An example has one value of a kind, or gets one.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from cds_service.clinical.concepts import Analyte, Ingredient
from cds_service.clinical.neurological_signs import NEUROLOGICAL
from cds_service.clinical.policy import Region
from cds_service.knowledge.tables import Library
from fhir_mappings import codes

Json = dict[str, Any]
_NUMBER: Final = re.compile(r"\d{1,5}(?:\.\d{1,2})?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,3}", re.ASCII)
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Field:
    """One number. analyte None: the age."""

    name: str
    label: str
    unit: str
    lowest: int
    highest: int
    analyte: Analyte | None = None
    loinc: str = ""
    ucum: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One list to choose from; the first of its options leaves the example as it is."""

    name: str
    label: str
    options: Mapping[str, str]


NUMBERS: Final = (
    Field("egfr", "eGFR", "mL/min/1.73 m2", 1, 200, Analyte.EGFR, "98979-8", "mL/min/{1.73_m2}"),
    Field("b12", "Serum B12", "pg/mL", 10, 5000, Analyte.B12, "2132-9", "pg/mL"),
    Field("platelets", "Platelets", "x 10^9/L", 1, 2000, Analyte.PLATELETS, "777-3", "10*9/L"),
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
            if field.analyte is None:
                prefetch["patient"]["birthDate"] = _born(int(self.values[field.name]), today)
            else:
                _set_result(prefetch, field, self.values[field.name], today)
        if "signs" in self.values:
            _set_signs(prefetch, self.values["signs"], today)
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
            kind = "a whole number" if field.analyte is None else "a number"
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
    pattern = _WHOLE if field.analyte is None else _NUMBER
    return pattern.fullmatch(typed) is not None and field.lowest <= Decimal(typed) <= field.highest


def _born(age: int, today: date) -> str:
    """On the first of the month, as the examples are: a 29 February has no anniversary in most years."""
    return today.replace(year=today.year - age, day=1).isoformat()


def _set_result(prefetch: Json, field: Field, value: str, today: date) -> None:
    """In the place and of the date of the newest result of this kind, else of yesterday."""
    entries = _entries(prefetch, "results")
    same = [entry for entry in entries if field.analyte in _analytes(entry["resource"])]
    day = max((entry["resource"]["effectiveDateTime"] for entry in same), default=_yesterday(today))
    number = Decimal(value)
    quantity = {
        "value": int(number) if number == number.to_integral_value() else float(number),
        "unit": field.unit,
        "system": "http://unitsofmeasure.org",
        "code": field.ucum,
    }
    result = _observation("what-if-" + field.name, "http://loinc.org", field.loinc, field.label, day)
    kept = [entry for entry in entries if not any(entry is each for each in same)]
    _put(prefetch, "results", [*kept, {"resource": result | {"valueQuantity": quantity}}])


def _set_signs(prefetch: Json, answer: str, today: date) -> None:
    """Every sign on record goes; one is there, one is not, or none was looked for."""
    for key in ("findings", "conditions"):
        if prefetch.get(key, {}).get("resourceType") == "Bundle":
            _put(prefetch, key, [each for each in _entries(prefetch, key) if not _is_sign(each["resource"])])
    if answer == "unknown":
        return
    sign = _observation("what-if-sign", "http://snomed.info/sct", "44077006", "Numbness", _yesterday(today))
    found = {"resource": sign | {"valueBoolean": answer == "yes"}}
    _put(prefetch, "findings", [*_entries(prefetch, "findings"), found])


def _observation(identity: str, system: str, code: str, text: str, day: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": {"coding": [{"system": system, "code": code, "display": text}], "text": text},
        "subject": {"reference": "Patient/demo"},
        "effectiveDateTime": day,
    }


def _yesterday(today: date) -> str:
    return (today - timedelta(days=1)).isoformat()


def _entries(prefetch: Json, key: str) -> list[Json]:
    found: list[Json] = prefetch.get(key, {}).get("entry", [])
    return found


def _put(prefetch: Json, key: str, entries: list[Json]) -> None:
    more = {"entry": entries} if entries else {}
    prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)} | more


def _codings(resource: Json) -> Iterator[tuple[str, str]]:
    for coding in resource["code"].get("coding", ()):
        yield coding["system"], coding["code"]


def _analytes(resource: Json) -> set[Analyte]:
    return {found.analyte for coding in _codings(resource) if (found := codes.lab(*coding)) is not None}


def _is_sign(resource: Json) -> bool:
    return any(not NEUROLOGICAL.isdisjoint(codes.concepts(*coding)) for coding in _codings(resource))
