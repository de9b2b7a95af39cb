"""Processor instructions of a hook call, beside an empty Flask service: a number that a busy machine does not move.

    python -m tests.benchmarks.instructions [--requests 20]

Both applications run in this process, without a server, under valgrind's counter (cachegrind, no cache simulated). For
each kind of call the process forks twice and answers N and 2N of them; the difference is what N cost, without start-up.
Hashes are seeded. What a thread writes to the database beside the calls is not in it. Counts differ with the builds of
Python and of libraries, not with load: they serve to compare two states of the code on one machine, and are no guard
across machines.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cds_service.records import shown_cards
from tests.benchmarks.hooks import bodies
from tests.benchmarks.in_process import applications, call, environ_of

_WARM = 5
_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")
_COUNTER = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
Counts = dict[tuple[str, str], float]


def _answer_in_forks(requests: int) -> None:
    """In the process that is counted: one fork for each kind of call, application and number of calls."""
    shown_cards._PAUSE = 3600.0  # this slowly, each call would have a transaction of its own
    with tempfile.TemporaryDirectory() as folder:
        made = applications(Path(folder))
        for name, body in bodies().items():
            environ = environ_of(body)
            for who, application in made.items():
                for count in (requests, 2 * requests):
                    child = os.fork()
                    if child == 0:
                        for _ in range(_WARM + count):
                            call(application, environ, body)
                        os._exit(0)
                    if os.waitpid(child, 0)[1] != 0:
                        raise RuntimeError(f"{name}: no answer")
                    print(json.dumps([child, name, who, count]), flush=True)


def measured(requests: int) -> Counts:
    """Instructions per call, by its kind and who answers."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*_COUNTER, f"--log-file={folder}/%p", sys.executable, "-m", __spec__.name, "--counted"]
        told = subprocess.run(
            [*command, "--requests", str(requests)],
            env=os.environ | {"PYTHONHASHSEED": "0"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        totals = {
            (name, who, count): _count(Path(folder, str(child)).read_text("utf-8"))
            for child, name, who, count in map(json.loads, told.splitlines())
        }
    return {
        (name, who): (totals[name, who, 2 * requests] - total) / requests
        for (name, who, count), total in totals.items()
        if count == requests
    }


def _count(log: str) -> int:
    found = _COUNT.search(log)
    if found is None:
        raise RuntimeError("valgrind told no count")
    return int(found[1].replace(",", ""))


def report(counts: Counts) -> Iterator[str]:
    yield "| a call, thousand instructions | this service | empty service | ratio |"
    yield "|---|---|---|---|"
    for name in dict.fromkeys(name for name, _ in counts):
        ours, empty = counts[name, "ours"], counts[name, "empty"]
        yield f"| {name} | {ours / 1000:.0f} | {empty / 1000:.0f} | {empty / ours:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20, help="calls of each kind")
    parser.add_argument("--counted", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.counted:
        _answer_in_forks(chosen.requests)
    else:
        print("\n".join(report(measured(chosen.requests))))


if __name__ == "__main__":
    main()
