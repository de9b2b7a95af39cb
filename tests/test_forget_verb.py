"""The verb `forget`: what is told when something is deleted, and above all when nothing is."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service.__main__ import main
from cds_service.records.database import Database
from tests.signing import clients_file
from tests.test_forget import cards, left, show, taken, tell, uuid

NEW = datetime(2026, 1, 1, tzinfo=UTC)
Told = tuple[int, str, str]
Forget = Callable[..., Told]


@pytest.fixture
def forget(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Forget:
    """forget(arguments): exit status, what is said, what is said to be wrong."""
    monkeypatch.setenv("CDS_DATABASE_URL", url)

    def run(*arguments: str) -> Told:
        status = main(["forget", *arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def test_it_says_how_much_is_gone_and_from_where(forget: Forget, database: Database) -> None:
    show(database, range(2))
    show(database, range(2, 3), client="south")
    tell(database, taken(0))
    status, told, wrong = forget("--before", "2025-01-02", "--client", "north")
    assert (status, wrong) == (0, "")
    assert told == f"deleted: 2 cards shown, 1 item of feedback ({database.place})\n"
    assert cards(database) == {uuid(2)}


def test_where_nothing_is_kept_that_is_said(forget: Forget, database: Database) -> None:
    assert forget("--before", "2025-01-02") == (1, "", f"forget: nothing is kept at {database.place}\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say what: --before, --client or both"),
        (("--client", ""), "--client is empty; what came without a clients file goes by --before alone"),
        (("--client", " ", "--before", "2030-01-01"), "--client is empty; what came without"),
    ],
)
def test_a_question_that_is_none_deletes_nothing(
    forget: Forget, database: Database, arguments: tuple[str, ...], told: str
) -> None:
    """Above all not what is kept without a name, where a variable of the shell was empty."""
    show(database, range(1), client="")
    status, out, wrong = forget(*arguments)
    assert (status, out) == (1, "")
    assert wrong.startswith(f"forget: {told}")
    assert left(database)["shown_card"] == 1


def test_a_day_that_is_none_is_a_wrong_command_line(forget: Forget) -> None:
    with pytest.raises(SystemExit) as ended:
        forget("--before", "yesterday")
    assert ended.value.code == 2


def test_a_name_that_nobody_knows_is_a_fault_and_those_on_record_are_told(forget: Forget, database: Database) -> None:
    database.prepare()
    fault = "forget: nothing was there to delete: no sound clients file names nroth, and the records know "
    assert forget("--client", "nroth") == (1, "", f"{fault}no client by name\n")
    show(database, range(1), client="south")
    show(database, range(1, 2), client="")
    tell(database, taken(7), client="north")
    assert forget("--client", "nroth", "--before", "2030-01-01") == (1, "", f"{fault}north, south\n")
    assert left(database) == {"shown_card": 2, "shown_suggestion": 2, "feedback": 1, "accepted_suggestion": 1}


def test_of_a_client_on_record_there_may_be_nothing_so_old(forget: Forget, database: Database) -> None:
    show(database, range(1), at=NEW)
    status, told, _ = forget("--client", "north", "--before", "2025-12-31")
    assert (status, told.partition(" (")[0]) == (0, "deleted: 0 cards shown, 0 items of feedback")


def test_a_client_that_is_still_let_in_is_told_to_be(
    forget: Forget, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clients_file(tmp_path, {"name": "north"})
    monkeypatch.setenv("CDS_CLIENTS", str(path))
    database.prepare()
    status, told, _ = forget("--client", "north")
    assert status == 0
    assert told.startswith("deleted: 0 cards shown, 0 items of feedback (")
    assert told.endswith("; the clients file still names it, and what it sends is kept as before\n")
    path.write_text("no TOML")
    assert forget("--client", "north")[0] == 1


def test_a_second_run_does_what_the_first_left_undone(
    forget: Forget, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are gone, and so is the name; their bytes are not."""
    if database.file is None:
        pytest.skip("PostgreSQL overwrites what is deleted in its own time")
    monkeypatch.setattr("cds_service.records.database._SECONDS", 0.2)
    show(database, range(1))
    with database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM shown_card").fetchall()
        status, _, wrong = forget("--client", "north")
        assert (status, wrong.startswith("forget: not finished, run it again: ")) == (1, True)
    assert forget("--client", "north")[0] == 1
    assert all(uuid(0).encode() not in each.read_bytes() for each in tmp_path.iterdir())


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A folder with one recording."""
    (folder := tmp_path / "recordings").mkdir(mode=0o700)
    (folder / "a.ndjson").write_bytes(b"{}\n")
    return folder


def test_recordings_go_though_their_key_is_destroyed_and_there_is_no_database(
    forget: Forget, database: Database, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_RECORD_DIR", str(recording))
    monkeypatch.setenv("CDS_RECORD_KEY_FILE", str(recording / "gone.key"))
    told = f"deleted: 1 file of recorded requests; nothing is kept at {database.place}\n"
    assert forget("--before", "2999-01-01") == (0, told, "")
    assert list(recording.iterdir()) == []


def test_recordings_go_though_the_settings_are_taken_away(forget: Forget, database: Database, recording: Path) -> None:
    database.prepare()
    status, told, _ = forget("--before", "2999-01-01", "--recordings", str(recording))
    assert (status, told.rpartition("; ")[2]) == (0, "1 file of recorded requests\n")
    assert list(recording.iterdir()) == []
    (recording / "00.ndjson").mkdir()
    status, _, wrong = forget("--before", "2999-01-01", "--recordings", str(recording))
    assert (status, wrong.rpartition(": ")[2]) == (1, "1 in their folder stay, no plain files or not to be deleted\n")
    status, _, wrong = forget("--before", "2999-01-01", "--recordings", str(recording / "nothing"))
    assert (status, wrong.partition(" are not")[0]) == (1, "forget: recorded requests")
