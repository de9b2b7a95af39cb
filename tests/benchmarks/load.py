"""Calls of many clients at once, and how long each took. Knows HTTP and threads; the service is another process."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final

_HEADERS: Final = {"Content-Type": "application/json"}
_CONNECTIONS: Final = 64
Connect = Callable[[], HTTPConnection]
Headers = Callable[[], dict[str, str]]
Body = bytes | Callable[[], bytes]  # one for all calls, or one for each


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. took: seconds of each call, from when it was due; rate: answers a second."""

    took: tuple[float, ...]
    rate: float

    def quantile(self, share: float) -> float:
        return sorted(self.took)[min(int(share * len(self.took)), len(self.took) - 1)]


def without_pause(connect: Connect, path: str, body: Body, clients: int, seconds: float, headers: Headers) -> Load:
    """Each client calls again as soon as it is answered."""
    ends = time.perf_counter() + seconds
    return _calls(connect, path, body, clients, headers, iter(time.perf_counter, None), ends)


def at_random(connect: Connect, path: str, body: Body, rate: float, seconds: float, seed: int = 0) -> Load:
    """So many calls a second from people who know nothing of each other (Poisson). A call waits for a connection from
    when it is due on, so that a slow answer is not forgiven those that come behind it."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    began = time.perf_counter()
    due = itertools.accumulate((chance.expovariate(rate) for _ in itertools.count()), initial=began)
    return _calls(connect, path, body, _CONNECTIONS, dict, due, began + seconds)


def to(port: int) -> Connect:
    return lambda: HTTPConnection("127.0.0.1", port, timeout=60)


def _calls(
    connect: Connect, path: str, body: Body, clients: int, headers: Headers, due: Iterator[float], ends: float
) -> Load:
    took: list[float] = []
    faults: list[str] = []
    lock = threading.Lock()

    def client() -> None:
        connection = connect()
        try:
            while True:
                with lock:
                    at = next(due)
                if at >= ends or faults:
                    return
                time.sleep(max(0.0, at - time.perf_counter()))
                connection.request("POST", path, body() if callable(body) else body, _HEADERS | headers())
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    faults.append(f"answered {answer.status}")
                took.append(time.perf_counter() - at)
        except OSError as error:
            faults.append(type(error).__name__)
        finally:
            connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(faults[0])
    return Load(tuple(took), len(took) / (time.perf_counter() - began))
