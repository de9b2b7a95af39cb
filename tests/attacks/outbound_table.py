"""The whole table of attacks on outbound calls, with what must come through.

python -m tests.attacks.outbound_table     the attacks, as a security team reads them
"""

from tests.attacks.outbound_addresses import UNNAMED
from tests.attacks.outbound_answers import BROKEN, REDIRECTS, REFUSALS, TOO_LATE, TOO_MUCH, UNTRUSTED
from tests.attacks.outbound_good import GOOD
from tests.attacks.outbound_list import LINKS, NOT_LISTED, TOKENS

OUTBOUND = (*NOT_LISTED, *TOKENS, *LINKS, *UNNAMED, *REDIRECTS, *REFUSALS, *TOO_MUCH, *BROKEN, *TOO_LATE, *UNTRUSTED)
CASES = {case.name: case for case in (*OUTBOUND, *GOOD)}

if __name__ == "__main__":
    print("| attack | the attacker | the reason in the log |\n|---|---|---|")
    for case in OUTBOUND:
        print(f"| {case.name} | {case.does} | {case.reason} |")
