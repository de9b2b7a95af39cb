"""What a process keeps of the calls that it has answered: objects, and memory. Run by hand, not a test:

    python -m tests.benchmarks.kept [--calls 50000]

In one process without a server; each call has a hookInstance of its own, so that new cards are recorded all the time.
Memory is what is this process's alone. What is filled for the first time comes in the first fifths.
"""

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks.footprint import own
from tests.benchmarks.hooks import bodies
from tests.benchmarks.in_process import applications, call, environ_of
from tests.benchmarks.soak import MIX, each_its_own

_STEPS: Final = 5
_WRITTEN: Final = 0.5  # seconds until what is written beside the calls is written


def kept(answer: Callable[[], object], calls: int) -> tuple[int, int]:
    """Objects and bytes more than before, when so many calls have been answered."""
    objects, memory = _now()
    for _ in range(calls):
        answer()
    objects_after, memory_after = _now()
    return objects_after - objects, memory_after - memory


def _now() -> tuple[int, int]:
    time.sleep(_WRITTEN)
    gc.collect()
    return len(gc.get_objects()), own(os.getpid())


def answers(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each kind of call, by name."""
    ours, sent = applications(folder)["ours"], bodies()
    for name, *_ in MIX:
        environ, body = environ_of(sent[name]), each_its_own(sent[name])
        yield name, lambda environ=environ, body=body: call(ours, environ, body())  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=50_000)
    calls = parser.parse_args().calls
    print("| after the first fifth of the calls | calls | objects more | KB more |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, answer in answers(Path(folder)):
            number = calls // 5 if name == "full" else calls
            kept(answer, number // _STEPS)
            for step in range(1, _STEPS):
                objects, memory = kept(answer, number // _STEPS)
                print(f"| {name} | {(step + 1) * number // _STEPS} | {objects:+} | {memory / 1024:+.0f} |", flush=True)


if __name__ == "__main__":
    main()
