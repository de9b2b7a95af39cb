"""`replay` of other words: every text of a card that is another counts as changed, apart from what was decided."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.__main__ import main
from cds_service.hooks import override_reasons
from cds_service.knowledge import wording
from cds_service.knowledge.provenance import Source
from cds_service.knowledge.tables import Library, load
from cds_service.replay import run as replayed
from tests.answers import Json
from tests.recorded import in_one_file
from tests.scenarios import FOLDERS

SOME = [folder for folder in FOLDERS if folder.name.startswith(("cyanocobalamin", "chart-"))]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_one_file(tmp_path_factory.mktemp("recordings"), SOME)


def cards_of(recording: Path) -> list[tuple[int, Json]]:
    lines = enumerate(map(json.loads, recording.read_bytes().splitlines()), start=1)
    return [(number, card) for number, line in lines for card in line["answer"]["cards"]]


def run(path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Json, list[Json]]:
    status = main(["replay", str(path), "--workers", "1", "--json", "--out", str(out)])
    return status, json.loads(capsys.readouterr().out), [json.loads(line) for line in out.read_text().splitlines()]


def _paragraph(card: Json) -> bool:
    return "cyanocobalamin_renal.egfr" in (card["says"], *card["paragraphs"])


def _label(card: Json) -> bool:
    return any(each["label"] == "suggestion.change" for each in card["suggestions"])


@pytest.mark.parametrize(
    ("file", "was", "now", "said_by"),
    [
        ("cyanocobalamin_renal", "Treatment itself should not be delayed.", "Never give it.", _paragraph),
        ("suggestion", 'label = "{condition} {order}"', 'label = "{condition} {order}!"', _label),
        ("card", "Knowledge version {version}.", "{version}", lambda _: True),
    ],
)
def test_other_words_are_changed_words_and_name_their_rule(
    recording: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    was: str,
    now: str,
    said_by: Callable[[Json], bool],
) -> None:
    words = tmp_path / "wording"
    shutil.copytree(wording._FOLDER, words)
    changed = words / f"{file}.toml"
    assert was in changed.read_text("utf-8")
    changed.write_text(changed.read_text("utf-8").replace(was, now), "utf-8")
    monkeypatch.setattr(replayed, "load_wording", lambda: wording.load_wording(words))
    expected = sorted((number, card["rule"]) for number, card in cards_of(recording) if said_by(card))
    status, summary, told = run(recording, tmp_path / "out", capsys)
    found = [(line["line"], each["now"]["rule"], each["members"]) for line in told for each in line["changed"]]
    assert sorted(each[:2] for each in found) == expected
    assert {member for *_, members in found for member in members} == {"words"}
    assert (status, summary["words"]) == (3, len(told)) == (3, summary["changed"])
    assert summary["unchanged"] == len(SOME) - len(told)
    assert sum(row["words"] for row in summary["cards"]) == len(expected) > 0
    assert not any(row["changed"] or row["added"] or row["removed"] for row in summary["cards"])


def test_another_version_alone_changes_nothing_and_another_source_does(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def other(change: Callable[[Library], Library]) -> None:
        monkeypatch.setattr(replayed, "load", lambda *settings: change(load(*settings)))

    def named(library: Library) -> Library:
        return replace(library, knowledge=replace(library.knowledge, version="9.9.9+" + 12 * "a"))

    def sourced(library: Library) -> Library:
        sources: dict[str, Source] = {key: replace(each, label="X") for key, each in library.sources.items()}
        return replace(library, sources=sources)

    other(named)
    status, summary, told = run(recording, tmp_path / "out", capsys)
    assert (status, summary["unchanged"], told) == (0, len(SOME), [])
    other(sourced)
    assert run(recording, tmp_path / "out", capsys)[1]["words"] == len({number for number, _ in cards_of(recording)})


def test_other_reasons_for_overriding_are_other_words(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(override_reasons.OVERRIDE_REASONS[0], "display", "Another")
    urgent = {number for number, card in cards_of(recording) if card["indicator"] != "info"}
    status, summary, told = run(recording, tmp_path / "out", capsys)
    assert (status, {each["line"] for each in told}) == (3, urgent)
    assert main(["replay", str(recording), "--workers", "1"]) == 3
    assert f"in words    {summary['words']} of these: the same was decided" in capsys.readouterr().out


def test_the_text_itself_is_not_recorded(recording: Path) -> None:
    assert b"Treatment itself should not be delayed" not in recording.read_bytes()
    assert {len(card["words"]) for _, card in cards_of(recording)} == {64}
