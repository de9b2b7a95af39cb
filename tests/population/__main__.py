"""The alert burden of a synthetic population: `python -m tests.population [--size 10000] [--seed 1]`.

Prints the page and writes it to docs/alert-burden.md, and its short form into the README. A minute on one processor.
"""

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.population.burden import burden
from tests.population.table import markdown, readme_part

ROOT = Path(__file__).parents[2]
PAGE, README = ROOT / "docs" / "alert-burden.md", ROOT / "README.md"
_PART = re.compile(r"(<!-- alert burden -->\n).*?(<!-- end of alert burden -->)", re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.population", description=__doc__)
    parser.add_argument("--size", type=int, default=10_000, help="patients for each region, one order each")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    found = {region: burden(chosen.size, chosen.seed, region) for region in ("uk", "us")}
    today = datetime.now(UTC).date().isoformat()
    page = markdown(found, size=chosen.size, seed=chosen.seed, date=today)
    PAGE.write_text(page, encoding="utf-8")
    part = readme_part(found, date=today)
    README.write_text(_PART.sub(lambda match: match[1] + part + match[2], README.read_text("utf-8")), encoding="utf-8")
    sys.stdout.write(page)
    return 0


sys.exit(main())
