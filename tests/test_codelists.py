"""The codelists are strict, licensed apart, and agree with the verified terminology table where it is at hand."""

import csv
import json
import re
from pathlib import Path

import pytest

from cds_service.clinical.conditions import Concept
from fhir_mappings.code_tables import FOLDER, CodelistError, Row, read_table, read_tables
from fhir_mappings.codes import CONCEPT_COLUMNS
from fhir_mappings.medicine_codes import COLUMNS, read_medicine
from fhir_mappings.systems import DMD, ICD_10_CM, RXNORM, SNOMED

TERMINOLOGY = Path(__file__).parents[2] / "shared" / "terminology" / "terminology.json"
GOOD = f"{ICD_10_CM},D51.0,PERNICIOUS_ANAEMIA,a label,somewhere"


def every_row() -> list[tuple[str, dict[str, str]]]:
    found = []
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            found += [(path.name, row) for row in csv.DictReader(handle)]
    return found


def write(folder: Path, *lines: str, name: str = "conditions.csv") -> None:
    (folder / name).write_text("\n".join([",".join(CONCEPT_COLUMNS), *lines, ""]), encoding="utf-8")


def test_a_good_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    table = read_tables("conditions", CONCEPT_COLUMNS, tmp_path)
    assert table[ICD_10_CM, "D51.0"].members(Concept, "concepts") == {Concept.PERNICIOUS_ANAEMIA}


def test_an_unknown_concept_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD, f"{ICD_10_CM},D51.1,PERNICIOUS_ANEMIA,a label,somewhere")
    row = read_tables("conditions", CONCEPT_COLUMNS, tmp_path)[ICD_10_CM, "D51.1"]
    with pytest.raises(CodelistError, match=r"conditions\.csv row 3: 'PERNICIOUS_ANEMIA' is no member of Concept"):
        row.members(Concept, "concepts")


def test_a_duplicate_is_refused_within_and_across_files(tmp_path: Path) -> None:
    write(tmp_path, GOOD, GOOD)
    with pytest.raises(CodelistError, match=r"conditions\.csv row 3: D51\.0 is already in conditions\.csv row 2"):
        read_tables("conditions", CONCEPT_COLUMNS, tmp_path)
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, name="conditions_more.csv")
    with pytest.raises(CodelistError, match=r"conditions_more\.csv row 2: D51\.0 is already in conditions\.csv row 2"):
        read_tables("conditions", CONCEPT_COLUMNS, tmp_path)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (GOOD.replace("D51.0,", "D51.0 ,"), "code is blank or has a blank at an end"),
        (GOOD.replace("a label", ""), "label is blank or has a blank at an end"),
        (GOOD + ",more", "6 fields, not 5"),
        (GOOD.replace("D51.0", "d51.0"), "the code is not in its normal spelling"),
        (GOOD.replace("D51.0", "D510"), "the code is not in its normal spelling"),
        (GOOD.replace(ICD_10_CM, "urn:oid:2.16.840.1.113883.6.90"), "the system is an alias"),
        (GOOD.replace(ICD_10_CM, RXNORM).replace("D51.0", "112*"), "a prefix is allowed in ICD-10 only"),
    ],
)
def test_a_careless_row_is_refused_by_file_and_row(tmp_path: Path, line: str, why: str) -> None:
    write(tmp_path, line)
    with pytest.raises(CodelistError, match=re.escape(f"conditions.csv row 2: {why}")):
        read_tables("conditions", CONCEPT_COLUMNS, tmp_path)


def test_a_wrong_header_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodelistError, match=r"conditions\.csv is missing"):
        read_tables("conditions", CONCEPT_COLUMNS, tmp_path)
    (tmp_path / "conditions.csv").write_text("system,code\n", encoding="utf-8")
    with pytest.raises(CodelistError, match=r"conditions\.csv row 1: the header"):
        read_table(tmp_path / "conditions.csv", CONCEPT_COLUMNS)


@pytest.mark.parametrize(
    ("strengths", "why"),
    [
        ("CYANOCOBALAMIN:1000", "is no strength"),
        ("CYANOCOBALAMIN:1000/vial", "is no strength"),
        ("CYANOCOBALAMIN:1000/mL5", "is no strength"),
        ("FOLIC_ACID:400/mL", "a strength of something that is no ingredient"),
        ("B12:400/mL", "is no member of Ingredient"),
    ],
)
def test_a_malformed_strength_is_refused(strengths: str, why: str) -> None:
    values = (RXNORM, "1", "CYANOCOBALAMIN", "MEDICINE", "ORAL", strengths, "a label", "somewhere")
    with pytest.raises(CodelistError, match=f"products.csv row 2: .*{why}"):
        read_medicine(Row("products.csv row 2", dict(zip(COLUMNS, values, strict=True))))


def test_no_cpt() -> None:
    for name, row in every_row():
        assert "cpt" not in row["system"].lower(), name
        assert "ama-assn" not in row["system"].lower(), name
        assert "2.16.840.1.113883.6.12" not in row["system"], name


def test_snomed_rows_stand_in_a_file_of_their_licence_and_others_do_not() -> None:
    for name, row in every_row():
        assert (row["system"] == SNOMED) is ("_snomed_" in name), (name, row["code"])
        assert (row["system"] == DMD) is name.endswith("_dmd.csv") or name == "allergens.csv", (name, row["code"])


def test_the_global_patient_set_split_agrees_with_the_terminology_table() -> None:
    if not TERMINOLOGY.exists():
        pytest.skip("the shared terminology table is not beside this repository")
    table = json.loads(TERMINOLOGY.read_text(encoding="utf-8"))
    free = {row["code"]: bool(row["snomed_gps_ccby"]) for row in table if "snomed_gps_ccby" in row and row["code"]}
    checked = 0
    for name, row in every_row():
        if row["system"] == SNOMED and row["code"] in free:
            assert name.endswith("_snomed_gps.csv") is free[row["code"]], (name, row["code"])
            checked += 1
    assert checked > 200


def test_affiliate_labels_are_our_own() -> None:
    """A label there never ends in a SNOMED CT semantic tag."""
    for name, row in every_row():
        if name.endswith("_snomed_affiliate.csv"):
            assert not re.search(r"\((?:disorder|finding|procedure|substance|situation)\)$", row["label"]), row["code"]


def test_the_readme_names_every_kind_of_file() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    stems = {re.sub(r"_snomed_\w+|_dmd", "", path.stem) for path in FOLDER.glob("*.csv")}
    for stem in stems:
        assert f"`{stem}.csv`" in text or (stem.startswith("products") and "`products_*.csv`" in text), stem
