"""Signatures: strict to read, good only for the version they name, and said on every card, every page and by check."""

import io
import json
import os
import re
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from cds_service.__main__ import main
from cds_service.check import as_text, report
from cds_service.knowledge import sign_off as module
from cds_service.knowledge.provenance import KnowledgeError
from cds_service.knowledge.rules import RULES
from cds_service.knowledge.sign_off import State
from cds_service.knowledge.tables import file_of, load
from cds_service.records.look import Records
from cds_service.terminal import Screen
from tests.answers import TODAY, ask, service
from tests.scenarios import FOLDERS

PLAIN = load()
KEPT = Records("SQLite, records.sqlite3", "up to date", fault=False)
TABLES = PLAIN.sign_off.versions
RENAL = next(folder for folder in FOLDERS if folder.name == "cyanocobalamin-renal")


def entry(table: str, **changed: str) -> str:
    """One signature as a clinician writes it; a field that is changed to nothing is left out."""
    fields = {"table": f'"{table}"', "version": f'"{TABLES.get(table, "0" * 12)}"'}
    fields |= {"name": '"Dr A. Example"', "role": '"nephrologist"', "date": "2026-11-20"} | changed
    return "[[signature]]\n" + "\n".join(f"{name} = {value}" for name, value in fields.items() if value) + "\n"


def signed(tmp_path: Path, *entries: str) -> Path:
    path = tmp_path / "signatures.toml"
    path.write_text("\n".join(entries), "utf-8")
    return path


def all_but(*tables: str) -> list[str]:
    return [entry(table) for table in TABLES if table not in tables]


def last_line(file: Path | None) -> str:
    chosen = {"sign_off": str(file)} if file else {}
    answer = ask(service(**chosen), json.loads((RENAL / "request.json").read_text("utf-8")))
    return str(answer["cards"][0]["detail"].rsplit("\n\n", 1)[-1])


def test_nothing_is_signed_as_shipped() -> None:
    assert PLAIN.sign_off.signatures == ()
    assert {PLAIN.sign_off.states[table] for table in TABLES} == {State.UNSIGNED}


def test_every_rule_number_dose_and_word_belongs_to_a_table() -> None:
    folder = Path(module.__file__).parent
    expected = {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.toml")} - {
        "sign-off",
        "history",
    }
    of_rules = {name.removeprefix("rules/") for name in TABLES if name.startswith("rules/")}
    covered = {name if not name.startswith("wording/") or name[8:] not in of_rules else "" for name in expected} - {""}
    assert covered <= TABLES.keys()
    assert of_rules == {file_of(rule) for rule in RULES}


def test_the_file_says_of_every_table_who_should_sign_it() -> None:
    text = (Path(module.__file__).parent / "sign-off.toml").read_text("utf-8")
    _, _, asked = text.partition("Who should")
    names = re.findall(r"[a-z_]+(?:/[a-z_*]+)?", asked.partition('# "clinical" is')[0])
    assert [table for table in TABLES if not any(fnmatchcase(table, name) for name in names)] == []
    assert [name for name in names if "/" in name and not any(fnmatchcase(table, name) for table in TABLES)] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (entry("thresholds/colours"), "thresholds/colours is not a table"),
        (entry("regimens", role=""), "missing ['role']"),
        (entry("regimens", colour='"red"'), "unknown ['colour']"),
        (entry("regimens", name='" "'), "name must say something"),
        (entry("regimens", role="5"), "role must say something"),
        (entry("regimens", version='"0.1.0"'), "version is the 12 characters"),
        (entry("regimens", date='"2026-11-20"'), "date is a day"),
        (entry("regimens", date="2026-11-20T08:00:00Z"), "date is a day"),
        (entry("regimens") + entry("regimens"), "has signed regimens already"),
        ("signature = 5", "every entry is a [[signature]]"),
        ("[regimens]", "every entry is a [[signature]]"),
        ("[[signature", "cannot be read as TOML"),
    ],
)
def test_a_faulty_signature_stops_the_start(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(KnowledgeError) as raised:
        load(sign_off=signed(tmp_path, text))
    assert fault in str(raised.value)
    assert str(raised.value).startswith("signatures.toml: ")


def test_a_signature_counts_for_the_version_that_it_names(tmp_path: Path) -> None:
    found = load(sign_off=signed(tmp_path, entry("regimens"), entry("sources", version=f'"{"0" * 12}"'))).sign_off
    assert found.states["regimens"] is State.SIGNED
    assert found.states["sources"] is State.OUTDATED
    assert found.states["formularies"] is State.UNSIGNED
    assert found.signed_by(("regimens", "sources")) == found.signatures[:1]


def test_a_new_signature_after_a_change_makes_the_table_signed_again(tmp_path: Path) -> None:
    file = signed(tmp_path, entry("regimens", version=f'"{"0" * 12}"'), entry("regimens"))
    assert load(sign_off=file).sign_off.states["regimens"] is State.SIGNED


def test_two_people_may_sign_one_table(tmp_path: Path) -> None:
    file = signed(tmp_path, entry("regimens"), entry("regimens", name='"B. Example"', role='"pharmacist"'))
    assert len(load(sign_off=file).sign_off.signed_by(("regimens",))) == 2


def test_a_change_of_a_file_changes_its_table_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shutil import copytree

    folder = Path(module.__file__).parent
    copytree(folder.parent, tmp_path / "cds_service")
    copytree(folder.parents[1] / "fhir_mappings", tmp_path / "fhir_mappings")
    monkeypatch.setattr(module, "_HERE", tmp_path / "cds_service" / "knowledge")
    monkeypatch.setattr(module, "_PACKAGES", tmp_path)
    assert load().sign_off.versions == TABLES
    for name, table in (
        ("cds_service/knowledge/thresholds/renal.toml", "thresholds/renal"),
        ("cds_service/knowledge/wording/cyanocobalamin_renal.toml", "rules/cyanocobalamin_renal"),
        ("cds_service/knowledge/rules/cyanocobalamin_order.py", "rules"),
        ("cds_service/clinical/renal.py", "clinical"),
        ("fhir_mappings/codelists/conditions.csv", "codelists"),
    ):
        before = load().sign_off.versions
        path = tmp_path / name
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        after = load().sign_off.versions
        assert {key for key in before if before[key] != after[key]} == {table}


def test_signing_changes_no_version(tmp_path: Path) -> None:
    assert load(sign_off=signed(tmp_path, *all_but())).knowledge.version == PLAIN.knowledge.version
    name = "sign-off.toml"
    assert name in {path.name for path in Path(module.__file__).parent.glob("*.toml")}


def test_numbers_of_the_site_are_a_table_of_their_own(tmp_path: Path) -> None:
    numbers = tmp_path / "site.toml"
    numbers.write_text('severe_hb_g_l = "70"', "utf-8")
    assert load(thresholds_override=numbers).sign_off.states["CDS_THRESHOLDS"] is State.UNSIGNED
    assert "CDS_THRESHOLDS" not in TABLES


def test_a_card_is_signed_when_all_that_it_rests_on_is(tmp_path: Path) -> None:
    assert last_line(None).startswith("Not yet signed by a clinician")
    assert last_line(signed(tmp_path, *all_but())).startswith("Signed for use by Dr A\\. Example, nephrologist.")
    for table in ("thresholds/renal", "clinical", "codelists", "regimens", "rules", "rules/cyanocobalamin_renal"):
        assert last_line(signed(tmp_path, *all_but(table))).startswith("Not yet signed"), table
        old = entry(table, version=f'"{"0" * 12}"')
        assert last_line(signed(tmp_path, *all_but(table), old)).startswith("Changed since a clinician signed it"), (
            table
        )


def test_a_card_does_not_wait_for_another_rule(tmp_path: Path) -> None:
    assert last_line(signed(tmp_path, *all_but("rules/underdose"))).startswith("Signed for use by")


def test_the_pages_say_what_is_signed(tmp_path: Path) -> None:
    def page(path: str, *entries: str) -> str:
        return service(sign_off=str(signed(tmp_path, *entries))).get(path).get_data(as_text=True)

    old = entry("rules/cyanocobalamin_renal", version=f'"{"0" * 12}"')
    for path in ("/rules", "/rules/T-CYANO-RENAL"):
        assert "Not yet signed by a clinician" in page(path, "")
        assert "Changed since a clinician signed it" in page(path, *all_but("rules/cyanocobalamin_renal"), old)
        assert "Dr A. Example, nephrologist" in page(path, *all_but())
        assert "ot yet signed" not in page(path, *all_but())


def test_a_signature_of_tomorrow_stops_the_service_and_is_a_fault_of_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KnowledgeError, match="in the future"):
        service(sign_off=str(signed(tmp_path, entry("regimens", date="2026-11-21"))))
    assert service(sign_off=str(signed(tmp_path, entry("regimens", date="2026-11-20"))))
    for name in [name for name in os.environ if name.startswith("CDS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CDS_SIGN_OFF", str(signed(tmp_path, entry("regimens", date="9999-01-01"))))
    assert main(["check"]) == 1
    assert "regimens is signed by Dr A. Example on 9999-01-01, which is in the future" in capsys.readouterr().out


def told(found: dict[str, Any], *, tables: bool = False) -> str:
    """What `check` prints."""
    stream = io.StringIO()
    as_text(found, Screen(stream), tables=tables)
    return stream.getvalue()


def test_check_names_what_awaits_review(tmp_path: Path) -> None:
    found = report(PLAIN, TODAY, KEPT)
    text = told(found, tables=True)
    assert text.startswith("no faults\n")
    assert "cobalamin-cds project judgement, unreviewed" in text
    assert f"0 signed, 0 changed since it was signed, {len(TABLES)} not signed" in text
    assert all(f"{version}  {table}: not signed" in text for table, version in TABLES.items())
    assert "0 overdue" in text
    late = report(PLAIN, date(2030, 1, 1), KEPT)
    assert len(late["reviewsOverdue"]) == len(PLAIN.provenance)
    assert "egfr_cyanocobalamin_ml_min: since 2027-05-20" in told(late)
    some = report(load(sign_off=signed(tmp_path, entry("regimens"))), TODAY, KEPT)
    assert "regimens: signed by Dr A. Example, nephrologist, 2026-11-20" in told(some, tables=True)


def test_check_speaks_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CDS_")]:
        monkeypatch.delenv(name)
    assert main(["check", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["faults"] == []
    assert {row["table"]: row["version"] for row in found["tables"]} == dict(TABLES)
