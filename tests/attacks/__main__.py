"""Every attack on every mutant: which check stops what. Run by hand; CI plays the scenes that each check names.

    python -m tests.attacks            the checks, and the attacks that end otherwise without each
    python -m tests.attacks --list     the attacks, as a security team reads them

These are the attacks on the door; those on outbound calls are in tests.attacks.outbound_table, with the same two.
"""

import argparse
import logging
import sys
from collections import Counter

from tests.attacks.jwt_checks import FRESH, jwt_checks
from tests.attacks.mutants import Seen, seen
from tests.attacks.table import ATTACKS, EXPECTED, play


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="the attacks only")
    if parser.parse_args().list:
        print("| attack | what the attacker does | the reason in the log |\n|---|---|---|")
        for attack in ATTACKS:
            print(f"| {attack.name} | {attack.does} | {attack.reason} |")
        return 0
    logging.disable()  # what fails without a check fails loudly
    wrong = {name: ending for name, ending in play(EXPECTED).items() if ending != EXPECTED[name]}
    for name, ending in wrong.items():
        print(f"{name}: {ending}, and not: {EXPECTED[name]}", file=sys.stderr)
    print("| module | without this check | end otherwise | let in | the others |\n|---|---|---|---|---|")
    unseen = [each.mutant for mutant in jwt_checks() if not _row(each := seen(mutant, FRESH, _all, EXPECTED))]
    for mutant in unseen:
        print(f"nobody notices: {mutant.module}: {mutant.says}", file=sys.stderr)
    print(f"{len(ATTACKS)} attacks, {len(wrong)} end otherwise than expected, {len(unseen)} checks that nobody notices")
    return 1 if wrong or unseen else 0


def _all() -> dict[str, str]:
    return dict(play(EXPECTED))


def _row(each: Seen) -> bool:
    """Print what was seen; was anything?"""
    others = Counter(ending for ending in each.endings.values() if ending != "let in")
    said = ", ".join(f"{ending} ({count})" for ending, count in others.most_common(3))
    module = each.mutant.module.rpartition(".")[2]
    says = each.mutant.says.replace("|", "\\|")
    print(f"| {module} | `{says}` | {len(each.endings)} | {len(each.let_in)} | {said} |", flush=True)
    return bool(each.endings)


if __name__ == "__main__":
    sys.exit(main())
