"""What all workers of a service remember together: used tokens, and calls in the running minute. Knows no store.

SqliteState holds it for the workers of one `serve`, RedisState for those of several hosts.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol


class SharedStateError(Exception):
    """The memory cannot be made or asked: nothing can be said about a call."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands. repeated: its token was used before. wait: seconds until the client may call again, or 0."""

    repeated: bool = False
    wait: int = 0


class SharedState(Protocol):
    """The memory as one process sees it, safe to use from several threads; to be opened after a fork, never before."""

    def admit(self, client: str, limit: int, now: float, token: tuple[str, str] | None, until: float) -> Standing:
        """Count one call of a client and remember its token, or neither where the call may not come in.

        limit: calls in a minute that begins with a call. token: issuer and jti, None where repeats are allowed.
        until, now: seconds of the epoch. SharedStateError where the memory cannot be used.
        """

    def check(self) -> None:
        """SharedStateError where the memory cannot be used now."""


def digest(*texts: str) -> bytes:
    """One short key for several texts. The lengths keep apart what only joins to the same text."""
    joined = "".join(f"{len(text)} {text}" for text in texts)
    return sha256(joined.encode("utf-8", "surrogatepass")).digest()
