"""A small FHIR R4 server on loopback for one patient, with faults by switch. Knows no hooks and no medicine."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from cds_service.conformance.loopback import Asked, LoopbackServer, Reply
from cds_service.conformance.prefetch import answered

Resource = dict[str, Any]
_BASE: Final = "/fhir"
_SLOW_SECONDS: Final = 1.0
_HANG_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 0.15
_PAGE: Final = "_tester_page"
_OTHER_PATIENT: Final = "somebody-else"


class Fault(Enum):
    """What the server does wrong. NONE, the statuses, and:

    PAGES: each search on several pages. ENDLESS: a next link on every page. AWAY: next links to another server.
    REDIRECT: sends the caller to another server. OUTCOME: 200 with an OperationOutcome. OTHER_PATIENT: resources of
    somebody else. PACED: right, but slow enough that parallel requests overlap.
    """

    NONE = "answers"
    PACED = "answers after a moment"
    UNAUTHORIZED = "answers 401"
    FORBIDDEN = "answers 403"
    BROKEN = "answers 500"
    SLOW = "answers slowly"
    HANG = "never answers"
    PAGES = "answers in pages"
    ENDLESS = "answers in pages without end"
    AWAY = "names a next page on another server"
    REDIRECT = "redirects to another server"
    OUTCOME = "answers with an OperationOutcome"
    OTHER_PATIENT = "answers with another patient"


_STATUSES: Final = {Fault.UNAUTHORIZED: 401, Fault.FORBIDDEN: 403, Fault.BROKEN: 500}
_WAITS: Final = {Fault.PACED: _ANSWER_SECONDS, Fault.SLOW: _SLOW_SECONDS, Fault.HANG: _HANG_SECONDS}


@dataclass(frozen=True, slots=True)
class Query:
    """A request below the base: "Patient/1", or "Condition" with its parameters."""

    path: str
    authorization: str

    @property
    def resource_type(self) -> str:
        return self.path.partition("?")[0].partition("/")[0]


class FhirServer:
    """Answers reads and searches over `resources`. `fault` may be set between two calls.

    elsewhere: base of another server, for AWAY and REDIRECT.
    """

    def __init__(self, resources: Iterable[Resource] = (), port: int = 0, elsewhere: str = "") -> None:
        self.resources = tuple(resources)
        self.fault = Fault.NONE
        self.elsewhere = elsewhere
        self._server = LoopbackServer(self._answer, port)

    @property
    def base(self) -> str:
        """What a request names as fhirServer."""
        return f"{self._server.address}{_BASE}"

    @property
    def queries(self) -> tuple[Query, ...]:
        """What was asked since the last `begin`, in the order of arrival; paths without the base."""
        return tuple(
            Query(each.path.removeprefix(f"{_BASE}/"), each.headers.get("authorization", ""))
            for each in self._server.asked
        )

    @property
    def most_at_once(self) -> int:
        return self._server.most_at_once

    def pages_of(self, query: str) -> int:
        """How many pages this search has under PAGES; a read has none."""
        found = answered(query, self.resources)
        return len(found.get("entry", ())) if found is not None and found["resourceType"] == "Bundle" else 0

    def begin(self, fault: Fault = Fault.NONE) -> None:
        """Behave like this from now on, and count anew."""
        self.fault = fault
        self._server.forget()

    def _answer(self, asked: Asked) -> Reply:
        fault, wait = self.fault, _WAITS.get(self.fault, 0.0)
        if fault in _STATUSES:
            return _json(_outcome("forbidden"), _STATUSES[fault])
        if fault is Fault.OUTCOME:
            return _json(_outcome("exception"))
        if fault is Fault.REDIRECT:
            return Reply(302, b"", {"Location": f"{self.elsewhere}{asked.path.removeprefix(_BASE)}"})
        status, body = self._found(asked.path)
        return _json(_of_another(body) if fault is Fault.OTHER_PATIENT else body, status, wait)

    def _found(self, path: str) -> tuple[int, Resource]:
        found = answered(path.removeprefix(f"{_BASE}/"), self.resources)
        if found is None:
            return 404, _outcome("not-found")
        return 200, self._paged(path, found) if found["resourceType"] == "Bundle" else found

    def _paged(self, path: str, whole: Resource) -> Resource:
        """The searchset, with the pages that the fault asks for: one entry on each."""
        entries = whole.get("entry", [])
        page = int(dict(parse_qsl(urlsplit(path).query)).get(_PAGE, "0"))
        link = [{"relation": "self", "url": f"{self._server.address}{path}"}]
        following = ""
        if self.fault is Fault.ENDLESS or (self.fault is Fault.PAGES and page + 1 < len(entries)):
            following = self._page_url(self.base, path, page + 1)
        elif self.fault is Fault.AWAY:
            following = self._page_url(self.elsewhere, path, 1)
        if following:
            link.append({"relation": "next", "url": following})
        shown = entries[page : page + 1] if self.fault is Fault.PAGES else entries if page == 0 else []
        bundle = {name: value for name, value in whole.items() if name != "entry"} | {"link": link}
        if self.fault is Fault.ENDLESS:
            del bundle["total"]
        return bundle | ({"entry": shown} if shown else {})

    @staticmethod
    def _page_url(base: str, path: str, page: int) -> str:
        query = path.removeprefix(_BASE).partition(f"&{_PAGE}=")[0]
        return f"{base}{query}{'&' if '?' in query else '?'}{_PAGE}={page}"

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def of_another(resource: Resource) -> Resource:
    """The same resource about another patient; the one given stays as it is."""
    changed = json.loads(json.dumps(resource))
    if changed["resourceType"] == "Patient":
        changed["id"] = _OTHER_PATIENT
    for name in ("subject", "patient"):
        if name in changed:
            changed[name] = {"reference": f"Patient/{_OTHER_PATIENT}"}
    return dict(changed)


def _of_another(body: Resource) -> Resource:
    if body["resourceType"] != "Bundle":
        return of_another(body)
    entries = [entry | {"resource": of_another(entry["resource"])} for entry in body.get("entry", ())]
    return body | ({"entry": entries} if entries else {})


def _outcome(code: str) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def _json(body: Resource, status: int = 200, wait: float = 0.0) -> Reply:
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/fhir+json"}, wait)
