"""A changed value, written into an example as an EHR would send it. Knows FHIR; no rule and no bounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from cds_service.clinical.concepts import Analyte
from cds_service.clinical.neurological_signs import NEUROLOGICAL
from fhir_mappings import codes
from fhir_mappings.systems import LOINC, SNOMED

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of result, and the code and unit that it is written with."""

    analyte: Analyte
    label: str
    unit: str
    loinc: str
    ucum: str


def born(age: int, today: date) -> str:
    """On the first of the month, as the examples are: a 29 February has no anniversary in most years."""
    return today.replace(year=today.year - age, day=1).isoformat()


def set_result(prefetch: Json, quantity: Quantity, value: str, today: date) -> None:
    """In the place and of the date of the newest result of this kind, else of yesterday."""
    entries = _entries(prefetch, "results")
    same = [entry for entry in entries if quantity.analyte in _analytes(entry["resource"])]
    day = max((entry["resource"]["effectiveDateTime"] for entry in same), default=_yesterday(today))
    number = Decimal(value)
    measured = {
        "value": int(number) if number == number.to_integral_value() else float(number),
        "unit": quantity.unit,
        "system": "http://unitsofmeasure.org",
        "code": quantity.ucum,
    }
    result = _observation(f"what-if-{quantity.loinc}", LOINC, quantity.loinc, quantity.label, day)
    kept = [entry for entry in entries if not any(entry is each for each in same)]
    _put(prefetch, "results", [*kept, {"resource": result | {"valueQuantity": measured}}])


def set_signs(prefetch: Json, answer: str, today: date) -> None:
    """Every sign on record goes; one is there, one is not, or none was looked for."""
    for key in ("findings", "conditions"):
        if prefetch.get(key, {}).get("resourceType") == "Bundle":
            _put(prefetch, key, [each for each in _entries(prefetch, key) if not _is_sign(each["resource"])])
    if answer == "unknown":
        return
    sign = _observation("what-if-sign", SNOMED, "44077006", "Numbness", _yesterday(today))
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
