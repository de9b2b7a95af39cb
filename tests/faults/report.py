"""What came of the faults, as docs/faults.md. Knows Markdown, and nothing of how it was found out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from tests.faults.fault import Outcome

_HEAD: Final = """# When something fails

Each fault was done to real processes (the service with two workers, PostgreSQL, Redis, a FHIR server) under a little load:
two callers that post hook calls and feedback all the time, each with a new token. The table is written by
`python -m tests.faults`, which fails where a client sees anything but what `tests/faults/table.py` expects, or where an
item of feedback that was acknowledged is not in the database exactly once afterwards. Measured on {date}; seconds depend on
the machine.

- **hook**: a call that has all its data. 200 is the same answer as without the fault, byte by byte. **feedback**: 200 means
  stored. **fetched**: a call whose data must be fetched; 200 has cards that name what could not be had. **no patient**: the
  same, and the Patient must be fetched too. 0: no answer, the connection is refused or ends.
- **slowest**: of all answers while the fault lasted. **acknowledged**: items of feedback answered with 200 before, during
  and after the fault; all of them were found once.
- **back**: from the end of the fault until everything is answered as before.

| fault | what the client sees | slowest, s | acknowledged | lost | back, s |
|---|---|---:|---:|---|---:|
"""


def page(outcomes: Sequence[Outcome]) -> str:
    return _HEAD.format(date=datetime.now(UTC).date()) + "".join(_row(outcome) for outcome in outcomes)


def _row(outcome: Outcome) -> str:
    sees = ", ".join(f"{name} {' or '.join(map(str, statuses))}" for name, (statuses, _) in outcome.seen.items())
    lost = "; ".join(outcome.wrong) or outcome.fault.loses
    cells = (
        outcome.fault.name,
        sees,
        f"{outcome.slowest:.1f}",
        str(outcome.acknowledged),
        lost,
        f"{outcome.back:.1f}",
    )
    return f"| {' | '.join(cells)} |\n"
