"""The socket that the service listens on: got before gunicorn starts, so that a fault is one line. Knows sockets."""

import ctypes
import errno
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

# A service that ends lets go of its address within a second or so: one that is started in its place waits for that
_PATIENCE: Final = 3.0
_TRIES_EVERY: Final = 0.1
BACKLOG: Final = 2048
# Linux, socket(7) and linux/filter.h: a program that sees each segment to a listening socket from its TCP header on.
# Flags (byte 13), of these SYN and ACK: SYN alone is dropped, everything else let through
_SO_ATTACH_FILTER: Final = 26
_DROP_SYN: Final = ((0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))


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
        sock.listen(BACKLOG)
    except OSError as error:
        host, port, *_ = sock.getsockname()
        raise NoListenerError(_why(Address(host, port), error)) from None


def let_nobody_new_in(sock: socket.socket) -> None:
    """Who has connected may still be accepted; who connects now hears nothing, tries again within a second, and is
    refused if the socket is closed by then. Else whoever came between the last accept and the close would be cut off
    with a call on the way, which nobody may send again for it. For all processes that have the socket.

    Where the system has no such filters that one moment stays.
    """
    program = b"".join(struct.pack("HBBI", *step) for step in _DROP_SYN)
    held = ctypes.create_string_buffer(program)
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(_DROP_SYN), ctypes.addressof(held)))


def _why(address: Address, error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return f"{address} is in use"
        case errno.EACCES:
            return f"{address} may not be used by this user"
        case _:  # also where a name is not known, or is none (TypeError)
            return f"{address.host} is not an address of this machine"
