"""Calls as they come from many who know nothing of each other, and how long each took. Knows HTTP and sockets."""

import itertools
import random
import re
import selectors
import socket
import time
from collections import deque
from typing import Final

from tests.benchmarks.load import Load

_CONNECTIONS: Final = 64
_HEAD: Final = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)
_LENGTH: Final = re.compile(rb"(?i)\ncontent-length: (\d+)")


def at_random(port: int, path: str, body: bytes, rate: float, seconds: float, seed: int = 0) -> Load:
    """So many calls a second from people who know nothing of each other (Poisson). A call waits for a connection from
    when it is due on, so that a slow answer is not forgiven those that come behind it. One thread does it all: many
    would wait for each other, and that would be counted as the service's."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    sent = _HEAD.format(path=path, length=len(body)).encode("ascii") + body
    with selectors.DefaultSelector() as selector:
        idle = [_Line(selector, port) for _ in range(_CONNECTIONS)]
        began = time.perf_counter()
        due = itertools.accumulate((chance.expovariate(rate) for _ in itertools.count()), initial=began)
        coming = deque(itertools.takewhile(lambda at: at < began + seconds, due))
        calls, took = len(coming), list[float]()
        while len(took) < calls:
            while coming and idle and coming[0] <= time.perf_counter():
                idle.pop().ask(sent, coming.popleft())
            wait = max(0.0, coming[0] - time.perf_counter()) if coming and idle else None
            for key, _ in selector.select(wait):
                line: _Line = key.data
                if line.answered():
                    took.append(time.perf_counter() - line.due)
                    idle.append(line)
        lasted = time.perf_counter() - began
        for line in idle:
            line.close()
    return Load(tuple(took), calls / lasted)


class _Line:
    """A connection on which one call is asked at a time. due: when it was, in seconds of the clock."""

    def __init__(self, selector: selectors.BaseSelector, port: int) -> None:
        self.due = 0.0
        self._got = b""
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(self._sock, selectors.EVENT_READ, self)

    def ask(self, sent: bytes, due: float) -> None:
        self.due, self._got = due, b""
        self._sock.sendall(sent)

    def answered(self) -> bool:
        """Has the whole answer come? RuntimeError where it is not 200."""
        got = self._sock.recv(2**20)
        self._got += got
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not got or (end and b" 200 " not in head[:16]):
            raise RuntimeError(f"answered {head[:16]!r}")
        length = _LENGTH.search(head)
        return bool(end) and length is not None and len(body) >= int(length[1])

    def close(self) -> None:
        self._sock.close()
