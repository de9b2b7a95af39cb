"""Editing the client's draft in place is one of the four named errors: what was sent is equal before and after."""

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_service import decide
from cds_service.app import create_app
from cds_service.hooks.request import HookRequest, read_request
from cds_service.hooks.services import Service
from cds_service.settings import Settings
from fhir_mappings.drafts import count_foreign, read_drafts
from tests.fhir_examples import coded, dosage, medication_request, repeat
from tests.fuzz.bases import as_call, bases
from tests.fuzz.sending import NOW

REQUESTS = Path(__file__).parents[2] / "shared" / "requests"


def frozen(value: Any) -> Any:
    """A copy in which even 1.0 and 1.00 differ."""
    if isinstance(value, dict):
        return {name: frozen(each) for name, each in value.items()}
    if isinstance(value, list):
        return [frozen(each) for each in value]
    return (type(value).__name__, str(value))


def test_a_draft_is_equal_before_and_after() -> None:
    draft = medication_request(
        coded("5514", "rxnorm"), dosageInstruction=[dosage("1.00", "mg", timing=repeat(1, "3.0", "mo"))]
    )
    before, same = frozen(draft), copy.deepcopy(draft)
    read_drafts([draft], [None], ["m1"], "p1")
    count_foreign([draft], "p1")
    assert frozen(draft) == before
    assert draft == same


def test_a_whole_call_leaves_what_was_sent_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the answer proposes to change it."""
    seen: list[tuple[HookRequest, Any]] = []

    def reading(service: Service, body: bytes) -> HookRequest:
        request = read_request(service, body)
        seen.append((request, frozen(list(request.drafts))))
        return request

    monkeypatch.setattr(decide, "read_request", reading)
    client = create_app(Settings(log_level="error"), clock=lambda: NOW).test_client()
    changed = 0
    for base in bases():
        call = as_call(base.request())
        answer = client.post(call.path, data=call.body, content_type="application/json")
        assert answer.status_code == 200
        changed += answer.text.count('"type":"update"')
    assert [request.hook_instance for request, before in seen if frozen(list(request.drafts)) != before] == []
    assert changed > 10


def published() -> list[tuple[str, list[dict[str, Any]], list[str | None], list[str]]]:
    found = []
    for path in sorted(REQUESTS.glob("*.json")):
        if path.name == "manifest.json":
            continue
        try:
            request = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        except ValueError:
            continue
        context = request.get("context") if isinstance(request, dict) else None
        bundle = context.get("draftOrders") if isinstance(context, dict) else None
        entries = bundle.get("entry") if isinstance(bundle, dict) else None
        entries = [each for each in entries or [] if isinstance(each, dict) and isinstance(each.get("resource"), dict)]
        if entries:
            urls = [each.get("fullUrl") for each in entries]
            found.append((path.name, [each["resource"] for each in entries], urls, context.get("selections", [])))
    return found


@pytest.mark.skipif(not REQUESTS.is_dir(), reason="the published requests are not on this machine")
def test_every_published_draft_is_read_and_left_as_it_was() -> None:
    requests = published()
    assert requests
    orders = 0
    for name, drafts, urls, selections in requests:
        before = frozen(drafts)
        patient = next(
            (
                d["subject"]["reference"]
                for d in drafts
                if isinstance(d.get("subject"), dict) and "reference" in d["subject"]
            ),
            "p1",
        )
        orders += len(read_drafts(drafts, urls, selections, patient))
        assert frozen(drafts) == before, name
    assert orders > 10
