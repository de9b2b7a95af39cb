"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Returns once it holds; who does not answer yet counts as no. AssertionError when it does not within `seconds`."""
    ends = time.monotonic() + seconds
    while not holds(condition):
        assert time.monotonic() < ends, f"not within {seconds} s"
        time.sleep(0.02)


def holds(condition: Callable[[], object]) -> bool:
    """Now. Who does not answer counts as no."""
    try:
        return bool(condition())
    except OSError:
        return False
