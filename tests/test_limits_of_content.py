"""How much a body may hold, whatever its size: what is above a limit is refused with path and rule, and no body of the
largest size takes the processor for long."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.hooks.draft_orders import MOST_DRAFTS
from cds_service.hooks.services import SERVICES
from cds_service.hooks.strict_json import MOST_BRACKETS, MOST_MEMBERS, MOST_VALUES
from cds_service.patient_data.bundles import MOST_ENTRIES
from cds_service.settings import Settings
from fhir_mappings.dosage import MOST_STEPS
from tests.hook_calls import PATIENT, PATIENT_RESOURCE, bundle, call, draft

SELECT = "/cds-services/b12-order-select"
ORDER = draft(text="cyanocobalamin 1 mg tablet")
LARGEST = 16 * 1024 * 1024 - 8192
SECONDS = 2.0
Json = dict[str, Any]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(Settings(log_level="critical")).test_client()


def observations(number: int) -> Json:
    found = {"resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{PATIENT}"}}
    return bundle(*[found] * number) | {"type": "searchset"}


def chart(**more: Json) -> Json:
    return call(ORDER, prefetch={"patient": PATIENT_RESOURCE} | more)


def beside(value: Any, **more: Any) -> Json:
    """A call with a member that nobody reads."""
    return call(draft(), extension={"x": value}, **more)


# path, rule, keys -> the most that is taken, as a call, and one more
LIMITS: dict[str, tuple[str, Callable[[int], Json], int]] = {
    f"context.draftOrders.entry: at most {MOST_DRAFTS} entries": (
        "context.draftOrders.entry", lambda number: call(*[draft()] * number), MOST_DRAFTS,
    ),
    f"context: at most {MOST_VALUES} values": (
        "context", lambda number: call(draft(), context__x=[1] * (number - 1000)), MOST_VALUES,
    ),
    f"$: at most {MOST_MEMBERS} members": (
        "$", lambda number: {f"x{place}": None for place in range(number - 3)} | call(draft()), MOST_MEMBERS,
    ),
    "at most one object or list in eight bytes of a large body": (
        "", lambda number: beside([[]] * (number // 2 - 50)), MOST_BRACKETS,
    ),
}  # fmt: skip


def post(client: FlaskClient, body: Json | bytes) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    return client.post(SELECT, data=data, content_type="application/json")


@pytest.mark.parametrize("said", LIMITS)
def test_more_than_a_call_may_hold_is_refused_with_path_and_rule(client: FlaskClient, said: str) -> None:
    path, made, most = LIMITS[said]
    assert post(client, made(most)).status_code == 200
    answer = post(client, made(most + 2000))
    assert answer.status_code == 413
    issue = answer.get_json()["issue"][0]
    assert issue["details"]["coding"][0]["code"] == "too-large"
    assert issue["diagnostics"] == said
    assert issue.get("expression", [""]) == [path]


@pytest.mark.parametrize("key", [key.name for key in SERVICES[0].prefetch if not key.is_read])
def test_a_prefetched_bundle_with_too_many_entries_is_refused_by_its_key(client: FlaskClient, key: str) -> None:
    """To leave it out would be an answer that does not know what the client did send."""
    answer = post(client, chart(**{key: observations(MOST_ENTRIES + 1)}))
    assert answer.status_code == 413
    said = f"at most {MOST_ENTRIES} entries in a Bundle; prefetch key: {key}"
    assert answer.get_json()["issue"][0]["diagnostics"] == said


def test_a_bundle_of_the_most_entries_is_read(client: FlaskClient) -> None:
    assert post(client, chart(findings=observations(MOST_ENTRIES))).status_code == 200


def test_an_order_with_more_steps_than_a_regimen_has_is_not_understood(client: FlaskClient) -> None:
    """And not taken for one without a dose: the words of one whose dose cannot be read at all."""

    def cards(instructions: Any) -> Any:
        return post(client, call(ORDER | {"dosageInstruction": instructions}, prefetch={"patient": PATIENT_RESOURCE}))

    daily = {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}
    unreadable = cards([17]).get_json()
    assert cards([daily] * (MOST_STEPS + 1)).get_json() == unreadable
    assert cards([daily] * MOST_STEPS).get_json() != unreadable


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a string of brackets": lambda: b'"%b"' % (b"[{" * (LARGEST // 2)),
    "a string of quotes": lambda: b'"%b"' % (b'\\"' * (LARGEST // 2)),
    "a number": lambda: b"1" * LARGEST,
    "fractions": lambda: b"[%b1]" % (b"1.5," * (LARGEST // 4)),
    "large exponents": lambda: b"[%b1]" % (b"1e399," * (LARGEST // 6)),
    "numbers": lambda: b"[%b1]" % (b"1," * (LARGEST // 2)),
    "empty objects": lambda: b"[%b{}]" % (b"{}," * (LARGEST // 3)),
    "lists": lambda: b"[%b1]" % ((b"[" * 58 + b"]" * 58 + b",") * (LARGEST // 117)),
    "one key": lambda: b'{%b"a":1}' % (b'"a":1,' * (LARGEST // 6)),
    "strings that are not closed": lambda: b'"[' * (LARGEST // 2) + b" ",
}
PLACES = ("extension", "context", "results", "dosageInstruction")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_body_takes_the_processor_for_long(client: FlaskClient, name: str) -> None:
    """Time of the processor, whatever else the machine does; before these limits, up to twenty minutes."""
    template = json.dumps(
        call(
            ORDER | {"dosageInstruction": "@dosageInstruction"},
            context__x="@context",
            extension={"x": "@extension"},
            prefetch={"patient": PATIENT_RESOURCE, "results": {"resourceType": "Bundle", "entry": "@results"}},
        )
    ).encode()
    hostile = HOSTILE[name]()
    for place in (
        PLACES if hostile.endswith((b"]", b'"', b"}", b"1")) else PLACES[:1]
    ):  # what does not end fills them all
        body = template
        for other in PLACES:
            body = body.replace(b'"@%b"' % other.encode(), hostile if other == place else b"[]")
        started = time.process_time()
        assert post(client, body).status_code in {200, 400, 413}
        assert time.process_time() - started < 2 * SECONDS
