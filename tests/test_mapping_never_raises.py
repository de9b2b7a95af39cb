"""Whatever stands in whatever element, mapping answers: an exception would look like a service that is down."""

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.concepts import ResourceKind
from fhir_mappings.drafts import NEUROLOGICAL_STATUS, any_in_scope, count_foreign, read_drafts
from tests.fhir_examples import (
    ABOUT,
    ICD10CM,
    PATIENT,
    RXNORM,
    SNOMED,
    coded,
    condition,
    dosage,
    mapped,
    medication_request,
    observation,
    procedure,
    quantity,
    repeat,
)
from tests.other_versions import as_dstu2, as_r5, as_stu3

HYDROXO = coded("5514", RXNORM)
STRENGTH = {"numerator": quantity("1", "mg"), "denominator": quantity("1", "mL")}
MEDICATION = {
    "resourceType": "Medication",
    "id": "x",
    "ingredient": [{"itemCodeableConcept": HYDROXO, "strength": STRENGTH}],
}
LIMIT = quantity("2", "nmol/L")
BASES: dict[str, dict[str, Any]] = {
    "patient": PATIENT | {"deceasedBoolean": False, "link": [{"type": "replaces"}]},
    "result": observation(coded("13964-2"), valueQuantity=quantity("3", "nmol/L"), referenceRange=[{"high": LIMIT}]),
    "antibody": observation(coded("31444-3"), valueQuantity=quantity("5", "nmol/L"), referenceRange=[{"high": LIMIT}]),
    "panel": observation(
        coded("58410-2"),
        component=[{"code": coded("777-3"), "valueQuantity": quantity("90", "10*3/uL")}],
        contained=[{"resourceType": "Observation", "code": coded("2132-9")}],
        partOf=[{"reference": "Procedure/pr1"}],
    ),
    "sign": observation(coded("302226006", SNOMED), valueBoolean=True, interpretation=[coded("B", "v3")]),
    "length": observation({"text": "Length of ileum resected"}, valueQuantity=quantity("30", "cm")),
    "condition": condition(coded("E53.8", ICD10CM, text="B12"), onsetPeriod={"start": "2020"}, recordedDate="2021"),
    "procedure": procedure(coded("307193005", SNOMED), performedPeriod={"start": "2020"}),
    "allergy": {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": ABOUT,
        "code": HYDROXO,
        "reaction": [{"severity": "severe", "substance": HYDROXO}],
    },
    "order": medication_request(
        None,
        contained=[MEDICATION],
        medicationReference={"reference": "#x"},
        dosageInstruction=[
            dosage(
                "1",
                "mL",
                timing=repeat(1, 1, "wk", boundsPeriod={"start": "2026-01", "end": "2026"}, dayOfWeek=["mon"], count=3),
                route=coded("78421000", SNOMED),
                site=coded("46862004", SNOMED),
            )
        ],
        dispenseRequest={"expectedSupplyDuration": quantity("3", "d"), "numberOfRepeatsAllowed": 3},
        extension=[{"url": NEUROLOGICAL_STATUS, "valueCode": "present"}],
        basedOn=[{"reference": "CarePlan/x"}],
        reasonCode=[coded("D51.0", ICD10CM)],
    ),
}  # fmt: skip
BASES |= {
    "order of R5": as_r5(BASES["order"]) | {"statusReason": coded("x"), "status": "ended"},
    "order of STU3": as_stu3(BASES["order"]),
    "order of DSTU2": as_dstu2(BASES["order"]),
    "statement of R5": {"resourceType": "MedicationStatement", "id": "s", "status": "recorded", "subject": ABOUT}
    | {"medication": {"concept": HYDROXO}, "adherence": {"code": coded("taking")}, "dosage": [dosage()]},
    "allergy of R5": as_r5(BASES["allergy"] | {"reaction": [{"manifestation": [coded("39579001", SNOMED)]}]}),
    "allergy of DSTU2": as_dstu2(BASES["allergy"] | {"reaction": [{"manifestation": [coded("39579001", SNOMED)]}]}),
}
JUNK: tuple[Any, ...] = (
    None, True, 0, Decimal("-1.5"), Decimal("1E+500"), 10**30, "", "x", "NaN", "1e9999999", "9999-12-31T23:59:59-12:00",
    "0001-01-01", "10*99999999", [], {}, [None], [{}], {"coding": [None]}, [["x"]],
)  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from paths(part, (*path, name))


def with_junk(resource: dict[str, Any], path: tuple[Any, ...], junk: Any) -> dict[str, Any]:
    changed = copy.deepcopy(resource)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = copy.deepcopy(junk)
    return changed


@pytest.mark.parametrize("name", BASES)
def test_any_value_in_any_element(name: str) -> None:
    base = BASES[name]
    for path in paths(base):
        for junk in JUNK if path != ("resourceType",) else ():
            resource = with_junk(base, path, junk)
            mapped(resource)
            if resource["resourceType"] == "Observation":
                mapped(resource, kinds={"Observation": ResourceKind.FINDINGS})
            if name.startswith("order"):
                orders = read_drafts([resource], [None], ["m1"], "p1")
                any_in_scope(orders)
                count_foreign([resource], "p1")
                # No schedule may run backwards, whatever was sent.
                assert all(
                    step.timing is None or step.timing.course_days is None or step.timing.course_days >= 0
                    for o in orders
                    for step in o.steps
                )
