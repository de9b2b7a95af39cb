"""A sound request with marks wherever a client may write: so that it is answered as before, but for what is marked.

Codes, units and statuses stay as they are, since without them nothing would be evaluated. Every mark tells in its
word what it marks: a name, a token, an order, an item of the record.
"""

import random
import re
from typing import Any, Final

from tests.privacy.marks import BORN, NUMBER, SECONDS, word

Json = dict[str, Any]
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?")
_DAY: Final = BORN.replace("-", "")
_TIMES: Final = ("effectiveDateTime", "authoredOn", "recordedDate", "performedDateTime", "issued", "onsetDateTime")


class Marker:
    """Marks of one request: its number stands in each word."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.words: set[str] = set()

    def __call__(self, kind: str) -> str:
        made = word(kind, self.number)
        self.words.add(made)
        return made

    def call(self, draw: random.Random, request: Json) -> None:
        """Mark a hook call in place. Its patient id must be a word of kind patient already, or becomes one here."""
        context = request["context"]
        context["userId"] = f"Practitioner/{self('user')}"
        context["encounterId"] = self("encounter")
        context[self("member")] = {self("member"): [self("member")]}
        request[self("member")] = self("member")
        request["extension"] = {f"com.{self('member')}": self("member")}
        prefetch = request.setdefault("prefetch", {})
        if isinstance(prefetch.get("patient"), dict):
            self._person(draw, prefetch["patient"])
        prefetch[self("key")] = {"resourceType": "Patient", "id": self("key")}
        for part in prefetch.values():
            for entry in part.get("entry") or () if isinstance(part, dict) else ():
                self._resource(draw, entry, "item")
        for entry in context.get("draftOrders", {}).get("entry") or ():
            self._resource(draw, entry, "order")

    def access(self, request: Json, server: str, token: str | None = None) -> None:
        """Let the service fetch at a server of this base URL."""
        request["fhirServer"] = server
        request["fhirAuthorization"] = {
            "access_token": token or self("token"),
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": f"patient/*.rs {self('scope')}",
            "subject": self("scope"),
            "patient": request["context"]["patientId"],
            self("member"): self("token"),
        }

    def _person(self, draw: random.Random, patient: Json) -> None:
        name = self("name")
        patient |= {
            "identifier": [{"system": f"https://{self('name')}.example/id", "value": self("identifier")}],
            "name": [{"family": name, "given": [f"{name}é", "J\u00fcrgen"], "text": f"Ms {name}", "prefix": [name]}],
            "telecom": [{"system": "phone", "value": f"+44 {NUMBER}"}, {"value": f"{self('telecom')}@e.example"}],
            "address": [{"line": [f"1 {self('street')}"], "city": self("street"), "postalCode": self("street")}],
            "contact": [{"name": {"text": self("name")}, "telecom": [{"value": self("telecom")}]}],
            "text": {"status": "generated", "div": f"<div>{self('name')} {BORN}</div>"},
            "generalPractitioner": [{"reference": f"Practitioner/{self('user')}", "display": self("name")}],
            "photo": [{"data": "WnFtYXJrZXJwaG90bw==", "title": self("name")}],
        }
        patient["meta"] = {"source": f"https://e.example/{self('item')}", "lastUpdated": f"2026-11-20T{SECONDS}Z"}
        if draw.random() < 0.5 and patient.get("birthDate", "9") < "1990":
            patient["birthDate"] = BORN

    def _resource(self, draw: random.Random, entry: Json, kind: str) -> None:
        resource = entry["resource"] if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            return
        resource |= {
            "text": {"status": "generated", "div": f"<div>{self('name')}</div>"},
            "note": [{"text": f"{self(kind)}: {NUMBER} on {BORN}"}],
            "identifier": [{"system": f"https://{self(kind)}.example", "value": self("identifier")}],
            "encounter": {"reference": f"Encounter/{self('encounter')}", "display": self("name")},
            "meta": {"source": f"#{self(kind)}"},
        }
        resource.setdefault("performer", [{"reference": f"Practitioner/{self('user')}", "display": self("name")}])
        if isinstance(subject := resource.get("subject"), dict):
            subject["display"] = self("name")
        for name in _TIMES:
            if isinstance(when := resource.get(name), str) and _DATE.fullmatch(when):
                resource[name] = f"{when[:10]}T{SECONDS}Z"
        quantity = resource.get("valueQuantity")
        if isinstance(quantity, dict) and draw.random() < 0.15:
            quantity["value"] = float(NUMBER)
        if kind == "item" and draw.random() < 0.3:
            resource["id"] = self("item")

    def feedback(self, draw: random.Random, *, kept: bool) -> Json:
        """A batch with every member marked that says anything freely. kept: the client wants its comments kept."""
        reason = {"code": self("reason"), "system": f"https://{self('reason')}.example", "display": self("reason")}
        given = {
            "reason": reason,
            "userComment": word("kept", self.number) if kept else f"{self('comment')}, born {BORN}",
            self("member"): self("comment"),
        }
        at = "2026-11-20T10:11:12Z"
        refused = {"outcome": "overridden", "overrideReason": given, "outcomeTimestamp": at}
        taken = {"outcome": "accepted", "acceptedSuggestions": [{"id": self("card")}], "outcomeTimestamp": at}
        return {
            "feedback": [
                {"card": draw.choice((self("card"), "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea")), **refused},
                {"card": self("card"), **taken, self("member"): self("member")},
            ]
        }

    def headers(self, draw: random.Random) -> dict[str, str]:
        """What a client or a proxy may send beside what the protocol asks for."""
        found = {
            "User-Agent": f"ehr/1 ({self('header')})",
            "Referer": f"https://ehr.example/chart?patient={self('patient')}",
            "Cookie": f"session={self('token')}",
            "Origin": f"https://{self('header').lower()}.example",
            "X-Request-Id": self("patient"),
            "X-Correlation-Id": self("patient"),
            "X-Forwarded-For": self("header"),
            "X-Forwarded-Host": f"{self('header')}.example",
            "X-Forwarded-User": self("user"),
            "Forwarded": f"for={self('header')}",
            "traceparent": f"00-{4 * _DAY}-{2 * _DAY}-01",  # what is no id at all: tests/test_traces.py
            "Accept-Language": self("header"),
            "From": f"{self('telecom')}@e.example",
            f"X-{self('header')}": self("header"),
            "If-None-Match": f'"{self("header")}"',
        }
        return {name: found[name] for name in draw.sample(sorted(found), draw.choice((2, 5, len(found))))}
