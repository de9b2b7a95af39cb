"""What is not asked is not looked at: how many functions of Python a call runs through, whatever else the machine does.

A bound that is passed is no fault of the advice. It says that something is done for each call that was not done before:
look at what (`make bench-instructions` tells what it costs), then do it elsewhere, or raise the bound and say why.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from cds_service.common_folder import Common
from tests.benchmarks.growth import with_observations
from tests.benchmarks.hooks import bodies
from tests.benchmarks.in_process import applications, call, environ_of
from tests.benchmarks.requests import irrelevant, irrelevant_chart

# Measured on 2026-11-21, and a tenth more
MOST = {"out of scope": 210, "irrelevant chart": 500, "full": 4300}


@pytest.fixture(scope="module")
def service() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        yield applications(Path(folder), Common())["ours"]


def functions_run(service: Any, body: bytes) -> Counter[str]:
    """How often each is entered, as module:name, when the same call has come before."""
    environ = environ_of(body)
    for _ in range(2):
        call(service, environ, body)
    found: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            found[f"{frame.f_globals.get('__name__', '')}:{frame.f_code.co_name}"] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        call(service, environ, body)
    finally:
        sys.setprofile(before)
    return found


@pytest.mark.parametrize("name", MOST)
def test_a_call_runs_through_no_more_functions_than_it_did(service: Any, name: str) -> None:
    found = functions_run(service, bodies()[name])
    assert found.total() <= MOST[name], found.most_common(20)


def test_out_of_scope_reads_no_prefetch_and_does_not_go_through_the_framework(service: Any) -> None:
    found = functions_run(service, bodies()["out of scope"])
    modules = {name.partition(":")[0] for name in found}
    assert "cds_service.hooks.request" in modules
    unwanted = ("cds_service.patient_data.bundles", "fhir_mappings.snapshot", "flask.ctx", "werkzeug")
    assert not {name for name in modules if name.startswith(unwanted)}
    assert found["fhir_mappings.parse:probe"] == 0


def test_of_a_chart_that_does_not_matter_only_the_person_is_read_in_full(service: Any) -> None:
    found = functions_run(service, bodies()["irrelevant chart"])
    assert found["cds_service.clinical.evaluate:evaluate_chart"] == 0
    assert found["fhir_mappings.observations:_read_one"] == 0


def test_an_observation_that_no_rule_reads_costs_two_functions(service: Any) -> None:
    chart = irrelevant_chart(datetime.now(UTC).date())
    few, many = (
        functions_run(service, with_observations(chart, "findings", map(irrelevant, range(number))))
        for number in (0, 100)
    )
    assert (many.total() - few.total()) / 100 <= 2, (many - few).most_common(5)


def test_no_model_of_fhir_resources_is_built_for_a_call(service: Any) -> None:
    modules = {name.partition(":")[0] for name in functions_run(service, bodies()["full"])}
    assert not {name for name in modules if name.startswith(("pydantic", "fhir.resources", "fhir_core"))}
    assert json.loads(call(service, environ_of(bodies()["full"]), bodies()["full"]))["cards"]
