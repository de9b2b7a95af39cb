"""How many instances a hospital and a nation need: arithmetic, and a queue simulated with measured times. By hand:

    python -m tests.benchmarks.capacity [--samples 400]

Measured is how long a worker takes for a lone call of each kind, each with a token (ES384) of its own. The simulation
(M/G/c: calls at random, c workers, whoever came first is served first, fixed seed) draws its times from those. Wanted
is the least number of workers of which none is busier than BUSIEST, with 99 of 100 calls answered in half a second.
"""

import argparse
import heapq
import math
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from tests.benchmarks.authentication import fresh_tokens
from tests.benchmarks.hooks import bodies
from tests.benchmarks.server import our_service
from tests.signing import BASE, clients_file

# What is assumed, and where it comes from
ASSUMED: Final = (
    (
        "orders of an inpatient in a day",
        22.8,
        "general medicine, 15,349 patients of UCSF (SHM abstract, Computerized orders as a proxy for patient clinical "
        "acuity); 34.2 in intensive care",
    ),
    ("charts opened for an inpatient in a day", 20, "assumption"),
    (
        "encounters of a clinician in a day",
        20,
        "assumption, high: at 16 minutes in the EHR for each (Overhage, McCallie: Ann Intern Med 2020) five hours",
    ),
    ("charts opened in an encounter", 2, "assumption"),
    ("orders in an encounter", 3, "assumption"),
    ("calls for an order", 2, "order-select and order-sign"),
    ("share of orders in scope", 0.02, "assumption"),
    ("share of charts with B12 or a cause on record", 0.05, "assumption; each counts as a full evaluation"),
    ("share of a day's calls in its busiest hour", 0.15, "assumption; evenly over eight hours it is 0.125"),
    ("busiest minute of that hour over its mean", 3, "assumption"),
)
BEDS: Final = 500
CLINICIANS: Final = 50_000
BUSIEST: Final = 0.7
LONGEST: Final = 0.5  # seconds, for 99 of 100: what CDS Hooks asks of a service
WORKERS: Final = 2  # of an instance, on two processors
_CALLS: Final = 100_000
_PATH: Final = "/cds-services/b12-order-select"
_KINDS: Final = ("out of scope", "irrelevant chart", "full")
Times = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Site:
    """calls: in a day, by kind."""

    name: str
    calls: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Calls a second in the busiest minute."""
        _, hour, _ = ASSUMED[-2]
        _, minute, _ = ASSUMED[-1]
        return sum(self.calls.values()) * hour / 3600 * minute


def sites() -> list[Site]:
    orders_of_patient, charts_of_patient, encounters, charts, orders, calls, in_scope, matter, *_ = (
        value for _, value, _ in ASSUMED
    )

    def site(name: str, orders_a_day: float, charts_a_day: float) -> Site:
        found = {
            "out of scope": orders_a_day * calls * (1 - in_scope),
            "irrelevant chart": charts_a_day * (1 - matter),
            "full": orders_a_day * calls * in_scope + charts_a_day * matter,
        }
        return Site(name, found)

    seen = CLINICIANS * encounters
    return [
        site(f"a hospital of {BEDS} beds", BEDS * orders_of_patient, BEDS * charts_of_patient),
        site(f"a nation of {CLINICIANS:,} clinicians", seen * orders, seen * charts),
        site("ten such nations", 10 * seen * orders, 10 * seen * charts),
    ]


def waiting(rate: float, workers: int, drawn: Sequence[float], seed: int = 0) -> list[float]:
    """Seconds from arrival to answer of each call. drawn: how long a worker takes for it."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    free = [0.0] * workers
    now, took = 0.0, []
    for seconds in drawn:
        now += chance.expovariate(rate)
        done = max(now, heapq.heappop(free)) + seconds
        heapq.heappush(free, done)
        took.append(done - now)
    return took


def workers_for(site: Site, times: Times, calls: int = _CALLS) -> tuple[int, float, float]:
    """How many workers, how busy each is, and seconds of the 99th of 100 calls."""
    chance = random.Random(1)  # noqa: S311
    kinds = chance.choices(_KINDS, [site.calls[kind] for kind in _KINDS], k=calls)
    drawn = [chance.choice(times[kind]) for kind in kinds]
    work = site.rate * statistics.mean(drawn)
    workers = max(1, math.ceil(work / BUSIEST))
    while True:
        last = sorted(waiting(site.rate, workers, drawn))[int(0.99 * calls)]
        if last <= LONGEST:
            return workers, work / workers, last
        workers += 1


def measured(samples: int) -> Times:
    """Seconds of lone calls, by kind."""
    with tempfile.TemporaryDirectory() as folder:
        clients = clients_file(Path(folder), {"requests_per_minute": 1_000_000})
        with our_service(folder, CDS_CLIENTS=str(clients), CDS_PUBLIC_URL=BASE) as server:
            sent = bodies()
            return {kind: _lone(server.port, kind, sent[kind], samples) for kind in _KINDS}


def _lone(port: int, kind: str, body: bytes, samples: int) -> list[float]:
    hook = "patient-view" if kind == "irrelevant chart" else "order-select"
    connection, took = HTTPConnection("127.0.0.1", port, timeout=30), []
    for token in fresh_tokens("ES384", samples, f"{BASE}/cds-services/b12-{hook}"):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        began = time.perf_counter()
        connection.request("POST", f"/cds-services/b12-{hook}", body, headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}")
    return took[samples // 10 :]  # the first fill caches


def report(times: Times) -> list[str]:
    lines = ["| assumed | | source |", "|---|---|---|"]
    lines += [f"| {name} | {value:g} | {source} |" for name, value, source in ASSUMED]
    lines += ["", "| a lone call with a token | mean, ms | p99, ms |", "|---|---|---|"]
    for kind, took in times.items():
        last = sorted(took)[int(0.99 * len(took))]
        lines.append(f"| {kind} | {1000 * statistics.mean(took):.2f} | {1000 * last:.2f} |")
    lines += ["", "| | calls a day | in the busiest minute, 1/s | workers | each busy | p99, ms | instances |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for site in sites():
        workers, busy, last = workers_for(site, times)
        instances = math.ceil(workers / WORKERS) + 1  # one may be away
        day = sum(site.calls.values())
        cells = (f"{day:,.0f}", f"{site.rate:,.1f}", f"{workers}", f"{busy:.2f}", f"{1000 * last:.1f}", f"{instances}")
        lines.append(f"| {site.name} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=400, help="calls of each kind that are timed")
    print("\n".join(report(measured(parser.parse_args().samples))))


if __name__ == "__main__":
    main()
