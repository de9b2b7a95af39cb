"""What a client may send, how much of it and how slowly: each limit is reached, and says so in plain words.

One worker, so that whoever takes its threads takes all there are.
"""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from cds_service.arrivals import LONGEST_HEAD, MOST_CHUNKS
from cds_service.hooks.strict_json import DEEPEST
from cds_service.knowledge.tables import load
from tests.hook_calls import call, draft
from tests.raw_http import BODY, HEALTH, Answer, Service, head, post, read_answer, service

MEBIBYTE = 1024 * 1024
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20
# A call that is answered late has waited for somebody; the machine may be slow, but not five seconds
AT_ONCE = 3.0


def nested(levels: int) -> bytes:
    """A call in which the deepest of so many levels stands in a member that nobody reads."""
    opening = b'{"extension":{"x":' + b"[" * (levels - 2)
    return opening + b"]" * (levels - 2) + b"}," + BODY[1:]


def chunked(*pieces: bytes, lines: tuple[str, ...] = ()) -> bytes:
    frame = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head("Transfer-Encoding: chunked", *lines) + b"\r\n" + frame


def headers(number: int, length: int) -> list[str]:
    return [f"X-{place}: {'y' * length}" for place in range(number)]


PACKED = gzip.compress(b" " * (MEBIBYTE + 1))
# limit: (what reaches it, status, code, and what the answer says beside; what just keeps to it, if that is not BODY)
LIMITS: dict[str, tuple[bytes, int, str, str, bytes]] = {
    "length of the address": (
        post(path=f"/{'x' * 8180}"), 414, "line-too-long", "", post(path=f"/cds-services/b12-order-select?{'x' * 8000}")
    ),
    "length of a header": (
        post(BODY, f"Authorization: Bearer {'x' * 10_240}"), 431, "head-too-large", "",
        post(BODY, f"Authorization: Bearer {'x' * 8192}"),
    ),
    "number of headers": (post(BODY, *headers(101, 1)), 431, "head-too-large", "", post(BODY, *headers(90, 1))),
    "length of all headers": (
        post(BODY, *headers(20, LONGEST_HEAD // 19)), 431, "head-too-large", "", post(BODY, *headers(20, 3000))
    ),
    "a head without end": (head(*headers(20, LONGEST_HEAD // 19)), 431, "head-too-large", "", post()),
    "what is no HTTP": (TLS_HELLO, 400, "not-http", "", post()),
    "a bare line feed": (b"GET /healthz HTTP/1.1\nHost: localhost\n\n", 400, "not-http", "", post()),
    "size of the body, told": (
        head(f"Content-Length: {MEBIBYTE + 1}") + b"\r\n", 413, "too-large", "", post(BODY.ljust(MEBIBYTE))
    ),
    "size of the body, in chunks": (
        chunked(b" " * MEBIBYTE, b" "), 413, "too-large", "", chunked(BODY, b" " * (MEBIBYTE - len(BODY)), b"")
    ),
    "size of the body, unpacked": (
        post(PACKED, "Content-Encoding: gzip"), 413, "too-large", "",
        post(gzip.compress(BODY.ljust(MEBIBYTE)), "Content-Encoding: gzip"),
    ),
    "number of chunks": (
        chunked(*(b" " for _ in range(MOST_CHUNKS + 1))), 413, "too-large", f"at most {MOST_CHUNKS} chunks",
        chunked(*(BODY[place : place + 1] for place in range(len(BODY))), b""),
    ),
    "nesting": (
        post(nested(DEEPEST + 1)), 400, "too-deep", f"at most {DEEPEST} levels", post(nested(DEEPEST))
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """As operators run it, but for the size of a body."""
    with service(tmp_path_factory.mktemp("patient"), max_body_mb="1") as found:
        yield found


@pytest.fixture
def served(patient: Service) -> Iterator[Service]:
    yield patient
    patient.hang_up()


def assert_refused(answer: Answer, served: Service, status: int, code: str) -> None:
    """As every answer: an outcome, a request id that the log knows, CORS, the knowledge version."""
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["knowledge-version"] == load().knowledge.version
    assert [(line["status"], line["problem"]) for line in served.told([answer])] == [(status, code)]


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_reached_and_says_so(served: Service, limit: str) -> None:
    sent, status, code, said, _ = LIMITS[limit]
    answer = served.ask(sent)
    assert_refused(answer, served, status, code)
    assert said in answer.issue.get("diagnostics", "")
    assert answer.seconds < AT_ONCE


@pytest.mark.parametrize("limit", LIMITS)
def test_what_just_keeps_to_a_limit_is_answered(served: Service, limit: str) -> None:
    assert served.ask(LIMITS[limit][4]).status == 200


def test_nobody_is_told_to_go_on_with_a_body_that_is_too_long(served: Service) -> None:
    asked = head("Expect: 100-continue", f"Content-Length: {MEBIBYTE + 1}") + b"\r\n"
    assert served.ask(asked).status == 413
    line = served.line(head("Expect: 100-continue", f"Content-Length: {len(BODY)}") + b"\r\n")
    assert read_answer(line).status == 100
    line.sendall(BODY)
    assert read_answer(line).status == 200


def test_who_is_refused_while_it_sends_comes_to_reading_it(served: Service) -> None:
    """Without that, the system would answer the rest of the body with a reset, and the refusal were lost."""
    line = served.line(head(f"Content-Length: {8 * MEBIBYTE}") + b"\r\n")
    for _ in range(8):
        line.sendall(b" " * MEBIBYTE)
    assert read_answer(line).status == 413


# slow clients


def drip(served: Service, data: bytes, lines: int, over: threading.Event) -> None:
    """Send the same on so many connections, a byte at a time and for as long as it lasts."""
    opened = [served.line() for _ in range(lines)]
    for place in range(len(data)):
        for line in opened:
            line.sendall(data[place : place + 1])
        if over.wait(0.05):
            return


def test_a_crowd_that_dawdles_takes_nothing_from_the_others(served: Service) -> None:
    """More than three hundred at once: half a head, half a body, nothing at all, no HTTP, and a byte at a time."""
    for _ in range(100):
        served.line(post()[:100])
        served.line(post()[:-10])
        served.line()
    for _ in range(20):
        served.line(TLS_HELLO[:1])
    over = threading.Event()
    dripping = threading.Thread(target=drip, args=(served, post(), 20, over))
    dripping.start()
    try:
        for _ in range(5):
            for asked in (HEALTH, post()):
                answer = served.ask(asked)
                assert answer.status == 200
                assert answer.seconds < AT_ONCE
    finally:
        over.set()
        dripping.join()


def test_clients_that_never_read_take_nothing_from_the_others(served: Service) -> None:
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for _ in range(16):
        served.line(asked * 200, takes=4096)
    time.sleep(1.5)  # until what the system takes for them is full
    for _ in range(3):
        answer = served.ask(post())
        assert answer.status == 200
        assert answer.seconds < AT_ONCE


def test_more_connections_than_there_is_room_for(served: Service) -> None:
    """Those that say nothing make way; a request that is on its way keeps its place."""
    under_way = served.line(post()[:-10])
    for _ in range(600):
        served.line()
    assert served.ask(post()).status == 200
    under_way.sendall(post()[-10:])
    assert read_answer(under_way).status == 200


def test_more_bytes_than_a_worker_holds(served: Service) -> None:
    """Four bodies of the largest size. What holds most is refused, and what is small comes in."""
    half = post(b" " * MEBIBYTE)[:-1000]
    lines = [served.line(half) for _ in range(6)]
    small = served.line(post()[:-10])
    refused = []
    for line in lines:
        line.settimeout(0.5)
        try:
            refused.append(read_answer(line))
        except TimeoutError:
            continue
    assert 2 <= len(refused) <= 3
    for answer in refused:
        assert_refused(answer, served, 503, "busy")
        assert int(answer.headers["retry-after"]) > 0
    small.sendall(post()[-10:])
    assert read_answer(small).status == 200


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    patience = {"HEAD_SECONDS": 1.0, "REQUEST_SECONDS": 2.0, "_ANSWER_SECONDS": 1.0}
    with service(tmp_path_factory.mktemp("impatient"), patience=patience) as found:
        yield found


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (b"GET /healthz HTTP/1.1\r\nHo", b""),
        (b"GET /healthz HTTP/1.1\r\nX: ", b"x"),
        (post()[:-10], b""),
        (head("Content-Length: 100000") + b"\r\n", b" "),
        (chunked(BODY), b""),
        (chunked(BODY), b"1\r\n \r\n"),
    ],
)
def test_a_request_must_come_to_its_end_in_time(impatient: Service, begun: bytes, more: bytes) -> None:
    """Whatever comes meanwhile, and however often."""
    line = impatient.line(begun, wait=0.1)
    started = time.monotonic()
    while time.monotonic() < started + 15:
        try:
            answer = read_answer(line)
            break
        except TimeoutError:
            line.sendall(more)
    assert_refused(answer, impatient, 408, "too-slow")
    assert answer.headers["connection"] == "close"


def test_an_answer_must_be_taken_in_time(impatient: Service) -> None:
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    size = len(impatient.ask(asked).body)
    line = impatient.line(asked * 200)
    time.sleep(3)
    seen = 0
    with suppress(ConnectionError):
        while piece := line.recv(MEBIBYTE):
            seen += len(piece)
    assert seen < 200 * size


def test_a_short_answer_to_json_stays_what_it_is(served: Service) -> None:
    """The calls of this file are ordinary ones, which the table takes for granted."""
    assert json.loads(served.ask(post()).body) == {"cards": []}
    assert json.loads(BODY) == call(draft())
