"""Run measurements and put their tables into docs/performance.md, and into the README those that it has a place for. By
hand, on a machine that does nothing else:

    python -m tests.benchmarks.write_down [hooks authentication shares growth ...]

Without names, all of them: some 25 minutes. Each table stands between the comments that bear its name.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

NAMES: Final = (
    "hooks",
    "authentication",
    "shares",
    "instructions",
    "growth",
    "latency",
    "fetching",
    "footprint",
    "kept",
    "soak",
    "capacity",
)
_ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (_ROOT / "docs" / "performance.md", _ROOT / "README.md")


def with_table(page: str, name: str, table: str) -> str:
    """The page with this table in its place, if it has one."""
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}\n{table.strip()}\n\n{found[2]}", page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", metavar="|".join(NAMES))
    for name in parser.parse_args().name or NAMES:
        if name not in NAMES:
            parser.error(f"no measurement {name}")
        command = [sys.executable, "-m", f"tests.benchmarks.{name}"]
        load = f"load before it {os.getloadavg()[0]:.1f}"
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        when = (
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} processors, Python {platform.python_version()}"
        )
        table = f"{said.strip()}\n\nMeasured {when}, {load}."
        for page in PAGES:
            page.write_text(with_table(page.read_text("utf-8"), name, table), "utf-8")
        print(table, flush=True)


if __name__ == "__main__":
    main()
