"""A share of counted cards, with how far chance alone may have moved it. Knows arithmetic only."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

# Below this a single card moves a share by more than five in a hundred
FEWEST: Final = 20
_Z: Final = NormalDist().inv_cdf(0.975)  # 95 %, both sides


@dataclass(frozen=True, slots=True)
class Share:
    """Between 0 and 1: the share that was counted, and the ends of its 95 % confidence interval."""

    part: float
    low: float
    high: float


def share(count: int, of: int) -> Share | None:
    """The share of `count` in `of` with Wilson's interval; None where there are too few.

    Wilson's score interval (Probable inference, the law of succession, and statistical inference. J Am Stat Assoc
    1927;22:209-212) stays between 0 and 1 and keeps what it promises for small counts too, where the interval of the
    normal distribution does not (Brown, Cai, DasGupta. Interval estimation for a binomial proportion. Statist Sci
    2001;16:101-133).
    """
    if of < FEWEST:
        return None
    part = count / of
    shrunk = 1 + _Z**2 / of
    middle = (part + _Z**2 / (2 * of)) / shrunk
    half = _Z * sqrt(part * (1 - part) / of + _Z**2 / (4 * of**2)) / shrunk
    return Share(part, max(0.0, middle - half), min(1.0, middle + half))
