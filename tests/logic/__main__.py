"""The whole walk, each combination of each grid: `python -m tests.logic [TOPIC]`. Half an hour; tests take samples."""

import sys

from tests.logic.grids import GRIDS
from tests.logic.walk import faults, steps


def main() -> int:
    wanted = sys.argv[1:]
    found = 0
    for topic, grid in GRIDS.items():
        if wanted and topic.name not in wanted:
            continue
        wrong = list(faults(grid))
        found += len(wrong)
        sys.stdout.write(f"{topic.value}: {steps(grid)} answers compared, {len(wrong)} faults\n")
        sys.stdout.writelines(f"    {fault}\n" for fault in wrong[:20])
        sys.stdout.flush()
    return 1 if found else 0


sys.exit(main())
