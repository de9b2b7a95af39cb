"""An EHR on loopback that a SMART app is launched from: authorisation with PKCE, then reads and searches by token.

    python -m tests.browser.smart_ehr

serves the chart of the first shipped example on port 8103, for trying docs/smart-app by hand. Knows no hooks.
"""

import hashlib
import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from cds_service.conformance.prefetch import answered
from cds_service.examples import examples

Json = dict[str, Any]
USER: Final = "Practitioner/p1"
LAUNCH: Final = "chart-1"
_BASE: Final = "/fhir"
_CODE: Final = "code-made-for-one-launch"
_TOKEN: Final = "token-made-for-one-launch"
_PAGE: Final = "_page"


def example_chart(today: date) -> list[Json]:
    """What the first shipped example sends: a patient with an eGFR of 44, and nothing else on record."""
    prefetch = examples(today)[0].body["prefetch"]
    return [prefetch["patient"], *(entry["resource"] for entry in prefetch["results"]["entry"])]


class SmartEhr(ThreadingHTTPServer):
    """chart: the resources of one patient, the Patient among them.

    broken: types of resources that are answered with `status` and an OperationOutcome.
    page: entries of a search's page, 0: all in one. scope: what the app asked for, once it was launched.
    """

    daemon_threads = True

    def __init__(self, chart: Sequence[Json], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.chart = chart
        self.patient_id = next(each["id"] for each in chart if each["resourceType"] == "Patient")
        self.broken: frozenset[str] = frozenset()
        self.status = 500
        self.page = 0
        self.scope = ""
        self.challenge = ""

    @property
    def base(self) -> str:
        """What the EHR gives an app as `iss`."""
        return f"http://127.0.0.1:{self.server_port}{_BASE}"


class _Handler(BaseHTTPRequestHandler):
    server: SmartEhr

    def do_OPTIONS(self) -> None:
        self._send(204, {})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == f"{_BASE}/.well-known/smart-configuration":
            self._send(200, self._configuration())
        elif url.path == "/authorize":
            self._authorise(dict(parse_qsl(url.query)))
        elif self.headers.get("Authorization") != f"Bearer {_TOKEN}":
            self._send(401, _outcome("login"))
        else:
            self._read(self.path.removeprefix(f"{_BASE}/"))

    def do_POST(self) -> None:
        """The token, for the code and what the challenge was made of."""
        said = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        made = urlsafe_b64encode(hashlib.sha256(said.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if (said.get("code"), made) != (_CODE, self.server.challenge):
            self._send(400, {"error": "invalid_grant"})
            return
        token = {"access_token": _TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": self.server.scope}
        self._send(200, token | {"patient": self.server.patient_id, "id_token": _id_token()})

    def _configuration(self) -> Json:
        origin = self.server.base.removesuffix(_BASE)
        endpoints = {"authorization_endpoint": f"{origin}/authorize", "token_endpoint": f"{origin}/token"}
        return endpoints | {"code_challenge_methods_supported": ["S256"], "capabilities": ["launch-ehr"]}

    def _authorise(self, said: dict[str, str]) -> None:
        """Back to the app, as for a user who is signed in and has nothing to choose."""
        right = {"response_type": "code", "aud": self.server.base, "launch": LAUNCH, "code_challenge_method": "S256"}
        if not right.items() <= said.items():
            self._send(400, _outcome("security"))
            return
        self.server.scope, self.server.challenge = said["scope"], said["code_challenge"]
        back = urlencode({"code": _CODE, "state": said["state"]})
        self._send(302, {}, Location=f"{said['redirect_uri']}?{back}")

    def _read(self, query: str) -> None:
        if query.partition("?")[0].partition("/")[0] in self.server.broken:
            self._send(self.server.status, _outcome("exception"))
            return
        found = answered(query, self.server.chart)
        if found is None:
            self._send(404, _outcome("not-found"))
        else:
            self._send(200, self._paged(query, found) if self.server.page and "entry" in found else found)

    def _paged(self, query: str, whole: Json) -> Json:
        number = int(dict(parse_qsl(urlsplit(query).query)).get(_PAGE, "0"))
        following = (number + 1) * self.server.page
        page = whole | {"entry": whole["entry"][number * self.server.page : following]}
        if following < whole["total"]:
            url = f"{self.server.base}/{query.partition(f'&{_PAGE}=')[0]}&{_PAGE}={number + 1}"
            page["link"] = [{"relation": "next", "url": url}]
        return page

    def _send(self, status: int, body: Json, **headers: str) -> None:
        sent = json.dumps(body).encode() if body else b""
        self.send_response(status)
        for name, value in (_CORS | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        return


_CORS: Final = {
    "Content-Type": "application/json",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, content-type, accept",
}


def _outcome(code: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def _id_token() -> str:
    """Who is signed in. Not signed: the app has it from the EHR itself, and looks only at the claims."""
    parts = ({"alg": "none"}, {"fhirUser": USER})
    return ".".join([*(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), ""])


def main() -> int:
    with SmartEhr(example_chart(datetime.now(UTC).date()), port=8103) as ehr:
        print(f"Launch the app: http://127.0.0.1:8100/launch.html?iss={ehr.base}&launch={LAUNCH}", flush=True)
        try:
            ehr.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
