"""The service with a clock that jumps: `python -m tests.faults.moved_clock FILE serve ...`. Knows where time is asked.

FILE holds seconds to add to the time of day. The monotonic clock goes on as it does when a machine's clock is set.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cds_service import app
from cds_service.__main__ import main

_true_time = time.time


def _moved(by: Path) -> float:
    return float(by.read_text("ascii"))


def run(by: Path, arguments: list[str]) -> int:
    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=_moved(by))

    app.create_app.__kwdefaults__["clock"] = now
    time.time = lambda: _true_time() + _moved(by)
    return main(arguments)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
