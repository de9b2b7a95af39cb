"""What a running service takes: seconds to start, memory of each process, files on disk. Run by hand, not a test:

    python -m tests.benchmarks.footprint [--starts 5]

Memory is the proportional share (PSS: what workers have in common is divided among them) and what is a worker's alone
(USS), after some seconds of full evaluations. Start is from the command to the first `/readyz`. The image's size is
told by `make image`, which builds it without a container engine; here are the files of the packages that the service
needs, without compiled Python.
"""

import argparse
import importlib.metadata
import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.hooks import bodies
from tests.benchmarks.load import to, without_pause
from tests.benchmarks.server import our_service

_PATH = "/cds-services/b12-order-select"
_MEGABYTE = 1024 * 1024


def memory(pid: int) -> dict[str, int]:
    """Bytes of a process: Pss, Private_Clean, Private_Dirty and the like, as the kernel names them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
    return {name: 1024 * int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


def own(pid: int) -> int:
    told = memory(pid)
    return told["Private_Clean"] + told["Private_Dirty"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    starts = parser.parse_args().starts
    print("| what | it takes |")
    print("|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        print(
            f"| start to ready, median of {starts} | {statistics.median(_starts(folder, starts)):.1f} s |", flush=True
        )
    for workers in (1, 2, 4):
        print(f"| memory with {workers} workers | {_memory_of(workers)} |", flush=True)
    print(f"| files of the packages that it needs | {_installed() / _MEGABYTE:.0f} MB |")


def _starts(folder: str, number: int) -> list[float]:
    took = []
    for _ in range(number):
        began = time.perf_counter()
        with our_service(folder):
            took.append(time.perf_counter() - began)
    return took


def _memory_of(workers: int) -> str:
    with tempfile.TemporaryDirectory() as folder, our_service(folder, workers) as server:
        load = without_pause(to(server.port), _PATH, bodies()["full"], 2 * workers, 3 * workers, dict)
        parent, pids = server.pid, server.workers
        whole = sum(memory(pid)["Pss"] for pid in (parent, *pids)) / _MEGABYTE
        each = statistics.mean(own(pid) for pid in pids) / _MEGABYTE
    return f"{whole:.0f} MB in all, of these {each:.0f} MB each worker's own, after {len(load.took)} evaluations"


def _installed() -> int:
    """Bytes of the distributions that the service needs at run time."""
    wanted, seen = ["cobalamin-cds"], set()
    total = 0
    while wanted:
        name = wanted.pop().lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        needs = [each for each in found.requires or () if "extra ==" not in each]
        wanted += [need.split(";")[0].split("[")[0].rstrip("=<>~!.0123456789, ()").strip() for need in needs]
        places = [Path(str(file.locate())) for file in found.files or ()]
        total += sum(place.stat().st_size for place in places if place.is_file() and place.suffix != ".pyc")
    return total


if __name__ == "__main__":
    main()
