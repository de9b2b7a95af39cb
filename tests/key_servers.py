"""Key servers that misbehave, down to the bytes, and a service in a hurry to ask them. Knows sockets; no token."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socket import create_server, socket
from threading import Event, Thread

from tests.signing import jwk

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Behave = Callable[[socket, Event], None]


@contextmanager
def listening(behave: Behave, port: int = 0) -> Iterator[int]:
    """A server that does with each connection what `behave` does, until it hangs up or the event is set. Its port."""
    over = Event()
    door = create_server(("127.0.0.1", port))

    def one(connection: socket) -> None:
        with connection, suppress(OSError):
            behave(connection, over)

    def accept() -> None:
        with suppress(OSError):
            while not over.is_set():
                Thread(target=one, args=(door.accept()[0],), daemon=True).start()

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield door.getsockname()[1]
    finally:
        over.set()
        with socket() as last:  # wakes `accept` up
            last.connect(door.getsockname())
        thread.join()
        door.close()


def answers(body: bytes, status: str = "200 OK", header: str = "X-None: 1") -> Behave:
    """Reads the request, and answers it."""
    head = f"HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()

    def behave(connection: socket, _: Event) -> None:
        connection.recv(65_536)
        connection.sendall(head + body)

    return behave


def says_nothing(connection: socket, over: Event) -> None:
    connection.recv(65_536)
    over.wait(60)


def hangs_up(connection: socket, _: Event) -> None:
    connection.close()


def drips_headers(connection: socket, over: Event) -> None:
    connection.recv(65_536)
    connection.sendall(HEAD)
    while not over.wait(0.02):
        connection.sendall(b"X")


def goes_on_continuing(connection: socket, over: Event) -> None:
    connection.recv(65_536)
    while not over.wait(0.02):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def trickles(connection: socket, over: Event) -> None:
    connection.recv(65_536)
    connection.sendall(HEAD + b"\r\n")  # no length: the end of the connection is the end of the set
    while not over.wait(0.02):
        connection.sendall(b" ")


def drips_tls(connection: socket, over: Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KB begins
    while not over.wait(0.02):
        connection.sendall(b"\x00")


def floods(sent: list[int]) -> Behave:
    """Ten gigabytes, as far as they are taken; `sent` counts them."""

    def behave(connection: socket, over: Event) -> None:
        connection.recv(65_536)
        connection.sendall(HEAD + b"Content-Length: 10737418240\r\n\r\n")
        piece = b" " * 65_536
        while not over.is_set():
            connection.sendall(piece)
            sent.append(len(piece))

    return behave


def bad_answers() -> dict[str, tuple[Behave, str]]:
    """By name: what a server may do wrong, and what the log says of it."""
    private_key = json.dumps({"keys": [jwk("ES384", d="AAAA")]}).encode()
    slow = "takes too long to read"
    return {
        "nothing": (says_nothing, slow),
        "gone": (hangs_up, "could not be fetched"),
        "headers": (drips_headers, slow),
        "continue": (goes_on_continuing, slow),
        "trickle": (trickles, slow),
        "error": (answers(b"{}", "500 Internal Server Error"), "was answered with status 500"),
        "redirect": (answers(b"", "302 Found", "Location: /elsewhere"), "was answered with status 302"),
        "html": (answers(b"<html>the portal is closed</html>"), "is no JWK Set, but HTML or XML"),
        "private": (answers(private_key), "shows a private or symmetric key"),
        "empty": (answers(b'{"keys": []}'), "holds no key with a kid that could check a signature"),
        "flood": (floods([]), "is larger than a JWK Set may be"),
    }


def hurried(**limits: float) -> str:
    """The program of a service whose limits on fetching keys are these, since no test can wait for minutes."""
    places = {"FETCH_LASTS": "key_fetch"}
    lines = [f"{places.get(name, 'key_shelf')}.{name} = {seconds}" for name, seconds in limits.items()]
    first, last = "from cds_service.trust import key_fetch, key_shelf", "from cds_service.__main__ import main"
    return "\n".join((first, *lines, last, "main()"))
