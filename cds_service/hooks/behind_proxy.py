"""Behind a proxy that speaks TLS: who is believed about a call, and which calls are refused. Knows WSGI and addresses.

Of the addresses of peers only those of proxies are kept, in memory: another may be that of a clinician's workstation,
and is logged nowhere. X-Forwarded-For is not read at all, since nothing here is
decided by where a person sits. `Forwarded` is not read either: a proxy that does not know it hands on what the client
has sent.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from cds_service.audit import Trail
from cds_service.hooks.body import JSON
from cds_service.hooks.edge import ASKED_BY_MACHINES, TRAIL
from cds_service.hooks.own_url import ANY_HOST, VOUCHED
from cds_service.hooks.peers import addresses
from cds_service.hooks.problems import Fault, Problem, to_operation_outcome
from cds_service.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NOT_SAID: Final = "the proxy does not say that the call came by TLS"
_ROUND: Final = "the call goes round the proxy"
# Of how many proxies it is remembered that they are on the list: to read an address takes 20 us of a call
_REMEMBERED: Final = 1024
_KEPT_IN_PATHS: Final = "/!$&'()*+,;=:@~"


class BehindProxy:
    """WSGI middleware for a service with CDS_TRUSTED_PROXIES. A proxy on the list is believed, and nobody else is, this
    machine included: X-Forwarded-Proto says if the call came by TLS, X-Forwarded-Host where to, and of each the last
    value, which is the one that the proxy itself has set.

    A call without TLS is refused, or redirected where it is a GET (REQ-6). Calls of this machine itself come in.
    """

    def __init__(self, inner: "WSGIApplication", settings: Settings) -> None:
        self._inner = inner
        self._trusted = settings.trusted_proxies
        self._proxies: set[str] = set()
        public = settings.public_url or ""
        self._public = public if public.startswith("https:") else None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        note = self._objection(environ)
        # Probes and Prometheus come by plain HTTP, from addresses that nobody knows beforehand; what they are told is
        # about no patient. Who may read the counts is decided where they are (health.py)
        if note is None or environ.get("PATH_INFO") in ASKED_BY_MACHINES:
            return self._inner(environ, start_response)
        trail: Trail = environ[TRAIL]
        trail.problem, trail.note = Fault.NOT_ENCRYPTED.code, note
        if self._public is not None and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            start_response(
                "308 Permanent Redirect", [("Location", self._public + _asked_for(environ)), ("Content-Length", "0")]
            )
            return ()
        body = msgspec.json.encode(to_operation_outcome(Problem(Fault.NOT_ENCRYPTED)))
        start_response("403 Forbidden", [("Content-Type", JSON), ("Content-Length", str(len(body)))])
        return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)

    def _objection(self, environ: "WSGIEnvironment") -> str | None:
        """Why the call does not come in. If it does, what the proxy says of it is in the environ."""
        peer = environ.get("REMOTE_ADDR", "")
        if peer not in self._proxies and not self._is_trusted(peer):
            return None if any(address.is_loopback for address in addresses(peer)) else _ROUND
        if _last(environ, "HTTP_X_FORWARDED_PROTO").lower() != "https":
            return _NOT_SAID
        environ["wsgi.url_scheme"] = "https"
        host = _last(environ, "HTTP_X_FORWARDED_HOST")
        if ANY_HOST.fullmatch(host):
            environ[VOUCHED] = f"https://{host}"
        return None

    def _is_trusted(self, peer: str) -> bool:
        trusted = any(address in network for network in self._trusted for address in addresses(peer))
        if trusted and len(self._proxies) < _REMEMBERED:
            self._proxies.add(peer)
        return trusted


def _last(environ: "WSGIEnvironment", name: str) -> str:
    return str(environ.get(name, "")).rpartition(",")[2].strip()


def _asked_for(environ: "WSGIEnvironment") -> str:
    """Path and query as they can stand in a Location, whatever bytes they were sent in."""
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe=_KEPT_IN_PATHS)
    if not path.startswith("/"):  # else it could go on with the host
        path = f"/{path}"
    query = quote(environ.get("QUERY_STRING", "").encode("latin-1"), safe=f"{_KEPT_IN_PATHS}?%")
    return f"{path}?{query}" if query else path
