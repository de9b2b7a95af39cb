"""A FHIR server on loopback that fails in one of many ways. Knows sockets, and just enough FHIR to be well."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from tests.hook_calls import PATIENT_RESOURCE

_NOTHING: Final = {"resourceType": "Bundle", "type": "searchset", "total": 0}
_LARGE: Final = 100 * 1024 * 1024
_AT_ONCE: Final = 1024 * 1024
# How it may fail, for `mode`
MODES: Final = ("well", "slow", "silent", "refusing", "resetting", "garbage", "page", "large", "trickling", "failing")


class Ehr:
    """mode: one of MODES. It may be changed at any time."""

    def __init__(self) -> None:
        self.mode = "well"
        self.ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, args=[self._listening])]
        self.threads[0].start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/fhir"

    def become(self, mode: str) -> None:
        if mode == "refusing":
            self._close()
        elif self.mode == "refusing":
            self._listening = socket.create_server(("127.0.0.1", self.port))
            self.threads.append(threading.Thread(target=self._accept, args=[self._listening]))
            self.threads[-1].start()
        self.mode = mode

    def end(self) -> None:
        self.ended.set()
        self._close()
        for thread in self.threads:
            thread.join(20)

    def _close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                self.threads.append(threading.Thread(target=self._serve, args=[connection]))
                self.threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            asked = connection.recv(65536)
            getattr(self, f"_{self.mode}", self._well)(connection, asked)

    def _well(self, connection: socket.socket, asked: bytes) -> None:
        found = PATIENT_RESOURCE if b"/fhir/Patient/" in asked.split(b"\r\n")[0] else _NOTHING
        connection.sendall(_answer(json.dumps(found).encode()))

    def _slow(self, connection: socket.socket, asked: bytes) -> None:
        self.ended.wait(1.0)
        self._well(connection, asked)

    def _silent(self, _connection: socket.socket, _asked: bytes) -> None:
        self.ended.wait(15)

    def _resetting(self, connection: socket.socket, _asked: bytes) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _garbage(self, connection: socket.socket, _asked: bytes) -> None:
        connection.sendall(b"\x16\x03\x01\x00" + bytes(range(256)) * 16)

    def _page(self, connection: socket.socket, _asked: bytes) -> None:
        connection.sendall(_answer(b"<html><body>Please log in", kind="text/html"))

    def _large(self, connection: socket.socket, _asked: bytes) -> None:
        connection.sendall(_answer(b"", length=_LARGE))
        connection.sendall(b'{"resourceType":"Bundle","x":"')
        for _ in range(_LARGE // _AT_ONCE):
            connection.sendall(b"x" * _AT_ONCE)

    def _trickling(self, connection: socket.socket, asked: bytes) -> None:
        found = _answer(json.dumps(_NOTHING).encode())
        for place in range(len(found)):
            connection.sendall(found[place : place + 1])
            if self.ended.wait(0.2) or self.mode != "trickling":
                return

    def _failing(self, connection: socket.socket, _asked: bytes) -> None:
        connection.sendall(_answer(b"{}", status="500 Internal Server Error"))


def _answer(body: bytes, *, status: str = "200 OK", kind: str = "application/fhir+json", length: int = 0) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length or len(body)}\r\nConnection: close\r\n"
    )
    return head.encode() + b"\r\n" + body


@contextmanager
def ehr() -> Iterator[Ehr]:
    made = Ehr()
    try:
        yield made
    finally:
        made.end()
