"""Where the time of a full evaluation goes, by part of the code. Run by hand, not a test:

    python -m tests.benchmarks.shares [--calls 300]

In one process without a server, with Python's own profiler, which makes calls of functions dearer than they are: shares
tell where to look, and not how long. What a function of C takes is counted for the part that called it.
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.hooks import bodies
from tests.benchmarks.in_process import applications, call, environ_of

_ROOT: Final = Path(__file__).parents[2]
_PARTS: Final = {
    "fhir_mappings": "FHIR resources into facts, and suggestions into FHIR",
    "cds_service/patient_data": "what was prefetched, and which of it is relevant",
    "cds_service/clinical": "facts, regimens and what the rules ask",
    "cds_service/knowledge": "the rules themselves, and their words",
    "cds_service/hooks": "JSON in and out, cards and suggestions",
    "cds_service": "the call from door to log",
}
_REST: Final = "libraries and Python"
_DEAREST: Final = 8
Function = tuple[str, int, str]


def part_of(file: str) -> str:
    """The part that a file of code belongs to."""
    path = file.removeprefix(f"{_ROOT}/")
    return next((part for part in _PARTS if path.startswith(f"{part}/")), _REST)


def shares(times: dict[Function, Any]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Seconds and calls by part, and seconds by function of Python. times: as pstats has them."""
    seconds, calls, functions = Counter[str](), Counter[str](), Counter[str]()
    for (file, line, name), (_, number, own, _, callers) in times.items():
        if file != "~":
            seconds[part_of(file)] += own
            calls[part_of(file)] += number
            functions[f"`{name}` ({file.removeprefix(f'{_ROOT}/')}:{line})"] += own
            continue
        for (caller, _, _), (_, _, of_caller, _) in callers.items():
            seconds[part_of(caller)] += of_caller
    return seconds, calls, functions


def report(profile: cProfile.Profile, number: int) -> Iterator[str]:
    seconds, calls, functions = shares(pstats.Stats(profile).stats)  # type: ignore[attr-defined]
    whole = sum(seconds.values())
    yield "| part | share of the time | functions of Python it runs through |"
    yield "|---|---|---|"
    for part in (*_PARTS, _REST):
        name = f"`{part}`: {_PARTS[part]}" if part in _PARTS else part
        yield f"| {name} | {100 * seconds[part] / whole:.0f} % | {calls[part] / number:.0f} |"
    yield f"| whole | {1000 * whole / number:.1f} ms, profiled | {sum(calls.values()) / number:.0f} |"
    yield ""
    yield "| dearest functions, without what they call | share of the time |"
    yield "|---|---|"
    for name, own in functions.most_common(_DEAREST):
        yield f"| {name} | {100 * own / whole:.1f} % |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=300)
    number = parser.parse_args().calls
    body = bodies()["full"]
    with tempfile.TemporaryDirectory() as folder:
        ours, environ = applications(Path(folder))["ours"], environ_of(body)
        for _ in range(20):
            call(ours, environ, body)
        profile = cProfile.Profile(time.thread_time)  # others may use the processor meanwhile
        profile.enable()
        for _ in range(number):
            call(ours, environ, body)
        profile.disable()
    print("\n".join(report(profile, number)))


if __name__ == "__main__":
    main()
