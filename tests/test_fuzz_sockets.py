"""A running server, two workers, and bytes that no HTTP client would send: it goes on answering, and never with a 5xx.

What is no HTTP is refused with an OperationOutcome, or the connection is closed; the log says what kind of error it
was, and nothing of what was sent.
"""

import gzip
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cds_service.audit import MEMBERS
from tests.fuzz.bases import as_call, bases
from tests.fuzz.generator import case
from tests.log_lines import lines

ROOT = Path(__file__).parents[1]
PATH = "/cds-services/b12-order-select"
BODY = as_call(next(base.request() for base in bases() if base.name == "cyanocobalamin-renal")).body
MARK = b"zq-nobody-logs-this"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
SOUND = HEAD + f"Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def chunks(body: bytes, size: int) -> bytes:
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def with_header(line: bytes, body: bytes = BODY) -> bytes:
    return HEAD + line + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


# name: (bytes, the statuses that it may get in order; None stands for a closed connection)
ANSWERED: dict[str, tuple[bytes, list[int]]] = {
    "pipelined": (SOUND + GET + SOUND, [200, 200, 200]),
    "chunked": (CHUNKED + chunks(BODY, 100) + b"0\r\n\r\n", [200]),
    "chunked a byte at a time": (CHUNKED + chunks(BODY[:300], 1) + b"0\r\n\r\n", [400]),
    "chunked with extensions and a trailer": (
        CHUNKED + b"%x;a=b\r\n%b\r\n0\r\nX-Late: 1\r\n\r\n" % (len(BODY), BODY),
        [200],
    ),
    "a body that nobody reads": (
        CHUNKED.replace(PATH.encode(), b"/nowhere") + b"5\r\nhello\r\n0\r\n\r\n" + GET,
        [404, 200],
    ),
    # What follows is nobody's request: another reader may see another one there
    "one that nobody reads and that ends oddly": (
        CHUNKED.replace(PATH.encode(), b"/nowhere") + b"5\r\nhelloxx0\r\n\r\n" + GET,
        [404],
    ),
    "gzip": (with_header(b"Content-Encoding: gzip", gzip.compress(BODY)), [200]),
    "expects 100": (with_header(b"Expect: 100-continue"), [100, 200]),
    "an absolute request line": (SOUND.replace(PATH.encode(), b"http://localhost" + PATH.encode(), 1), [200]),
    "no body": (HEAD + b"\r\n", [400]),
    "a NUL in the body": (with_header(b"X-A: b", BODY[:50] + b"\x00" + BODY[50:]), [400]),
    "a path that is no UTF-8": (b"GET /\xff\xfe%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
    "HTTP 1.0": (SOUND.replace(b"HTTP/1.1", b"HTTP/1.0", 1), [200]),
    "an unknown method": (GET.replace(b"GET", b"BREW"), [405]),
}
ODD: dict[str, bytes] = {
    "nothing": b"",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "half a request line": b"POST /cds-serv",
    "half the headers": HEAD,
    "half the body": SOUND[:-200],
    "a chunk of no size": CHUNKED + b"zz\r\n" + BODY,
    "a chunk of a negative size": CHUNKED + b"-5\r\n" + BODY,
    "a chunk of an enormous size": CHUNKED + b"f" * 40 + b"\r\n" + BODY,
    "a chunk shorter than it says": CHUNKED + b"10\r\nshort\r\n0\r\n\r\n",
    "chunks that never end": CHUNKED + chunks(BODY, 50),
    "both lengths": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SOUND,
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY,
    "a length that is none": HEAD + b"Content-Length: +5\r\n\r\n" + BODY,
    "an enormous length": HEAD + b"Content-Length: 99999999999999999999\r\n\r\n" + BODY,
    "a header without a colon": with_header(b"nonsense " + MARK),
    "a header in two lines": with_header(b"X-A: b\r\n c"),
    "a blank before the colon": with_header(b"X-A : " + MARK),
    "an enormous header": with_header(b"X-A: " + b"x" * 100_000),
    "a thousand headers": with_header(b"\r\n".join(b"X-%d: y" % place for place in range(1000))),
    "an enormous path": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "an encoding of bodies that nobody knows": with_header(b"Transfer-Encoding: gzip"),
    "HTTP 9": SOUND.replace(b"HTTP/1.1", b"HTTP/9.9 " + MARK, 1),
    "bare line feeds": SOUND.replace(b"\r\n", b"\n"),
    "HTTP 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a service with two workers; what it said is looked through in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    folder = tmp_path_factory.mktemp("records")
    env = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    env |= {"CDS_MAX_BODY_MB": "1", "CDS_LOG_LEVEL": "debug", "CDS_DATABASE_URL": f"sqlite:///{folder}/records.sqlite3"}
    said_to = folder / "said"
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--workers", "2"]
    with said_to.open("wb") as said, subprocess.Popen(command, cwd=ROOT, env=env, stderr=said) as running:
        try:
            _wait_until_ready(running, port)
            while len(workers := _workers(running)) < 2:
                time.sleep(0.05)
            yield port
            assert _workers(running) == workers  # none has ended: another would have taken its place unseen
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=40)
    told = said_to.read_bytes()
    assert running.returncode == 0
    assert b"Traceback" not in told
    assert all(line.keys() <= MEMBERS.keys() for line in lines(told.decode("ascii")))
    assert MARK not in told
    assert b'"status":5' not in told


def _workers(running: subprocess.Popen[bytes]) -> set[str]:
    return set(Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text("ascii").split())


def _wait_until_ready(running: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        assert running.poll() is None
        with suppress(urllib.error.URLError, ConnectionError):
            assert urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz").status == 200
            return
        time.sleep(0.1)
    pytest.fail("the server did not start")


def sent(port: int, data: bytes, *, wait: float = 3.0, close: bool = False) -> bytes:
    """All that comes back until the server closes or is silent. close: hang up at once instead of reading."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as line:
        got = b""
        try:
            line.sendall(data)
            if close:
                return got
            line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                got += piece
        except OSError:
            pass
        return got


def statuses(got: bytes) -> list[int]:
    """Of each answer in a stream of answers."""
    found = []
    while got.startswith(b"HTTP/1."):
        head, _, rest = got.partition(b"\r\n\r\n")
        found.append(int(head[9:12]))
        lengths = [line[15:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        got = rest[int(lengths[0]) :] if lengths else rest
    return found


def assert_safe(got: bytes) -> None:
    """What the service and gunicorn's own refusals have in common; what serves is not told."""
    for line in (b"X-Content-Type-Options: nosniff\r\n", b"Cache-Control: no-store\r\n", b"Content-Security-Policy: "):
        assert got.count(line) == sum(status >= 200 for status in statuses(got))
    assert b"gunicorn" not in got


def still_answers(port: int) -> bool:
    got = sent(port, SOUND)
    return statuses(got) == [200] and b'"cards":[{' in got


@pytest.mark.parametrize("name", ANSWERED)
def test_odd_http_that_is_http_is_answered(server: int, name: str) -> None:
    data, expected = ANSWERED[name]
    got = sent(server, data)
    assert statuses(got) == expected
    assert_safe(got)


@pytest.mark.parametrize(
    "header",
    [b"X-Forwarded-Proto: https", b"X-Forwarded-Ssl: on", b"SCRIPT_NAME: /cds-services", b"PATH_INFO: /healthz"],
)
def test_a_header_moves_neither_the_call_nor_the_address_in_a_card(server: int, header: bytes) -> None:
    got = sent(server, with_header(header))
    assert statuses(got) == [200]
    assert b'"url":"http://localhost/rules/' in got


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_http_ends_that_connection_and_nothing_else(server: int, name: str) -> None:
    got = sent(server, ODD[name], wait=2.0)
    assert not any(status >= 500 for status in statuses(got)), got[:300]
    assert b"<html" not in got.lower()
    assert MARK not in got
    assert_safe(got)
    assert still_answers(server)


def test_clients_that_hang_up_or_dawdle_take_nothing_from_the_others(server: int) -> None:
    """More of them than both workers have threads; half of the bodies come a little later."""
    lines = [socket.create_connection(("127.0.0.1", server), timeout=5) for _ in range(24)]
    for line in lines:
        line.sendall(SOUND[:-100])
    time.sleep(0.3)
    for line in lines[:12]:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        line.close()  # with a reset
    for line in lines[12:]:
        line.sendall(SOUND[-100:])
    for line in lines[12:]:
        assert line.recv(15).startswith(b"HTTP/1.1 200")
        line.close()
    assert still_answers(server)


def test_bytes_by_chance(server: int) -> None:
    """Sound requests with pieces cut out, doubled or turned, and bodies of the fuzz, over sockets."""
    draw = random.Random(5)  # noqa: S311 - not for secrets
    seen = []
    for number in range(120):
        call = case(5, number).call
        head = f"{call.method or 'GET'} {PATH} HTTP/1.1\r\nHost: localhost\r\nX-Note: {MARK.decode()}\r\n".encode()
        data = bytearray(head + b"Content-Length: %d\r\n\r\n" % len(call.body) + call.body)
        for _ in range(draw.choice((0, 0, 1, 3))):
            place = draw.randrange(min(len(data), 400))
            data[place : place + draw.randrange(4)] = bytes(draw.randrange(256) for _ in range(draw.randrange(4)))
        seen += statuses(sent(server, bytes(data), wait=1.0, close=number % 10 == 9))
    assert not any(status >= 500 for status in seen)
    assert seen.count(200) > 20
    assert seen.count(400) > 10
    assert still_answers(server)
    assert json.loads(sent(server, GET).partition(b"\r\n\r\n")[2]) == {"status": "alive"}
