"""Every fault, done to real processes: what a client sees, what is lost, how soon all is well again.

    python -m tests.faults              all of them, and docs/faults.md anew
    python -m tests.faults --only TEXT  those with this text in their name, and no file

Exits 1 where a fault does not go as the table expects, or anything acknowledged is lost. Needs PostgreSQL's programs,
redis-server; for full disks the right to mount (root).
"""

import argparse
import sys
import tempfile
from itertools import groupby
from pathlib import Path

from tests.faults.fault import Outcome, play
from tests.faults.report import page
from tests.faults.stage import stage
from tests.faults.table import FAULTS
from tests.running import ROOT

_PAGE = ROOT / "docs" / "faults.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="text in the name of a fault")
    only = parser.parse_args().only
    chosen = [fault for fault in FAULTS if only.lower() in fault.name.lower()]
    outcomes: list[Outcome] = []
    for parts, faults in groupby(chosen, key=lambda fault: fault.parts):
        with tempfile.TemporaryDirectory(prefix="faults-") as folder, stage(Path(folder), *parts) as set_up:
            for fault in faults:
                outcomes.append(play(set_up, fault))
                print(fault.name, outcomes[-1].seen, f"back after {outcomes[-1].back:.1f} s", flush=True)
                for wrong in outcomes[-1].wrong:
                    print(f"{fault.name}: {wrong}", file=sys.stderr, flush=True)
    if only == "":
        _PAGE.write_text(page(outcomes), "utf-8")
    return 1 if any(outcome.wrong for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
