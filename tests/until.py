"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Returns once it holds; who does not answer yet counts as no. AssertionError when it does not within `seconds`."""
    ends = time.monotonic() + seconds
    while not _holds(condition):
        assert time.monotonic() < ends, f"not within {seconds} s"
        time.sleep(0.02)


def _holds(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except OSError:
        return False
