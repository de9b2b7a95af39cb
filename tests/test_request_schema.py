"""The published request schemas are true: what they accept is never answered with 400, what they refuse always is."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.hooks import request as request_module
from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.request import read_request
from cds_service.hooks.schema_files import SCHEMAS
from cds_service.hooks.services import SERVICE_BY_ID, Service
from tests.hook_calls import SELECT, SIGN
from tests.scenarios import FOLDERS

VIEW = SERVICE_BY_ID["b12-patient-view"]
SERVICES = pytest.mark.parametrize("service", [SELECT, SIGN, VIEW], ids=lambda service: service.hook)
RULES = request_module._RULES
SAMPLES = Path(__file__).parents[2] / "shared" / "requests"

ODD = (None, "", " ", "x", "Patient/", "Patient/a", "Patient/a/b", "..", "a\n", "order-select", 1, 1.5, True)
ODD += ([], {}, [1], [None], {"resource": {}})  # type: ignore[assignment]  # anything that JSON can hold
ENVELOPE = ("hook", "hookInstance", "context", "prefetch", "extension", "fhirServer", "fhirAuthorization")
CONTEXT = ("patientId", "draftOrders", "userId", "encounterId", "selections")


def calls(hook: str) -> Iterator[dict[str, Any]]:
    """Calls of one hook that are right but for one place, where a member is left out or anything stands."""
    right: dict[str, Any] = {"hook": hook, "hookInstance": "i"}
    context: dict[str, Any] = {"patientId": "a", "draftOrders": {"entry": []}}
    for replaced in _replaced(right | {"context": context}, ENVELOPE):
        yield replaced
    for replaced in _replaced(context, CONTEXT):
        yield right | {"context": replaced}
    for replaced in (*_replaced({"resourceType": "Bundle"}, ("resourceType", "entry")), {"id": "b"}, {"entry": []}):
        yield right | {"context": context | {"draftOrders": replaced}}
    order = {"resourceType": "ServiceRequest", "id": "b"}
    entries = [
        *ODD,
        order,
        {"id": "b"},
        {"id": "b", "status": "draft"},
        *_replaced({"resource": order}, ("resource", "fullUrl")),
    ]
    entries += [{"resource": each} for each in _replaced(order, ("resourceType", "id"))]
    for entry in entries:
        for bundle in ({"entry": [entry]}, {"entry": [{"resource": order}, entry], "resourceType": "Bundle"}):
            yield right | {"context": context | {"draftOrders": bundle}}


def _replaced(right: dict[str, Any], names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for name in names:
        yield {other: value for other, value in right.items() if other != name}
        for odd in ODD:
            yield right | {name: odd}


def answered(service: Service, envelope: Any) -> bool:
    try:
        read_request(service, json.dumps(envelope).encode())
    except Problem as problem:
        return problem.fault is not Fault.BAD_REQUEST
    return True


@SERVICES
def test_what_is_refused_is_what_the_schema_refuses(service: Service) -> None:
    seen: Counter[bool] = Counter()
    for envelope in calls(service.hook):
        valid = RULES[service.hook].is_valid(envelope)
        assert answered(service, envelope) is valid, envelope
        seen[valid] += 1
    assert min(seen[True], seen[False]) > 50


@pytest.mark.parametrize("member", ["hookInstance", "context__patientId"])
@pytest.mark.parametrize("form", ["{}", "a{}", "{}a", "Patient/{}"])
def test_schema_and_code_agree_on_every_character(member: str, form: str) -> None:
    """A pattern means the same in Python and in JavaScript only where it spells white space out."""
    rule = _pattern("hookInstance" if member == "hookInstance" else "patientId")
    quick = (lambda text: text.strip() != "") if member == "hookInstance" else request_module._PATIENT_ID.fullmatch
    for code in {*range(0x10000), 0x1F600} - {*range(0xD800, 0xE000)}:
        text = form.format(chr(code))
        assert bool(quick(text)) is (rule.search(text) is not None), hex(code)


def _pattern(name: str) -> re.Pattern[str]:
    pattern: str = SCHEMAS["call"]["$defs"][name]["pattern"]
    assert "\\s" not in pattern.replace("[\\s\\S]", "")
    return re.compile(pattern)


@SERVICES
def test_the_stored_requests_keep_to_the_schema_of_their_hook(service: Service) -> None:
    stored = [json.loads((folder / "request.json").read_text("utf-8")) for folder in FOLDERS]
    assert len(stored) > 50
    for envelope in stored:
        assert RULES[service.hook].is_valid(envelope) is (envelope["hook"] == service.hook)
        assert answered(service, envelope) is (envelope["hook"] == service.hook)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample requests are not at hand")
@SERVICES
def test_sample_requests_are_refused_where_the_schema_refuses_them(service: Service) -> None:
    seen = set()
    for path in sorted(SAMPLES.glob("*.json")):
        envelope = json.loads(path.read_text("utf-8"))
        if isinstance(envelope, dict):
            valid = RULES[service.hook].is_valid(envelope)
            assert answered(service, envelope) is valid, path.name
            seen.add(valid)
    assert seen == {True, False}


def test_no_published_pattern_leaves_white_space_to_the_reader() -> None:
    def patterns(node: Any) -> Iterator[str]:
        if isinstance(node, dict) and isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from patterns(each)

    found = set(patterns(SCHEMAS))
    assert len(found) > 5
    assert [each for each in found if re.search(r"\\[sSwWdDbB]", each.replace(r"[\s\S]", ""))] == []
