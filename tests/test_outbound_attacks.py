"""Every attack on outbound calls is refused for its own reason, and what is good comes through."""

import pytest

from tests.attacks.mutants import Mutant
from tests.attacks.outbound import THROUGH, Outbound
from tests.attacks.outbound_checks import outbound_checks
from tests.attacks.outbound_good import GOOD
from tests.attacks.outbound_list import NOT_LISTED
from tests.attacks.outbound_stage import ending
from tests.attacks.outbound_table import CASES, OUTBOUND, unnoticed


@pytest.mark.parametrize("case", OUTBOUND, ids=lambda case: case.name)
def test_an_attack_is_refused_for_its_own_reason(case: Outbound) -> None:
    said, server, _ = ending(case)
    assert said == case.reason
    if case in NOT_LISTED:
        assert server.connections == 0


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_what_is_good_comes_through(case: Outbound) -> None:
    said, server, _ = ending(case)
    assert said == THROUGH
    assert server.asked != []


@pytest.mark.parametrize("mutant", outbound_checks(), ids=lambda mutant: mutant.says)
def test_without_its_check_an_attack_ends_otherwise(mutant: Mutant) -> None:
    assert unnoticed(mutant)[1] == []


def test_the_table_is_as_large_as_was_promised_and_tells_its_cases_apart() -> None:
    assert len(OUTBOUND) >= 40
    assert len(CASES) == len(OUTBOUND) + len(GOOD)
