"""The 13 source attributes: strict to read, the same on the page and as JSON, and true of the code."""

import csv
import json
import re
import tomllib
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.examples import examples
from cds_service.knowledge import source_attributes as module
from cds_service.knowledge.provenance import KnowledgeError
from cds_service.knowledge.source_attributes import load_source_attributes
from cds_service.knowledge.tables import load
from cds_service.settings import Settings
from fhir_mappings.records import PatientRecord
from tests.answers import TODAY, service
from tests.test_every_route import BROWSER

ROOT = Path(__file__).parents[1]
FILE = Path(module.__file__).with_name("source_attributes.toml")
LIBRARY = load()
ROWS = {row.id: row for row in LIBRARY.source_attributes}
JSON = {"Accept": "application/json"}
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
# What the answers say is not used, as US Core has it
OF_THE_PATIENT: dict[str, Any] = {
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}, "preferred": True}],
    "language": "es",
    "extension": [
        {
            "url": f"{US_CORE}{name}",
            "extension": [
                {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code}},
                {"url": "text", "valueString": "as stated"},
            ],
        }
        for name, code in (("race", "2054-5"), ("ethnicity", "2135-2"))
    ]
    + [
        {
            "url": f"{US_CORE}genderIdentity",
            "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "446141000124107"}]},
        },
        {"url": f"{US_CORE}birthsex", "valueCode": "M"},
        {"url": f"{US_CORE}sex", "valueCode": "248153007"},
    ],
}
# Sexual orientation, housing (PRAPARE), smoking, a disability question, a score of function
OBSERVED = (("76690-7", "38628009"), ("71802-3", "LA30190-5"), ("72166-2", "449868002"), ("69858-9", "LA33-6"))
HOMELESS = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z59.00", "display": "Homelessness unspecified"}
FUNCTION = {"system": "http://loinc.org", "code": "89571-4", "display": "Katz index"}


def with_all_of_it(request: dict[str, Any]) -> dict[str, Any]:
    """The same call of the same person, of whom more is on record."""
    told = deepcopy(request)
    prefetch = told["prefetch"]
    prefetch["patient"] |= OF_THE_PATIENT
    subject = {"subject": {"reference": f"Patient/{prefetch['patient']['id']}"}}
    common = {"resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-11-01"} | subject
    observations = [
        common
        | {
            "id": f"said-{code}",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueCodeableConcept": {"coding": [{"code": answer}]},
        }
        for code, answer in OBSERVED
    ]
    observations.append(common | {"id": "katz", "code": {"coding": [FUNCTION]}, "valueInteger": 2})
    active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    condition = {"resourceType": "Condition", "id": "home", "clinicalStatus": active, "code": {"coding": [HOMELESS]}}
    for key, resources in (("findings", observations), ("conditions", [condition | subject])):
        if isinstance(prefetch.get(key), dict) and prefetch[key].get("resourceType") == "Bundle":
            prefetch[key].setdefault("entry", []).extend({"resource": each} for each in resources)
            prefetch[key]["total"] = len(prefetch[key]["entry"])
    return told


def answers(change: Any = None) -> list[str]:
    """Of every shipped request, changed or not; a card's own id is another at each call."""
    client, found = service(), []
    for example in examples(TODAY):
        body = deepcopy(example.body) if change is None else change(example.body)
        answer = client.post(f"/cds-services/b12-{body['hook']}", json=body)
        assert answer.status_code == 200
        found.append(_UUID.sub("", answer.text))
    return found


def patient_with(**changed: str) -> Any:
    def change(request: dict[str, Any]) -> dict[str, Any]:
        told = deepcopy(request)
        told["prefetch"]["patient"] |= changed
        return told

    return change


def test_what_is_not_used_changes_no_byte_and_what_is_used_does() -> None:
    plain = answers()
    assert answers(with_all_of_it) == plain
    assert answers(patient_with(gender="male")) != plain
    assert answers(patient_with(birthDate="2015-01-01")) != plain
    assert {name for name, row in ROWS.items() if row.used} == {
        "evidence_based_sex",
        "evidence_based_dob",
        "evidence_based_health_status",
    }


def test_of_the_patient_nothing_else_is_read() -> None:
    """Beside sex and birth: who it is, whether the record counts and whether the person is alive."""
    assert set(PatientRecord.__struct_fields__) == {
        "id",
        "gender",
        "birth_date",
        "active",
        "deceased_boolean",
        "deceased_date_time",
        "link",
    }


def test_no_code_of_social_circumstances_is_on_the_lists_and_pregnancy_is() -> None:
    codes = []
    for path in (ROOT / "fhir_mappings" / "codelists").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            codes += [tuple(row) for row in csv.reader(file)]
    assert [row for row in codes if re.match(r"Z(5[5-9]|6[0-5])", row[1])] == []
    assert {"76690-7", "72166-2", "89571-4"}.isdisjoint({row[1] for row in codes})
    assert {"PREGNANT", "PLANNING_PREGNANCY", "COGNITIVE_IMPAIRMENT", "VEGAN_DIET", "AMONG_BLACKS"} <= {
        word for row in codes for cell in row for word in cell.split()
    }


def test_the_release_is_that_of_the_changelog() -> None:
    (head,) = re.findall(r"\A# Changelog\n\n## (.*)\n", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    assert ROWS["evidence_based_dates"].answer.startswith(f"{head}: ")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert head.startswith(project["version"])


def test_developer_and_funding_are_those_on_record() -> None:
    assert {row.authored_by for row in LIBRARY.provenance} == {"cobalamin-cds developers"}
    assert ROWS["evidence_based_developer"].answer.startswith("cobalamin-cds developers")
    for name in ("README.md", "NOTICE", "CHANGELOG.md", "pyproject.toml", "CONTRIBUTING.md"):
        assert re.search(r"(?i)\b(funded|funding|grant from|sponsor)", (ROOT / name).read_text("utf-8")) is None, name


def test_the_page_and_the_json_say_the_same() -> None:
    client = create_app(Settings(log_level="error")).test_client()
    answer = client.get("/source-attributes", headers=JSON)
    assert (answer.content_type, answer.headers["Vary"]) == ("application/json", "Accept")
    assert client.get("/source-attributes?format=json", headers=BROWSER).data == answer.data
    found = json.loads(answer.data)
    assert list(found) == list(ROWS)
    page = client.get("/source-attributes", headers=BROWSER)
    assert page.content_type == "text/html; charset=utf-8"
    plain = re.sub(r"<[^>]*>", "", page.text).replace("&#34;", '"').replace("&#39;", "'").replace("&amp;", "&")
    for name, text in found.items():
        if name not in {"evidence_based_citation", "evidence_based_dates"}:
            assert text in plain
        assert f'<h2 id="{name}">' in page.text
    for source in LIBRARY.sources.values():
        assert f"{source.label} ({source.where})" in found["evidence_based_citation"]
        assert source.label in plain
        assert source.where in plain
    assert LIBRARY.knowledge.version in found["evidence_based_dates"]
    assert "not signed" in found["evidence_based_dates"]
    assert "Not yet signed by a clinician." in plain


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('attribute = "Use of sex"', 'attribute = "Use of sex"\nnote = "x"', r"\[evidence_based_sex\]: the keys are"),
        ('attribute = "Use of race"\n', "", r"\[evidence_based_race\]: the keys are"),
        ("used = false", 'used = "no"', r"\[evidence_based_race\]: used is not"),
        ('answer = "No funding source is on record."', 'answer = " "', r"\[evidence_based_funding\]: answer is not"),
        ("[evidence_based_sdoh]", "[evidence_based_social]", "the rows are"),
        ("[evidence_based_funding]", "[evidence_based_funding]\nused = false", r"\[evidence_based_funding\]: the keys"),
    ],
)
def test_a_table_that_is_not_as_it_must_be_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, fault: str
) -> None:
    text = FILE.read_text("utf-8")
    assert old in text
    changed = tmp_path / FILE.name
    changed.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ValueError, match=fault):
        load_source_attributes(changed)
    monkeypatch.setattr(load_source_attributes, "__defaults__", (changed,))
    with pytest.raises(KnowledgeError, match=fault):
        load()


def test_a_signed_table_is_said_to_be_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the whole library, as shipped nothing is signed."""
    signed = replace(LIBRARY.sign_off, versions={})
    app = create_app(
        Settings(log_level="error"), read_knowledge=lambda *_: replace(LIBRARY, sign_off=signed)
    ).test_client()
    assert "signed by a clinician" in app.get("/source-attributes", headers=BROWSER).text
    assert "Not yet signed" not in app.get("/source-attributes", headers=BROWSER).text
