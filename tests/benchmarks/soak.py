"""Ten minutes of calls without a pause: does memory stay flat? Run by hand, not a test:

    python -m tests.benchmarks.soak [--minutes 10]

Two workers and a mix of calls as it comes from an EHR: of ten, six out of scope, three charts opened, one full; each
with a hookInstance of its own, so that new cards are recorded all the time. Memory is what is a worker's alone (USS)
between the calls, and of that what is in use: without what C's allocator holds free (heap.py), which grows as long as
calls come together in ways that are new to it. What is filled for the first time comes in the first minutes; the slopes
are those of the second half, by least squares.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.benchmarks.footprint import own
from tests.benchmarks.heap import written
from tests.benchmarks.hooks import bodies
from tests.benchmarks.load import to, without_pause
from tests.benchmarks.server import Server, our_service

MIX = (("out of scope", "order-select", 6), ("irrelevant chart", "patient-view", 3), ("full", "order-select", 1))
CLIENTS = 4
_PERIOD = 10.0
_REST = 1.2  # until each worker has written down what it holds when no call is at hand
_MEGABYTE = 1024 * 1024
_FLAT = 0.1  # MB a minute and worker: a gigabyte in a week


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    sent = {name: each_its_own(body) for name, body in bodies().items()}
    print("| minute | calls so far | MB of each worker | of these in use | threads | open files |")
    print("|---|---|---|---|---|---|")
    points: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder, _service(folder) as server:
        began, calls, told = time.monotonic(), 0, 0.0
        while (now := (time.monotonic() - began) / 60) < minutes:
            calls += _period(server, sent)
            time.sleep(_REST)
            all_of_them = [_held(folder, pid) for pid in server.workers]
            means = [sum(each) / len(each) for each in zip(*all_of_them, strict=True)]
            points.append(((time.monotonic() - began) / 60, means[0], means[1]))
            if now >= told or now + _PERIOD / 60 >= minutes:
                told = points[-1][0] + minutes / 10
                print(_row(points[-1][0], calls, server, folder), flush=True)
    half = points[len(points) // 2 :]
    print()
    for name, place in (("", 1), ("; of these in use ", 2)):
        slope = _slope([(each[0], each[place]) for each in half])
        verdict = "flat" if slope < _FLAT else "not flat"
        print(f"{name}{slope:+.3f} MB a minute and worker in the second half: {verdict} (below {_FLAT})", end="")
    print(f"; {calls} calls")


@contextmanager
def _service(folder: str) -> Iterator[Server]:
    with our_service(folder, 2, "tests.benchmarks.heap", HEAP_FOLDER=folder) as server:
        yield server


def each_its_own(body: bytes) -> Callable[[], bytes]:
    """The same call with a hookInstance of its own each time."""
    instance = json.loads(body)["hookInstance"].encode()
    before, _, after = body.partition(instance)
    return lambda: before + str(uuid4()).encode() + after


def _period(server: Server, sent: dict[str, Callable[[], bytes]]) -> int:
    parts = sum(share for *_, share in MIX)
    done = 0
    for name, hook, share in MIX:
        seconds = _PERIOD * share / parts
        path = f"/cds-services/b12-{hook}"
        done += len(without_pause(to(server.port), path, sent[name], CLIENTS, seconds, dict).took)
    return done


def _held(folder: str, pid: int) -> tuple[float, float]:
    """MB that are a worker's alone, and how much of that is in use."""
    held = own(pid)
    return held / _MEGABYTE, (held - written(folder, pid)) / _MEGABYTE


def _row(minute: float, calls: int, server: Server, folder: str) -> str:
    workers = server.workers
    held, used = (
        " ".join(f"{each:.1f}" for each in row) for row in zip(*(_held(folder, pid) for pid in workers), strict=True)
    )
    threads, files = (" ".join(str(_number(pid, of)) for pid in workers) for of in ("task", "fd"))
    return f"| {minute:.1f} | {calls} | {held} | {used} | {threads} | {files} |"


def _number(pid: int, of: str) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/{of}").iterdir())


def _slope(points: Sequence[tuple[float, float]]) -> float:
    mean_x, mean_y = (sum(each) / len(points) for each in zip(*points, strict=True))
    spread: Any = sum((x - mean_x) ** 2 for x, _ in points)
    return float(sum((x - mean_x) * (y - mean_y) for x, y in points) / spread) if spread else 0.0


if __name__ == "__main__":
    main()
