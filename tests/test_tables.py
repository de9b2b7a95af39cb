"""The loader of the knowledge tables is strict: what is wrong with a table stops the start and names the row."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from cds_service.knowledge import tables
from cds_service.knowledge.provenance import KnowledgeError

Edit = Callable[[str, str, str], None]


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Writes one change into a copy of the tables, which is then what the loader reads."""
    folder = tmp_path / "knowledge"
    copytree(Path(tables.__file__).parent, folder)
    monkeypatch.setattr(tables, "_HERE", folder)

    def change(name: str, row: str, line: str) -> None:
        """Puts a line into a row, in place of the line with the same key; a line that is a comment takes it away."""
        head, found, rest = (folder / name).read_text("utf-8").partition(f"[{row}]\n")
        assert found, f"{name} has no [{row}]"
        body, gap, others = rest.partition("\n[")
        key = line.removeprefix("# ").partition(" = ")[0]
        lines = [line, *(old for old in body.splitlines() if not old.startswith(f"{key} = "))]
        (folder / name).write_text(head + found + "\n".join(lines) + "\n" + gap + others, "utf-8")

    return change


def override(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_tables_as_they_are_can_be_read(edit: Edit) -> None:
    assert tables.load().overrides == ()


@pytest.mark.parametrize(
    ("name", "row", "line", "fault"),
    [
        ("thresholds/renal.toml", "aki_factor_7d", 'colour = "red"', "unknown ['colour']"),
        ("regimens.toml", "oral_daily", 'colour = "red"', "unknown ['colour']"),
        ("formularies.toml", "uk", 'colour = "red"', "unknown ['colour']"),
        ("sources.toml", "S-BNF", 'colour = "red"', "unknown ['colour']"),
        ("thresholds/renal.toml", "aki_factor_7d", "# place = none", "missing ['place']"),
        ("thresholds/renal.toml", "aki_factor_7d", 'source = "S-NOWHERE"', "S-NOWHERE is not in sources.toml"),
        ("regimens.toml", "oral_daily", 'source = "S-NOWHERE"', "S-NOWHERE is not in sources.toml"),
        ("formularies.toml", "uk", 'source = "S-NOWHERE"', "S-NOWHERE is not in sources.toml"),
        ("thresholds/renal.toml", "aki_factor_7d", 'value = "1,5"', "not a number"),
        ("thresholds/renal.toml", "aki_factor_7d", 'value = "NaN"', "not a number"),
        ("thresholds/renal.toml", "aki_factor_7d", 'value = "-1.5"', "not a number"),
        ("thresholds/renal.toml", "aki_newest_days", 'value = "14.5"', "must be whole"),
        ("regimens.toml", "oral_daily", 'dose_ug = "a lot"', "not a number"),
        ("thresholds/renal.toml", "aki_factor_7d", 'status = "X"', "V, P or U"),
        ("sources.toml", "S-BNF", 'status = "X"', "V, P or U"),
        (
            "thresholds/deficiency.toml",
            "b12_low_pg_ml",
            'status = "V"',
            "status V is better than that of its source S-AAFP25",
        ),
        ("thresholds/renal.toml", "aki_steady_fraction", 'status = "P"', "status P is better than that of its source"),
        ("regimens.toml", "oral_daily", 'status = "V"', "status V is better than that of its source S-AAFP17"),
        (
            "regimens.toml",
            "oral_daily",
            'source_by_form = { MECO = ["J-PROJECT", "x"] }',
            "source_by_form names ['MECO']",
        ),
        ("regimens.toml", "oral_daily", 'source_by_form = { MECOBALAMIN = ["S-NO", "x"] }', "a source of sources.toml"),
        ("regimens.toml", "oral_daily", 'source_by_form = { MECOBALAMIN = "J-PROJECT" }', "a source of sources.toml"),
        ("formularies.toml", "uk", 'status = "V"', "status V is better than that of its source S-NHS-CY"),
    ],
)
def test_a_fault_in_a_row_stops_the_start(edit: Edit, name: str, row: str, line: str, fault: str) -> None:
    edit(name, row, line)
    with pytest.raises(KnowledgeError) as raised:
        tables.load()
    assert str(raised.value).startswith(f"{name.partition('/')[0]} [{row}]: ")
    assert fault in str(raised.value)


def test_a_status_that_is_worse_than_that_of_the_source_is_accepted(edit: Edit) -> None:
    edit("thresholds/deficiency.toml", "b12_low_pg_ml", 'status = "U"')
    assert tables.load()


def test_a_row_that_is_missing_stops_the_start(edit: Edit) -> None:
    edit("thresholds/renal.toml", "aki_factor_7d", "[another]")
    with pytest.raises(KnowledgeError, match="another"):
        tables.load()


@pytest.mark.parametrize("row", ["egfr_cyanocobalamin_ml_min", "no_such_row"])
def test_a_row_that_is_not_configurable_is_not_overridden(tmp_path: Path, row: str) -> None:
    with pytest.raises(KnowledgeError, match=row):
        tables.load(thresholds_override=override(tmp_path, f'{row} = "45"'))


def test_an_override_that_is_no_number_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="severe_hb_g_l"):
        tables.load(thresholds_override=override(tmp_path, 'severe_hb_g_l = "low"'))


def test_an_override_is_used_and_named_in_the_version(tmp_path: Path) -> None:
    plain = tables.load()
    site = tables.load(thresholds_override=override(tmp_path, 'severe_hb_g_l = "70"\nb12_valid_months = 6'))
    assert site.knowledge.thresholds.severe_hb_g_l == 70
    assert site.overrides == ("b12_valid_months", "severe_hb_g_l")
    assert site.knowledge.version.startswith(f"{plain.knowledge.version}.site-")
    assert site.knowledge.version.endswith(":b12_valid_months,severe_hb_g_l")
    shown = {row.row: row.value for row in site.provenance}
    assert shown["severe_hb_g_l"] == "70"


def test_a_change_of_any_table_changes_the_version(edit: Edit) -> None:
    before = tables.load().knowledge.version
    edit("sources.toml", "S-BNF", 'label = "BNF"')
    assert tables.load().knowledge.version != before


def test_a_formulary_is_said_in_words_and_is_no_amount() -> None:
    (uk,) = (row for row in tables.load().provenance if row.row == "formulary uk")
    assert (uk.value, uk.unit) == ("hydroxocobalamin, cyanocobalamin, mecobalamin", "")
    assert "with renal risk: hydroxocobalamin, mecobalamin, cyanocobalamin" in uk.means
