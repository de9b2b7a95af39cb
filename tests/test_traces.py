"""Traces for OpenTelemetry: what a span holds, whose trace it joins, and that no collector is in the way of a call."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service import settings as reading
from cds_service import traces
from cds_service.__main__ import main
from cds_service.app import TRACES, create_app
from cds_service.audit import Trail
from cds_service.hooks.edge import WHOLE
from cds_service.settings import Settings, SettingsError, read_settings
from tests.fhir_server import Reply, serving
from tests.gathering import standard
from tests.hook_calls import AUTHORIZATION, PATIENT_RESOURCE, call, draft
from tests.log_lines import faults
from tests.otlp_collector import Collector, collecting
from tests.running import ROOT, free_port, running
from tests.until import until

SELECT = "/cds-services/b12-order-select"
STEPS = ["admit", "parse", "scope", "gather", "map", "evaluate", "render"]
ORDER = call(draft(text="cyanocobalamin 1 mg injection"), prefetch={"patient": PATIENT_RESOURCE})
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def traced(collector: Collector, **settings: Any) -> Iterator[FlaskClient]:
    """The service in this process; what it has to send is sent at the end of the block."""
    app = create_app(Settings(otel_endpoint=collector.url, log_level="error", **settings))
    try:
        yield app.test_client()
    finally:
        app.extensions[TRACES].close()


def test_a_call_is_a_span_with_its_steps_and_its_reads() -> None:
    with collecting() as collector, serving(lambda path: Reply(standard("", path))) as fhir:
        with traced(collector, fhir_servers=(fhir.base,)) as http:
            answer = http.post(SELECT, json=ORDER | {"fhirServer": fhir.base, "fhirAuthorization": AUTHORIZATION})
        (span,) = collector.calls
        below = collector.below(span)
    assert collector.paths == ["/v1/traces"]
    assert (span.name, span.parent, span.error) == ("b12-order-select", "", "")
    told = span.attributes
    assert told["cds.request_id"] == answer.headers["X-Request-Id"]
    assert (told["http.response.status_code"], told["cds.drafts"]) == (200, 1)
    assert told["cds.cards"] == len(answer.json["cards"]) > 0
    assert set(told["cds.rules"]) == {
        rule for card in answer.json["cards"] for rule in card["extension"]["org.cobalamin-cds.trace"]["rules"]
    }
    assert [each.name for each in below if not each.name.startswith("FHIR ")] == STEPS
    reads = [each.attributes for each in below if each.name.startswith("FHIR ")]
    assert len(reads) == told["cds.fetched"] == 8
    assert {each["cds.outcome"] for each in reads} == {"read"}
    kinds = {"Observation", "Condition", "MedicationRequest", "MedicationStatement", "Procedure", "AllergyIntolerance"}
    assert {each["cds.resource_type"] for each in reads} == kinds | {"ServiceRequest"}
    assert all(span.began <= each.began <= each.ended <= span.ended for each in below)
    gather = next(each for each in below if each.name == "gather")
    assert all(gather.began <= each.ended <= gather.ended for each in below if each.name.startswith("FHIR "))


def test_the_wait_for_a_thread_comes_before_the_first_step() -> None:
    with collecting() as collector:
        with traced(collector) as http:
            http.post(SELECT, json=ORDER, environ_base={WHOLE: time.monotonic() - 5})
        (span,) = collector.calls
        first = collector.below(span)[0]
    assert first.name == "admit"
    assert first.began - span.began >= 5e9
    assert all(each.ended <= span.ended for each in collector.spans)


def test_what_fails_is_an_error_in_our_own_words() -> None:
    body = {**ORDER, "fhirAuthorization": AUTHORIZATION}
    with collecting() as collector, serving(lambda _: Reply(b"no such secret", 500)) as fhir:
        with traced(collector, fhir_servers=(fhir.base,)) as http:
            http.post(SELECT, json=body | {"fhirServer": fhir.base})
            assert http.post(SELECT, data=b"{").status_code == 400
            assert http.get("/rules").status_code == 200  # a page is no call
        served, refused = (span for span in collector.spans if span.parent == "")
        reads = {each.error for each in collector.below(served) if each.name.startswith("FHIR ")}
    assert reads == {"error status"}
    assert refused.attributes["cds.problem"] == "not-json"
    assert [each.name for each in collector.below(refused)] == ["admit"]


@pytest.fixture(scope="module")
def joined() -> Iterator[tuple[Collector, FlaskClient]]:
    with collecting() as collector, traced(collector) as http:
        yield collector, http


@pytest.mark.parametrize(
    ("traceparent", "trace", "parent"),
    [
        (f"00-{TRACE}-{SPAN}-01", TRACE, SPAN),
        (f"00-{TRACE}-{SPAN}-00", None, None),  # the caller keeps no trace of this one
        # Numbers in the dress of an id, and what is no id: a trace of our own
        (f"00-{'19471120' * 4}-{SPAN}-01", "", ""),
        (f"00-{TRACE}-{'19471120' * 2}-01", "", ""),
        (f"00-{'0' * 32}-{SPAN}-01", "", ""),
        (f"00-{TRACE}-{SPAN}", "", ""),
        ("Ms Doe, born 1947-11-20, a-b-c-d", "", ""),
        ("", "", ""),
    ],
)
def test_a_call_joins_the_trace_of_its_caller(
    joined: tuple[Collector, FlaskClient], traceparent: str, trace: str | None, parent: str | None
) -> None:
    collector, http = joined
    collector.bodies.clear()
    http.post(SELECT, json=ORDER, headers={"traceparent": traceparent, "tracestate": "a=Doe"})
    http.application.extensions[TRACES]._provider.force_flush()
    assert b"Doe" not in b"".join(collector.bodies)
    if trace is None:
        assert collector.spans == []
        return
    (span,) = collector.calls
    assert {each.trace for each in collector.spans} == {span.trace}
    assert (trace or span.trace, parent) == (span.trace, span.parent)
    assert "19471120" not in span.trace


@pytest.mark.parametrize("hangs", [True, False], ids=["hanging", "away"])
def test_a_collector_that_takes_nothing_is_in_nobodys_way(hangs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "SECONDS", 0.4)
    monkeypatch.setattr(traces, "LAST_SECONDS", 0.0)
    with collecting(hangs=hangs) as collector:
        there = collector if hangs else Collector(f"http://127.0.0.1:{free_port()}")
        app = create_app(Settings(otel_endpoint=there.url, log_level="critical"))
        sending: traces.Traces = app.extensions[TRACES]
        trail = Trail("0" * 32, service="b12-order-select")
        for _ in range(2 * traces.MOST_WAITING):
            sending.note(trail, 200, 1.0)
        assert app.test_client().post(SELECT, json=ORDER).status_code == 200
        (queue,) = sending._provider._active_span_processor._span_processors
        assert len(queue._batch_processor._queue) <= traces.MOST_WAITING
        began = len(collector.bodies)
        sending.close()
        assert len(collector.bodies) - began <= 2  # the batch that was on its way, and no more of those that wait


def test_a_faulty_setting_of_the_library_costs_the_traces_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "some")
    app = create_app(Settings(otel_endpoint="http://127.0.0.1:9"))
    assert app.extensions[TRACES] is None
    assert "there are no traces: ValueError" in caplog.text
    assert app.test_client().post(SELECT, json=ORDER).status_code == 200


def test_without_the_setting_the_library_is_not_loaded() -> None:
    program = (
        "import json, sys; from cds_service.app import create_app; from cds_service.settings import read_settings;"
        f"http = create_app(read_settings({{}})).test_client(); body = json.loads({json.dumps(ORDER)!r});"
        f"print(http.post({SELECT!r}, json=body).status_code, [name for name in sys.modules if 'telemetry' in name])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "200 []\n"


def test_each_worker_sends_what_it_has_before_it_ends() -> None:
    """And nothing of the rehearsal before they began."""
    with collecting() as collector, running(2, otel_endpoint=collector.url) as server:
        for _ in range(12):
            assert server.post(SELECT, ORDER) == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(40) == 0
        assert len(collector.calls) == 12
        workers = {span.resource["service.instance.id"] for span in collector.spans}
    assert 1 <= len(workers) <= 2
    assert {span.resource["service.name"] for span in collector.spans} == {"cobalamin-cds"}


@pytest.mark.long
def test_a_collector_that_hangs_does_not_hold_up_the_end() -> None:
    with collecting(hangs=True) as collector, running(2, otel_endpoint=collector.url) as server:
        for _ in range(12):
            assert server.post(SELECT, ORDER) == 200
        until(lambda: collector.bodies != [])
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(40) == 0
        assert time.monotonic() - began < 15


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def found(name: str) -> Any:
        if name.startswith("opentelemetry"):
            raise ModuleNotFoundError(name)
        return find_spec(name)

    monkeypatch.setattr(reading, "find_spec", found)
    yield
    monkeypatch.undo()


@pytest.mark.parametrize("verb", ["serve", "check", "demo"])
def test_without_the_extra_the_start_is_refused_with_one_line(
    verb: str, not_installed: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_OTEL_ENDPOINT", "https://collector.example")
    assert main([verb]) == 1
    assert faults(verb, capsys.readouterr().err) == [
        "settings: CDS_OTEL_ENDPOINT needs an extra that is not installed: pip install './WHEEL[otel]'"
    ]


def test_a_bad_address_is_told_before_what_is_missing(not_installed: None) -> None:
    with pytest.raises(SettingsError, match="must be https unless its host is a loopback address"):
        read_settings({"CDS_OTEL_ENDPOINT": "http://collector.example"})
