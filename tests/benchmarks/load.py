"""Calls of many clients at once, and how long each took. Knows HTTP and threads; the service is another process."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final

_HEADERS: Final = {"Content-Type": "application/json"}
Connect = Callable[[], HTTPConnection]
Headers = Callable[[], dict[str, str]]
Body = bytes | Callable[[], bytes]  # one for all calls, or one for each


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. took: seconds of each call; rate: answers a second."""

    took: tuple[float, ...]
    rate: float

    def quantile(self, share: float) -> float:
        return sorted(self.took)[min(int(share * len(self.took)), len(self.took) - 1)]


def to(port: int) -> Connect:
    return lambda: HTTPConnection("127.0.0.1", port, timeout=60)


def without_pause(connect: Connect, path: str, body: Body, clients: int, seconds: float, headers: Headers) -> Load:
    """Each client calls again as soon as it is answered."""
    took: list[float] = []
    faults: list[str] = []
    began = time.perf_counter()

    def client() -> None:
        connection = connect()
        try:
            while (at := time.perf_counter()) < began + seconds and not faults:
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

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(faults[0])
    return Load(tuple(took), len(took) / (time.perf_counter() - began))
