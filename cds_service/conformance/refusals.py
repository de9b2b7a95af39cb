"""Group B, what must be refused: incomplete, wrong and unreadable calls. Knows the envelope of a hook call."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.material import (
    NO_CALL,
    NOT_ANSWERED,
    answered_calls,
    best_calls,
    comparable,
    request_of,
    text_of,
    without,
)
from cds_service.conformance.subject import JSON, Answer, Exchange, Json
from cds_service.conformance.trial import Check, Trial
from cds_service.conformance.walk import counted

_INVALID: Final = frozenset({400, 422})
# What a stack trace or an error page looks like, in the languages that services are written in
_TRACE: Final = re.compile(
    rb"Traceback \(most recent|File \"[^\"]+\", line \d|\n\s*at [\w.$<>]+\(|\bat \S+\.(?:js|ts|java|cs):\d+"
    rb"|Exception in thread|<html|<!doctype",
    re.IGNORECASE,
)
_UNREADABLE: Final = {
    "half an object": b'{"hook": "order-select", ',
    "plain text": b"this is no JSON",
    "nothing": b"",
    "a list": b"[]",
    "a text": b'"order-select"',
    "null": b"null",
    "broken UTF-8": b'{"hook": "\xff\xfe"}',
}
_AUTHORIZATION: Final = {
    "access_token": "conformance-unused",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "conformance",
}


def wants_every_member(trial: Trial) -> Finding:
    """11: hook, hookInstance and context are asked for."""
    calls = best_calls(trial)
    wrong = [
        f"{call.service.id} without {name}: {answer.told}"
        for call in calls
        for name in ("hook", "hookInstance", "context")
        if (answer := _sent(trial, call, without(request_of(call), name))).status not in _INVALID
    ]
    return finding(wrong, seen=f"3 members, {counted(len(calls), 'service')}") if calls else not_seen(NO_CALL)


def wants_its_own_hook(trial: Trial) -> Finding:
    """12: a call of another hook is refused."""
    calls = best_calls(trial)
    wrong = [
        f"{call.service.id} called as {hook}: {answer.told}"
        for call in calls
        for hook in _other_hooks(trial, call)
        if (answer := _sent(trial, call, request_of(call) | {"hook": hook})).status != 400
    ]
    return finding(wrong, seen=counted(len(calls), "service")) if calls else not_seen(NO_CALL)


def _other_hooks(trial: Trial, call: Exchange) -> Iterator[str]:
    yield "conformance-no-such-hook"
    # An id may be listed once for each of several hooks: those are its own
    own = {each.hook for each in trial.services if each.id == call.service.id}
    yield from sorted({"patient-view", "order-sign"} - own)[:1]


def refuses_what_is_no_json(trial: Trial) -> Finding:
    """13: 400, told in JSON, without a page and without a trace."""
    wrong = []
    for service in trial.services:
        for name, body in _UNREADABLE.items():
            answer, where = trial.subject.send("POST", trial.subject.url_of(service.id), body), f"{service.id}, {name}"
            if answer.status != 400:
                wrong.append(f"{where}: {answer.told}")
            elif answer.body and answer.object is None:
                wrong.append(f"{where}: the error body is no JSON object")
            if _TRACE.search(answer.body):
                wrong.append(f"{where}: the body shows a stack trace or an HTML page")
    seen = f"{len(_UNREADABLE)} bodies, {counted(len(trial.services), 'service')}"
    return finding(wrong, seen=seen) if trial.services else not_seen("discovery named no service that can be called")


def reads_json_only(trial: Trial) -> Finding:
    """14: another content type is 415 or 400; a charset changes nothing."""
    calls = answered_calls(trial)
    wrong = []
    for call in calls:
        body, where = text_of(request_of(call)), call.service.id
        wrong += [
            f"{where} as {kind}: {answer.told}"
            for kind in ("text/plain", "application/xml")
            if (answer := _posted(trial, call, body, kind)).status not in {400, 415}
        ]
        plain, told = _posted(trial, call, body, JSON), _posted(trial, call, body, "application/json; charset=utf-8")
        if comparable(plain) != comparable(told):
            wrong.append(f"{where} as application/json; charset=utf-8: {told.told}, not the answer without charset")
    return finding(wrong, seen=counted(len(calls), "service")) if calls else not_seen(NOT_ANSWERED)


def takes_no_token_without_server(trial: Trial) -> Finding:
    """16: a token without a server is no access: refused, or answered as without the token."""
    calls = answered_calls(trial)
    wrong = []
    for call in calls:
        whole, bare = request_of(call), without(request_of(call), "prefetch", "fhirServer", "fhirAuthorization")
        for name, request in (("all prefetched", whole), ("nothing prefetched", bare)):
            plain = _sent(trial, call, without(request, "fhirServer", "fhirAuthorization"))
            token = _sent(trial, call, without(request, "fhirServer") | {"fhirAuthorization": _AUTHORIZATION})
            if token.status not in {400, 422} and comparable(token) != comparable(plain):
                wrong.append(f"{call.service.id}, {name}: {token.told} with a token and no server, else {plain.told}")
        open_server = {"fhirServer": "http://fhir.example.invalid/r4", "fhirAuthorization": _AUTHORIZATION}
        plain, answer = _sent(trial, call, bare), _sent(trial, call, bare | open_server)
        if answer.status not in {400, 422, 403, 412} and comparable(answer) != comparable(plain):
            wrong.append(f"{call.service.id}, fhirServer over plain http: {answer.told}")
    return finding(wrong, seen=counted(len(calls), "service")) if calls else not_seen(NOT_ANSWERED)


def reads_ids_as_ids(trial: Trial) -> Finding:
    """17: the users that may call are let in, an odd id is no crash, and a path is no patient id."""
    calls = answered_calls(trial)
    wrong, weak = [], []
    for call in calls:
        wrong += [
            f"{call.service.id}, userId of type {user.partition('/')[0]}: {answer.told}"
            for user in ("Practitioner/a-1.b", "PractitionerRole/role1")
            if (answer := _sent(trial, call, _in_context(call, userId=user))).status != 200
        ]
        for name, changed in (("userId without a type", {"userId": "p1"}), ("no userId", {"userId": None})):
            if not 200 <= (answer := _sent(trial, call, _in_context(call, **changed))).status < 500:
                wrong.append(f"{call.service.id}, {name}: {answer.told}")
        for identity in ("../../etc/passwd", "a/b/c", ""):
            told = f'{call.service.id}, patientId "{identity}"'
            answer = _sent(trial, call, _in_context(call, patientId=identity))
            if answer.status == 200:
                wrong.append(f"{told}: {answer.told}, though it is no id")
            elif not 400 <= answer.status < 500:
                wrong.append(f"{told}: {answer.told}")
        if not 200 <= (answer := _sent(trial, call, _in_context(call, encounterId="a/b"))).status < 500:
            weak.append(f'{call.service.id}, encounterId "a/b": {answer.told}')
    return finding(wrong, weak, seen=f"8 ids, {counted(len(calls), 'service')}") if calls else not_seen(NOT_ANSWERED)


def _in_context(call: Exchange, **changed: str | None) -> Json:
    request = request_of(call)
    context = request["context"] | changed
    return request | {"context": {name: value for name, value in context.items() if value is not None}}


def _sent(trial: Trial, call: Exchange, request: Json) -> Answer:
    return trial.subject.send("POST", trial.subject.url_of(call.service.id), text_of(request))


def _posted(trial: Trial, call: Exchange, body: bytes, kind: str) -> Answer:
    return trial.subject.send("POST", trial.subject.url_of(call.service.id), body, {"Content-Type": kind})


CHECKS: Final[Mapping[int, Check]] = {
    11: wants_every_member,
    12: wants_its_own_hook,
    13: refuses_what_is_no_json,
    14: reads_json_only,
    16: takes_no_token_without_server,
    17: reads_ids_as_ids,
}
