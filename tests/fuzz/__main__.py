"""python -m tests.fuzz: as many requests as wanted, from a seed, or one case of a failure again.

python -m tests.fuzz --requests 100000 --seed 7      a long run, with a line of progress and a summary
python -m tests.fuzz --seed 7 --minutes 10           until the time is over
python -m tests.fuzz --seed 7 --case 4711            what was sent, and what was answered
"""

import argparse
import itertools
import sys
import time

from tests.fuzz.generator import case
from tests.fuzz.running import Seen, in_process, look_at


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--requests", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int)
    parser.add_argument("--minutes", type=float)
    chosen = parser.parse_args()
    if chosen.case is not None:
        return _one(chosen.seed, chosen.case)
    wanted = chosen.requests or (10_000 if chosen.minutes is None else sys.maxsize)
    seen, started = Seen(), time.monotonic()
    ends = started + 60 * chosen.minutes if chosen.minutes else float("inf")
    for number in itertools.count():
        if number >= wanted or time.monotonic() > ends:
            break
        before = len(seen.failures)
        look_at(case(chosen.seed, number), seen)
        for failure in seen.failures[before:]:
            print(failure, flush=True)
        if number % 500 == 499:
            rate = seen.requests / (time.monotonic() - started)
            told = f"\r{number + 1} cases, {seen.requests} requests, {rate:.0f}/s, {len(seen.failures)} failures"
            print(told, end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    _told(seen)
    return 1 if seen.failures else 0


def _one(seed: int, number: int) -> int:
    """One case in full, and its answers."""
    found = case(seed, number)
    print(found)
    for title, call in (("before", found.before), ("absent", found.absent), ("sent", found.call)):
        if call is None:
            continue
        answer = in_process(found.service, call)
        print(f"\n{title}: {call.method} {call.path!r} {call.headers}\n{call.body[:20_000]!r}")
        print(f"-> {answer.status} in {answer.seconds:.3f} s\n{answer.body!r}\n{answer.log}")
    seen = Seen()
    look_at(found, seen)
    print(*seen.failures, sep="\n")
    return 1 if seen.failures else 0


def _told(seen: Seen) -> None:
    total = sum(seen.cases.values())
    print(f"{total} cases, {seen.requests} requests, the slowest {seen.slowest:.2f} s, {len(seen.failures)} failures")
    print(f"evaluated {seen.evaluated}, with cards {seen.with_cards}, compared with more knowledge {seen.compared}")
    print("kinds:", dict(seen.cases), "statuses:", dict(sorted(seen.statuses.items())))
    print("silences accepted:", *(f"\n  {count:6} {name}" for name, count in seen.accepted.most_common()))


if __name__ == "__main__":
    raise SystemExit(main())
