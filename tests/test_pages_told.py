"""docs/onboarding.md and docs/operations.md: what they name is there, nothing goes untold, and no command asks the
wrong installation. Their commands are run by test_pages_for_teams.py."""

import re
from pathlib import Path

import pytest

from cds_service.clinical.policy import Thresholds
from cds_service.command_line import command_line
from cds_service.settings import _READERS
from tests.page_commands import Page, Shell
from tests.running import ROOT
from tests.test_prometheus_files import DASHBOARD, RULES

ONBOARDING, OPERATIONS = (Page(ROOT / "docs" / f"{name}.md") for name in ("onboarding", "operations"))


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


def test_systemd_starts_it_with_the_machine_and_ends_it_by_its_parent() -> None:
    """Workers that are told together with the parent close before that has let nobody new in."""
    assert re.findall(r"^\[(\w+)\]$", _unit(), re.MULTILINE) == ["Unit", "Service", "Install"]
    lines = set(_unit().splitlines())
    assert {"After=network-online.target", "KillMode=mixed", "WantedBy=multi-user.target"} < lines
