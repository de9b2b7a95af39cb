"""How the little guarded service gets at its data: from prefetch, else from the one FHIR server that it trusts."""

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

from tests.conformance.guarded_wire import OPENER, Json

PREFETCH = {
    "patient": "Patient/{{context.patientId}}",
    "results": "Observation?patient={{context.patientId}}&code=2132-9,98979-8,718-7",
    "problems": "Condition?patient={{context.patientId}}",
}
FAILED = object()  # asked for in vain, or told to have failed


class Fetching:
    """fhir: the one base that it may call. patience: seconds for all calls of one answer."""

    patience = 0.4
    most_pages = 5

    def __init__(self, fhir: str) -> None:
        self.fhir = fhir

    def gather(self, request: Json) -> dict[str, Any]:
        held = request.get("prefetch")
        held = held if isinstance(held, dict) else {}
        patient = request["context"]["patientId"]
        data = {key: self.supplied(held[key], key, patient) for key in PREFETCH if key in held}
        missing = [key for key in PREFETCH if data.get(key) is None]
        access = self.access(request)
        if access is not None and missing:
            data |= self.fetch_all(missing, patient, *access)
        return {key: data.get(key) for key in PREFETCH}

    def supplied(self, value: Any, key: str, patient: str) -> Any:
        """The resources of a prefetch value; None where it counts as missing, FAILED where it tells so."""
        if value is None:
            return [] if "?" in PREFETCH[key] else None
        if not isinstance(value, dict):
            return None
        if value.get("resourceType") == "OperationOutcome":
            return FAILED
        if value.get("resourceType") != "Bundle":
            return [value] if self.is_mine(value, patient) else None
        entries = [entry for entry in value.get("entry") or () if isinstance(entry, dict)]
        resources = [entry["resource"] for entry in entries if isinstance(entry.get("resource"), dict)]
        return [each for each in resources if self.is_mine(each, patient)]

    def is_mine(self, resource: Json, patient: str) -> bool:
        if resource.get("resourceType") == "Patient":
            return resource.get("id") == patient
        return bool((resource.get("subject") or {}).get("reference") == f"Patient/{patient}")

    def access(self, request: Json) -> tuple[str, str] | None:
        given, base = request.get("fhirAuthorization"), request.get("fhirServer")
        if not isinstance(given, dict) or not isinstance(base, str) or not self.trusts(base):
            return None
        if given.get("token_type") != "Bearer" or not isinstance(given.get("expires_in"), int) or "patient" in given:
            return None
        return base, str(given.get("access_token"))

    def trusts(self, base: str) -> bool:
        return base == self.fhir

    def fetch_all(self, keys: list[str], patient: str, base: str, token: str) -> dict[str, Any]:
        ends = time.monotonic() + self.patience
        with ThreadPoolExecutor(8) as pool:
            queries = {key: f"{base}/{PREFETCH[key].replace('{{context.patientId}}', patient)}" for key in keys}
            running = {key: pool.submit(self.fetch, url, token, ends, patient) for key, url in queries.items()}
            return {key: task.result() for key, task in running.items()}

    def fetch(self, url: str, token: str, ends: float, patient: str) -> Any:
        found: list[Json] = []
        pages = 0
        following: str | None = url
        while following is not None and pages < self.most_pages:
            document = self.get(following, token, ends)
            if document is None or document.get("resourceType") == "OperationOutcome":
                return FAILED
            pages += 1
            entries = document.get("entry", ()) if document["resourceType"] == "Bundle" else ({"resource": document},)
            found += [entry["resource"] for entry in entries if self.is_mine(entry["resource"], patient)]
            links = [link["url"] for link in document.get("link", ()) if link["relation"] == "next"]
            following = urljoin(url, links[0]) if links else None
            if following is not None and not self.may_follow(following):
                return FAILED
        return found if url.count("?") or found else FAILED

    def may_follow(self, url: str) -> bool:
        return url.startswith(f"{self.fhir}/")

    def get(self, url: str, token: str, ends: float) -> Json | None:
        asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        try:
            with OPENER.open(asked, timeout=max(0.01, ends - time.monotonic())) as answer:
                found: Json = json.load(answer)
                return found
        except (urllib.error.URLError, OSError, ValueError):
            return None
