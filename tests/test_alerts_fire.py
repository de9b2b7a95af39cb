"""Which alerts fire when: promtool plays what the service would count in each trouble against the rules."""

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from cds_service.metrics import PREFIX
from tests.test_prometheus_files import FOLDER, RULES

Json = dict[str, Any]
MINUTES: Final = 660
BY_DAY: Final = "10h30m"
UP: Final = 'up{instance="a",job="cobalamin-cds"}'
GOOD: Final = f'{PREFIX}_requests_total{{service="b12-order-sign",status="200"}}'
AGE: Final = f'{PREFIX}_key_set_age_seconds{{client="general"}}'
WAITING: Final = f'{PREFIX}_cards_waiting{{instance="a"}}'
DROPPED: Final = f'{PREFIX}_cards_dropped_total{{instance="a"}}'
WELL: Final = {UP: "1+0", GOOD: "0+60", AGE: "30+0", WAITING: "0+0", DROPPED: "0+0"}
INSTANCE: Final = {"instance": "a"}
NO_CALLS: Final[Json] = {"CdsGetsNoCalls": {}}


def answered(status: int, service: str = "b12-order-sign") -> str:
    return f'{PREFIX}_requests_total{{service="{service}",status="{status}"}}'


# What is otherwise than when all is well (None: it is not there), and the alerts of that with their labels
TROUBLES: dict[str, tuple[dict[str, str | None], Json]] = {
    "all is well": ({}, {}),
    "an instance is mute": ({UP: "0+0"}, {"CdsIsAway": INSTANCE | {"job": "cobalamin-cds"}}),
    "nobody is asked": (dict.fromkeys(WELL), {"CdsIsAway": {"job": "cobalamin-cds"}} | NO_CALLS),
    "nobody calls": ({GOOD: "60+0"}, NO_CALLS),
    "the proxy has another address": (
        {GOOD: "60+0", answered(403, "other"): "0+60"},
        {"CdsRefusesCallers": {}, "CdsTurnsCallsAway": {}} | NO_CALLS,
    ),
    "a few callers go round the proxy": ({answered(403, "other"): "0+12"}, {"CdsRefusesCallers": {}}),
    "the EHR sends no Patient": ({GOOD: "60+0", answered(412): "0+1"}, {"CdsTurnsCallsAway": {}} | NO_CALLS),
    "each third body is too large": ({answered(413): "0+30"}, {"CdsTurnsCallsAway": {}}),
    "somebody looks for pages": ({answered(404, "other"): "0+600"}, {}),
    "now and then a call is faulty": ({answered(400): "0+6"}, {}),
    "the few calls of an hour are faulty": ({GOOD: "60+0", answered(400): "0+0x618 4+0"}, NO_CALLS),
    "calls fail": ({answered(503): "0+6"}, {"CdsAnswersWithErrors": {}}),
    "a key set was not fetched": ({AGE: "0+60"}, {"CdsKeySetIsOld": {"client": "general"}}),
    "a key set was not there at the start": ({AGE: "30+0x629 99999 30+0"}, {}),
    "the database is away": ({WAITING: "0+1"}, {"CdsCardsAreNotWritten": INSTANCE}),
    "the database was away for a minute": ({WAITING: "0+0x629 9 0+0"}, {}),
    "cards are dropped": ({DROPPED: "0+1"}, {"CdsCardsAreNotWritten": INSTANCE}),
}


def played(series: dict[str, str | None], fires: Json, at: str) -> Json:
    """One test of promtool: all rules, each with the alerts that are expected of it."""
    tests = []
    for rule in RULES:
        name, labels = rule["alert"], rule["labels"]
        due = [{"exp_labels": labels | fires[name], "exp_annotations": rule["annotations"]}] if name in fires else []
        tests.append({"eval_time": at, "alertname": name, "exp_alerts": due})
    given = [{"series": name, "values": f"{each}x{MINUTES}"} for name, each in series.items() if each is not None]
    return {"interval": "1m", "input_series": given, "alert_rule_test": tests}


def run(tmp_path: Path, *tests: Json) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    file = tmp_path / "test.yaml"
    # Asked as often as the shortest range is long: each minute takes promtool five times as long
    how: Json = {"rule_files": [str(FOLDER / "alerts.yaml")], "evaluation_interval": "5m"}
    file.write_text(yaml.safe_dump(how | {"tests": list(tests)}), "utf-8")
    ran = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_has_its_alert_and_no_other(tmp_path: Path, trouble: str) -> None:
    otherwise, fires = TROUBLES[trouble]
    run(tmp_path, played(WELL | otherwise, fires, BY_DAY))


def test_that_nobody_calls_at_night_is_no_alert(tmp_path: Path) -> None:
    run(tmp_path, played(WELL | {GOOD: "60+0"}, {}, "4h"))
