"""Readings of texts that come again with the next patient. Knows functions and lengths only; nothing of medicine.

Names of products, names of diagnoses and schedules are few, and reading one costs as much as a laboratory result or
more. What is kept is bounded in number and in length, so that no client can fill the memory with texts of its own.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

S = TypeVar("S", str, bytes)
T = TypeVar("T")
LONGEST = 200
MOST = 4096


def remembered(read: Callable[[S], T]) -> Callable[[S], T]:
    """`read`, which depends on its text alone, with its answers kept for texts of ordinary length."""
    known = lru_cache(maxsize=MOST)(read)

    @wraps(read)
    def look_up(text: S) -> T:
        return known(text) if len(text) <= LONGEST else read(text)

    return look_up
