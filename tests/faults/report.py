"""What came of the faults, as docs/faults.md. Knows Markdown, and nothing of how it was found out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from tests.faults.fault import Outcome

_HEAD: Final = """# When something fails

Each fault was done to real processes (the service with two workers, PostgreSQL, Redis, a FHIR server) under a little
load: two callers that post hook calls and feedback all the time, with a new token for each. `python -m tests.faults`
(`make faults`) writes this page. It fails where a client sees anything but what `tests/faults/table.py` expects, or
where an item of feedback that was acknowledged is not in the database exactly once afterwards. Measured on {date};
seconds depend on the machine, which did other work beside.

- **hook**: a call that has all its data. 200 is the same answer as without the fault, byte by byte. **feedback**: 200
  means stored. **fetched**: a call whose data must be fetched; 200 has cards that name what could not be had. **no
  patient**: the same, and the Patient must be fetched too. 0: no answer, the connection is refused or ends.
- **slowest**: of all answers to these while the fault lasted. **callers**: how the calls of the two were answered,
  from before the fault until after it: status and number. **acknowledged**: items of feedback answered with 200 in
  that time; all of them were found once.
- **back**: from the end of the fault until everything is answered as before, and ten times in a row; 0.00 is at once.
- While records cannot be written, cards shown wait in memory (10 000 of each worker) and are written afterwards. What
  does not fit, or waits when the process ends, is in no figure, and the log says how many.

What remains: a call that is at hand when its process or machine dies gets no answer, and must be made anew with a new
token. A client that never heard whether its feedback was taken sends it again: the same item is stored once.

| fault | what the client sees | slowest, s | callers | acknowledged | lost | back, s |
|---|---|---:|---|---:|---|---:|
"""


def page(outcomes: Sequence[Outcome]) -> str:
    return _HEAD.format(date=datetime.now(UTC).date()) + "".join(_row(outcome) for outcome in outcomes)


def _row(outcome: Outcome) -> str:
    sees = ", ".join(f"{name} {' or '.join(map(str, statuses))}" for name, (statuses, _) in outcome.seen.items())
    lost = "; ".join(outcome.wrong) or outcome.fault.loses
    cells = (
        outcome.fault.name,
        sees,
        f"{outcome.slowest:.2f}",
        ", ".join(f"{status}: {count}" for status, count in sorted(outcome.callers.items())),
        str(outcome.acknowledged),
        lost,
        f"{outcome.back:.2f}",
    )
    return f"| {' | '.join(cells)} |\n"
