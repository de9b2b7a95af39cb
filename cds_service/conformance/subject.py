"""The service under test: HTTP to it, and every exchange remembered. Knows no assertion and no hook."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from cds_service.conformance.exact import Number, encoded

JSON: Final = "application/json"
_PARALLEL: Final = 32
# FHIR and cards need some twenty; deeper, a reader runs out of stack.
_DEEPEST: Final = 200
_PATH_SAFE: Final = ":@!$&'()*+,;=~-._"
_OF_THE_BASE: Final = re.compile(r"(?:/cds-services(?:/.*)?)?/*$")
_BRACKETS: Final = re.compile(rb"[\[\]{}]")
Json = dict[str, Any]


class WrongUrlError(ValueError):
    """The URL is none of an HTTP service."""


class TooManyRequestsError(Exception):
    """The tester's own limit: it must never be mistaken for a load test."""


class NoJsonError(ValueError):
    """A body that is no strict JSON."""


@dataclass(frozen=True)
class Answer:
    """What came back. status 0: nothing came, and `fault` says why. milliseconds: until the last byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: float
    fault: str = ""

    @cached_property
    def _read(self) -> tuple[Any, str]:
        """The value, and why there is none; read once, as every check asks for it."""
        if _deeper(self.body, _DEEPEST):
            return None, "the body is nested too deeply"
        try:
            return json.loads(self.body.decode("utf-8"), parse_constant=_refused, parse_float=Number), ""
        except (ValueError, RecursionError):
            return None, "the body is no JSON"

    @property
    def json(self) -> Any:
        """The body read strictly: no NaN, no Infinity, UTF-8. NoJsonError otherwise."""
        value, fault = self._read
        if fault:
            raise NoJsonError(fault)
        return value

    @property
    def object(self) -> Json | None:
        """The body where it is a JSON object, else None."""
        value, _ = self._read
        return value if isinstance(value, dict) else None

    @property
    def told(self) -> str:
        """The status in words: "HTTP 404", or why there is none."""
        return f"HTTP {self.status}" if self.status else self.fault

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of the discovery document that can be called. described: the entry as it came."""

    id: str
    hook: str
    prefetch: Mapping[str, str]
    described: Json


@dataclass(frozen=True, slots=True)
class Exchange:
    """One hook call and its answer. label: what the call is about, in a few words; request None: no JSON object."""

    service: Service
    label: str
    request: Json | None
    answer: Answer


def _deeper(body: bytes, limit: int) -> bool:
    """Do more brackets stand open at once? Those in texts count too, which is on the safe side."""
    depth = 0
    for bracket in _BRACKETS.finditer(body):
        depth += 1 if bracket.group() in b"[{" else -1
        if depth > limit:
            return True
    return False


def _session() -> requests.Session:
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_PARALLEL, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.headers["User-Agent"] = "cobalamin-cds-conformance"
    return session


@dataclass(slots=True)
class Subject:
    """base: without /cds-services. token_for: the JWT for an audience, or None for calls without one. headers: sent
    with every request. extension: sent with every hook call that has none of its own.

    Everything sent through `call` is remembered in `exchanges`.
    """

    base: str
    timeout: float = 10.0
    headers: Mapping[str, str] = field(default_factory=dict)
    token_for: Callable[[str], str] | None = None
    most_requests: int = 3000
    extension: Mapping[str, Any] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    sent: int = 0
    _http: requests.Session = field(default_factory=_session)

    @property
    def discovery_url(self) -> str:
        return f"{self.base}/cds-services"

    def url_of(self, service_id: str) -> str:
        """Its own URL; what may not stand in the path of one is escaped."""
        return f"{self.discovery_url}/{quote(service_id, safe=_PATH_SAFE, errors='replace')}"

    def send(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        authorised: bool = True,
    ) -> Answer:
        """One request, never redirected. `headers` replace the usual ones; a value of "" takes one away."""
        if self.sent >= self.most_requests:
            raise TooManyRequestsError(f"the limit of {self.most_requests} requests was reached")
        self.sent += 1
        given: dict[str, str] = {"Accept": JSON, **self.headers}
        if body is not None:
            given["Content-Type"] = JSON
        if authorised and self.token_for is not None:
            given["Authorization"] = f"Bearer {self.token_for(url)}"
        merged = CaseInsensitiveDict({**given})
        for name, value in (headers or {}).items():
            merged[name] = value
        sent = {name: value for name, value in merged.items() if value != ""}
        begun = perf_counter()
        try:
            got = self._http.request(
                method, url, data=body, headers=sent, timeout=self.timeout, allow_redirects=False, auth=_as_it_is
            )
        except requests.RequestException as error:
            return Answer(0, {}, b"", (perf_counter() - begun) * 1000, _reason(error, self.timeout))
        return Answer(got.status_code, got.headers, got.content, (perf_counter() - begun) * 1000)

    def send_json(self, url: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """A POST of JSON that is no hook call to a listed service, and is not remembered as one."""
        return self.send("POST", url, encoded(body), headers)

    def discover(self, *, authorised: bool = True) -> Answer:
        return self.send("GET", self.discovery_url, authorised=authorised)

    def call(
        self,
        service: Service,
        request: Json | bytes,
        label: str,
        headers: Mapping[str, str] | None = None,
        *,
        authorised: bool = True,
    ) -> Answer:
        """One hook call. The answer is judged with all others by the checks of what is in an answer."""
        if isinstance(request, dict) and self.extension and "extension" not in request:
            request = request | {"extension": dict(self.extension)}
        body = request if isinstance(request, bytes) else encoded(request)
        answer = self.send("POST", self.url_of(service.id), body, headers, authorised=authorised)
        told = request if isinstance(request, dict) else None
        self.exchanges.append(Exchange(service, label, told, answer))
        return answer


def base_of(url: str) -> str:
    """The base of a service from what a person typed: its own, or that of discovery or of one service.

    WrongUrlError otherwise, and for a URL with a password in it: the URL is printed.
    """
    parts = urlsplit(url.strip())
    try:
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host = None
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise WrongUrlError("not the URL of a service: give http(s)://host[:port][/path], without a query")
    if "@" in parts.netloc:
        raise WrongUrlError("a URL with a user or a password: give --header 'Authorization: ...' instead")
    return f"{parts.scheme}://{parts.netloc}{_OF_THE_BASE.sub('', parts.path)}"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from putting a password of ~/.netrc in the place of the token."""
    return request


def _refused(constant: str) -> None:
    raise NoJsonError(f"{constant} is no JSON")


def _reason(error: requests.RequestException, timeout: float) -> str:
    if isinstance(error, requests.Timeout):
        return f"no answer within {timeout:g} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS connection could not be made"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed or was broken off"
    return f"no answer ({type(error).__name__})"
