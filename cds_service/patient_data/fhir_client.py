"""GET from the FHIR server that the client named. Knows URLs, the token and the clock; not what a resource means.

The only user of `requests` beside the reader of key sets. A URL leaves this file only if it lies under a base on the
operator's allow-list; no exception or log line carries a URL, a token or an id.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from cds_service.clinical.snapshot import Availability
from cds_service.hooks.request import HookRequest, Secret
from cds_service.settings import Settings, is_loopback

_CHUNK: Final = 65_536
_SHARE_FOR_READS: Final = 0.95
_PORTS: Final = {"http": 80, "https": 443}
_TRICKS: Final = re.compile(r"[\\\s\x00-\x1f\x7f]|%(?:2e|2f|5c|00)", re.IGNORECASE)
_MEDICATION: Final = re.compile(r"Medication/([^/?#\s]+)(?:/_history/[^/?#\s]+)?")
_ACCEPT: Final = "application/fhir+json, application/json;q=0.9"


class FhirError(Exception):
    """A read or search gave nothing usable. `availability`: REFUSED (401, 403) or FAILED (all else)."""

    def __init__(self, availability: Availability) -> None:
        super().__init__(availability.value)
        self.availability = availability


class _Bearer(AuthBase):
    """Sets the one Authorization header; its presence also keeps requests from looking into a .netrc file."""

    def __init__(self, token: Secret | None) -> None:
        self._token = token

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            prepared.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return prepared


@dataclass(frozen=True, slots=True)
class _Server:
    """One allowed base with the proxies and certificates that the environment names for it."""

    base: str
    transport: dict[str, Any]


def new_session() -> requests.Session:
    """A session for the whole process: a connection for each parallel read, and no retries beyond the deadline."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=64, max_retries=0))
    return session


class FhirServers:
    """The allow-list, made once at start-up. `session` is shared by all requests and keeps no cookie."""

    def __init__(self, settings: Settings, session: requests.Session, timer: Callable[[], float] | None = None) -> None:
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session = session
        self._settings = settings
        self._timer = timer or time.monotonic
        self._servers = tuple(_Server(base, transport_for(session, base)) for base in settings.fhir_servers)

    def open(self, request: HookRequest) -> "FhirClient | None":
        """The client for one hook call, its deadline starting now; None where no call may be made."""
        if request.fhir_server is None or "?" in request.fhir_server or request.token_problem is not None:
            return None
        if request.access_token is None and not self._settings.allow_open_fhir:
            return None
        for server in self._servers:
            if _is_under(request.fhir_server, server.base):
                now, budget = self._timer(), self._settings.deadline_ms / 1000
                return FhirClient(
                    base=request.fhir_server,
                    deadline=now + _SHARE_FOR_READS * budget,
                    ends=now + budget,
                    _session=self._session,
                    _transport=server.transport,
                    _auth=_Bearer(request.access_token),
                    _timer=self._timer,
                    _limit=self._settings.max_body,
                )
        return None


@dataclass(frozen=True, slots=True, repr=False)
class FhirClient:
    """Reads for one hook call: one base, one token, one deadline. Safe to use from several threads.

    Reads give up at `deadline`, a little before the budget `ends`, so that a read that gave up can still hand over
    the pages it has.
    """

    base: str
    deadline: float
    ends: float
    _session: requests.Session
    _transport: dict[str, Any]
    _auth: _Bearer
    _timer: Callable[[], float]
    _limit: int

    def remaining(self) -> float:
        """Seconds left of the whole budget, never below zero."""
        return max(0.0, self.ends - self._timer())

    def ask(self, template: str, patient_id: str) -> bytes:
        """The answer to one prefetch template. FhirError when there is none."""
        return self._get(f"{self.base}/{template.replace('{{context.patientId}}', quote(patient_id, safe=''))}")

    def next_page(self, link: str) -> bytes:
        """A further page; the link may be relative. FhirError also when it leads away from the base."""
        return self._get(_joined(self.base, link))

    def read(self, reference: str) -> bytes:
        """A Medication by relative reference, or by an absolute one under the same base."""
        found = _MEDICATION.fullmatch(reference.removeprefix(f"{self.base}/"))
        if found is None:
            raise FhirError(Availability.FAILED)
        return self._get(f"{self.base}/Medication/{quote(found[1], safe='')}")

    def _get(self, url: str) -> bytes:
        if not _is_under(url, self.base):
            raise FhirError(Availability.FAILED)
        try:
            with self._answer(url) as response:
                if response.status_code in {401, 403}:
                    raise FhirError(Availability.REFUSED)
                if response.status_code != 200:
                    raise FhirError(Availability.FAILED)
                return self._body(response)
        except (requests.RequestException, HTTPError, OSError, ValueError):
            # their messages hold the URL, and with it the patient id
            raise FhirError(Availability.FAILED) from None

    def _answer(self, url: str) -> requests.Response:
        """The server's answer, asked for once more where the connection broke before there was one.

        A server closes kept connections when it likes; the next request then finds a closed one, and nothing was lost.
        """
        asked = requests.Request("GET", url, headers={"Accept": _ACCEPT}, auth=self._auth)
        prepared = self._session.prepare_request(asked)
        for last in (False, True):
            wait = self.deadline - self._timer()
            if wait <= 0:
                break
            try:
                return self._session.send(prepared, timeout=wait, allow_redirects=False, **self._transport)
            except requests.Timeout:
                raise
            except requests.ConnectionError:
                if last:
                    raise
        raise FhirError(Availability.FAILED)

    def _body(self, response: requests.Response) -> bytes:
        """The body, read a piece at a time so that neither a trickle nor a flood outlasts the limits."""
        pieces: list[bytes] = []
        size = 0
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            size += len(piece)
            if size > self._limit or self._timer() >= self.deadline:
                raise FhirError(Availability.FAILED)
            pieces.append(piece)
        return b"".join(pieces)


def transport_for(session: requests.Session, base: str) -> dict[str, Any]:
    """Proxies and certificates for a base, worked out once; the machine itself is never reached by proxy."""
    chosen = session.merge_environment_settings(base, {}, True, None, None)
    proxies = {} if is_loopback(urlsplit(base).hostname or "") else chosen["proxies"]
    return {"stream": True, "verify": chosen["verify"], "cert": chosen["cert"], "proxies": proxies}


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(f"{base}/", link)
    except ValueError:
        return ""


def _is_under(url: str, base: str) -> bool:
    """Same scheme, host and port, and a path below the base's at a segment boundary; no user, no dot segments
    (also not `..;`, which Tomcat reads as one)."""
    try:
        here, there = urlsplit(base), urlsplit(url)
        port, wanted = there.port or _PORTS.get(there.scheme), here.port or _PORTS.get(here.scheme)
    except ValueError:
        return False
    path, root = there.path.rstrip("/"), here.path.rstrip("/")
    return (
        (there.scheme, there.hostname, port) == (here.scheme, here.hostname, wanted)
        and "@" not in there.netloc
        and not _TRICKS.search(url.partition("?")[0])  # as sent: urlsplit leaves tabs out
        and not any(segment.partition(";")[0] in {".", ".."} for segment in there.path.split("/"))
        and "#" not in url
        and (path == root or path.startswith(f"{root}/"))
    )
