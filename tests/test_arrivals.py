"""Requests out of bytes that come in any pieces: the same requests that gunicorn itself reads, or fewer."""

import random
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from gunicorn.http.errors import ParseException

from cds_service.arrivals import Arrival, _Chunks, read_to_the_end
from cds_service.hooks.problems import Problem

MOST = 5000
CONFIG = Config()
Read = tuple[str, str, bytes | None]  # method, target, body; None for a body that cannot be read
ADDRESS = ("127.0.0.1", 1)
SIZES = (
    b"5",
    b"05",
    b"a",
    b"A",
    b"0",
    b"00",
    b"5;a=b",
    b"5 ;a",
    b'5;a="\n"',
    b"+5",
    b"-5",
    b"5 ",
    b"",
    b"g",
    b"f" * 20,
)
ENDS = (b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"")
LINES = (
    b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: 05", b"Content-Length: +5", b"Content-Length: 9999",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding : chunked", b"Connection: close", b"X: y", b" folded",
    b"Expect: 100-continue", b"Host: a",
)  # fmt: skip


def by_gunicorn(data: bytes) -> list[Read]:
    """The requests of a connection that carries these bytes and ends."""
    parser, found = get_parser(CONFIG, iter([data]), ADDRESS), []
    try:
        for request in parser:
            body = request.body.read()
            found.append((request.method, request.uri, body))
    except (ParseException, OSError):
        pass
    return found


def by_arrival(data: bytes, places: list[int], *, read: bool = True) -> list[Read]:
    """The same of bytes that come in pieces which end at these places. read: are bodies read by anybody?"""
    arrival, found = Arrival(CONFIG, ADDRESS, MOST), []
    with suppress(ParseException):
        for start, end in pairwise([0, *places, len(data)]):
            arrival.got += data[start:end]
            while (request := arrival.next_request()) is not None:
                found.append((request.method, request.uri, _body(request) if read else None))
                if request.should_close() or not read_to_the_end(request):
                    return found
    return found


def _body(request: Any) -> bytes | None:
    try:
        return bytes(request.body.read(MOST + 1))
    except (Problem, ParseException, OSError):
        return None


def stream(draw: random.Random) -> bytes:
    """Some requests, one after the other; now and then with a fault where bodies begin and end."""
    return b"".join(_request(draw) for _ in range(draw.randrange(1, 4)))


def _request(draw: random.Random) -> bytes:
    end = b"\r\n" if draw.random() < 0.9 else draw.choice(ENDS)
    lines = draw.sample(LINES, draw.randrange(4))
    head = end.join([b"POST /%d HTTP/1.%d" % (draw.randrange(10), draw.random() < 0.9), *lines, b"", b""])
    if b"Transfer-Encoding: chunked" not in lines:
        return head + b"hello" * (b"Content-Length: 5" in lines)
    pieces = [_chunk(draw) for _ in range(draw.randrange(4))]
    trailer = draw.choice((b"", b"", b"", b"X: y\r\n", b"X: y\n", b"Host: a\r\n"))
    return head + b"".join(pieces) + b"0\r\n" + trailer + draw.choice(ENDS)


def _chunk(draw: random.Random) -> bytes:
    size = b"5" if draw.random() < 0.7 else draw.choice(SIZES)
    end = b"\r\n" if draw.random() < 0.9 else draw.choice(ENDS)
    return size + end + b"hello" + draw.choice(ENDS)


def test_a_request_is_read_as_gunicorn_reads_it_whatever_the_pieces() -> None:
    """Where a frame is odd the connection ends before gunicorn would end it; no request is ever another one."""
    draw, whole, cut = random.Random(11), 0, 0  # noqa: S311 - not for secrets
    for _ in range(6000):
        data = stream(draw)
        expected = by_gunicorn(data)
        places = sorted(draw.sample(range(len(data)), min(len(data), draw.choice((0, 1, 2, 5, 1000)))))
        found = by_arrival(data, places)
        unread = [each[:2] for each in by_arrival(data, places, read=False)]
        assert unread == [each[:2] for each in found], data
        good = [each for each in found if each[2] is not None]
        assert good == expected[: len(good)], data
        assert found[:-1] == good[: len(found) - 1], data  # what cannot be read is the last
        whole += len(good)
        cut += len(expected) - len(good)
    assert whole > 2500
    assert cut < whole / 8  # bodies that are cut short, which gunicorn hands on, and odd frames


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pieces_of_any_size_make_the_same_requests(size: int) -> None:
    chunks = b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Late: 1\r\n\r\n"
    data = b"\r\nGET /a HTTP/1.1\r\n\r\n" + b"POST /b HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
    data += b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"GET /d HTTP/1.1\r\n\r\n"
    expected = [("GET", "/a", b""), ("POST", "/b", b"body"), ("POST", "/c", b"hello world"), ("GET", "/d", b"")]
    assert by_arrival(data, list(range(size, len(data), size))) == expected == by_gunicorn(data)


def test_a_wrong_look_at_chunks_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """gunicorn's reading is the one that counts: what it leaves over is nobody's request."""
    get = b"GET /b HTTP/1.1\r\n\r\n"
    body = b"5\r\nhello\r\n0\r\n\r\n"
    data = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body + get * 3
    assert len(by_arrival(data, [])) == 4
    for wrong in (10, 13, len(body + get), len(body + get * 2)):
        monkeypatch.setattr(_Chunks, "end", lambda _self, _got, wrong=wrong: wrong)
        assert len(by_arrival(data, [])) == 1
