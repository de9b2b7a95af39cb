"""Processor time of a hook call, beside an empty Flask service on the same server. Run by hand, not a test:

    python -m tests.benchmarks.hooks [--requests 200]

Both services run under gunicorn with one gthread worker. The measure is the processor time of the worker per request
(user and system, from /proc), so another process on the machine moves it little. Rounds alternate between the two
services, and each figure is the median of them; so is each ratio, since a machine may be slower in one round than in
another.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.benchmarks.requests import RXNORM, irrelevant, irrelevant_chart, warning_request
from tests.benchmarks.server import Server, empty_service, our_service

ROUNDS = 15
IRRELEVANT = 1000
Costs = dict[tuple[str, str], list[float]]


@contextmanager
def _servers() -> Iterator[tuple[Server, Server]]:
    with tempfile.TemporaryDirectory() as folder, our_service(folder) as ours, empty_service() as empty:
        yield ours, empty


def bodies() -> dict[str, bytes]:
    """Requests by name: out of scope; the chart of a patient with nothing that a rule asks about; full; longer, which
    has 1000 more Observations that no rule reads."""
    request = warning_request(datetime.now(UTC).date())
    full = json.dumps(request).encode()
    request["prefetch"]["results"]["entry"] += [irrelevant(number) for number in range(IRRELEVANT)]
    longer = json.dumps(request).encode()
    del request["prefetch"]["results"]["entry"][-IRRELEVANT:]
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    order["medicationCodeableConcept"] = {
        "coding": [{"system": RXNORM, "code": "308182", "display": "amoxicillin 250 MG Oral Capsule"}],
        "text": "amoxicillin 250 MG Oral Capsule",
    }
    out_of_scope = json.dumps(request).encode()
    chart = json.dumps(irrelevant_chart(datetime.now(UTC).date())).encode()
    return {"out of scope": out_of_scope, "irrelevant chart": chart, "full": full, "longer": longer}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200, help="requests of each kind in a round")
    requests = parser.parse_args().requests
    sent = bodies()
    used: Costs = {}
    with _servers() as (ours, empty):
        for server in (ours, empty):
            for body in sent.values():
                server.measure(body, 50)
        for place in range(ROUNDS):
            for name, body in sent.items():
                count = requests if name != "longer" else max(requests // 10, 20)
                for label, server in (("ours", ours), ("empty", empty)):
                    used.setdefault((name, label), []).append(server.measure(body, count))
            print(f"round {place + 1} of {ROUNDS}", file=sys.stderr)
    print("\n".join(report(used, sent)))


def report(used: Costs, sent: dict[str, bytes]) -> Iterator[str]:
    """Lines of the table. used: seconds per request of each round, by the kind of request and who answers."""

    def row(label: str, ours: list[float], empty: list[float], ratios: list[float], target: str) -> str:
        each, beside = (f"{1e6 * statistics.median(costs):.1f}" for costs in (ours, empty))
        return f"| {label} | {each} | {beside} | {statistics.median(ratios):.2f} | {target} |"

    yield "| | this service, us | empty service, us | ratio | target |"
    yield "|---|---|---|---|---|"
    targets = (("out of scope", "at least 1.1"), ("irrelevant chart", "at least 1.0"), ("full", "at least 0.4"))
    for name, target in targets:
        ours, empty = used[name, "ours"], used[name, "empty"]
        label = f"{name}, {len(sent[name]) // 1024} KB: requests per processor second"
        yield row(label, ours, empty, _ratios(empty, ours), target)
    ours, empty = (_of_one_more(used["longer", who], used["full", who]) for who in ("ours", "empty"))
    yield row("each further irrelevant Observation: processor time", ours, empty, _ratios(ours, empty), "at most 0.4")


def _ratios(over: list[float], under: list[float]) -> list[float]:
    return [one / other for one, other in zip(over, under, strict=True)]


def _of_one_more(longer: list[float], full: list[float]) -> list[float]:
    return [(more - less) / IRRELEVANT for more, less in zip(longer, full, strict=True)]


if __name__ == "__main__":
    main()
