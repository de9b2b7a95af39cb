"""docs/onboarding.md and docs/operations.md: their commands work as they stand, and nothing goes untold."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.clinical.policy import Thresholds
from cds_service.command_line import command_line
from cds_service.records.database import Database
from cds_service.settings import _READERS, Settings
from tests.databases import postgresql
from tests.figure_cards import show, tell
from tests.log_lines import requests
from tests.page_commands import Page, Shell
from tests.running import ROOT, Running, running
from tests.test_prometheus_files import DASHBOARD, RULES
from tests.until import until

ONBOARDING, OPERATIONS = (Page(ROOT / "docs" / f"{name}.md") for name in ("onboarding", "operations"))
SELECT = "/cds-services/b12-order-select"
Json = dict[str, Any]


def figures(url: str) -> Json:
    """As /feedback-figures gives them of the database at this URL."""
    database = Database(url)
    try:
        answer = create_app(Settings(), database=database).test_client().get("/feedback-figures?format=json")
        return dict(answer.get_json())
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class Installed:
    """The service as the pages have it started, with the client of the onboarding page, and a shell beside it. shown:
    the cards of all calls."""

    shell: Shell
    server: Running
    records: Path
    shown: list[Json] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        files = {"CDS_CLIENTS": str(self.shell.folder / "clients.toml"), "RECORDS": str(self.records)}
        own = {"PID": str(self.server.process.pid), "CDS_DATABASE_URL": f"sqlite:///{self.records}"}
        return files | own

    def do(self, name: str, **more: str) -> str:
        return self.shell.run((ONBOARDING.commands | OPERATIONS.commands)[name], **self.variables | more)

    def figures(self) -> Json:
        return dict(json.loads(self.server.get("/feedback-figures?format=json")[1]))

    def until_written(self) -> None:
        """Until every card of a call is in the figures: they are written beside the calls."""
        until(lambda: sum(row["displays"] for row in self.figures()["rows"]) == len(self.shown))

    def call(self, order: str = "draft-1") -> list[Json]:
        """The cards of the call of the page. order: with another id they are other cards."""
        self.shell.run(ONBOARDING.commands["call"].replace("draft-1", order))
        cards = list(json.loads((self.shell.folder / "answer.json").read_text("utf-8"))["cards"])
        self.shown.extend(cards)
        return cards


@contextmanager
def installed(folder: Path) -> Iterator[Installed]:
    shell, records = Shell(folder), folder / "records.sqlite3"
    shell.put("sign.py", ONBOARDING.files["sign.py"])
    clients = shell.put("clients.toml", ONBOARDING.files["clients.toml"])
    shell.run(ONBOARDING.commands["keys"])
    settings = {"clients": str(clients), "database_url": f"sqlite:///{records}", "log_level": "info"}
    with running(1, said=folder / "service.log", **settings) as server:
        yield Installed(Shell(folder, server.port), server, records)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("pages")) as found:
        yield found


def test_an_ehr_team_follows_its_page(service: Installed) -> None:
    assert len(json.loads(service.do("discover"))["services"]) == 3
    assert service.call() != []
    assert json.loads(service.do("feedback")) == {"received": 1}
    assert "FAIL" not in service.do("conformance").replace("0 FAIL", "")


@pytest.mark.long  # each `check` takes a second
def test_the_running_service_is_looked_at_changed_and_silenced(tmp_path: Path) -> None:
    with installed(tmp_path) as service:
        said = tmp_path / "service.log"
        assert "no faults" in service.do("check")
        workers = set(service.server.workers)
        service.do("trust")
        until(lambda: "reloaded: 1 clients" in said.read_text("utf-8"))
        until(lambda: service.server.workers and workers.isdisjoint(service.server.workers))
        assert "up to date" in service.do("upgrade")
        assert service.call() != []
        until(lambda: requests(said.read_text("utf-8")))
        line = requests(said.read_text("utf-8"))[-1]
        assert line["request"] in service.do("log", REQUEST_ID=line["request"])
        workers = set(service.server.workers)
        clients = tmp_path / "clients.toml"
        clients.write_text(clients.read_text("utf-8").replace("shadow = false", "shadow = true"), "utf-8")
        service.do("shadow")
        until(lambda: service.server.workers and workers.isdisjoint(service.server.workers))
        assert service.call() == []


def test_nothing_is_read_anew_until_each_client_is_in_shadow(service: Installed) -> None:
    """An entry without the line is not in shadow, and a reload that left it so would look like a switch."""
    entry = ONBOARDING.files["clients.toml"]
    other = entry.replace("general", "county").replace("shadow = false", "")
    clients = service.shell.put("two.toml", entry.replace("false", "true") + "\n" + other)
    with subprocess.Popen(["/bin/sleep", "60"]) as stands_in:  # ends at SIGHUP
        try:
            with pytest.raises(AssertionError, match=r'"county-hospital",\s+"shadow": false\s+}\s+false'):
                service.do("shadow", CDS_CLIENTS=str(clients), PID=str(stands_in.pid))
            assert stands_in.poll() is None
            clients.write_text(clients.read_text("utf-8") + "shadow = true\n", "utf-8")
            assert service.do("shadow", CDS_CLIENTS=str(clients), PID=str(stands_in.pid)).endswith("true")
            assert stands_in.wait(10) == -signal.SIGHUP
        finally:
            stands_in.kill()


def test_a_backup_of_the_running_service_can_be_put_back(service: Installed, tmp_path: Path) -> None:
    """SQLite: what the backup holds is what was in the figures, whatever came later."""
    service.call()
    service.do("feedback")
    service.until_written()
    assert service.records.with_name("records.sqlite3-wal").stat().st_size > 0  # in use, and not all in the file
    before = service.figures()
    backup = str(tmp_path / "backup.sqlite3")
    assert service.do("backup-sqlite", BACKUP=backup).endswith('"up to date" } true')
    assert service.call("draft-2") != []
    service.until_written()
    assert service.figures() != before
    broken = [tmp_path / f"lost.sqlite3{end}" for end in ("", "-wal", "-shm")]
    for file in broken:
        file.write_bytes(b"of another time")
    url = f"sqlite:///{broken[0]}"
    assert "up to date" in service.do("restore-sqlite", BACKUP=backup, RECORDS=str(broken[0]), CDS_DATABASE_URL=url)
    assert figures(url) == before
    assert broken[0].stat().st_mode & 0o077 == 0


def test_there_is_no_backup_of_a_file_that_is_not_there_or_empty(service: Installed, tmp_path: Path) -> None:
    lost, empty, backup = (tmp_path / name for name in ("lost.sqlite3", "empty.sqlite3", "backup.sqlite3"))
    empty.touch()
    with pytest.raises(AssertionError, match="unable to open database file"):
        service.do("backup-sqlite", RECORDS=str(lost), BACKUP=str(backup))
    assert not lost.exists()
    assert not backup.exists()
    with pytest.raises(AssertionError, match=r"without tables.*\s+}\s+false"):
        service.do("backup-sqlite", RECORDS=str(empty), BACKUP=str(backup))


@pytest.fixture
def two_databases() -> Iterator[tuple[str, str]]:
    with postgresql() as old, postgresql() as new:
        yield old, new


def test_a_backup_of_postgresql_is_put_into_a_new_database(two_databases: tuple[str, str], tmp_path: Path) -> None:
    old, new = two_databases
    database = Database(old)
    database.prepare()
    now = datetime.now(UTC)
    for reason in (None, None, "already-done"):
        tell(database, show(database, now), now, reason)
    show(database, now)
    database.close()
    # As an operator writes them: SQLAlchemy alone knows the name of a driver in the scheme
    urls = {"CDS_DATABASE_URL": old, "NEW_DATABASE_URL": new}
    variables = {name: url.replace("+psycopg", "") for name, url in urls.items()} | {"BACKUP": str(tmp_path / "b.dump")}
    shell = Shell(tmp_path)
    shell.run(OPERATIONS.commands["backup-postgresql"], **variables)
    assert "up to date" in shell.run(OPERATIONS.commands["restore-postgresql"], **variables)
    assert figures(new) == figures(old)
    assert figures(new)["rows"] != []


def test_each_command_of_the_pages_is_run_by_a_test() -> None:
    assert ONBOARDING.unnamed == []
    assert OPERATIONS.unnamed == ["ini"]
    assert set(ONBOARDING.commands) == {"discover", "keys", "call", "feedback", "conformance"}
    of_sqlite, of_postgresql = ({f"{way}-{kind}" for way in ("backup", "restore")} for kind in ("sqlite", "postgresql"))
    assert (
        set(OPERATIONS.commands)
        == {"in-service", "check", "trust", "upgrade", "log", "shadow", "record", "replay"} | of_sqlite | of_postgresql
    )


def _verbs() -> set[str]:
    return set(re.findall(r"\w+", command_line([]).format_usage().partition("{")[2].partition("}")[0]))


@pytest.mark.parametrize("page", [ONBOARDING, OPERATIONS], ids=["onboarding", "operations"])
def test_the_page_begins_with_the_environment_that_its_commands_are_of(page: Page) -> None:
    made = re.search(r"^python3\.11 -m venv (\S+) ", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert made is not None
    assert f"`. {made[1]}/bin/activate`" in page.text.partition("\n## ")[0]


def test_the_extra_is_asked_for_of_the_wheel_and_not_of_an_index() -> None:
    assert "pip install './WHEEL[otel]'" in OPERATIONS.text
    assert "cobalamin-cds[" not in OPERATIONS.text


def test_the_page_tells_when_quiet_connections_are_closed() -> None:
    closed = re.findall(r'"keepalive": (\d+),', (ROOT / "cds_service" / "serve.py").read_text("utf-8"))
    assert re.findall(r"closes a quiet connection after (\d+) s", OPERATIONS.text) == closed


@pytest.mark.parametrize("page", [ONBOARDING, OPERATIONS], ids=["onboarding", "operations"])
def test_what_is_named_in_a_sentence_is_there(page: Page) -> None:
    for words in re.findall(r"`(?:CDS_\w+=\S+ )?cobalamin-cds ([^`]+)`", page.text):
        assert command_line(words.split()).parse_args(words.split()).verb in _verbs()
    assert {*re.findall(r"\bCDS_[A-Z_]+", page.text)} <= {*_READERS}
    assert {*re.findall(r"`(\w+) = \"\d+\"`", page.text)} <= {*Thresholds.__dataclass_fields__}
    for link in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.text):
        assert (ROOT / "docs" / link).exists(), link
    for link, anchor in re.findall(r"\]\(([^):#]*)#([^)]+)\)", page.text):
        target = page.text if link == "" else (ROOT / "docs" / link).read_text("utf-8")
        assert anchor in _anchors(target), f"{link}#{anchor}"


def _anchors(text: str) -> set[str]:
    """Of the headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_setting_verb_alert_and_panel_is_told() -> None:
    names = {*_READERS, *(f"`{verb}`" for verb in _verbs()), *(f"| {each['title']} |" for each in DASHBOARD["panels"])}
    assert [name for name in sorted(names) if name not in OPERATIONS.text] == []
    anchors = _anchors(OPERATIONS.text)
    for rule in RULES:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/operations.md"
        assert anchor == rule["alert"].lower()
        assert anchor in anchors


def _unit() -> str:
    (unit,) = re.findall(r"```ini\n(.*?)```", OPERATIONS.text, re.DOTALL)
    return str(unit)


def test_an_operator_looks_at_the_installation_that_systemd_runs(tmp_path: Path) -> None:
    """With a stand-in for systemd-run that knows EnvironmentFile alone, and hands nothing of the shell on."""
    shell = Shell(tmp_path)
    shell.run("true")
    last = 'exec /usr/bin/env --ignore-environment $(cat "$file") "$@"'
    options = 'case "$1" in EnvironmentFile=*) file=${1#*=};; esac; shift'
    shell.tool("systemd-run", f'while [ "$1" != /usr/bin/env ]; do {options}; done\n{last}')
    shell.tool("systemctl", "echo 17")
    shell.put("settings.env", f"CDS_DATABASE_URL=sqlite:///{tmp_path}/own.sqlite3")
    function = OPERATIONS.commands["in-service"]
    assert re.findall(r"^(?:User|EnvironmentFile)=.*$", _unit(), re.MULTILINE) == re.findall(r"-p (\S+)", function)
    here = function.replace("/etc/cobalamin-cds", str(tmp_path)).replace("/opt/cobalamin-cds/bin", f"{tmp_path}/bin")
    assert f'{tmp_path}/own.sqlite3"' in shell.run(f"{here}\nin_service cobalamin-cds check --json")


def test_no_command_that_looks_at_the_service_takes_the_settings_of_a_shell() -> None:
    """But for those that name the database themselves."""
    found = re.findall(
        r"^(.*)\bcobalamin-cds (?:check|forget)\b", "\n".join(OPERATIONS.commands.values()), re.MULTILINE
    )
    assert found
    assert [each for each in found if each.strip() != "in_service" and "CDS_DATABASE_URL=" not in each] == []


def test_systemd_starts_what_there_is() -> None:
    (words,) = re.findall(r"^ExecStart=\S+/cobalamin-cds (.*)$", _unit(), re.MULTILINE)
    options = command_line(words.split()).parse_args(words.split())
    assert (options.verb, options.host, options.port) == ("serve", "127.0.0.1", 8000)
