"""GET from the FHIR server that the client named. Knows URLs, the token and the clock; not what a resource means.

A URL leaves this file only if it lies under the base of this call; no exception or log line carries a URL, a token or
an id. How a call ends, and where it may not lead, is for cds_service.outbound.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from traceback import clear_frames
from typing import Any, Final
from urllib.parse import quote

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from cds_service.clinical.snapshot import Availability
from cds_service.hooks.request import Secret
from cds_service.outbound.names import UnnamedAddressError
from cds_service.outbound.urls import is_under, joined
from cds_service.waiting import Share

_CHUNK: Final = 65_536
_MEDICATION: Final = re.compile(r"(?:^|/)Medication/([^/?#\s]+)(?:/_history/[^/?#\s]+)?\Z")
_ENCODINGS: Final = {"", "identity", "gzip"}
_HEADERS: Final = {"Accept": "application/fhir+json, application/json;q=0.9", "Accept-Encoding": "gzip"}
# In all answers of one hook call. The latter are counted before anything is decoded: a byte or two can make one.
_MOST_RESOURCES: Final = 20_000
_MOST_OBJECTS: Final = 500_000


class Why(StrEnum):
    """Why a read came to nothing, for the operator's log: our own words, which name nobody and no place."""

    NOT_LISTED = "server not on the list"
    NO_ACCESS = "no token"
    AWAY = "link leads away from the server"
    NO_ADDRESS = "reference leads nowhere"
    UNNAMED = "address not named"
    NO_CONNECTION = "no connection"
    NO_TRUST = "no trusted TLS"
    REDIRECT = "redirect"
    REFUSED = "refused by the server"
    STATUS = "error status"
    BROKEN = "broken answer"
    UNREADABLE = "answer is not FHIR"
    TOO_LARGE = "too large"
    TOO_LATE = "too late"
    TOO_MANY_PAGES = "too many pages"
    TOO_MANY_RESOURCES = "too many resources"
    TOO_MANY_WAIT = "too many calls wait"


class FhirError(Exception):
    """A read or search gave nothing usable. `availability`: REFUSED (401, 403) or FAILED (all else)."""

    def __init__(self, availability: Availability, why: Why) -> None:
        super().__init__(why.value)
        self.availability = availability
        self.why = why


class Bearer(AuthBase):
    """Sets the one Authorization header."""

    def __init__(self, token: Secret | None) -> None:
        self._token = token

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            prepared.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return prepared


class Allowance:
    """What the answers of one hook call may have in common: bytes, JSON objects and resources."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._objects = _MOST_OBJECTS
        self._resources = _MOST_RESOURCES
        self._lock = Lock()

    def takes(self, *, size: int = 0, objects: int = 0, resources: int = 0) -> bool:
        """Use some of it up; False where that is more than there is."""
        with self._lock:
            self._size -= size
            self._objects -= objects
            self._resources -= resources
            return min(self._size, self._objects, self._resources) >= 0


@dataclass(frozen=True, slots=True, repr=False)
class FhirClient:
    """Reads for one hook call: one base, one token, one deadline. Safe to use from several threads.

    Reads give up at `deadline`, a little before the budget `ends`, so that a read that gave up can still hand over
    the pages it has. share: of the calls that wait, those of the same client.
    """

    base: str
    share: Share
    deadline: float
    ends: float
    _session: requests.Session
    _transport: dict[str, Any]
    _auth: Bearer
    _tell: Callable[[Why], None]
    _took: Callable[[str, float, str], None]
    _limit: int
    _allowance: Allowance

    def remaining(self) -> float:
        """Seconds left of the whole budget, never below zero."""
        return max(0.0, self.ends - time.monotonic())

    def ask(self, template: str, patient_id: str) -> bytes:
        """The answer to one prefetch template. FhirError when there is none."""
        url = f"{self.base}/{template.replace('{{context.patientId}}', quote(patient_id, safe=''))}"
        return self._get(url, template.partition("?")[0].partition("/")[0])

    def next_page(self, link: str, kind: str = "page") -> bytes:
        """A further page; the link may be relative. kind: type of resource that is searched for. FhirError also when it
        leads away from the base."""
        return self._get(joined(self.base, link), kind)

    def read(self, reference: str) -> bytes:
        """A Medication by relative reference, or by an absolute one under the same base. Of another server's, the id
        is not asked for here: it may be another drug's."""
        if "://" in reference and not is_under(reference, f"{self.base}/Medication"):
            raise self.failure(Why.AWAY)
        found = _MEDICATION.search(reference)
        if found is None:
            raise self.failure(Why.NO_ADDRESS)
        return self._get(f"{self.base}/Medication/{quote(found[1], safe='')}", "Medication")

    def count(self, resources: int) -> None:
        """Count what an answer brought. FhirError where the answers of this call have brought too many."""
        if not self._allowance.takes(resources=resources):
            raise self.failure(Why.TOO_MANY_RESOURCES)

    def failure(self, why: Why) -> FhirError:
        """What to raise; the operator's log is told."""
        self._tell(why)
        return FhirError(Availability.REFUSED if why is Why.REFUSED else Availability.FAILED, why)

    def _get(self, url: str, kind: str) -> bytes:
        if not is_under(url, self.base):
            raise self.failure(Why.AWAY)
        # Raised here and not where it was caught: that error holds the request, and with it URL and token
        began = time.monotonic()
        answer = self._answer(url)
        self._took(answer.value if isinstance(answer, Why) else "read", time.monotonic() - began, kind)
        if isinstance(answer, Why):
            raise self.failure(answer)
        return answer

    def _answer(self, url: str) -> bytes | Why:
        try:
            with self._sent(url) as response:
                if response.status_code == 200:
                    return self._body(response)
                if response.status_code in {401, 403}:
                    return Why.REFUSED
                return Why.REDIRECT if response.is_redirect else Why.STATUS
        except (UnnamedAddressError, requests.RequestException, HTTPError, OSError, ValueError) as error:
            _forget(error)
            return _why(error)

    def _sent(self, url: str) -> requests.Response:
        """The server's answer, asked for once more where the connection broke before there was one.

        A server closes kept connections when it likes; the next request then finds a closed one, and nothing was lost.
        """
        asked = requests.Request("GET", url, headers=_HEADERS, auth=self._auth)
        prepared = self._session.prepare_request(asked)
        try:
            return self._send(prepared)
        except requests.ConnectionError as error:
            if not isinstance(_cause(error), ConnectionError):
                raise
            _forget(error)
        return self._send(prepared)

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return self._session.send(prepared, timeout=left, allow_redirects=False, **self._transport)

    def _body(self, response: requests.Response) -> bytes | Why:
        """The body, read a piece at a time so that no flood outgrows the limits. What was packed otherwise than was
        asked for is not unpacked: packed twice, a few bytes grow without end."""
        if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
            return Why.BROKEN
        pieces: list[bytes] = []
        size = 0
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            size += len(piece)
            if size > self._limit or not self._allowance.takes(size=len(piece)):
                return Why.TOO_LARGE
            pieces.append(piece)
        body = b"".join(pieces)
        return body if self._allowance.takes(objects=body.count(b"{")) else Why.TOO_MANY_RESOURCES


def _why(error: Exception) -> Why:
    if isinstance(error, UnnamedAddressError):
        return Why.UNNAMED
    if isinstance(error, requests.Timeout | ReadTimeoutError | TimeoutError):
        return Why.TOO_LATE
    if isinstance(error, requests.exceptions.SSLError):
        return Why.NO_TRUST
    if isinstance(error, requests.ConnectionError) and _cause(error) is None:
        return Why.NO_CONNECTION
    return Why.BROKEN


def _forget(error: BaseException | None) -> None:
    """Let go of what the libraries' frames hold, the token among it: an error and its frames may hold each other, and
    would keep it until Python looks for such circles."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__


def _cause(error: requests.ConnectionError) -> object:
    """What broke a connection that there was; None where there was none."""
    inner = error.args[0] if error.args else None
    return inner.args[-1] if isinstance(inner, ProtocolError) else None
