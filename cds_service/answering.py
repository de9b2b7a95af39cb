"""One whole request -> the bytes of its answer. Knows WSGI and gunicorn's way to write HTTP; no sockets, no time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gunicorn.http import wsgi

from cds_service.arrivals import is_read, read_to_the_end
from cds_service.hooks.edge import WHOLE
from cds_service.hooks.problems import Fault, Problem
from cds_service.line import Line
from cds_service.log_lines import describe
from cds_service.refusal import PROBLEM, as_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger("cds_service.worker")


class _Answer:
    """What gunicorn takes for the client's socket, to write an answer to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def sendall(self, part: bytes) -> None:
        self.parts.append(part)


@dataclass(frozen=True, slots=True)
class Answers:
    """How a worker answers. refusing: what answers with a given problem (refusal.py). config: gunicorn's.

    ends: is each answer the last one on its line, whatever the client wants? Asked when the application has answered:
    the service may be ending by then.
    """

    application: "WSGIApplication"
    refusing: "WSGIApplication"
    config: Any
    ends: Callable[[], bool]

    def to(self, request: Any, line: Line, problem: Problem | None = None) -> bytes:
        """All of the answer, whatever happens; line.closing is set where it is the last one. problem: what to answer
        with, where the application is not to be asked."""
        line.closing = True  # unless an answer was made, and says otherwise
        try:
            return self._whole(request, line, problem)
        except Exception as error:  # noqa: BLE001  # the application answers its own failures: this is gunicorn's
            _log.error("%s", describe(error))
            return self.last(Problem(Fault.INTERNAL))

    def last(self, problem: Problem, note: str = "") -> bytes:
        """The last answer on a line, to what is no request. note: for the log."""
        return as_bytes(self.refusing, problem, note)

    def _whole(self, request: Any, line: Line, problem: Problem | None) -> bytes:
        answer = _Answer()
        response, environ = wsgi.create(request, answer, line.client, line.server, self.config)
        environ["wsgi.multithread"] = True
        environ[PROBLEM], environ[WHOLE] = problem, line.ready
        parts = (self.application if problem is None else self.refusing)(environ, response.start_response)
        # The rest of a body is not read for a refusal: that is said in the worker's loop, and what is in many small
        # chunks takes long
        unread = problem is not None and not is_read(request)
        if self.ends() or unread or not read_to_the_end(request):
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
