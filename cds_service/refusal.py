"""What gunicorn cannot read as HTTP, refused in our own words. Knows sockets and gunicorn's errors.

gunicorn itself prints the line or header that it could not read, in the log and in the answer: it may hold a token or
a patient's id. Here the kind of error is logged, and the answer is an OperationOutcome like every other.
"""

import logging
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import msgspec
from gunicorn import util
from gunicorn.http import errors

from cds_service.hooks.edge import ALWAYS, UNLESS_SAID
from cds_service.hooks.problems import Fault, Problem, to_operation_outcome
from cds_service.log_lines import describe

_log = logging.getLogger("cds_service.refusal")
_SAFE: Final = "".join(f"{name}: {value}\r\n" for name, value in ALWAYS + UNLESS_SAID)
_STATUSES: Final = (
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (errors.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.ParseException, HTTPStatus.BAD_REQUEST),
)


def refuse(client: Any, error: BaseException) -> None:
    """Answer on the socket `client`, as the last thing on it. Never fails: the client may have gone."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), None)
    if status is None:
        _log.error("%s", describe(error))
    else:
        _log.warning("not HTTP: %s", type(error).__name__)
    problem = Problem(Fault.INTERNAL if status is None else Fault.OTHER)
    status = status or HTTPStatus.INTERNAL_SERVER_ERROR
    body = msgspec.json.encode(to_operation_outcome(problem))
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Type: application/json\r\n"
    with suppress(OSError):
        util.write_nonblock(client, f"{head}{_SAFE}Content-Length: {len(body)}\r\n\r\n".encode() + body)
