"""A correct little CDS service that fetches, authenticates and takes feedback; each method may be broken by a subclass.

It shares nothing with the service of this project. Its one rule: it says what is known of the vitamin B12 level.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.conformance.guarded_fetching import PREFETCH, Fetching
from tests.conformance.guarded_tokens import Tokens
from tests.conformance.guarded_wire import Json, Refusal

HOOKS = {"little-select": "order-select", "little-chart": "patient-view"}


class Guarded(Fetching, Tokens):
    """log: a file that it writes to. base: its own URL, known once it runs."""

    def __init__(self, fhir: str = "", jwks_url: str = "", log: Path | None = None) -> None:
        Fetching.__init__(self, fhir)
        Tokens.__init__(self, jwks_url)
        self.log = log
        self.base = ""

    def respond(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Json | bytes | None]:
        try:
            return self.answered(method, path, headers, body)
        except Refusal as refusal:
            return refusal.status, self.outcome(refusal)

    def answered(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Json | bytes | None]:
        if method == "OPTIONS":
            return 204, None
        if path == "/cds-services":
            return 200, self.discovery()
        name, _, feedback = path.removeprefix("/cds-services/").partition("/")
        if name not in HOOKS or feedback not in {"", "feedback"}:
            raise Refusal(404)
        if method != "POST":
            raise Refusal(405)
        self.authenticate(headers, self.base + path)
        self.write_log(headers, path)
        self.check_type(headers.get("Content-Type", ""))
        request = self.read_json(body)
        if feedback:
            return 200, self.take_feedback(request)
        self.check_members(request)
        self.check_hook(request, HOOKS[name])
        return 200, self.decide(request)

    def outcome(self, refusal: Refusal) -> Json | bytes:
        if refusal.status == 401:
            return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}]}
        issue = {"severity": "error", "code": "invalid", "diagnostics": refusal.said or "refused"}
        return {"resourceType": "OperationOutcome", "issue": [issue]}

    def headers(self, method: str, status: int, origin: str) -> dict[str, str]:
        more = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
        if method == "OPTIONS":
            more["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
            more["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        if status == 401:
            more["WWW-Authenticate"] = "Bearer"
        return more

    def write_log(self, headers: Any, path: str) -> None:
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(f"a call of {path}\n")

    def discovery(self) -> Json:
        return {
            "services": [
                {"id": name, "hook": hook, "title": "B12", "description": "Says the B12 level.", "prefetch": PREFETCH}
                for name, hook in HOOKS.items()
            ]
        }

    def check_type(self, kind: str) -> None:
        if kind.partition(";")[0].strip() != "application/json":
            raise Refusal(415)

    def read_json(self, body: bytes) -> Json:
        try:
            found = json.loads(body)
        except ValueError:
            raise Refusal(400, "no JSON") from None
        if not isinstance(found, dict):
            raise Refusal(400, "no object")
        return found

    def check_members(self, request: Json) -> None:
        for name, kind in (("hook", str), ("hookInstance", str), ("context", dict)):
            if not isinstance(request.get(name), kind):
                raise Refusal(400, f"{name} is required")
        patient = request["context"].get("patientId")
        if not isinstance(patient, str) or not re.fullmatch(r"[A-Za-z0-9.-]+", patient) or ".." in patient:
            raise Refusal(400, "patientId is an id")

    def check_hook(self, request: Json, hook: str) -> None:
        if request["hook"] != hook:
            raise Refusal(400, "another hook")

    def decide(self, request: Json) -> Json:
        data = self.gather(request)
        if not isinstance(data["patient"], list) or not data["patient"]:
            raise Refusal(412, "prefetch key: patient")
        results, problems = data["results"], data["problems"]
        if not isinstance(results, list):
            said = "The B12 level could not be read."
        else:
            levels = [
                each["valueQuantity"]["value"] for each in results if each["code"]["coding"][0]["code"] == "2132-9"
            ]
            said = f"B12 is {levels[0]}." if levels else "No B12 level is on record."
        also = f"{len(problems)} problems." if isinstance(problems, list) else "The problems could not be read."
        identity = f"{request['hookInstance']} {request['context']['patientId']}"
        card = {
            "uuid": str(uuid5(NAMESPACE_URL, identity)),
            "summary": said,
            "detail": also,
            "indicator": "info",
            "source": {"label": "Little guideline"},
        }
        return {"cards": [card]}

    def take_feedback(self, body: Json) -> Json:
        items = body.get("feedback")
        if not isinstance(items, list) or not items:
            raise Refusal(400, "feedback is a list")
        for item in items:
            self.check_feedback(item)
        return {"received": len(items)}

    def check_feedback(self, item: Any) -> None:
        if not isinstance(item, dict) or not item.get("card") or item.get("outcome") not in {"accepted", "overridden"}:
            raise Refusal(400, "card and outcome")
        self.check_time(item.get("outcomeTimestamp"))
        if item["outcome"] == "accepted":
            self.check_accepted(item.get("acceptedSuggestions"))
        if "overrideReason" in item:
            self.check_reason(item["overrideReason"])

    def check_time(self, stamp: Any) -> None:
        try:
            zone = datetime.fromisoformat(stamp).tzinfo
        except (TypeError, ValueError):
            zone = None
        if zone is None:
            raise Refusal(400, "outcomeTimestamp")

    def check_accepted(self, chosen: Any) -> None:
        if not isinstance(chosen, list) or not chosen or not all(isinstance(c, dict) and c.get("id") for c in chosen):
            raise Refusal(400, "acceptedSuggestions")

    def check_reason(self, reason: Any) -> None:
        if not isinstance(reason, dict) or not (reason.get("reason") or reason.get("userComment")):
            raise Refusal(400, "overrideReason")
