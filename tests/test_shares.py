"""Shares with Wilson's interval, against the worked examples of Newcombe (Stat Med 1998;17:857-872, table I)."""

import pytest

from cds_service.pages.shares import FEWEST, share


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_that_of_the_literature(count: int, of: int, low: float, high: float) -> None:
    found = share(count, of)
    assert found is not None
    assert (found.part, round(found.low, 4), round(found.high, 4)) == (count / of, low, high)


def test_an_interval_stays_between_nothing_and_all() -> None:
    for of in (FEWEST, 1000, 10**6):
        none, every = share(0, of), share(of, of)
        assert none is not None
        assert every is not None
        assert 0.0 <= none.low < none.high < every.low < every.high <= 1.0
        assert (none.low, every.high) == pytest.approx((0.0, 1.0))


def test_too_few_give_no_share() -> None:
    assert share(0, 0) is None
    assert share(19, FEWEST - 1) is None
    assert share(19, FEWEST) is not None
