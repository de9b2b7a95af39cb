"""How many requests at once, and what becomes of them when the service ends: each one is answered, and none for ever.

A FHIR server that does not answer holds a call until its deadline, so that all places are held with few calls.
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

from cds_service.waiting import MOST_OF_ONE
from cds_service.worker import MOST_REQUESTS
from tests.fhir_server import FakeServer, Reply, serving
from tests.hook_calls import AUTHORIZATION, PATIENT_RESOURCE, call, draft
from tests.raw_http import BODY, HEALTH, READY, Answer, Service, post, read_answer, service
from tests.until import until

pytestmark = pytest.mark.long

DEADLINE = "5000"
AT_ONCE = 3.0
MANY = 30
ORDER = draft(text="cyanocobalamin 1 mg tablet")


@pytest.fixture(scope="module")
def silent() -> Iterator[FakeServer]:
    with serving(lambda _path: Reply(wait=3600)) as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, silent: FakeServer) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("served")
    with service(folder, fhir_servers=silent.base, deadline_ms=DEADLINE) as found:
        yield found


def held(base: str) -> bytes:
    """A call that waits for its data until the deadline."""
    return post(json.dumps(call(ORDER, fhirServer=base, fhirAuthorization=AUTHORIZATION)).encode())


def test_a_silent_fhir_server_keeps_nobody_else_waiting(served: Service, silent: FakeServer) -> None:
    """More calls wait for it than there are threads, and more come than may wait; those are told what they lack."""
    lines = [served.line(held(silent.base)) for _ in range(MOST_OF_ONE + MANY)]
    whole = json.dumps(call(ORDER, prefetch={"patient": PATIENT_RESOURCE})).encode()
    for asked in (HEALTH, READY, post(), post(whole)):
        answer = served.ask(asked)
        assert answer.status == 200
        assert answer.seconds < AT_ONCE
    # the required data cannot be had
    answers = [read_answer(line) for line in lines]
    assert {answer.status for answer in answers} == {412}
    told = Counter(tuple(line["unread"]) for line in served.told(answers))
    assert told == {("too late",): MOST_OF_ONE, ("too many calls wait",): MANY}


def test_too_many_at_once_are_told_so_without_waiting(tmp_path: Path) -> None:
    few = 6
    patience = {"MOST_REQUESTS": few}
    with (
        serving(lambda _path: Reply(wait=3600)) as silent,
        service(tmp_path, patience=patience, fhir_servers=silent.base, deadline_ms=DEADLINE) as served,
    ):
        lines = [served.line(held(silent.base)) for _ in range(few)]
        until(lambda: sum(path.startswith("Patient/") for path in silent.paths) == few)  # each has its thread
        answer = served.ask(post())
        assert answer.seconds < AT_ONCE
        assert_busy(answer, served)
        assert [read_answer(line).status for line in lines] == [412] * few
        assert served.ask(post()).status == 200


def assert_busy(answer: Answer, served: Service) -> None:
    assert (answer.status, answer.code) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["connection"] == "keep-alive"  # it was read to its end
    assert served.told([answer])[0]["problem"] == "busy"


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


def test_what_has_begun_is_finished_when_the_service_ends(tmp_path: Path) -> None:
    """And clients that never go, or have nothing to say, do not keep it from ending."""
    patience = {"_STOPPING_SECONDS": 5.0}  # a busy machine may take some of them to come to sending the rest
    with (
        serving(lambda _path: Reply(wait=3600)) as silent,
        service(tmp_path, patience=patience, fhir_servers=silent.base, deadline_ms=DEADLINE) as served,
    ):
        running = served.line(held(silent.base))
        half = served.line(post()[:-10])
        kept = served.line(post())
        assert read_answer(kept).status == 200
        for data in (b"", post(), post(BODY, "Connection: close")):
            served.line(data)
        until(lambda: len(silent.asked) > 0)  # `running` has its thread
        assert served.ask(HEALTH).status == 200  # who came before is in, too
        served.process.send_signal(signal.SIGTERM)
        until(lambda: refuses(served.port))  # who comes now is told so at once, and may try elsewhere
        half.sendall(post()[-10:])
        kept.sendall(post())
        for line, status in ((half, 200), (kept, 200), (running, 412)):
            answer = read_answer(line)
            assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert served.process.wait(timeout=20) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    return False
