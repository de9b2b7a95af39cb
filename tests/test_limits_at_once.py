"""How many requests at once, and what becomes of them when the service ends: each one is answered, and none for ever.

A FHIR server that does not answer holds a thread until the deadline of the call, so that all are held with few calls.
"""

import json
import selectors
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.serve import _THREADS
from cds_service.worker import MOST_REQUESTS
from tests.fhir_server import FakeServer, Reply, serving
from tests.hook_calls import AUTHORIZATION, PATIENT_RESOURCE, call, draft
from tests.raw_http import BODY, HEALTH, READY, Answer, Service, post, read_answer, service

pytestmark = pytest.mark.long

AT_ONCE = 3.0
MANY = 30
ORDER = draft(text="cyanocobalamin 1 mg tablet")


@pytest.fixture(scope="module")
def silent() -> Iterator[FakeServer]:
    with serving(lambda _path: Reply(wait=3600)) as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, silent: FakeServer) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("served"), fhir_servers=silent.base) as found:
        yield found


def held(base: str) -> bytes:
    """A call that waits for its data until the deadline of three seconds."""
    return post(json.dumps(call(ORDER, fhirServer=base, fhirAuthorization=AUTHORIZATION)).encode())


def test_when_all_threads_wait_the_service_says_that_it_is_busy(served: Service, silent: FakeServer) -> None:
    lines = [served.line(held(silent.base)) for _ in range(MOST_REQUESTS + MANY)]
    for asked in (HEALTH, READY):
        answer = served.ask(asked)
        assert answer.status == 200
        assert answer.seconds < AT_ONCE
    answers = [read_answer(line) for line in lines]
    found = Counter(answer.status for answer in answers)
    # Where the required data cannot be had, 412; the calls that a thread took in time, and no others
    assert _THREADS <= found[412] <= 2 * _THREADS
    assert found[503] == MOST_REQUESTS + MANY - found[412]
    for answer in answers:
        if answer.status == 503:
            assert_busy(answer, served)
    assert served.ask(post()).status == 200


def assert_busy(answer: Answer, served: Service) -> None:
    assert answer.code == "busy"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["connection"] == "keep-alive"  # it was read to its end
    assert answer.headers["x-request-id"] in served.said_to.read_text("utf-8")


def test_too_many_at_once_are_told_so_without_waiting(served: Service, silent: FakeServer) -> None:
    for _ in range(MOST_REQUESTS):
        served.line(held(silent.base))
    time.sleep(0.5)
    answer = served.ask(post())
    assert answer.seconds < AT_ONCE
    assert_busy(answer, served)


def test_who_is_refused_and_tries_again_at_once_leaves_room_for_work(tmp_path: Path) -> None:
    """A refusal that counts as work would be the work of a worker, as long as they go on."""
    asked = post(json.dumps(call(ORDER, prefetch={"patient": PATIENT_RESOURCE})).encode())
    with service(tmp_path) as served:
        callers = selectors.DefaultSelector()
        for _ in range(4 * MOST_REQUESTS):
            callers.register(served.line(asked), selectors.EVENT_READ)
        found: Counter[bytes] = Counter()
        ends = time.monotonic() + 6
        while time.monotonic() < ends:
            for key, _ in callers.select(1):
                line: socket.socket = key.fileobj  # type: ignore[assignment]
                found[line.recv(65536)[9:12]] += 1
                line.sendall(asked)
        callers.close()
        assert found[b"200"] > found[b"503"] / 8, found  # it was one for 28, and is about one for one


def test_no_crash_of_a_worker_writes_its_memory_down(served: Service) -> None:
    """A dump would hold the patients of the calls at hand."""
    for worker in children(served.process.pid):
        limits = Path(f"/proc/{worker}/limits").read_text("ascii")
        assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file")] == [["0", "0"]]


def children(parent: int) -> list[str]:
    return Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()


def test_what_has_begun_is_finished_when_the_service_ends(tmp_path: Path, silent: FakeServer) -> None:
    """And clients that never go, or have nothing to say, do not keep it from ending."""
    with service(tmp_path, fhir_servers=silent.base) as served:
        running = served.line(held(silent.base))
        half = served.line(post()[:-10])
        kept = served.line(post())
        assert read_answer(kept).status == 200
        for data in (b"", post(), post(BODY, "Connection: close")):
            served.line(data)
        time.sleep(0.3)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):  # who comes now is told so at once, and may try elsewhere
            socket.create_connection(("127.0.0.1", served.port), 5).close()
        half.sendall(post()[-10:])
        kept.sendall(post())
        for line, status in ((half, 200), (kept, 200), (running, 412)):
            answer = read_answer(line)
            assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert served.process.wait(timeout=20) == 0
