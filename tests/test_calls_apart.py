"""Calls stay apart: what one caller sends reaches no other answer, and a draft exists in its own call alone."""

import json
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from tests.answers import ask, service
from tests.fhir_server import Reply, serving
from tests.gathering import EMPTY
from tests.hook_calls import AUTHORIZATION, PATIENT, PATIENT_RESOURCE, call, draft

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*/request.json"))
Json = dict[str, Any]


def _renamed(request: Json, number: int) -> Json:
    """The same call about a patient of another id."""
    patient = request["context"]["patientId"]
    return json.loads(json.dumps(request).replace(patient, f"{patient}-{number}"))


def test_equal_hook_instances_are_no_reason_for_equal_answers() -> None:
    """REQ-26: hookInstance names the event; it is neither a cache key nor a replay check."""
    client = service()
    tablet = call(draft(text="cyanocobalamin 1 mg tablet"), prefetch={"patient": PATIENT_RESOURCE})
    capsule = call(draft(), prefetch={"patient": PATIENT_RESOURCE})
    assert tablet["hookInstance"] == capsule["hookInstance"]
    first = ask(client, tablet)
    assert ask(client, capsule) == {"cards": []}
    assert ask(client, tablet) == first
    assert first["cards"] != []


def test_a_draft_is_never_looked_for_on_the_server() -> None:
    """REQ-95: drafts are in memory at the client; the server need not know them."""
    with serving(lambda path: Reply(PATIENT_RESOURCE if path.startswith("Patient/") else EMPTY)) as server:
        client = service(fhir_servers=server.base)
        order = draft(order_id="only-in-memory", text="cyanocobalamin 1 mg tablet")
        ask(client, call(order, fhirServer=server.base, fhirAuthorization=AUTHORIZATION))
        assert len(server.paths) > 1
        assert [path for path in server.paths if "only-in-memory" in path] == []
        assert f"Patient/{PATIENT}" in server.paths


def test_calls_for_many_patients_at_once_never_mix() -> None:
    """Each answer equals the one that its call gets alone, byte for byte, and names its own patient only."""
    client = service()
    requests = [json.loads(path.read_text("utf-8")) for path in SCENARIOS]
    calls = [_renamed(request, number) for number, request in enumerate(requests * 3)]
    alone = [_bytes(client, each) for each in calls]
    with ThreadPoolExecutor(10) as pool:
        together = list(pool.map(lambda each: _bytes(client.application.test_client(), each), calls))
    assert together == alone
    names = [f"Patient/{each['context']['patientId'].removeprefix('Patient/')}" for each in calls]
    for name, answer in zip(names, together, strict=True):
        others = [each["reference"] for each in _subjects(json.loads(answer)) if each["reference"] != name]
        assert others == []


def test_what_a_call_lacks_is_not_taken_from_the_one_before() -> None:
    """Of the same patient, too: what was not sent this time is not known."""
    client = service()
    requests = [json.loads(path.read_text("utf-8")) for path in SCENARIOS]
    whole = [json.loads(json.dumps(each).replace(each["context"]["patientId"], "same")) for each in requests]
    bare = [each | {"prefetch": {"patient": each["prefetch"]["patient"]}} for each in whole]
    for each in bare[::10]:
        assert len({(_bytes(client, before), _bytes(client, each))[1] for before in whole[::9]}) == 1


def _bytes(client: FlaskClient, request: Json) -> bytes:
    sent = json.dumps(deepcopy(request)).encode()
    return client.post(f"/cds-services/b12-{request['hook']}", data=sent, content_type="application/json").data


def _subjects(value: Any) -> list[Json]:
    if isinstance(value, dict):
        own = [value["subject"]] if isinstance(value.get("subject"), dict) else []
        return own + [found for member in value.values() for found in _subjects(member)]
    if isinstance(value, list):
        return [found for item in value for found in _subjects(item)]
    return []
