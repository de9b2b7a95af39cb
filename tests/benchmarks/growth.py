"""How the cost of a call grows: with what is sent, with clients at once, with instances. Run by hand, not a test:

    python -m tests.benchmarks.growth [--part sizes clients instances] [--seconds 5]

Each table ends with an exponent e, the least squares of log(cost) over log(number): 1 is in proportion, 0 is not at
all. `sizes` counts processor time in this process, without a server, the least of some rounds. `clients` calls one
worker. `instances` are those of docker/compose.yaml with nginx, Redis and PostgreSQL in front of and behind them, each
call with a token of its own; their processor time is that of all workers together.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, redirect_stdout
from copy import deepcopy
from datetime import UTC, date, datetime
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from tests.benchmarks.hooks import bodies
from tests.benchmarks.in_process import applications, call, environ_of
from tests.benchmarks.load import to, without_pause
from tests.benchmarks.requests import irrelevant, irrelevant_chart, read_result, warning_request
from tests.benchmarks.server import our_service, processor_seconds
from tests.nginx import NAME
from tests.two_instances import TwoInstances, two_instances

OBSERVATIONS = (10, 100, 1_000, 10_000)
DRAFTS = (1, 2, 5, 10, 20, 50)
CLIENTS = (1, 2, 4, 8, 16, 32, 64)
INSTANCES = (1, 2, 4)
_PATH = "/cds-services/b12-order-select"
Json = dict[str, Any]
Point = tuple[float, float]


def exponent(points: Sequence[Point]) -> float:
    """The slope of log(cost) over log(number), by least squares."""
    logs = [(math.log(number), math.log(cost)) for number, cost in points]
    mean_x, mean_y = (sum(each) / len(logs) for each in zip(*logs, strict=True))
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def sizes(today: date) -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
    """What grows, and the requests by its number."""
    chart, order = irrelevant_chart(today), warning_request(today)
    for name, request in (("a chart without B12", chart), ("a full evaluation", order)):
        more = [(number, map(irrelevant, range(number))) for number in OBSERVATIONS]
        found = [(number, with_observations(request, "findings", each)) for number, each in more]
        yield f"Observations that no rule reads, {name}", found
    read = [
        (number, with_observations(order, "results", (read_result(today, place) for place in range(number))))
        for number in OBSERVATIONS
    ]
    yield "Observations that rules read (haemoglobin, one a day), a full evaluation", read
    yield "draft orders of cyanocobalamin", [(number, with_drafts(order, number)) for number in DRAFTS]


def with_observations(request: Json, key: str, more: Iterator[Json]) -> bytes:
    bundle = request["prefetch"][key]
    entries = [*bundle["entry"], *more]
    grown = request | {"prefetch": request["prefetch"] | {key: bundle | {"entry": entries, "total": len(entries)}}}
    return json.dumps(grown).encode()


def with_drafts(request: Json, number: int) -> bytes:
    grown = deepcopy(request)
    entries = grown["context"]["draftOrders"]["entry"]
    drafts = [deepcopy(entries[0]) for _ in range(number)]
    for place, draft in enumerate(drafts):
        draft["resource"]["id"] = f"draft-{place}"
        draft.pop("fullUrl", None)
    grown["context"]["draftOrders"]["entry"] = drafts
    grown["context"]["selections"] = [f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in drafts]
    return json.dumps(grown).encode()


def report_sizes() -> None:
    print("| what grows | number: processor ms of a call | exponent | of the last step |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        ours = applications(Path(folder))["ours"]
        for name, requests in sizes(datetime.now(UTC).date()):
            points = [(number, 1000 * _least(ours, body)) for number, body in requests]
            told = ", ".join(f"{number}: {cost:.2f}" for number, cost in points)
            print(f"| {name} | {told} | {exponent(points):.2f} | {exponent(points[-2:]):.2f} |", flush=True)


def _least(application: Any, body: bytes, rounds: int = 5, seconds: float = 0.2) -> float:
    """Processor seconds of one call: the least mean of some rounds."""
    environ, means = environ_of(body), []
    call(application, environ, body)
    for _ in range(rounds):
        began, count = time.process_time(), 0
        while count == 0 or time.process_time() < began + seconds:
            call(application, environ, body)
            count += 1
        means.append((time.process_time() - began) / count)
    return min(means)


def report_clients(seconds: float) -> None:
    body = bodies()["full"]
    print("| clients at once | answers, 1/s | median, ms | p99, ms |")
    print("|---|---|---|---|")
    rates, medians = [], []
    with tempfile.TemporaryDirectory() as folder, our_service(folder) as server:
        for clients in CLIENTS:
            load = without_pause(to(server.port), _PATH, body, clients, seconds, dict)
            median, last = 1000 * load.quantile(0.5), 1000 * load.quantile(0.99)
            rates.append((clients, load.rate))
            medians.append((clients, median))
            print(f"| {clients} | {load.rate:.0f} | {median:.1f} | {last:.1f} |", flush=True)
    print(f"| exponent | {exponent(rates):.2f} | {exponent(medians):.2f} | |")


def report_instances(seconds: float, clients: int = 8) -> None:
    body = bodies()["full"]
    print(f"| instances of one worker, {clients} clients | answers, 1/s | median, ms | processor ms of a call |")
    print("|---|---|---|---|")
    rates, costs = [], []
    for count in INSTANCES:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
            with redirect_stdout(sys.stderr):  # it tells of the secrets that it makes
                served = held.enter_context(two_instances(Path(folder), count, "requests_per_minute = 1000000\n"))
            load, cost = _through_the_proxy(served, body, clients, seconds)
        rates.append((count, load.rate))
        costs.append((count, cost))
        print(f"| {count} | {load.rate:.0f} | {1000 * load.quantile(0.5):.1f} | {1000 * cost:.2f} |", flush=True)
    print(f"| exponent | {exponent(rates):.2f} | | {exponent(costs):.2f} |")


def _through_the_proxy(served: TwoInstances, body: bytes, clients: int, seconds: float) -> tuple[Any, float]:
    """The load, and the processor seconds of the workers for each call."""
    trusting = served.proxy.trusting()
    tokens = [served.token(_PATH) for _ in range(int(300 * seconds))]  # beforehand: the client shares the machine

    def headers() -> dict[str, str]:
        return {"Authorization": f"Bearer {tokens.pop() if tokens else served.token(_PATH)}"}

    def connect() -> HTTPSConnection:
        return HTTPSConnection(NAME, served.proxy.tls, timeout=60, context=trusting)

    without_pause(connect, _PATH, body, clients, seconds / 5, headers)
    before = _processor_seconds(served)
    load = without_pause(connect, _PATH, body, clients, seconds, headers)
    return load, (_processor_seconds(served) - before) / len(load.took)


def _processor_seconds(served: TwoInstances) -> float:
    return sum(processor_seconds(pid) for instance in served.instances for pid in instance.workers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("sizes", "clients", "instances")
    parser.add_argument("--part", nargs="+", choices=parts, default=parts)
    parser.add_argument("--seconds", type=float, default=5, help="of each run of clients")
    chosen = parser.parse_args()
    if "sizes" in chosen.part:
        report_sizes()
    if "clients" in chosen.part:
        report_clients(chosen.seconds)
    if "instances" in chosen.part:
        report_instances(chosen.seconds)


if __name__ == "__main__":
    main()
