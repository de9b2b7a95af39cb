"""The alert burden of a synthetic population: `python -m tests.population [--size 10000] [--seed 1]`.

Prints the page and writes it to docs/alert-burden.md. About a minute on one processor.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.population.burden import burden
from tests.population.table import markdown

PAGE = Path(__file__).parents[2] / "docs" / "alert-burden.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.population", description=__doc__)
    parser.add_argument("--size", type=int, default=10_000, help="patients for each region, one order each")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    found = {region: burden(chosen.size, chosen.seed, region) for region in ("uk", "us")}
    page = markdown(found, size=chosen.size, seed=chosen.seed, date=datetime.now(UTC).date().isoformat())
    PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write(page)
    return 0


sys.exit(main())
