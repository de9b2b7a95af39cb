"""The bytes of one connection on their way in: is a request whole yet? Knows gunicorn's parser; no socket, no thread.

gunicorn reads HTTP, here as anywhere: its parser is given a head when the head's end is there, and says how long the
body is. Chunks, which tell no length beforehand, are looked at only to see when the last one has come; gunicorn reads
them. Where it finds another end than the look did, the connection ends too: what follows is nobody's request.
"""

import io
import re
from typing import Any, Final, NoReturn

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import InvalidRequestLine, LimitRequestHeaders, LimitRequestLine, NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

from cds_service.hooks.problems import Fault, Problem

# A request line and a token of 8 KB each fit, and what browsers and proxies add to them
LONGEST_HEAD: Final = 64 * 1024
# Each costs gunicorn the same, whatever its size. A body of 16 MB in chunks of 170 bytes is still taken
MOST_CHUNKS: Final = 100_000
_LONGEST_SIZE_LINE: Final = 1024
_LONGEST_TRAILER: Final = 8 * 1024
_SIZE: Final = re.compile(rb"[0-9A-Fa-f]{1,15}(?![0-9A-Fa-f])")
_BARE_LINE_FEED: Final = re.compile(rb"(?<!\r)\n")
_FIRST: Final = re.compile(rb"[A-Za-z\r]")
_PIECE: Final = 8192
_READ_AT_ONCE: Final = 1024 * 1024


class _Pieces(Unreader):  # type: ignore[misc]  # gunicorn has no types
    """What has arrived, for gunicorn's readers in pieces: with every chunk they copy what is left of the piece."""

    def __init__(self, held: bytes) -> None:
        super().__init__()
        self.hold(held)

    def hold(self, held: bytes) -> None:
        self._held, self._place = held, 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        start = self._place
        self._place += max(_PIECE, size_hint or 0)
        return self._held[start : self._place]

    def spent(self) -> bool:
        return self._place >= len(self._held) and self.take_buffered() == b""


class _Refused:
    """A body that was not taken in, for whoever wants to read it."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def read(self, _size: int = -1) -> NoReturn:
        raise self._problem


def is_read(request: Any) -> bool:
    """Is the body whole, with nothing left to be looked for on the connection?"""
    return isinstance(request.body, io.BytesIO)


def read_to_the_end(request: Any) -> bool:
    """Read what nobody has read of the body. False where it did not end where it seemed to."""
    if is_read(request):
        return True
    try:
        while request.body.read(_READ_AT_ONCE):
            continue
    except Exception:  # noqa: BLE001  # gunicorn has errors of its own for each fault of a chunk
        return False
    return bool(request.unreader.spent()) and not request.body.failed


def fault_of(error: ParseException) -> Fault:
    """What to answer where a head cannot be read."""
    if isinstance(error, LimitRequestLine):
        return Fault.LINE_TOO_LONG
    return Fault.HEAD_TOO_LARGE if isinstance(error, LimitRequestHeaders) else Fault.NOT_HTTP


class Arrival:
    """What has come of one connection and is not handed over yet.

    config: gunicorn's. address: of the client, as accept tells it. most: bytes of a body that are waited for.
    """

    __slots__ = ("_address", "_chunks", "_config", "_count", "_most", "_request", "_seen", "got", "wants_100")

    def __init__(self, config: Any, address: Any, most: int) -> None:
        self.got = bytearray()
        # Is the client waiting to be told that its body is wanted? For the worker to say, and to take back
        self.wants_100 = False
        self._config = config
        self._address = address
        self._most = most
        self._count = 0
        self._seen = 0
        self._request: Any = None
        self._chunks: _Chunks | None = None

    @property
    def head_is_there(self) -> bool:
        return self._request is not None

    @property
    def idle(self) -> bool:
        """Has nothing of a next request come?"""
        return self._request is None and not self.got

    def next_request(self) -> Any:
        """gunicorn's Request with the whole body in it, or None while some is missing.

        A body that is too long is not waited for: the request comes without it, as the last one of its connection.
        gunicorn's ParseException where this is no HTTP or its head is above a limit.
        """
        if self._request is None:
            end = self._end_of_head()
            if end == 0:
                return None
            head = bytes(self.got[:end])
            del self.got[:end]
            self._begin(head)
        whole = self._with_length() if self._chunks is None else self._with_chunks(self._chunks)
        if not whole:
            return None
        request, self._request, self._chunks = self._request, None, None
        return request

    def _end_of_head(self) -> int:
        """Where it is, or 0. What can be no head is given to gunicorn, whose error says what is wrong with it."""
        got, seen = self.got, self._seen
        end = got.find(b"\r\n\r\n", max(0, seen - 3))
        if end > LONGEST_HEAD or (end < 0 and len(got) > LONGEST_HEAD):
            raise LimitRequestHeaders("head")
        if end >= 0:
            return end + 4
        if _BARE_LINE_FEED.search(got, seen) or (got and not _FIRST.match(got)):
            return len(got)
        self._seen = len(got)
        return 0

    def _begin(self, head: bytes) -> None:
        self._seen = 0
        self._count += 1
        try:
            self._request = Request(self._config, _Pieces(head), self._address, self._count)
        except (NoMoreData, StopIteration):
            raise InvalidRequestLine("head") from None
        reader = self._request.body.reader
        if not isinstance(reader, LengthReader):
            self._chunks = _Chunks(self._most)
        wanted = self._chunks is not None or reader.length <= self._most
        self.wants_100 = wanted and self._request._expected_100_continue  # noqa: SLF001  # gunicorn tells it nowhere else
        self._request._expected_100_continue = False  # noqa: SLF001  # or gunicorn would say it with the answer

    def _with_length(self) -> bool:
        request, got = self._request, self.got
        length = request.body.reader.length
        if length > self._most:
            request.force_close()
            request.body = _Refused(Problem(Fault.TOO_LARGE))
            return True
        if len(got) < length:
            return False
        with memoryview(got) as view:
            request.body = io.BytesIO(bytes(view[:length]))
        del got[:length]
        return True

    def _with_chunks(self, chunks: "_Chunks") -> bool:
        request, got = self._request, self.got
        try:
            end = chunks.end(got)
        except Problem as problem:
            request.force_close()
            request.body = _Refused(problem)
            return True
        if end is None:
            return False
        request.unreader.hold(bytes(got[:end]))
        del got[:end]
        return True


class _Chunks:
    """Where a chunked body ends, looked for from one chunk's size to the next. most: bytes of content wanted."""

    __slots__ = ("_count", "_last", "_most", "_place", "_size")

    def __init__(self, most: int) -> None:
        self._most = most
        self._place = self._size = self._count = 0
        self._last = False

    def end(self, got: bytearray) -> int | None:
        """How much of `got` is this body, or None while it goes on. Problem where there is too much of it.

        All there is where the frame is odd: gunicorn will say what is wrong with it.
        """
        while not self._last and self._place < len(got):
            stop = got.find(b"\r\n", self._place, self._place + _LONGEST_SIZE_LINE)
            if stop < 0:
                return None if len(got) - self._place < _LONGEST_SIZE_LINE else len(got)
            size = _SIZE.match(got, self._place, stop)
            if size is None:
                return len(got)
            self._place = stop + 2
            self._next(int(size[0], 16))
        return self._end_of_trailer(got) if self._last else None

    def _next(self, size: int) -> None:
        self._count += 1
        self._size += size
        if self._size > self._most:
            raise Problem(Fault.TOO_LARGE)
        if self._count > MOST_CHUNKS:
            raise Problem(Fault.TOO_LARGE, rule=f"at most {MOST_CHUNKS} chunks")
        self._last = size == 0
        if not self._last:
            self._place += size + 2

    def _end_of_trailer(self, got: bytearray) -> int | None:
        stop = got.find(b"\r\n\r\n", self._place - 2, self._place + _LONGEST_TRAILER)
        if stop >= 0:
            return stop + 4
        return None if len(got) - self._place < _LONGEST_TRAILER else len(got)
