"""A correct little CDS service on a free port, and defects to give it. Knows the protocol and one rule of medicine:
cyanocobalamin is to be hydroxocobalamin. It shares nothing with the service of this project."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cds_service.conformance.exact import Number, encoded
from tests.loopback import on_loopback

Json = dict[str, Any]
UNCHANGED: Callable[[Any], Any] = lambda value: value  # noqa: E731


@dataclass(frozen=True, slots=True)
class Defect:
    """What one broken service does otherwise: each function changes what the correct one would send, in place or by
    returning something else. answer: gets the request and the document. status: of a path, a request and a status."""

    discovery: Callable[[Json], Any] = UNCHANGED
    answer: Callable[[Json, Json], Any] = lambda _, document: document
    status: Callable[[str, int], int] = lambda _, status: status


_PREFETCH = {
    "patient": "Patient/{{context.patientId}}",
    "results": "Observation?patient={{context.patientId}}&code=2132-9,98979-8&_sort=-date&_count=50",
}


def correct_discovery() -> Json:
    return {
        "services": [
            {
                "id": f"little-{hook}",
                "hook": hook,
                "title": "Little service",
                "description": "Prefers hydroxocobalamin.",
                "prefetch": dict(_PREFETCH),
                "extension": {"org.example.little": {"note": "a correct little service"}},
            }
            for hook in ("order-select", "order-sign", "patient-view")
        ]
    }


def _uuid(request: Json, *parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, " ".join((str(request.get("hookInstance")), *parts))))


def _drafts(request: Json) -> list[Json]:
    entries = request["context"].get("draftOrders", {}).get("entry", [])
    return [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "MedicationRequest"]


def _plain(text: str) -> str:
    return "".join(f"\\{each}" if each in "*_[]()`#!|~" else each for each in escape(text))


def _card(request: Json, about: str, detail: str, suggestions: list[Json]) -> Json:
    return {
        "uuid": _uuid(request, "card", about),
        "summary": f"{about.capitalize()}: hydroxocobalamin is preferred.",
        "detail": detail,
        "indicator": "warning",
        "source": {
            "label": "Little guideline",
            "url": "https://guideline.example/b12",
            "topic": {"system": "https://guideline.example/topics", "code": "B12"},
        },
        "selectionBehavior": "at-most-one",
        "suggestions": suggestions,
        "overrideReasons": [
            {"system": "https://guideline.example/reasons", "code": "patient-refuses", "display": "Patient refuses"}
        ],
        "links": [
            {"label": "Guideline", "type": "absolute", "url": "https://guideline.example/b12"},
            {
                "label": "App",
                "type": "smart",
                "url": "https://app.example/launch",
                "appContext": "b12",
                "autolaunchable": False,
            },
        ],
    }


def _suggestion(request: Json, label: str, action: Json, *, recommended: bool = False) -> Json:
    found = {"label": label, "uuid": _uuid(request, label), "actions": [{"description": label, **action}]}
    return found | ({"isRecommended": True} if recommended else {})


def _hydroxocobalamin(order: Json) -> Json:
    changed = deepcopy(order)
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    changed["medicationCodeableConcept"] = {
        "coding": [{"system": rxnorm, "code": "5514", "display": "hydroxocobalamin"}],
        "text": "hydroxocobalamin",
    }
    return changed


def correct_answer(request: Json) -> Json:
    cards = []
    patient = request["context"]["patientId"]
    for order in _drafts(request):
        name = order["medicationCodeableConcept"]["text"]
        if "cyanocobalamin" not in name:
            continue
        suggestions = [
            _suggestion(request, "Change", {"type": "update", "resource": _hydroxocobalamin(order)}, recommended=True),
            _suggestion(request, "Delete", {"type": "delete", "resourceId": f"MedicationRequest/{order['id']}"}),
        ]
        cards.append(_card(request, "cyanocobalamin", f"**{_plain(name)}** is ordered.", suggestions))
    results = (request.get("prefetch") or {}).get("results") or {}
    low = any(
        entry["resource"]["code"]["coding"][0]["code"] == "2132-9" and entry["resource"]["valueQuantity"]["value"] < 180
        for entry in results.get("entry", ())
    )
    if request["hook"] == "patient-view" and low:
        order = _hydroxocobalamin(
            {
                "resourceType": "MedicationRequest",
                "status": "draft",
                "intent": "proposal",
                "subject": {"reference": f"Patient/{patient}"},
            }
        )
        suggestions = [_suggestion(request, "Start", {"type": "create", "resource": order})]
        cards.append(_card(request, "untreated deficiency", "B12 is low.", suggestions))
    return {"cards": cards}


@contextmanager
def little_service(defect: Defect | None = None) -> Iterator[str]:
    """The base URL of a running service, correct but for the defect."""
    chosen = defect or Defect()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body in one packet: two wait for each other

        def do_GET(self) -> None:
            if self.path.rstrip("/") == "/cds-services":
                self._send(200, chosen.discovery(correct_discovery()))
            else:
                self._send(404, _outcome("not-found"))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            name = self.path.removeprefix("/cds-services/")
            if name not in {service["id"] for service in correct_discovery()["services"]}:
                self._send(404, _outcome("not-found"))
                return
            try:
                request = json.loads(body, parse_float=Number)
                answer = chosen.answer(request, correct_answer(request))
            except (ValueError, KeyError, TypeError, AttributeError):
                self._send(400, _outcome("structure"))
                return
            self._send(200, answer)

        def _send(self, status: int, document: Any) -> None:
            body = document if isinstance(document, bytes) else encoded(document)
            status = chosen.status(self.path, status)
            body = b"" if status == 204 else body
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", f"{self.path}/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with on_loopback(server) as origin:
        yield origin


def _outcome(code: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}
