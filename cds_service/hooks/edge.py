"""The outermost layer, of every answer: CORS, safe headers, request id, knowledge version, audit line. Knows WSGI.

Below Flask rather than in its after_request chain: it costs a tenth, and no answer can pass beside it.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from cds_service.audit import Trail, request_id
from cds_service.log_lines import describe

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger("cds_service.edge")
TRAIL: Final = "cobalamin_cds.trail"
# When the last byte of the request came, by time.monotonic, where a server knows it. For the client the call runs since
# then, whether a thread had it or not
WHOLE: Final = "cobalamin_cds.whole"
# Who looks after the service asks these every few seconds; a line for each would say nothing. What is refused there is
# told. They are at exactly these addresses (health.py)
ASKED_BY_MACHINES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_TOLD_TO_PROBES: Final = frozenset({200, 503})
_PREFLIGHT: Final = [
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding, Accept, X-Request-Id"),
    ("Access-Control-Max-Age", "600"),
]
# From which knowledge the process speaks: in an update answers of two versions come side by side, and one without
# cards, or an error, has no other place to say it. As in trace.knowledgeVersion of a card
KNOWLEDGE_VERSION: Final = "Knowledge-Version"
# What a script in a browser may read beside the body: with what to ask for help, when to try again, what is wanted
_EXPOSED: Final = f"X-Request-Id, {KNOWLEDGE_VERSION}, Retry-After, WWW-Authenticate, Allow"
# On every answer: it is what its content type says, and no page of another origin loads it as a picture or a script.
# CORS decides what a script there may fetch and read, and is not touched by it.
ALWAYS: Final = [("X-Content-Type-Options", "nosniff"), ("Cross-Origin-Resource-Policy", "same-origin")]
# Where the route has not said otherwise, as pages and their static files do: an answer is data. It loads nothing if a
# browser opens it, stands in no frame, and nobody keeps it.
UNLESS_SAID: Final = [
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
]


class Edge:
    """WSGI middleware. environ[TRAIL] is the Trail that the layers below fill in; `told` are told of each answer: its
    trail, status and milliseconds since environ[WHOLE], or since it was called. knowledge: the version."""

    def __init__(
        self,
        inner: "WSGIApplication",
        origins: tuple[str, ...],
        knowledge: str,
        *told: Callable[[Trail, int, float], None],
    ) -> None:
        self._inner = inner
        self._version = (KNOWLEDGE_VERSION, knowledge)
        self._origins = origins
        self._told = told

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        started = time.monotonic()
        whole = environ.get(WHOLE, started)
        trail = Trail(request_id(environ.get("HTTP_X_REQUEST_ID")), traceparent=environ.get("HTTP_TRACEPARENT", ""))
        trail.waited = started - whole
        environ[TRAIL] = trail
        sent: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
            sent.append(status)
            said = {name for name, _ in headers}
            headers += [header for header in UNLESS_SAID if header[0] not in said]
            headers.append(("X-Request-Id", trail.request_id))
            headers.append(self._version)
            headers += ALWAYS
            headers += self._cors(environ)
            if environ["REQUEST_METHOD"] == "OPTIONS" and status.startswith("2"):
                headers[:] = [header for header in headers if header[0].lower() != "content-type"]  # there is no body
            return start_response(status, headers, *more)

        answer = (_preflight if _is_preflight(environ) else self._inner)(environ, start)
        if sent and not _is_quiet(environ, status := int(sent[-1][:3])):
            milliseconds = 1000 * (time.monotonic() - whole)
            for tell in self._told:
                try:
                    tell(trail, status, milliseconds)
                except Exception as error:  # noqa: BLE001  # the answer is there, and is not lost for want of a count
                    _log.error("a request is not counted: %s", describe(error))
        return answer

    def _cors(self, environ: "WSGIEnvironment") -> list[tuple[str, str]]:
        """CORS headers, never with credentials. A listed origin is named; another one gets nothing."""
        origin = environ.get("HTTP_ORIGIN", "")
        if self._origins == ("*",):
            headers = [("Access-Control-Allow-Origin", "*")]
        elif origin in self._origins:
            headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
        else:
            return [("Vary", "Origin")]
        if environ["REQUEST_METHOD"] == "OPTIONS":
            headers += _PREFLIGHT
            if "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK" in environ and self._origins != ("*",):
                # A page of the internet may call a service inside the hospital if the hospital has named it
                headers.append(("Access-Control-Allow-Private-Network", "true"))
        headers.append(("Access-Control-Expose-Headers", _EXPOSED))
        return headers


def _is_quiet(environ: "WSGIEnvironment", status: int) -> bool:
    asked = environ.get("PATH_INFO") in ASKED_BY_MACHINES and environ["REQUEST_METHOD"] in {"GET", "HEAD"}
    return asked and status in _TOLD_TO_PROBES


def _is_preflight(environ: "WSGIEnvironment") -> bool:
    return environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ


def _preflight(_environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    """A browser's question if it may call: about the origin only, so an unknown address is called and its 404 read."""
    start("204 No Content", [])
    return ()
