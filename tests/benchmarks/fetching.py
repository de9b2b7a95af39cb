"""What a call costs whose data must be fetched, from a FHIR server that takes 50 ms for each answer. Run by hand:

    python -m tests.benchmarks.fetching [--calls 40]

The same patient is evaluated twice: with everything prefetched, and with nothing, when all searches are asked for at
once. The server looks at no code and gives for each search what the prefetch had. What is beyond the evaluation is told
in round trips of the server: two are allowed. A second round trip is needed where an order refers to a Medication.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

from cds_service.hooks.services import SERVICE_BY_ID
from tests.benchmarks.requests import RXNORM, SUBJECT, warning_request
from tests.benchmarks.server import our_service
from tests.fhir_server import Reply, serving

SERVER_SECONDS = 0.050
TOKEN = {
    "access_token": "benchmark",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "x",
}
Json = dict[str, Any]
_WARM = 10


def replies(prefetch: Json, patient_id: str) -> dict[str, Any]:
    """What the server gives by path and query: each prefetch value where its template leads."""
    service = SERVICE_BY_ID["b12-order-select"]
    found = {
        key.template.replace("{{context.patientId}}", patient_id): prefetch.get(key.name) for key in service.prefetch
    }
    return {path: value if value is not None else _EMPTY for path, value in found.items()}


_EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []}
_MEDICATION = {
    "resourceType": "Medication",
    "id": "b12",
    "code": {"coding": [{"system": RXNORM, "code": "309594", "display": "vitamin B12 1 MG/ML Injectable Solution"}]},
}


def with_reference(prefetch: Json) -> Json:
    """The same record, with one order more that only refers to its Medication."""
    order = {"resourceType": "MedicationRequest", "id": "refers", "status": "completed", "intent": "order"}
    order |= {"medicationReference": {"reference": "Medication/b12"}, "subject": SUBJECT, "authoredOn": "2024-01-01"}
    medications = prefetch["medications"]
    entries = [*medications["entry"], {"resource": order}]
    return prefetch | {"medications": medications | {"entry": entries, "total": len(entries)}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=40)
    calls = parser.parse_args().calls
    request = warning_request(datetime.now(UTC).date())
    print("| prefetched | median, ms | beyond the evaluation, ms | in round trips of 50 ms | allowed | processor ms |")
    print("|---|---|---|---|---|---|")
    evaluation, work = _measured(request, request["prefetch"], calls, fetched=False)
    print(f"| everything | {1000 * evaluation:.1f} | | | | {1000 * work:.1f} |")
    for name, record in (
        ("nothing", request["prefetch"]),
        ("nothing; an order that refers to a Medication", with_reference(request["prefetch"])),
    ):
        took, work = _measured(request, record, calls, fetched=True)
        beyond = took - evaluation
        cells = (
            f"{1000 * took:.1f}",
            f"{1000 * beyond:.1f}",
            f"{beyond / SERVER_SECONDS:.2f}",
            "2",
            f"{1000 * work:.1f}",
        )
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _measured(request: Json, record: Json, calls: int, *, fetched: bool) -> tuple[float, float]:
    """Seconds of a call, the median of so many, and its seconds of the worker's processor time."""
    known = replies(record, request["context"]["patientId"]) | {"Medication/b12": _MEDICATION}

    def answer(path: str) -> Reply:
        return Reply(known[path], wait=SERVER_SECONDS) if path in known else Reply(status=404)

    with tempfile.TemporaryDirectory() as folder, serving(answer) as fhir:
        sent = request | {"prefetch": record}
        if fetched:
            sent = {name: value for name, value in request.items() if name != "prefetch"}
            sent |= {"fhirServer": fhir.base, "fhirAuthorization": TOKEN}
        with our_service(folder, CDS_FHIR_SERVERS=fhir.base, CDS_INSECURE="1") as server:
            body = json.dumps(sent).encode()
            for _ in range(_WARM):
                _call(server.port, body, fetched=fetched)
            before = server.processor_seconds()
            took = [_call(server.port, body, fetched=fetched) for _ in range(calls)]
            work = (server.processor_seconds() - before) / calls
    return statistics.median(took), work


def _call(port: int, body: bytes, *, fetched: bool) -> float:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    began = time.perf_counter()
    connection.request("POST", "/cds-services/b12-order-select", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    cards = json.loads(answer.read())
    took = time.perf_counter() - began
    connection.close()
    if answer.status != 200 or not cards["cards"]:
        raise RuntimeError(f"answered {answer.status}, {'fetched' if fetched else 'prefetched'}")
    return took


if __name__ == "__main__":
    main()
