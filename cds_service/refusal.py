"""Refusals that no route gives: what the server itself does not let in. Knows WSGI; no sockets, and nothing of hooks.

They go through the same outermost layer as every answer, for the request id, CORS and the audit line.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cds_service.audit import Trail
from cds_service.hooks.edge import TRAIL
from cds_service.hooks.problems import Problem, to_operation_outcome

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# In environ: the Problem, and what the log is told beside it
PROBLEM: Final = "cobalamin_cds.problem"
NOTE: Final = "cobalamin_cds.note"


def refused(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The WSGI application that answers every request with the Problem in its environ."""
    problem: Problem = environ[PROBLEM]
    trail: Trail = environ[TRAIL]
    trail.problem, trail.note = problem.fault.code, environ.get(NOTE, "")
    body = msgspec.json.encode(to_operation_outcome(problem))
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if problem.retry_after is not None:
        headers.append(("Retry-After", str(problem.retry_after)))
    start_response(f"{problem.fault.status} {HTTPStatus(problem.fault.status).phrase}", headers)
    return (body,)


def as_bytes(refusing: "WSGIApplication", problem: Problem, note: str = "") -> bytes:
    """The whole answer to what is no request, as the last thing on its connection. refusing: `refused` in its layers.

    note: for the log. Nothing is known of the caller, and nothing of what was sent is shown.
    """
    lines: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        lines.append(f"HTTP/1.1 {status}")
        lines.extend(f"{name}: {value}" for name, value in headers)
        lines.append("Connection: close")

    body = b"".join(refusing({"REQUEST_METHOD": "GET", PROBLEM: problem, NOTE: note}, start))
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
