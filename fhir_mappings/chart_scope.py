"""Is anything on record that a rule about an opened chart asks about? Looks at codes and drugs; decodes no value.

What cannot be looked at counts as something: only a record that was read, and holds nothing of the kind, says no.
"""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import UNSET, Raw

from cds_service.clinical.chart_scope import STARTING_ANALYTES, STARTING_INGREDIENTS, starts
from cds_service.clinical.concepts import ResourceKind
from fhir_mappings import codes
from fhir_mappings.medications import medication_finder
from fhir_mappings.medicine_records import DrugRecord
from fhir_mappings.parse import UnreadableError, decode, matters, probe
from fhir_mappings.products import FindMedication, drug_of

Entries = tuple[bytes | Raw, ...]
_CODED = (ResourceKind.CONDITIONS, ResourceKind.PROCEDURES, ResourceKind.RESULTS, ResourceKind.FINDINGS)
_KNOWN_BY_CODE = ("Observation", "Condition", "Procedure")
_MEDICINES = (ResourceKind.MEDICATIONS, ResourceKind.STATEMENTS)


def chart_matters(resources: Mapping[ResourceKind, Entries], medications: dict[str, bytes]) -> bool:
    """resources: raw, by kind; medications: as for map_patient_data. False: no card can come of them."""
    find = medication_finder(medications)
    return any(_code_matters(resources.get(kind, ())) for kind in _CODED) or any(
        _drug_matters(raw, find) for kind in _MEDICINES for raw in resources.get(kind, ())
    )


def _code_matters(entries: Entries) -> bool:
    """Does any of them? Most of what is sent goes by here, and most of it does not matter."""
    for raw in entries:
        probed = probe(raw)
        if probed is None or matters(probed, _starts_a_card):
            return True
        # A panel that holds its values inside, and an entry whose very code is masked, may be anything.
        if probed.contained is not UNSET or (probed.code is None and probed.resource_type in _KNOWN_BY_CODE):
            return True
    return False


@lru_cache(maxsize=65536)
def _starts_a_card(system: str | None, code: str | None) -> bool:
    if not code:
        return False
    uri = system or ""
    found = codes.lab(uri, code)
    return (found is not None and found.analyte in STARTING_ANALYTES) or any(map(starts, codes.concepts(uri, code)))


def _drug_matters(raw: bytes | Raw, find: FindMedication) -> bool:
    try:
        drug = drug_of(decode(raw, DrugRecord), find)
    except UnreadableError:
        return True
    return not drug.product.recognised or not STARTING_INGREDIENTS.isdisjoint(drug.product.ingredients)
