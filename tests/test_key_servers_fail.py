"""A real service whose clients' key servers fail in every way: known keys are served as ever, and no worker hangs."""

import json
import signal
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from os import kill
from pathlib import Path
from socket import create_server, socket
from threading import Event
from typing import Any

from tests.key_servers import Behave, answers, bad_answers, hurried, listening, says_nothing
from tests.signing import clients_file, jwks
from tests.test_serve_clients import Running, running, until

GOOD = answers(json.dumps(jwks("ES384")).encode())


def until_set(event: Event, before: Behave, after: Behave) -> Behave:
    def behave(connection: socket, over: Event) -> None:
        (after if event.is_set() else before)(connection, over)

    return behave


def entry(name: str, port: int) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}/secret.json"
    return {"name": name, "issuer": f"https://{name}.example", "jwks_file": None, "jwks_url": url}


def ask(service: Running, name: str, key: str = "ES384") -> tuple[int, float]:
    """The status, and the seconds it took."""
    bearer = service.token(key=key, iss=f"https://{name}.example")
    began = time.perf_counter()
    return service.ask(bearer), time.perf_counter() - began


def test_known_keys_are_served_whatever_key_servers_do_and_made_up_kids_hold_nobody_up(tmp_path: Path) -> None:
    failing = Event()
    with ExitStack() as servers:
        bad = bad_answers()
        ports = {
            name: servers.enter_context(listening(until_set(failing, GOOD, behave)))
            for name, (behave, _) in bad.items()
        }
        down = servers.enter_context(ExitStack())
        ports["down"] = down.enter_context(listening(GOOD))
        path = clients_file(tmp_path, *(entry(name, port) for name, port in ports.items()))
        program = hurried(MINUTE=0.5, REFRESHED_EVERY=0.5, _RETRIED_AFTER=0.5, FETCH_LASTS=1.0)
        with running(tmp_path, program, CDS_CLIENTS=str(path)) as service:
            before = [ask(service, name) for _ in range(4) for name in ports]
            assert {status for status, _ in before} == {200}
            until(lambda: len(service.workers()) == 2)
            workers = service.workers()
            failing.set()
            down.close()

            after = []
            said = {name: words for name, (_, words) in bad.items()} | {"down": "could not be fetched"}
            lines = {f"key set of {name}: jwks_url {words}; the keys stay as they were" for name, words in said.items()}
            ends = time.monotonic() + 30
            while time.monotonic() < ends and not (all(line in service.said for line in lines) and len(after) > 100):
                after += [ask(service, name) for name in ports]
            assert {line for line in lines if line not in service.said} == set()
            assert {status for status, _ in after} == {200}
            assert statistics.median(took for _, took in after) < 3 * statistics.median(t for _, t in before) + 0.05
            # nobody can say whether these are good
            assert {ask(service, name, "ES384-made-up")[0] for name in ports} == {503}

            over = Event()

            def flood(_: int) -> set[int]:
                statuses = set()
                while not over.is_set():
                    statuses.add(ask(service, "nothing", "ES384-made-up")[0])
                    time.sleep(0.01)
                return statuses

            with ThreadPoolExecutor(20) as pool:
                flooding = pool.map(flood, range(20))
                time.sleep(1)
                beside = [ask(service, "down") for _ in range(20)]
                over.set()
            assert set().union(*flooding) == {503}
            assert {status for status, _ in beside} == {200}
            assert statistics.median(took for _, took in beside) < 0.7
            assert service.workers() == workers
            assert "secret" not in service.said


def test_made_up_kids_hold_up_no_good_call_while_a_key_server_takes_its_time(tmp_path: Path) -> None:
    """More of them at once than the workers have threads, and a fetch nearly all the time, which ends well."""
    over = Event()

    def slowly(connection: socket, ended: Event) -> None:
        ended.wait(1.5)
        GOOD(connection, ended)

    def flood(_: int) -> set[int]:
        statuses = set()
        while not over.is_set():
            statuses.add(ask(service, "slow", "ES384-made-up")[0])
            time.sleep(0.01)
        return statuses

    with listening(slowly) as port:
        path = clients_file(tmp_path, entry("slow", port))
        with running(tmp_path, hurried(MINUTE=0.1, REFRESHED_EVERY=0.1), CDS_CLIENTS=str(path)) as service:
            until(lambda: ask(service, "slow")[0] == 200)
            with ThreadPoolExecutor(48) as pool:
                flooding = pool.map(flood, range(48))
                time.sleep(1)
                good = [ask(service, "slow") for _ in range(30)]
                over.set()
            assert set().union(*flooding) <= {401, 503}
            assert {status for status, _ in good} == {200}
            assert statistics.median(took for _, took in good) < 0.5


def test_keys_of_a_server_that_comes_late_are_waited_for_and_none_is_called_bad(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = clients_file(tmp_path, entry("late", port))
    with running(tmp_path, hurried(_RETRIED_AFTER=1.0), CDS_CLIENTS=str(path)) as service:
        assert [ask(service, "late")[0] for _ in range(6)] == [503] * 6
        with listening(GOOD, port):

            def call(_: int) -> list[int]:
                statuses = [0]
                ends = time.monotonic() + 30
                while statuses[-1] != 200 and time.monotonic() < ends:
                    statuses.append(ask(service, "late")[0])
                    time.sleep(0.05)
                return statuses[1:]

            with ThreadPoolExecutor(16) as pool:
                done = list(pool.map(call, range(16)))
            assert {statuses[-1] for statuses in done} == {200}
            assert set().union(*done) <= {200, 503}
            assert [ask(service, "late")[0] for _ in range(10)] == [200] * 10


def test_a_worker_that_is_killed_while_it_fetches_keeps_no_key_out(tmp_path: Path) -> None:
    rotated, fetching = Event(), Event()
    new = answers(json.dumps(jwks("ES384-new")).encode())

    def hangs_once(connection: socket, over: Event) -> None:
        if fetching.is_set():
            new(connection, over)
        else:
            fetching.set()
            says_nothing(connection, over)

    with listening(until_set(rotated, GOOD, hangs_once)) as port:
        path = clients_file(tmp_path, entry("client", port))
        with running(tmp_path, hurried(_CLAIM_LASTS=3.0), CDS_CLIENTS=str(path)) as service:
            assert ask(service, "client")[0] == 200
            until(lambda: len(service.workers()) == 2)
            workers = service.workers()
            rotated.set()
            with ThreadPoolExecutor(1) as pool:
                lost = pool.submit(ask, service, "client", "ES384-new")
                assert fetching.wait(20)
                for worker in workers:
                    kill(worker, signal.SIGKILL)
                assert isinstance(lost.exception(30), OSError)
            statuses = [ask(service, "client", "ES384-new")[0]]
            ends = time.monotonic() + 30
            while statuses[-1] != 200 and time.monotonic() < ends:
                statuses.append(ask(service, "client", "ES384-new")[0])
            assert statuses[-1] == 200
            assert set(statuses) <= {200, 503}
