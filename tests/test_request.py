"""Bytes to HookRequest: strict where a mistake could hide, lenient where real clients differ."""

import json
from decimal import Decimal
from typing import Any

import pytest

from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.request import read_request
from tests.hook_calls import AUTHORIZATION, PATIENT, SELECT, SIGN, call, draft, read


def refused(body: bytes | dict[str, Any]) -> Problem:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Problem) as caught:
        read_request(SELECT, text)
    assert caught.value.fault.status == 400
    return caught.value


def test_a_plain_call_is_read() -> None:
    read_back = read(
        call(draft("a"), draft("b"), context__selections=["MedicationRequest/b"], context__encounterId="e1")
    )
    assert (read_back.patient_id, read_back.user_id, read_back.encounter_id) == (PATIENT, "Practitioner/p1", "e1")
    assert [each["id"] for each in read_back.drafts] == ["a", "b"]
    assert read_back.selections == ("MedicationRequest/b",)
    assert read_back.prefetch == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"hook": NaN}',
        b'{"hook": "order-select"} trailing',
        b'{"hook": "order-select",}',
        b'{"hook": "\xff"}',
        b'{"hook": "\\ud800"}',
        b'{"hook": "order-select", "hook": "order-select"}',
        b'{"a": {"b": Infinity}}',
        b'{"a": 1e5000}' * 2,
    ],
)
def test_what_is_not_strict_json_is_refused(body: bytes) -> None:
    refused(body)


@pytest.mark.parametrize("place", ["envelope", "context", "draft", "prefetch"])
def test_a_repeated_key_is_refused(place: str) -> None:
    text = json.dumps(call(draft(dosageInstruction=[{"text": "at 08:00"}]), prefetch={"patient": None}))
    doubled = {
        "envelope": text.replace('"hook": ', '"hook": "order-select", "hook": ', 1),
        "context": text.replace('"patientId": ', '"patientId": "other", "patientId": ', 1),
        "draft": text.replace('"intent": ', '"intent": "plan", "intent": ', 1),
        "prefetch": text.replace('"patient": null', '"patient": null, "patient": null', 1),
    }[place]
    assert doubled != text
    refused(doubled.encode())


def test_an_escaped_colon_does_not_hide_a_repeated_key() -> None:
    text = json.dumps(call(draft(note=[{"text": "COLON"}])))
    honest = text.replace("COLON", "8\\u003a30")
    assert read_request(SELECT, honest.encode()).drafts[0]["note"] == [{"text": "8:30"}]
    refused(honest.replace('"intent": ', '"intent": "plan", "intent": ', 1).encode())


def test_bytes_that_are_not_utf8_are_refused_even_in_data_that_is_not_read() -> None:
    text = json.dumps(call(draft(), prefetch={"patient": {"id": "ODD"}})).encode()
    assert refused(text.replace(b"ODD", b"\xff")).fault is Fault.NOT_JSON


def nested(levels: int) -> bytes:
    """A call whose deepest member lies `levels` deep."""
    deep: Any = "]]}}"
    for _ in range(levels - 1):
        deep = [deep]
    return json.dumps(call(draft(), extension=deep)).encode()


def test_nesting_up_to_the_limit_is_read_and_beyond_it_refused() -> None:
    assert read_request(SELECT, nested(64)).patient_id == PATIENT
    assert refused(nested(65)).fault is Fault.TOO_DEEP
    assert refused(nested(900)).fault is Fault.TOO_DEEP


def test_brackets_in_text_are_not_nesting() -> None:
    assert read(call(draft(note=[{"text": "[" * 500}]))).patient_id == PATIENT


def test_a_byte_order_mark_is_ignored() -> None:
    assert read_request(SELECT, b"\xef\xbb\xbf" + json.dumps(call(draft())).encode()).patient_id == PATIENT


def test_numbers_of_drafts_keep_every_digit() -> None:
    text = json.dumps(call(draft(dispenseRequest={"quantity": {"value": "NUMBER"}}))).replace('"NUMBER"', "1.50")
    value = read_request(SELECT, text.encode()).drafts[0]["dispenseRequest"]["quantity"]["value"]
    assert isinstance(value, Decimal)
    assert str(value) == "1.50"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"hook": 1}, "hook"),
        ({"hook": "order-sign"}, "hook"),
        ({"hook": "patient-view"}, "hook"),
        ({"hookInstance": ""}, "hookInstance"),
        ({"hookInstance": None}, "hookInstance"),
        ({"context": []}, "context"),
        ({"context": None}, "context"),
        ({"context__patientId": 17}, "context.patientId"),
        ({"context__patientId": ""}, "context.patientId"),
        ({"context__patientId": "Patient/"}, "context.patientId"),
        ({"context__patientId": "Patient/.."}, "context.patientId"),
        ({"context__patientId": "a/b"}, "context.patientId"),
        ({"context__patientId": "a\n"}, "context.patientId"),
        ({"context__userId": 5}, "context.userId"),
        ({"context__draftOrders": [draft()]}, "context.draftOrders"),
        ({"context__draftOrders": None}, "context.draftOrders"),
        ({"context__draftOrders": {"entry": {}}}, "context.draftOrders.entry"),
        # orders that do not say what they are, or that stand under another name: never "no orders"
        ({"context__draftOrders": {"status": "draft"}}, "context.draftOrders"),
        ({"context__draftOrders": {"MedicationRequest": [draft()]}}, "context.draftOrders"),
        ({"context__draftOrders": {"entry": [{"status": "draft"}]}}, "context.draftOrders.entry[0]"),
        ({"context__draftOrders": {"entry": [{"fullUrl": "x", "Resource": draft()}]}}, "context.draftOrders.entry[0]"),
    ],
)
def test_a_broken_rule_is_named_by_path(change: dict[str, Any], path: str) -> None:
    problem = refused(call(draft(), **change))
    assert problem.path == path
    assert problem.rule != ""


def test_an_entry_without_a_resource_is_no_order() -> None:
    beside = {"fullUrl": "x", "request": {"method": "DELETE"}, "search": {}, "link": [], "id": "1"}
    assert read(call(context__draftOrders={"entry": [beside, {}, {"resource": draft()}]})).drafts[2]["id"] == "d1"


@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
def test_a_missing_member_is_named(name: str) -> None:
    envelope = call(draft())
    del envelope[name]
    problem = refused(envelope)
    assert (problem.path, problem.rule) == (name, "is required")


@pytest.mark.parametrize("name", ["patientId", "draftOrders"])
def test_a_missing_context_member_is_named(name: str) -> None:
    envelope = call(draft())
    del envelope["context"][name]
    assert refused(envelope).path == f"context.{name}"


@pytest.mark.parametrize(
    "change",
    [
        {"hookInstance": "not a uuid"},
        {"context__patientId": f"Patient/{PATIENT}"},
        {"context__userId": None},
        {"context__unknown": {"a": [1]}},
        {"extension": ["x"], "user": "u", "item1": {"resource": 1}},
        {"prefetch": []},
        {"prefetch": None},
        {"prefetch": "text"},
        {"fhirServer": 7},
        {"fhirAuthorization": "token"},
        {"context__selections": None},
        {"context__selections": 3},
    ],
)
def test_what_real_clients_send_is_read(change: dict[str, Any]) -> None:
    read_back = read(call(draft(), **change))
    assert read_back.patient_id == PATIENT
    assert len(read_back.drafts) == 1


def test_prefixes_of_ids_are_taken_off() -> None:
    read_back = read(call(draft(), context__patientId="Patient/x\u20111", context__encounterId="Encounter/e"))
    assert (read_back.patient_id, read_back.encounter_id) == ("x\u20111", "e")


def test_a_bare_resource_as_draft_orders_is_one_draft() -> None:
    assert read(call(context__draftOrders=draft("solo"))).drafts == (draft("solo"),)


def test_a_bundle_without_type_and_entries_without_resource_are_survived() -> None:
    orders = {"entry": [{"fullUrl": "urn:uuid:1"}, None, {"resource": draft("a"), "fullUrl": "urn:uuid:2"}]}
    read_back = read(call(context__draftOrders=orders))
    assert read_back.drafts == ({"fullUrl": "urn:uuid:1"}, draft("a"))
    assert read_back.full_urls == ("urn:uuid:1", "urn:uuid:2")
    assert read(call(context__draftOrders={})).drafts == ()


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (7, "context.draftOrders.entry[1]"),
        ({"resource": "MedicationRequest"}, "context.draftOrders.entry[1].resource"),
        ({"resource": {"id": "x"}}, "context.draftOrders.entry[1].resource.resourceType"),
        ({"resource": {"id": "x", "resourceType": []}}, "context.draftOrders.entry[1].resource.resourceType"),
    ],
)
def test_an_entry_that_cannot_be_an_order_is_refused_and_not_lost(entry: Any, path: str) -> None:
    with pytest.raises(Problem) as caught:
        read(call(context__draftOrders={"entry": [{"resource": draft("a")}, entry]}))
    assert caught.value.path == path


def test_a_key_beside_prefetch_is_read_only_where_it_holds_something_and_prefetch_does_not() -> None:
    beside = {"resourceType": "Bundle", "id": "beside"}
    inside = {"conditions": {"resourceType": "Bundle"}}
    read_back = read(call(draft(), prefetch=inside, conditions=beside, results=beside, item1=beside))
    assert set(read_back.prefetch) == {"conditions", "results"}
    assert json.loads(bytes(read_back.prefetch["results"])) == beside
    assert json.loads(bytes(read_back.prefetch["conditions"])) == inside["conditions"]
    old = {"patient": "somebody-else", "conditions": None, "results": [beside], "ordered": 5}
    assert read(call(draft(), **old)).prefetch == {}


@pytest.mark.parametrize("selected", ["a", "urn:uuid:2", "https://ehr.example/fhir/MedicationRequest/a"])
def test_selections_are_brought_to_the_form_of_a_reference(selected: str) -> None:
    orders = {"entry": [{"resource": draft("a"), "fullUrl": "urn:uuid:2"}]}
    read_back = read(call(context__draftOrders=orders, context__selections=[selected]))
    assert read_back.selections == ("MedicationRequest/a",)


def test_a_selection_that_names_nothing_is_kept() -> None:
    assert read(call(draft("a"), context__selections=["zzz", "MedicationRequest/b"])).selections == (
        "zzz",
        "MedicationRequest/b",
    )


def test_long_ids_are_read() -> None:
    long = "e" + "x.y-z_" * 40
    assert read(call(draft(long), context__selections=[f"MedicationRequest/{long}"])).drafts[0]["id"] == long


SERVER = "https://ehr.example/fhir/"


def test_a_token_is_kept_and_never_shown() -> None:
    read_back = read(call(draft(), fhirServer=SERVER, fhirAuthorization=AUTHORIZATION))
    assert read_back.fhir_server == SERVER.rstrip("/")
    assert read_back.access_token is not None
    assert read_back.access_token.reveal() == "tok-abc123"
    assert "tok-abc123" not in f"{read_back!r} {read_back.access_token} {read_back.access_token!r}"
    assert PATIENT not in repr(read_back)


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": ""},
        {"access_token": None},
        {"access_token": "a\r\nb"},
        {"token_type": "mac"},
        {"expires_in": 0},
        {"expires_in": "300"},
        {"expires_in": True},
        {"patient": "somebody-else"},
    ],
)
def test_an_authorization_that_cannot_be_used_is_no_access(change: dict[str, Any]) -> None:
    read_back = read(call(draft(), fhirServer=SERVER, fhirAuthorization=AUTHORIZATION | change))
    assert read_back.access_token is None
    assert read_back.token_problem is not None
    assert "somebody-else" not in read_back.token_problem


def test_an_authorization_without_server_is_no_access() -> None:
    read_back = read(call(draft(), fhirAuthorization=AUTHORIZATION))
    assert (read_back.access_token, read_back.fhir_server) == (None, None)
    assert read_back.token_problem is not None


def test_the_patient_of_the_token_may_be_a_reference() -> None:
    allowed = AUTHORIZATION | {"patient": f"Patient/{PATIENT}", "token_type": "bearer"}
    assert read(call(draft(), fhirServer=SERVER, fhirAuthorization=allowed)).token_problem is None


def test_each_hook_has_its_own_schema() -> None:
    assert read(call(draft(), hook="order-sign")).service is SIGN
