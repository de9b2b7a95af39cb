"""The whole table of attacks on outbound calls, with what must come through.

python -m tests.attacks.outbound_table            the attacks, as a security team reads them
python -m tests.attacks.outbound_table --checks   every check taken out, and what notices
"""

import logging
import sys

from tests.attacks.mutants import Endings, Mutant, seen
from tests.attacks.outbound_addresses import UNNAMED
from tests.attacks.outbound_answers import BROKEN, REDIRECTS, REFUSALS, TOO_LATE, TOO_MUCH, UNTRUSTED
from tests.attacks.outbound_checks import FRESH, outbound_checks
from tests.attacks.outbound_good import GOOD
from tests.attacks.outbound_list import LINKS, NOT_LISTED, TOKENS
from tests.attacks.outbound_stage import play

OUTBOUND = (*NOT_LISTED, *TOKENS, *LINKS, *UNNAMED, *REDIRECTS, *REFUSALS, *TOO_MUCH, *BROKEN, *TOO_LATE, *UNTRUSTED)
CASES = {case.name: case for case in (*OUTBOUND, *GOOD)}

EXPECTED: Endings = {case.name: str(case.reason) for case in CASES.values()}


def unnoticed(mutant: Mutant) -> tuple[Endings, list[str]]:
    """How the cases end that must notice, and those of them that do not."""
    ended = seen(mutant, FRESH, lambda: {name: play(CASES[name]) for name in mutant.notice}, EXPECTED).endings
    return ended, [name for name in mutant.notice if name not in ended]


def main() -> int:
    if "--checks" not in sys.argv:
        print("| attack | the attacker | the reason in the log |\n|---|---|---|")
        for case in OUTBOUND:
            print(f"| {case.name} | {case.does} | {case.reason} |")
        return 0
    logging.disable()  # what fails without a check fails loudly
    print("| module | without this check | cases that end otherwise |\n|---|---|---|")
    failures = 0
    for mutant in outbound_checks():
        ended, left = unnoticed(mutant)
        failures += len(left)
        said = "; ".join(f"{name}: {ending}" for name, ending in ended.items())
        print(f"| {mutant.module.rpartition('.')[2]} | `{mutant.says}` | {said} |", flush=True)
        for name in left:
            print(f"nobody notices: {name}", file=sys.stderr)
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
