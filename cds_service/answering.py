"""One whole request -> the bytes of its answer. Knows WSGI and gunicorn's way to write HTTP; no sockets, no time."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gunicorn.http import wsgi

from cds_service.arrivals import is_read, read_to_the_end
from cds_service.line import Line
from cds_service.refusal import PROBLEM

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from cds_service.hooks.problems import Problem


class _Answer:
    """What gunicorn takes for the client's socket, to write an answer to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def sendall(self, part: bytes) -> None:
        self.parts.append(part)


def answered(
    application: "WSGIApplication",
    request: Any,
    line: Line,
    config: Any,
    *,
    last: Callable[[], bool],
    problem: "Problem | None",
) -> bytes:
    """All of the answer; line.closing is set where it is the last one. last: is it, whatever the client wants? Asked
    when the application has answered: the service may be ending by then.

    problem: for an application that answers with it.
    """
    answer = _Answer()
    response, environ = wsgi.create(request, answer, line.client, line.server, config)
    environ["wsgi.multithread"] = True
    environ[PROBLEM] = problem
    parts = application(environ, response.start_response)
    # The rest of a body is not read for a refusal: that is said in the worker's loop, and what is in many small chunks
    # takes long
    unread = problem is not None and not is_read(request)
    if last() or unread or not read_to_the_end(request):
        response.force_close()
    try:
        for part in parts:
            response.write(part)
        response.close()
    finally:
        if hasattr(parts, "close"):
            parts.close()
    line.closing = response.should_close()
    return b"".join(answer.parts)
