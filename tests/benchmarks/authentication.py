"""What it costs to know who calls: processor time of the same calls with and without a token. Run by hand, not a test:

    python -m tests.benchmarks.authentication [--requests 300]

Two of our services and an empty Flask one run side by side, each with one worker. One of ours has a clients file with
keys in a file. Each token is signed beforehand, used once, and remembered as `serve` does it. Each figure is the
median of rounds that alternate between the services. The second table says where the time goes, in this process.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cds_service.trust.clients_file import ClientEntry, read_clients
from cds_service.trust.jws import read_object, take_apart
from cds_service.trust.keys import PublicKey
from cds_service.trust.shared_state import SharedState
from cds_service.trust.sqlite_state import STATE_FILE, SqliteState
from cds_service.trust.tokens import verify
from tests.benchmarks.hooks import bodies
from tests.benchmarks.server import Server, empty_service, our_service
from tests.signing import BASE, ISSUER, SERVICE, clients_file, token

ROUNDS = 7
CALLS = ("out of scope", "full")
ALGORITHMS = ("ES384", "RS384")
_TOKENS = 500

Cost = dict[tuple[str, str], float]


def fresh_tokens(algorithm: str, count: int, service: str = SERVICE) -> list[str]:
    now = int(time.time())
    return [token(algorithm, aud=service, iat=now, exp=now + 300) for _ in range(count)]


def measured(requests: int) -> Cost:
    """Processor seconds per request, by the kind of call and who answers it."""
    sent = {name: body for name, body in bodies().items() if name in CALLS}
    used: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as folder:
        clients = clients_file(Path(folder), {"requests_per_minute": 1_000_000})
        guard = {"CDS_CLIENTS": str(clients), "CDS_PUBLIC_URL": BASE}
        with empty_service() as empty, our_service(plain) as ours, our_service(folder, **guard) as guarded:
            ways = (("empty", empty), ("none", ours), *((algorithm, guarded) for algorithm in ALGORITHMS))
            for place in range(-1, ROUNDS):  # the first is for getting warm
                for name, body in sent.items():
                    for way, server in ways:
                        cost = _once(server, body, requests if place >= 0 else 50, way)
                        if place >= 0:
                            used.setdefault((name, way), []).append(cost)
                print(f"round {place + 1} of {ROUNDS}", file=sys.stderr)
    return {key: statistics.median(values) for key, values in used.items()}


def _once(server: Server, body: bytes, requests: int, way: str) -> float:
    tokens = fresh_tokens(way, requests) if way in ALGORITHMS else ()
    return server.measure(body, requests, tokens)


def parts(count: int = _TOKENS) -> Cost:
    """Processor seconds of each step, by step and algorithm, in this process: the mean of so many tokens."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        (entry,) = read_clients(clients_file(Path(folder)))
        for algorithm in ALGORITHMS:
            state = SqliteState(STATE_FILE.made_in(Path(tempfile.mkdtemp(dir=folder))))
            for step, cost in _steps(fresh_tokens(algorithm, count), algorithm, entry, state).items():
                found[step, algorithm] = cost
            state.close()
    return found


def _steps(tokens: Sequence[str], algorithm: str, entry: ClientEntry, state: SharedState) -> dict[str, float]:
    key = next(key for key in entry.keys if key.kid == algorithm)
    now = time.time()

    def read(text: str) -> None:
        unverified = take_apart(text)
        assert unverified is not None
        assert read_object(unverified.header) is not None
        assert read_object(unverified.payload) is not None

    def check(text: str, keys: Sequence[PublicKey]) -> str:
        return verify(f"Bearer {text}", {ISSUER: [entry]}, lambda *_: keys, [SERVICE], now).jti

    def sign_check(text: str) -> None:
        unverified = take_apart(text)
        assert unverified is not None
        assert key.has_signed(unverified.signed, unverified.signature, algorithm)

    def remember(text: str) -> None:
        standing = state.admit(entry.name, 1_000_000, now, (ISSUER, text), now + 330)
        assert not standing.repeated

    apart = _mean(take_apart, tokens)
    return {
        "its form and JSON": _mean(read, tokens),
        "the signature": _mean(sign_check, tokens) - apart,
        "all checks but the memory": _mean(lambda text: check(text, [key]), tokens),
        "the memory of tokens and the count of calls": _mean(remember, tokens),
    }


def _mean(run: Callable[[str], object], tokens: Sequence[str]) -> float:
    began = time.process_time()
    for text in tokens:
        run(text)
    return (time.process_time() - began) / len(tokens)


def report(cost: Cost, steps: Cost) -> str:
    """Two Markdown tables; a ratio is to the same call without a token, of the same run."""
    lines = [
        "| a call, us of processor time | empty service | no clients file | ES384 | RS384 |",
        "|---|---|---|---|---|",
    ]
    for name in CALLS:
        without = cost[name, "none"]
        cells = [f"{1e6 * cost[name, 'empty']:.0f}", f"{1e6 * without:.0f}"]
        cells += [f"{1e6 * cost[name, way]:.0f} ({cost[name, way] / without:.2f})" for way in ALGORITHMS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    added = [_added(cost, way) for way in ALGORITHMS]
    lines.append(f"| what the token adds | | | {added[0]} | {added[1]} |")
    lines += ["", "| step, us | ES384 | RS384 |", "|---|---|---|"]
    for step in dict.fromkeys(step for step, _ in steps):
        lines.append(f"| {step} | " + " | ".join(f"{1e6 * steps[step, way]:.1f}" for way in ALGORITHMS) + " |")
    return "\n".join(lines)


def _added(cost: Cost, way: str) -> str:
    return " to ".join(f"{each:.0f}" for each in sorted(1e6 * (cost[name, way] - cost[name, "none"]) for name in CALLS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300, help="requests of each kind in a round")
    print(report(measured(parser.parse_args().requests), parts()))


if __name__ == "__main__":
    main()
