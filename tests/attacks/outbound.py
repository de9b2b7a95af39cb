"""What an attack on outbound calls is: what is listed and asked for, where names lead, and what the server does."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cds_service.hooks.services import SERVICES
from tests.attacks.outbound_server import NAME, Script, http
from tests.gathering import CONDITION, searchset
from tests.hook_calls import AUTHORIZATION

# {port} is the port of the server that is attacked, or attacks
PLAIN = "http://127.0.0.1:{port}/fhir"
TLS = f"https://{NAME}:{{port}}/fhir"
THROUGH = "comes through"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n"
FOUND = searchset(CONDITION)
KEYS = tuple(key.name for key in SERVICES[0].prefetch)


def answers(answer: bytes) -> Script:
    """Every request is answered with these bytes."""
    return lambda stream, _: stream.sendall(answer)


def ends(answer: bytes) -> Script:
    """The same, and nothing comes after it."""

    def script(stream: socket.socket, _: str) -> None:
        stream.sendall(answer)
        stream.shutdown(socket.SHUT_RDWR)

    return script


def forever(first: bytes, piece: bytes, pause: float = 0.0) -> Script:
    """`first`, and then the same piece again and again, for longer than anybody should wait."""

    def script(stream: socket.socket, _: str) -> None:
        stop = time.monotonic() + 6
        with suppress(OSError):
            stream.sendall(first)
            while time.monotonic() < stop:
                stream.sendall(piece)
                time.sleep(pause)

    return script


def pages(link: Callable[[int], str]) -> Script:
    """A Bundle that has a next page, for longer than anybody should follow; `link` makes its link from a number."""
    sent = 0

    def script(stream: socket.socket, path: str) -> None:
        nonlocal sent
        number = sent = sent + 1 if "page=" in path else 0
        url = link(number + 1).replace("{port}", str(stream.getsockname()[1]))
        more = {"link": [{"relation": "next", "url": url}]} if number < 50 else {}
        stream.sendall(http(searchset(CONDITION | {"id": f"c{number}"}, **more)))

    return script


@dataclass(frozen=True, slots=True)
class Outbound:
    """One hook call (or more) that makes the service ask a server, for the prefetch keys that are left out.

    does: what the attacker does. reason: what the log says; THROUGH where the answer must be used. leads_to: the
    addresses of every name, look-up after look-up, the last of them from then on. tls: the name in the certificate.
    """

    name: str
    does: str
    reason: str
    script: Script = field(default=answers(http(FOUND)))
    listed: tuple[str, ...] = (PLAIN,)
    asks: str = PLAIN
    leads_to: tuple[tuple[str, ...], ...] = (("127.0.0.1",),)
    tls: str | None = None
    silent: bool = False
    authorization: Any = field(default_factory=lambda: AUTHORIZATION)
    keys: tuple[str, ...] = ("conditions",)
    calls: int = 1
    slow_names: float = 0.0
    settings: tuple[tuple[str, Any], ...] = ()
