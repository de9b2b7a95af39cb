"""Failures as a client sees them: one catalogue from stable code to status and OperationOutcome. Knows no patient."""

import logging
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

import msgspec
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cds_service.audit import Trail
from cds_service.hooks.edge import TRAIL
from cds_service.log_lines import describe

CANONICAL: Final = "https://cobalamin-cds.org/fhir"
_PAGE: Final = "cobalamin_cds.problem_page"
Page = Callable[[int, str], Response]  # status and text -> HTML
_log = logging.getLogger("cds_service.problems")


class Fault(Enum):
    """Stable code -> status, FHIR issue type, text for the client, text for the log."""

    NOT_HTTP = (400, "structure", "This is no HTTP request.", "no HTTP")
    NOT_JSON = (400, "structure", "The body is not strict JSON.", "body is not strict JSON")
    TOO_DEEP = (400, "structure", "The JSON is nested too deeply.", "nesting above the limit")
    BAD_GZIP = (400, "structure", "The body is not valid gzip.", "bad gzip body")
    BAD_REQUEST = (400, "invalid", "The request breaks a rule of the hook.", "request breaks the hook's rules")
    BAD_FEEDBACK = (400, "invalid", "The feedback breaks a rule. Nothing was stored.", "feedback breaks its rules")
    FOREIGN_ORDER = (400, "conflict", "An order in scope is for another patient.", "order for another patient")
    # Constant, and silent about the reason (decision 25): whoever guesses learns nothing; the log has the reason
    NOT_AUTHENTICATED = (401, "security", "", "not authenticated")
    NOT_ENCRYPTED = (403, "security", "Only calls by TLS, through the proxy, are answered.", "call without TLS")
    UNKNOWN_SERVICE = (404, "not-found", "No service has this id.", "unknown service id")
    NO_PAGE = (404, "not-found", "Nothing is served at this address.", "unknown path")
    WRONG_METHOD = (405, "not-supported", "This address does not answer that method.", "method not allowed")
    TOO_SLOW = (408, "timeout", "The request did not come to its end in time.", "request came too slowly")
    DATA_MISSING = (412, "required", "Required FHIR data could not be obtained.", "required data not obtained")
    WRONG_PATIENT = (412, "conflict", "The Patient supplied is not the patient of the context.", "patients disagree")
    TOO_LARGE = (413, "too-long", "The body is larger than this service accepts.", "body above the limit")
    LINE_TOO_LONG = (414, "too-long", "The address is longer than this service accepts.", "address above the limit")
    NOT_SUPPORTED_TYPE = (415, "not-supported", "Send application/json, plain or gzip.", "unsupported media type")
    TOO_MANY = (429, "throttled", "This client has called too often; wait as Retry-After says.", "too many calls")
    HEAD_TOO_LARGE = (431, "too-long", "The headers are more than this service accepts.", "headers above a limit")
    BUSY = (503, "throttled", "The service has too much to do; wait as Retry-After says.", "too many requests at once")
    NOT_READY = (503, "transient", "The service cannot admit calls at this moment.", "calls cannot be admitted")
    OTHER = (400, "invalid", "The request could not be answered.", "other HTTP refusal")
    DATABASE_AWAY = (503, "transient", "The database does not answer. Nothing was stored.", "database away")
    INTERNAL = (500, "exception", "The service failed. Nothing was evaluated.", "internal error")

    def __init__(self, status: int, issue: str, for_client: str, for_log: str) -> None:
        self.status = status
        self.issue = issue
        self.for_client = for_client
        self.for_log = for_log

    @property
    def code(self) -> str:
        return self.name.lower().replace("_", "-")


class Problem(Exception):  # noqa: N818  # the word of RFC 9457
    """One failure. `path`: where in the JSON; `rule`: the rule broken; `keys`: prefetch keys. Never a value.

    retry_after: seconds after which the same may be tried again, where that is known.
    """

    def __init__(
        self,
        fault: Fault,
        *,
        path: str = "",
        rule: str = "",
        keys: tuple[str, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(fault.code)
        self.fault = fault
        self.path = path
        self.rule = rule
        self.keys = keys
        self.retry_after = retry_after


def to_operation_outcome(problem: Problem) -> dict[str, Any]:
    """The FHIR OperationOutcome for a problem; it holds our own words, a path and prefetch key names only."""
    fault = problem.fault
    coding = {"system": f"{CANONICAL}/CodeSystem/problem", "code": fault.code}
    issue: dict[str, Any] = {"severity": "fatal" if fault is Fault.INTERNAL else "error", "code": fault.issue}
    if fault.for_client != "":
        issue["details"] = {"coding": [coding], "text": fault.for_client}
    said = [text for text in (_place(problem), _prefetch_keys(problem)) if text != ""]
    if said:
        issue["diagnostics"] = "; ".join(said)
    if problem.path != "":
        issue["expression"] = [problem.path]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _place(problem: Problem) -> str:
    return ": ".join(text for text in (problem.path, problem.rule) if text != "")


def _prefetch_keys(problem: Problem) -> str:
    return f"prefetch key: {', '.join(problem.keys)}" if problem.keys else ""


def answer(problem: Problem, status: int | None = None) -> Response:
    """The HTTP answer to a problem. `status` only for refusals of the framework that have no row of their own."""
    trail: Trail | None = request.environ.get(TRAIL)
    if trail is not None:
        trail.problem = problem.fault.code
    code = status or problem.fault.status
    page: Page | None = current_app.extensions.get(_PAGE)
    # What has failed is not asked to draw a page; the database has no part in that
    can_draw = code < 500 or problem.fault is Fault.DATABASE_AWAY
    if page is not None and can_draw and _page_is_asked_for():
        response = page(code, " ".join(text for text in (problem.fault.for_client, _place(problem)) if text != ""))
    else:
        body = msgspec.json.encode(to_operation_outcome(problem))
        response = Response(body, code, content_type="application/json")
    if problem.fault is Fault.NOT_AUTHENTICATED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _page_is_asked_for() -> bool:
    """Decision 22: by a person who looks at our pages; whoever calls the protocol gets JSON whatever is asked for."""
    if request.path.startswith("/cds-services"):
        return False
    return request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"


def register_problems(app: Flask, page: Page | None = None) -> None:
    """Make every failure, Flask's own included, an OperationOutcome. page: for a person, where there are pages."""
    app.extensions[_PAGE] = page
    app.register_error_handler(Problem, _own_problem)
    app.register_error_handler(HTTPException, _framework_refusal)
    app.register_error_handler(Exception, _unexpected)


def _own_problem(problem: Problem) -> Response:
    return answer(problem)


def _framework_refusal(error: HTTPException) -> Response:
    status = error.code or 500
    match status:
        case 404:
            fault = Fault.NO_PAGE
        case 405:
            fault = Fault.WRONG_METHOD
        case 413:
            fault = Fault.TOO_LARGE
        case 415:
            fault = Fault.NOT_SUPPORTED_TYPE
        case _:
            fault = Fault.OTHER if status < 500 else Fault.INTERNAL
    response = answer(Problem(fault), status if fault is Fault.OTHER else None)
    if isinstance(error, MethodNotAllowed) and error.valid_methods is not None:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _unexpected(error: Exception) -> Response:
    _log.error("%s", describe(error))
    return answer(Problem(Fault.INTERNAL))
