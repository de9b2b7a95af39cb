"""What Prometheus is told: counts that are right, of all workers together, under labels that nobody outside chooses."""

import errno
import logging
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cds_service import metrics as counting
from cds_service.app import create_app
from cds_service.common_folder import Common
from cds_service.hooks.services import SERVICES
from cds_service.metrics import PREFIX, Metrics
from cds_service.settings import Settings
from tests.fetched_keys import URL, Make, text
from tests.fhir_server import Reply, serving
from tests.hook_calls import AUTHORIZATION, PATIENT, PATIENT_RESOURCE, bundle, call, draft
from tests.running import Running, running
from tests.signing import Serve
from tests.until import until

B12 = draft(text="cyanocobalamin 1 mg injection")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((f"{PREFIX}_{name}", frozenset(labels.items())), 0.0)


def asked(client: Any) -> Samples:
    answer = client.get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    return samples(answer.text)


def test_requests_are_counted_by_service_and_status_and_measured_once() -> None:
    client = create_app(Settings()).test_client()
    for body in (call(draft()), call(draft()), {}):
        client.post("/cds-services/b12-order-select", json=body)
    client.get("/rules")
    for quiet in ("/metrics", "/healthz", "/readyz"):
        client.get(quiet)
    found = asked(client)
    assert value(found, "requests_total", service="b12-order-select", status="200") == 2
    assert value(found, "requests_total", service="b12-order-select", status="400") == 1
    assert value(found, "requests_total", service="other", status="200") == 1
    assert value(found, "problems_total", problem="bad-request") == 1
    assert value(found, "request_seconds_count", service="b12-order-select") == 3
    assert 0 < value(found, "request_seconds_sum", service="b12-order-select") < 30


def test_a_call_in_scope_tells_its_steps_cards_gaps_and_what_was_wanting() -> None:
    client = create_app(Settings()).test_client()
    body = call(B12, prefetch={"patient": PATIENT_RESOURCE, "results": bundle()})
    answer = client.post("/cds-services/b12-order-select", json=body).get_json()
    found = asked(client)
    for step in ("admit", "parse", "scope", "gather", "map", "evaluate", "render"):
        assert value(found, "step_seconds_count", step=step) == 1, step
    cards = {key: each for key, each in found.items() if key[0] == f"{PREFIX}_cards_total"}
    assert sum(cards.values()) == len(answer["cards"]) > 0
    assert {dict(labels)["shadow"] for _, labels in cards} == {"false"}
    assert {dict(labels)["indicator"] for _, labels in cards} == {card["indicator"] for card in answer["cards"]}
    assert sum(each for key, each in found.items() if key[0] == f"{PREFIX}_gaps_total") > 0
    assert sum(each for key, each in found.items() if key[0] == f"{PREFIX}_could_not_tell_total") > 0


def test_reads_of_a_fhir_server_are_counted_by_how_they_ended() -> None:
    with serving(lambda path: Reply(PATIENT_RESOURCE) if "Patient/" in path else Reply({}, 500)) as server:
        client = create_app(Settings(fhir_servers=(server.base,))).test_client()
        body = call(B12, fhirServer=server.base, fhirAuthorization=AUTHORIZATION, prefetch={"results": bundle()})
        assert client.post("/cds-services/b12-order-select", json=body).status_code == 200
        found = asked(client)
    assert value(found, "fhir_reads_total", outcome="read") == 1
    failed = value(found, "fhir_reads_total", outcome="error status")
    assert failed > 0
    assert value(found, "fhir_read_seconds_count") == failed + 1


def test_nothing_that_is_sent_is_a_label() -> None:
    client = create_app(Settings()).test_client()
    before = asked(client)
    for service in ("Ms Zqtest", "b12-order-select", "b12-order-sign/feedback"):
        client.post(f"/cds-services/{service}", data=PATIENT * 3, headers={"X-Request-Id": PATIENT, "Origin": PATIENT})
    client.get(f"/{PATIENT}")
    labels = {text for _, labels in asked(client).keys() - before.keys() for pair in labels for text in pair}
    assert PATIENT not in "".join(labels)
    assert "Zqtest" not in "".join(labels)
    assert {"b12-order-select", "b12-order-sign", "other"} <= labels


def test_the_age_of_a_key_set_is_that_of_the_last_good_fetch(fetched: Make) -> None:
    good = fetched(lambda: text("ES384"))
    until(lambda: good.age() < float("inf"))
    time.sleep(0.3)
    assert 0.3 < good.age() < 20

    def away() -> bytes:
        raise OSError

    never = fetched(away)
    until(lambda: never._shelf.look(URL).failures > 0)
    assert never.age() == float("inf")


def test_each_client_with_a_key_set_behind_a_url_is_told_of(guarded: Serve) -> None:
    service = guarded(
        {"jwks_url": "http://127.0.0.1:9/jwks.json", "jwks_file": None},
        {"name": "other", "issuer": "https://o.example"},
    )
    found = asked(service.http)
    assert {labels for name, labels in found if name.endswith("key_set_age_seconds")} == {
        frozenset({("client", "general")})
    }


def test_a_count_that_fails_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(Metrics, "note", fails)
    answer = create_app(Settings()).test_client().post("/cds-services/b12-order-select", json=call(draft()))
    assert (answer.status_code, answer.get_json()) == (200, {"cards": []})


def test_they_can_be_turned_off() -> None:
    app = create_app(Settings(metrics=False))
    assert app.test_client().get("/metrics").status_code == 404


def test_two_workers_are_one_sum_and_a_worker_that_ended_still_counts() -> None:
    with running(2) as server:
        for _ in range(40):
            assert server.post("/cds-services/b12-order-select", call(draft())) == 200
        first = samples(server.get("/metrics")[1].decode())
        assert value(first, "requests_total", service="b12-order-select", status="200") == 40
        folder = _counts_of(server)
        before = set(server.workers)
        for worker in before:
            os.kill(worker, 9)
        until(lambda: len(server.workers) == 2 and not before & set(server.workers))
        until(lambda: server.get("/healthz")[0] == 200)
        server.post("/cds-services/b12-order-select", call(draft()))
        assert max(path.stat().st_size for pid in before for path in folder.glob(f"*_{pid}.db")) < 200_000
        again = samples(server.get("/metrics")[1].decode())
        assert value(again, "requests_total", service="b12-order-select", status="200") == 41
        until(  # how busy the dead were counts no more
            lambda: {path.stem for path in folder.glob("gauge_*")} == {f"gauge_livesum_{pid}" for pid in server.workers}
        )


def test_without_room_to_count_the_service_answers_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(counting.os, "posix_fallocate", full)
    with caplog.at_level(logging.ERROR):
        client = create_app(Settings(), common=Common(counts=tmp_path)).test_client()
    assert "there is no /metrics" in caplog.text
    assert client.get("/metrics").status_code == 404
    assert client.post("/cds-services/b12-order-select", json=call(draft())).status_code == 200


def test_cards_that_wait_are_those_of_now_and_cards_that_were_dropped_add_up() -> None:
    counts = Metrics()
    for waiting, dropped in ((3, 0), (7, 40), (0, 2)):
        counts.unwritten(waiting, dropped)
    found = samples(counts.text().decode())
    assert (value(found, "cards_waiting"), value(found, "cards_dropped_total")) == (0, 42)


def test_each_name_has_help_and_its_unit() -> None:
    for family in text_string_to_metric_families(Metrics().text().decode()):
        assert family.documentation
        assert re.fullmatch(rf"{PREFIX}(_[a-z]+)*", family.name), family.name
        assert family.type != "histogram" or family.name.endswith("_seconds")


def test_every_service_has_a_name_that_can_be_a_label() -> None:
    assert all(re.fullmatch(r"[a-z0-9-]+", service.id) for service in SERVICES)


def _counts_of(server: Running) -> Path:
    lines = [line for pid in server.workers for line in _maps(pid) if "/counter_" in line]
    (folder,) = {Path(line.split()[-1]).parent for line in lines}
    return folder


def _maps(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/maps").read_text("ascii").splitlines()
