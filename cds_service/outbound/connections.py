"""Connections that end where they may, and in time. Knows sockets, and how urllib3 makes its connections; no URL.

urllib3 applies a timeout to each wait for the server, so that a server which sends a byte now and then is waited for
without end. Here a timeout runs down from the start of a call to the last byte of its answer: `timeout` is what is
left, and every wait is given no more than that.
"""

import http.client
import io
import socket
import time
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from cds_service.outbound.addresses import Address
from cds_service.outbound.names import Reach

_SHORTEST_WAIT: Final = 0.001  # a timeout of 0 would mean not to wait at all


class PlainConnection(HTTPConnection):
    """A connection to an address that `reach` allows. A proxy resolves names itself and is not judged: the operator
    has named it. The name stays what the Host header, SNI and the check of the certificate go by."""

    debuglevel = 0  # http.client prints headers above that, whoever asks it to
    _encrypted = False

    def __init__(self, *args: Any, reach: Reach, **more: Any) -> None:
        self._reach = reach
        super().__init__(*args, **more)

    @property
    def timeout(self) -> float | None:
        """Seconds left of those that were set last; None: no end."""
        return None if self._ends is None else max(_SHORTEST_WAIT, self._ends - time.monotonic())

    @timeout.setter
    def timeout(self, seconds: object) -> None:
        # else None, or what urllib3 has for "as the system does it"
        self._ends = time.monotonic() + seconds if isinstance(seconds, float | int) else None

    def response_class(self, sock: socket.socket, *args: Any, **more: Any) -> http.client.HTTPResponse:  # type: ignore[override]
        return _Response(sock, *args, ends=self._ends, **more)

    def _new_conn(self) -> socket.socket:
        try:
            sock = self._connected(self._addresses())
        except TimeoutError as late:
            raise ConnectTimeoutError(self, "no connection in time") from late
        except socket.gaierror as unknown:
            raise NameResolutionError(self.host, self, unknown) from unknown
        except OSError as fault:
            raise NewConnectionError(self, "no connection") from fault
        sock.settimeout(self.timeout)  # what the connection took is gone; a TLS handshake gets the rest
        return sock

    def _addresses(self) -> tuple[Address, ...]:
        if self.proxy is not None:
            return self._reach.names.addresses(self._dns_host, self.timeout)
        return self._reach.addresses(self._dns_host, self.timeout, encrypted=self._encrypted)

    def _connected(self, addresses: tuple[Address, ...]) -> socket.socket:
        """A connection to the first address that answers; each gets an equal share of the time that is left."""
        for left in range(len(addresses), 0, -1):
            place = (str(addresses[-left]), self.port)
            share = None if self.timeout is None else self.timeout / left
            try:
                sock = socket.create_connection(place, share)
            except OSError:
                if left == 1:
                    raise
                continue
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            return sock
        raise OSError("no address")


class TlsConnection(PlainConnection, HTTPSConnection):
    """The same with TLS."""

    _encrypted = True


class _Response(http.client.HTTPResponse):
    """An answer whose bytes, from the status line on, all come before `ends` (of time.monotonic)."""

    def __init__(self, sock: socket.socket, *args: Any, ends: float | None, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_Bounded(self.fp.detach(), sock, ends))


class _Bounded(io.RawIOBase):
    """Reads of a socket, each waiting no longer than to the end."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, ends: float | None) -> None:
        self._raw = raw
        self._sock = sock
        self._ends = ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._ends is not None:
            left = self._ends - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer takes too long")
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
