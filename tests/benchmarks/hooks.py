"""Processor time of a hook call, beside an empty Flask service on the same server. Run by hand, not a test:

    python -m tests.benchmarks.hooks [--requests 400]

Both services run under gunicorn with one gthread worker. The measure is the processor time of the worker per request
(user and system, from /proc), so another process on the machine moves it little. Each figure is the median of rounds
that alternate between the two services.
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

ROUNDS = 7
IRRELEVANT = 1000


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
    parser.add_argument("--requests", type=int, default=400, help="requests of each kind in a round")
    requests = parser.parse_args().requests
    sent = bodies()
    used: dict[tuple[str, str], list[float]] = {}
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
    _report({key: statistics.median(values) for key, values in used.items()}, sent)


def _report(cost: dict[tuple[str, str], float], sent: dict[str, bytes]) -> None:
    def row(name: str, ours: float, empty: float, ratio: float, target: str) -> None:
        print(f"| {name} | {1e6 * ours:.1f} | {1e6 * empty:.1f} | {ratio:.2f} | {target} |")

    print("| | this service, us | empty service, us | ratio | target |")
    print("|---|---|---|---|---|")
    targets = (("out of scope", "at least 1.1"), ("irrelevant chart", "at least 1.0"), ("full", "at least 0.4"))
    for name, target in targets:
        ours, empty = cost[name, "ours"], cost[name, "empty"]
        label = f"{name}, {len(sent[name]) // 1024} KB: requests per processor second"
        row(label, ours, empty, empty / ours, target)
    ours, empty = ((cost["longer", who] - cost["full", who]) / IRRELEVANT for who in ("ours", "empty"))
    row("each further irrelevant Observation: processor time", ours, empty, ours / empty, "at most 0.4")


if __name__ == "__main__":
    main()
