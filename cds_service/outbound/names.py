"""Host names to addresses, in bounded time, and which of them a call may reach. Knows the system's resolver; no URL."""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Lock, Thread

from cds_service.outbound.addresses import Address, Network, is_loopback_address, may_be_called

# The addresses of a name, as text; any exception where there are none
LookUp = Callable[[str], Sequence[str]]


class UnnamedAddressError(Exception):
    """A name leads to an address that is not public, and that nobody named. Holds neither."""


class UnknownNameError(OSError):
    """The name has no address, or none was found in time."""


def look_up(host: str) -> Sequence[str]:
    """What the system's resolver says, in the order in which it wants the addresses tried."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


class Names:
    """The resolver for one process. Nobody can bound or end what the system's resolver does: it works in a thread of
    its own, one for a name at a time, and who waits for it waits no longer than he can. Names are those of the
    operator's lists, so there are no more such threads than listed hosts. To be made after a fork."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._running: dict[str, Future[tuple[Address, ...]]] = {}
        self._lock = Lock()

    def addresses(self, host: str, seconds: float | None) -> tuple[Address, ...]:
        """All addresses of a host, at least one. UnknownNameError; TimeoutError after `seconds`."""
        literal = _literal(host)
        if literal is not None:
            return (literal,)
        with self._lock:
            running = self._running.get(host)
            if running is None:
                running = self._running[host] = Future()
                Thread(target=self._run, args=(host, running), name="look-up", daemon=True).start()
        found = running.result(seconds)
        if not found:
            raise UnknownNameError("the name has no address")
        return found

    def _run(self, host: str, running: Future[tuple[Address, ...]]) -> None:
        found: tuple[Address, ...] = ()
        try:
            found = tuple(ip_address(each) for each in self._look_up(host))
        except Exception:  # noqa: BLE001, S110  # whatever a resolver raises for a name: there is no address then
            pass
        finally:
            with self._lock:
                del self._running[host]
            running.set_result(found)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the calls for one list of servers may end. named: networks beside the public ones; None: anywhere.

    Plain http never leaves the machine, whatever its name leads to.
    """

    names: Names
    named: tuple[Network, ...] | None = ()

    def addresses(self, host: str, seconds: float | None, *, encrypted: bool) -> tuple[Address, ...]:
        """The addresses of a host, looked up once, each of them allowed. UnnamedAddressError where one is not: who
        mixes public and private addresses under one name is badly configured or an attacker, and which of them a
        call would reach must not be left to chance."""
        found = self.names.addresses(host, seconds)
        if not all(self._allows(host, each, encrypted) for each in found):
            raise UnnamedAddressError
        return found

    def _allows(self, host: str, address: Address, encrypted: bool) -> bool:
        if not encrypted or host.rstrip(".").lower() == "localhost":
            return is_loopback_address(address)
        # a URL of the list whose host is an address names this address
        return self.named is None or _literal(host) is not None or may_be_called(address, self.named)


def _literal(host: str) -> Address | None:
    with suppress(ValueError):
        return ip_address(host.strip("[]"))
    return None
