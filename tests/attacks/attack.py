"""What an attack is: its calls, what a security team reads about it, and the reason that the log gives."""

from collections.abc import Callable
from dataclasses import dataclass

PATH = "/cds-services/b12-order-select"

# The Authorization of a call, made for a moment in seconds of the epoch
Shown = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Call:
    """One call. shown: its Authorization headers, of which there should be one."""

    shown: tuple[Shown, ...]
    path: str = PATH
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attack:
    """does: what the attacker does. reason: the note in the log. before: calls that are good and come first.

    to_the_second: stands or falls with one second, so it needs a clock that stands still.
    """

    name: str
    does: str
    reason: str
    call: Call
    before: tuple[Call, ...] = ()
    to_the_second: bool = False


@dataclass(frozen=True, slots=True)
class Good:
    """Calls that must all come in. may: what a client may do."""

    name: str
    may: str
    calls: tuple[Call, ...]
    to_the_second: bool = False


Row = tuple[str, str, Call]


def because(reason: str, *rows: Row) -> tuple[Attack, ...]:
    """Attacks that are refused for one reason: the name of each, what the attacker does, the call."""
    return tuple(Attack(name, does, reason, call) for name, does, call in rows)
