"""Alert rules and dashboard ask for what the service counts, under the labels it has. promtool reads the rules."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from cds_service.app import create_app
from cds_service.audit import KEPT_OUT
from cds_service.metrics import PREFIX
from cds_service.settings import Settings
from tests.hook_calls import PATIENT_RESOURCE, bundle, call, draft
from tests.page_commands import Page
from tests.signing import Serve

FOLDER = Path(__file__).parents[1] / "docker" / "prometheus"
RULES = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
_METRIC = re.compile(rf"{PREFIX}_[a-z_]+")
_LABELS = re.compile(rf"({PREFIX}_[a-z_]+)\{{([^}}]*)\}}")
_BY = re.compile(r"by \(([a-z, ]+)\)")
OF_PROMETHEUS = {"instance", "job"}


def queries() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])


def counted(guarded: Serve) -> dict[str, set[str]]:
    """Sample names and their labels, when all has been counted once."""
    client = guarded({"jwks_url": "http://127.0.0.1:9/jwks.json", "jwks_file": None}).http
    texts = [client.get("/metrics").text]
    open_to_all = create_app(Settings()).test_client()
    body = call(draft(text="cyanocobalamin 1 mg"), prefetch={"patient": PATIENT_RESOURCE, "results": bundle()})
    open_to_all.post("/cds-services/b12-order-select", json=body)
    texts.append(open_to_all.get("/metrics").text)
    found: dict[str, set[str]] = {}
    for text in texts:
        for line in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE):
            found.setdefault(line, set())
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
    return found


# Without a sample until something happens that these two services are not asked for
LATER = {
    "worker_requests": {"state"},
    "worker_connections": set(),
    "fhir_reads_total": {"outcome"},
    "fhir_read_seconds_bucket": {"le"},
    "problems_total": {"problem"},
    "feedback_items_total": {"service"},
    "recorded_total": {"outcome"},
}


def test_every_query_is_about_counts_that_there_are(guarded: Serve) -> None:
    known: dict[str, set[Any]] = counted(guarded)
    for name, labels in LATER.items():
        known.setdefault(f"{PREFIX}_{name}", set()).update(labels)
    for query in queries():
        names = set(_METRIC.findall(query))
        assert names <= known.keys(), names - known.keys()
        labels = OF_PROMETHEUS.union(*(known[name] for name in names))
        for by in _BY.findall(query):
            assert set(by.replace(" ", "").split(",")) <= labels, query
        for name, chosen in _LABELS.findall(query):
            assert set(re.findall(r"([a-z]+)[=!]", chosen)) <= known[name], query


def test_every_count_is_on_the_dashboard(guarded: Serve) -> None:
    shown = " ".join(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])
    names = {name for name in counted(guarded) if name.startswith(PREFIX)}
    families = {re.sub(r"_(total|created|bucket|count|sum)$", "", name) for name in names}
    assert {family for family in families if family not in shown} == set()


def test_each_alert_says_what_to_look_at() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "look", "runbook"}


def test_the_page_has_the_service_scraped_under_the_name_that_the_alerts_know() -> None:
    page = Page(FOLDER.parents[1] / "docs" / "operations.md")
    (scrape,) = yaml.safe_load(page.files["scrape.yaml"])["scrape_configs"]
    assert {name for rule in RULES for name in re.findall(r'job="([^"]*)"', rule["expr"])} == {scrape["job_name"]}


def test_who_is_kept_out_in_the_log_is_known_to_the_alert() -> None:
    """429 is a client's own limit, and has no part in that alert."""
    (rule,) = (rule for rule in RULES if rule["alert"] == "CdsRefusesCallers")
    (status,) = re.findall(r'status=~"([^"]*)"', rule["expr"])
    assert {int(each) for each in status.split("|")} == KEPT_OUT - {429}


def test_promtool_reads_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    ran = subprocess.run(
        [promtool, "check", "rules", FOLDER / "alerts.yaml"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
