"""A real service whose clients change their keys while they call: no good call is refused, and little is fetched."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from os import kill
from pathlib import Path
from threading import Event
from typing import Any

from tests.fhir_server import FakeServer, Reply, serving
from tests.key_servers import hurried
from tests.signing import clients_file, jwks
from tests.test_serve_clients import Running, running, until

_CALLERS = 16


@dataclass
class Rotating:
    """A client that publishes a new key and signs with it at once; the one before stays in the set for a while."""

    name: str
    published: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.published.append(f"ES384-{self.name}-0")

    @property
    def issuer(self) -> str:
        return f"https://{self.name}.example"

    def rotate(self) -> None:
        number = int(self.published[-1].rpartition("-")[2]) + 1
        self.published[:] = [self.published[-1], f"ES384-{self.name}-{number}"]

    def entry(self, base: str) -> dict[str, Any]:
        return {"name": self.name, "issuer": self.issuer, "jwks_file": None, "jwks_url": f"{base}/{self.name}"}

    def ask(self, service: Running, key: str = "") -> int:
        return service.ask(service.token(key=key or self.published[-1], iss=self.issuer))


@contextmanager
def publishing(*clients: Rotating, wait: float = 0.0) -> Iterator[FakeServer]:
    """A server that answers after `wait` seconds."""
    by_name = {client.name: client for client in clients}
    with serving(lambda path: Reply(jwks(*by_name[path].published), wait=wait)) as server:
        yield server


@contextmanager
def calling(service: Running, *clients: Rotating) -> Iterator[Counter[int]]:
    """As many callers as the workers have threads, each client in turn; the statuses that they were answered with."""
    statuses: Counter[int] = Counter()
    over = Event()

    def call(first: int) -> None:
        for turn in count(first):
            if over.is_set():
                return
            statuses[clients[turn % len(clients)].ask(service)] += 1

    with ThreadPoolExecutor(_CALLERS) as pool:
        callers = [pool.submit(call, first) for first in range(_CALLERS)]
        try:
            yield statuses
        finally:
            over.set()
    for caller in callers:
        caller.result()


def test_keys_change_under_load_at_the_price_of_one_fetch_each(tmp_path: Path) -> None:
    clients = [Rotating(name) for name in ("one", "two", "three")]
    began = time.monotonic()
    with publishing(*clients, wait=0.4) as server:
        path = clients_file(tmp_path, *(client.entry(server.base) for client in clients))
        with running(tmp_path, CDS_CLIENTS=str(path)) as service:
            with calling(service, *clients) as statuses:
                for client in clients:
                    time.sleep(1)
                    client.rotate()
                time.sleep(1)
            assert set(statuses) == {200}
            assert statuses[200] > 60
            made_up = [client.ask(service, "ES384-made-up") for client in clients for _ in range(10)]
            assert made_up == [401] * 30
    # at the start and for the new key, by one worker for both; more only where this machine took minutes
    most = 2 + 2 * int((time.monotonic() - began) / 60)
    assert all(2 <= fetches <= most for fetches in Counter(server.paths).values())


def test_keys_change_again_and_again_under_load_and_old_ones_end(tmp_path: Path) -> None:
    clients = [Rotating("one"), Rotating("two")]
    minute = 1.5
    with publishing(*clients) as server:
        path = clients_file(tmp_path, *(client.entry(server.base) for client in clients))
        program = hurried(MINUTE=minute, REFRESHED_EVERY=minute)
        with running(tmp_path, program, CDS_CLIENTS=str(path)) as service:
            began = time.monotonic()
            with calling(service, *clients) as statuses:
                for _ in range(3):
                    for client in clients:
                        client.rotate()
                        assert client.ask(service) == 200
                    time.sleep(minute + 0.2)
            assert set(statuses) == {200}
            most = 2 + 2 * (time.monotonic() - began) / minute
            assert all(4 <= fetches <= most for fetches in Counter(server.paths).values())
            # one that is taken off ends in both workers, without a call that would ask for another
            old = clients[0].published.pop(0)
            taken_off = time.monotonic()
            until(lambda: {clients[0].ask(service, old) for _ in range(10)} == {401}, 15)
            assert time.monotonic() - taken_off < minute + 5 + 5  # a fetch, and this machine's moods
            assert clients[0].ask(service) == 200


def test_workers_that_start_anew_have_the_keys_at_once(tmp_path: Path) -> None:
    stays, moves, goes = Rotating("stays"), Rotating("moves"), Rotating("goes")
    with publishing(stays, moves, goes) as server, publishing(moves, goes) as other:
        path = clients_file(tmp_path, *(client.entry(server.base) for client in (stays, moves, goes)))
        with running(tmp_path, CDS_CLIENTS=str(path)) as service:
            assert [client.ask(service) for client in (stays, moves, goes)] == [200] * 3
            until(lambda: len(service.workers()) == 2)
            workers = service.workers()
            for worker in workers:
                kill(worker, signal.SIGKILL)
            until(lambda: len(service.workers()) == 2 and service.workers().isdisjoint(workers))
            assert [stays.ask(service) for _ in range(10)] == [200] * 10
            assert Counter(server.paths) == {"stays": 1, "moves": 1, "goes": 1}

            old = moves.published[0]
            moves.rotate()
            moves.published.pop(0)
            clients_file(tmp_path, stays.entry(server.base), moves.entry(other.base))
            workers = service.workers()
            service.process.send_signal(signal.SIGHUP)
            until(lambda: "reloaded: 2 clients" in service.said)
            until(lambda: len(service.workers()) == 2 and service.workers().isdisjoint(workers))
            assert [stays.ask(service) for _ in range(5)] == [200] * 5
            assert [moves.ask(service) for _ in range(5)] == [200] * 5
            assert [moves.ask(service, old) for _ in range(5)] == [401] * 5
            assert [goes.ask(service) for _ in range(5)] == [401] * 5
            assert Counter(server.paths) == {"stays": 1, "moves": 1, "goes": 1}
            assert "goes" not in other.paths
