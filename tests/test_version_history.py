"""What changed in each rule and its numbers: written down for the version in force, true of git, read by a person."""

import html
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from cds_service.knowledge import history as module
from cds_service.knowledge import sign_off, tables
from cds_service.knowledge.history import load_history
from cds_service.knowledge.tables import file_of, load
from cds_service.pages.index import load_index
from cds_service.pages.version_history import version_history
from tests.answers import service
from tests.test_every_route import BROWSER
from tests.test_sign_off import entry, signed
from tests.versions_in_git import NoHistoryError, versions_in_git

LIBRARY = load()
TABLES = LIBRARY.sign_off.versions
HISTORY = load_history()
KEPT = [table for table in TABLES if table.startswith(("rules/", "thresholds/"))] + ["regimens", "formularies"]
RENAL = "rules/cyanocobalamin_renal"
VERSION = '[["regimens"]]\ndate = 2026-12-01\nversion = "0123456789ab"\nwhat = "More."\n'


@pytest.mark.parametrize("table", KEPT)
def test_the_version_in_force_is_the_last_of_the_history(table: str) -> None:
    entries = HISTORY.get(table, ())
    assert entries, f"history.toml says nothing of {table}"
    assert entries[-1].version == TABLES[table], (
        f"{table} was changed. Say what is different at the end of its part of cds_service/knowledge/history.toml:\n\n"
        f'[["{table}"]]\ndate = {date.today()}\nversion = "{TABLES[table]}"\n'  # noqa: DTZ011  # for the author's eyes
        f'what = "who is now told what, and what was so before"\n'
    )


def test_nothing_else_has_a_history() -> None:
    assert HISTORY.keys() == set(KEPT)


def test_every_version_is_one_that_a_commit_had_on_that_day() -> None:
    """The last one may be of the change that is being made."""
    try:
        known = versions_in_git(KEPT)
    except NoHistoryError as error:
        pytest.skip(str(error))
    for table, entries in HISTORY.items():
        for each in entries if entries[-1].version in known[table] else entries[:-1]:
            assert each.version in known[table], f"no commit had version {each.version} of {table}"
            assert abs((known[table][each.version] - each.day).days) <= 1, f"{table}, {each.version}: another day"
        of_git = [version for version in known[table] if version in {each.version for each in entries}]
        assert of_git == [each.version for each in entries if each.version in of_git], f"{table}: another order"


def test_writing_history_or_signing_changes_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a change of any other file of the folder does."""
    copy = tmp_path / "cds_service" / "knowledge"
    shutil.copytree(Path(module.__file__).parent, copy)
    for each in (sign_off, tables):
        monkeypatch.setattr(each, "_HERE", copy)
    rules = frozenset(file_of(rule) for rule in LIBRARY.knowledge.rules)

    def versions() -> tuple[str, dict[str, str]]:
        return tables._version((), None), sign_off._versions(rules, None)

    before = versions()
    for name in ("history.toml", "sign-off.toml"):
        (copy / name).write_text("# another\n", "utf-8")
    assert versions() == before
    (copy / "regimens.toml").write_text("# another\n", "utf-8")
    assert versions()[0] != before[0]
    assert {table for table in before[1] if versions()[1][table] != before[1][table]} == {"regimens"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("regimens = 5", "history.toml [regimens]: every version is an entry"),
        ("regimens = []", "history.toml [regimens]: every version is an entry"),
        (VERSION.replace("what", "colour"), "missing ['what'], unknown ['colour']"),
        (VERSION.replace("2026-12-01", '"2026-12-01"'), "date is a day"),
        (VERSION.replace("2026-12-01", "2026-12-01T08:00:00Z"), "date is a day"),
        (VERSION.replace("0123456789ab", "0.1.0"), "version is the 12 characters"),
        (VERSION.replace('"More."', '" "'), "what must say what changed"),
        (VERSION.replace('"More."', "5"), "what must say what changed"),
        (VERSION * 2, "version 0123456789ab follows itself"),
        (VERSION + VERSION.replace("0123", "4567").replace("12-01", "11-30"), "the oldest version stands first"),
        ("[[regimens", "cannot be read as TOML"),
    ],
)
def test_a_faulty_history_is_refused_by_its_place(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "history.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=re.escape(fault)) as raised:
        load_history(path)
    assert str(raised.value).startswith("history.toml")


def test_a_version_may_come_back(tmp_path: Path) -> None:
    path = tmp_path / "history.toml"
    path.write_text(VERSION + VERSION.replace("0123", "4567") + VERSION, "utf-8")
    assert len(load_history(path)["regimens"]) == 3


def shown(rule: str, sign_off_file: Path | None = None) -> str:
    chosen = {"sign_off": str(sign_off_file)} if sign_off_file else {}
    text = service(**chosen).get(f"/rules/{rule}", headers=BROWSER).text
    _, _, section = text.partition('<h2 id="history">')
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", section)).split())


@pytest.mark.parametrize("rule", LIBRARY.knowledge.rules, ids=lambda rule: rule.id)
def test_the_page_of_a_rule_tells_its_versions_the_newest_first(rule: object) -> None:
    text = shown(rule.id)  # type: ignore[attr-defined]
    entries = HISTORY[f"rules/{file_of(rule)}"]  # type: ignore[arg-type]
    assert text.startswith(f"Version history In force is version {entries[-1].version} : not signed by a clinician.")
    assert "none of these was ever signed" in text
    assert f"{entries[-1].day} , version {entries[-1].version} In force {entries[-1].what}" in text
    places = [text.index(f"version {each.version} {each.what}") for each in entries[:-1]]
    assert places == sorted(places, reverse=True)
    assert "is not in its history" not in text


def test_numbers_and_doses_that_a_rule_uses_are_told_beside_it() -> None:
    text = shown("T-CYANO-RENAL")
    assert f"thresholds/renal, {HISTORY['thresholds/renal'][-1].day}" in text
    assert HISTORY["regimens"][0].what in text
    assert "thresholds/monitoring" not in text


def test_who_signed_which_version_is_said(tmp_path: Path) -> None:
    old, now = HISTORY[RENAL][0].version, HISTORY[RENAL][-1].version
    file = signed(tmp_path, entry(RENAL, version=f'"{old}"'))
    text = shown("T-CYANO-RENAL", file)
    assert f"In force is version {now} : changed since it was signed by a clinician." in text
    assert f"version {old} , signed by Dr A. Example, nephrologist, on 2026-11-20 First version." in text
    assert "ever signed" not in text
    text = shown("T-CYANO-RENAL", signed(tmp_path, entry(RENAL)))
    assert f"In force is version {now} : signed." in text
    assert f"version {now} In force , signed by Dr A. Example, nephrologist, on 2026-11-20" in text


def test_a_file_changed_where_the_service_runs_is_said_to_have_no_history() -> None:
    """As a site would see it that edits an installed rule: the history ends before the version in force."""
    earlier = {table: entries[:-1] if table == RENAL else entries for table, entries in HISTORY.items()}
    found = version_history(RENAL, load_index()["T-CYANO-RENAL"], earlier, LIBRARY.sign_off)
    assert found.untold == (RENAL,)
    assert found.in_force == TABLES[RENAL]
    assert not any(each.in_force for each in found.own)
    assert found.own[0].version == HISTORY[RENAL][-2].version
