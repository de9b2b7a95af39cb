"""The service of a test, with a clock that stands still, and what an EHR does with its suggestions."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import read_settings

TODAY = date(2026, 11, 20)
Json = dict[str, Any]


def service(**settings: str) -> FlaskClient:
    """A client of the whole application on the fixed day. settings: names without CDS_, in lower case."""
    chosen = {f"CDS_{name.upper()}": value for name, value in settings.items()} | {"CDS_LOG_LEVEL": "error"}
    return create_app(read_settings(chosen), clock=lambda: datetime(2026, 11, 20, 12, tzinfo=UTC)).test_client()


def ask(client: FlaskClient, request: Json) -> Json:
    """The answer of the service for the hook; anything but 200 fails the test."""
    response = client.post(
        f"/cds-services/b12-{request['hook']}", data=json.dumps(request), content_type="application/json"
    )
    assert response.status_code == 200, response.get_data(as_text=True)
    answer: Json = json.loads(response.get_data())
    return answer


def topics(answer: Json) -> list[str]:
    return [card["source"]["topic"]["code"] for card in answer["cards"]]


def suggestions(answer: Json) -> Iterator[tuple[Json, Json]]:
    """(card, suggestion) of every suggestion in the answer."""
    for card in answer["cards"]:
        for suggestion in card.get("suggestions", ()):
            yield card, suggestion


def _sign(request: Json, suggestion: Json) -> None:
    medications = request["prefetch"]["medications"]
    for number, action in enumerate(suggestion["actions"]):
        if action["resource"]["resourceType"] == "MedicationRequest":
            signed = deepcopy(action["resource"]) | {
                "id": f"created-{number}",
                "status": "active",
                "authoredOn": TODAY.isoformat(),
            }
            medications["entry"] = [*medications.get("entry", ()), {"resource": signed}]


def applied(request: Json, suggestion: Json) -> Json:
    """The request that follows when the clinician takes the suggestion: a new one, the old one is not touched.

    Creates get an id from the EHR; what is created or changed is what the clinician looks at next. On a chart,
    a medicine that is created is signed at once: it stands as active in the list of medicines.
    """
    following = deepcopy(request)
    if "draftOrders" not in following["context"]:
        _sign(following, suggestion)
        return following
    entries = following["context"]["draftOrders"]["entry"]
    selected = []
    for number, action in enumerate(suggestion["actions"]):
        resource = deepcopy(action.get("resource"))
        if action["type"] == "delete":
            kind, _, identity = action.get("resourceId", resource).partition("/")
            entries[:] = [
                e for e in entries if (e["resource"]["resourceType"], e["resource"]["id"]) != (kind, identity)
            ]
            continue
        if action["type"] == "update":
            place = next(i for i, e in enumerate(entries) if e["resource"]["id"] == resource["id"])
            entries[place] = {"resource": resource}
        else:
            resource["id"] = f"created-{number}"
            entries.append({"resource": resource})
        selected.append(f"{resource['resourceType']}/{resource['id']}")
    if "selections" not in following["context"]:
        return following
    kept = [name for name in following["context"]["selections"] if any(_is(e, name) for e in entries)]
    following["context"]["selections"] = list(dict.fromkeys([*kept, *selected]))
    return following


def _is(entry: Json, name: str) -> bool:
    return f"{entry['resource']['resourceType']}/{entry['resource']['id']}" == name
