"""How long a caller waits at 70 % of what one worker can do. Run by hand, not a test:

    python -m tests.benchmarks.latency [--seconds 8]

The peak is what eight clients get that call without a pause. Then calls come at random (Poisson, fixed seed) at 70 % of
that rate, and each is timed from when it was due; of five rounds the middle one is told, by p99 / median: a virtual
machine stands still at times. One server that takes the same time for each call, and is never held up, has a p99 of 4.3
times the median at that load (M/D/1). The empty service shows what this machine adds.
"""

import argparse
import tempfile

from tests.benchmarks.at_random import at_random
from tests.benchmarks.hooks import bodies
from tests.benchmarks.load import Load, to, without_pause
from tests.benchmarks.server import Server, empty_service, our_service

CLIENTS = 8
SHARE = 0.7
ROUNDS = 5
CALLS = {"out of scope": "order-select", "irrelevant chart": "patient-view", "full": "order-select"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8, help="of each of the 24 runs")
    seconds = parser.parse_args().seconds
    sent = bodies()
    print("| a call | peak, 1/s | at, 1/s | median, ms | p95 | p99 | p99 / median | target |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, our_service(folder) as server:
        for name, hook in CALLS.items():
            measure(server, name, hook, sent[name], seconds)
    with empty_service() as server:
        measure(server, "the empty service, full", CALLS["full"], sent["full"], seconds)


def measure(server: Server, name: str, hook: str, body: bytes, seconds: float) -> None:
    connect, path = to(server.port), f"/cds-services/b12-{hook}"
    without_pause(connect, path, body, CLIENTS, seconds / 10, dict)
    peak = without_pause(connect, path, body, CLIENTS, seconds, dict).rate
    rounds = [at_random(server.port, path, body, SHARE * peak, seconds, seed) for seed in range(ROUNDS)]
    print(row(name, peak, sorted(rounds, key=_tail)[ROUNDS // 2]), flush=True)


def _tail(load: Load) -> float:
    return load.quantile(0.99) / load.quantile(0.5)


def row(name: str, peak: float, load: Load) -> str:
    median, late, latest = (1000 * load.quantile(share) for share in (0.5, 0.95, 0.99))
    cells = (name, f"{peak:.0f}", f"{load.rate:.0f}", f"{median:.1f}", f"{late:.1f}", f"{latest:.1f}")
    return f"| {' | '.join(cells)} | {latest / median:.1f} | at most 5 |"


if __name__ == "__main__":
    main()
