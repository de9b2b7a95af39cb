"""The benchmarks that are run by hand still fit the service: their requests are answered, their sums are right."""

import json
import tempfile
from datetime import date
from pathlib import Path

import pytest

from cds_service.common_folder import Common
from cds_service.hooks.services import SERVICE_BY_ID
from fhir_mappings.drafts import MOST_IN_SCOPE
from tests.benchmarks.capacity import BUSIEST, sites, waiting, workers_for
from tests.benchmarks.fetching import replies, with_reference
from tests.benchmarks.growth import DRAFTS, exponent, sizes
from tests.benchmarks.heap import free_bytes
from tests.benchmarks.in_process import applications, call, environ_of
from tests.benchmarks.requests import warning_request
from tests.benchmarks.soak import each_its_own

TODAY = date(2026, 11, 21)


def test_an_exponent_is_the_slope_on_logarithmic_scales() -> None:
    assert exponent([(10, 3.0), (100, 300.0), (1000, 30000.0)]) == pytest.approx(2)
    assert exponent([(1, 7.0), (4, 7.0), (50, 7.0)]) == pytest.approx(0)


def test_fifty_draft_orders_are_answered_with_cards() -> None:
    (requests,) = [requests for name, requests in sizes(TODAY) if name.startswith("draft orders")]
    number, body = requests[-1]
    assert number == DRAFTS[-1] == MOST_IN_SCOPE
    with tempfile.TemporaryDirectory() as folder:
        ours = applications(Path(folder), Common())["ours"]
        assert json.loads(call(ours, environ_of(body), body))["cards"]


def test_of_one_worker_the_simulation_gives_what_theory_gives() -> None:
    """M/D/1 at a load of a half: a call waits half as long as it takes, on average."""
    took = waiting(0.5, 1, [1.0] * 100_000)
    assert sum(took) / len(took) - 1 == pytest.approx(0.5, abs=0.03)


def test_no_worker_is_busier_than_allowed_and_more_calls_need_more() -> None:
    times = {"out of scope": [0.001], "irrelevant chart": [0.002], "full": [0.005]}
    found = [workers_for(site, times, calls=5_000) for site in sites()]
    assert all(busy <= BUSIEST for _, busy, _ in found)
    numbers = [workers for workers, _, _ in found]
    assert numbers == sorted(numbers)
    assert numbers[0] == 1


def test_every_search_of_the_fetch_path_has_an_answer() -> None:
    prefetch = with_reference(warning_request(TODAY)["prefetch"])
    found = replies(prefetch, "demo")
    assert len(found) == len(SERVICE_BY_ID["b12-order-select"].prefetch)
    assert all(value["resourceType"] in {"Bundle", "Patient"} for value in found.values())
    assert "Medication/b12" in json.dumps(found)


def test_the_calls_of_the_soak_differ_in_nothing_but_their_instance() -> None:
    body = json.dumps(warning_request(TODAY)).encode()
    first, second = (json.loads(each_its_own(body)()) for _ in range(2))
    assert first.pop("hookInstance") != second.pop("hookInstance")
    assert first == second


def test_what_the_allocator_holds_free_is_told_in_bytes() -> None:
    held = [bytes(100_000) for _ in range(200)]  # below the size from which each has a mapping of its own
    before = free_bytes()
    del held[::2]
    assert before + 9_000_000 < free_bytes() < before + 11_000_000
