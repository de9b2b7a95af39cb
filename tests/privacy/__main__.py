"""python -m tests.privacy: marked calls to a real service, until its log has so many lines, and nothing found in it.

python -m tests.privacy --lines 100000          until the log has so many lines
python -m tests.privacy --requests 2000 --seed 7
"""

import argparse

from tests.privacy.run import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.privacy")
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    seen = run(chosen.seed, requests=chosen.requests or (0 if chosen.lines else 1000), lines=chosen.lines)
    print(f"{seen.lines} lines of log, {seen.requests} requests, {seen.seconds:.0f} s, {len(seen.hits)} hits")
    print(f"{seen.marks.words} words looked for in the log, in {', '.join(seen.files)}, and in every answer")
    print(f"{seen.spans} spans, in which they were looked for too")
    for title, counted in (("status", seen.statuses), ("call", seen.kinds), ("logger", seen.loggers)):
        print(f"{title}:", ", ".join(f"{name} {count}" for name, count in sorted(counted.items())))
    print("problem:", ", ".join(f"{name} {count}" for name, count in sorted(seen.problems.items())))
    print(f"comments kept where a client asked for it, and found: {seen.kept}")
    print(*seen.hits[:50], sep="\n")
    return 1 if seen.hits else 0


if __name__ == "__main__":
    raise SystemExit(main())
