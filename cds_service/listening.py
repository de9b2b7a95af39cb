"""The socket that the service listens on: got before gunicorn starts, so that a fault is one line. Knows sockets."""

import errno
import socket
import time
from dataclasses import dataclass
from typing import Final

# A service that ends lets go of its address within a second or so: one that is started in its place waits for that
_PATIENCE: Final = 3.0
_TRIES_EVERY: Final = 0.1
_BACKLOG: Final = 2048


class NoListenerError(Exception):
    """The address cannot be listened on; the message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def bound(address: Address) -> socket.socket:
    """A socket with this address, on which nobody else listens; callers are refused until `listen`. NoListenerError."""
    ends = time.monotonic() + _PATIENCE
    sock = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    while True:
        try:
            sock.bind((address.host, address.port))
        except (OSError, TypeError) as error:
            if getattr(error, "errno", None) == errno.EADDRINUSE and time.monotonic() < ends:
                time.sleep(_TRIES_EVERY)
                continue
            sock.close()
            raise NoListenerError(_why(address, error)) from None
        return sock


def listen(sock: socket.socket) -> None:
    """From now on whoever calls waits for the service to begin. NoListenerError where another one was faster."""
    try:
        sock.listen(_BACKLOG)
    except OSError as error:
        host, port, *_ = sock.getsockname()
        raise NoListenerError(_why(Address(host, port), error)) from None


def _why(address: Address, error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return f"{address} is in use"
        case errno.EACCES:
            return f"{address} may not be used by this user"
        case _:  # also where a name is not known, or is none (TypeError)
            return f"{address.host} is not an address of this machine"
