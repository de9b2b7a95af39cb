"""Group B, what must not disturb: unknown members, odd selections, poor prefetch, great size, many calls at once."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from functools import partial
from typing import Any, Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.material import (
    NOT_ANSWERED,
    answered_calls,
    comparable,
    failed_search,
    is_search,
    request_of,
    text_of,
    with_prefetch,
    without,
)
from cds_service.conformance.subject import Answer, Exchange, Json
from cds_service.conformance.trial import Check, Trial
from cds_service.conformance.walk import counted

_AT_ONCE: Final = 10
_LARGE: Final = 2 * 1024 * 1024
# A body that could not be answered may be refused; no other status fits
_ORDERLY: Final = frozenset({200, 400, 412, 422})
_SELECTING: Final = "order-select"
_VENDOR: Final = {"org.example.conformance": {"list": [1, {"deep": True}], "text": "x"}}


def ignores_what_it_does_not_know(trial: Trial) -> Finding:
    """15: members and extensions that it does not know change nothing."""
    calls = answered_calls(trial)
    wrong = []
    for call in calls:
        plain = request_of(call)
        known = comparable(_sent(trial, call, plain))
        context = plain["context"] | {"conformanceField": {"a": [1]}, "extension": _VENDOR}
        for name, changed in (
            ("an unknown member", plain | {"conformanceMember": [1, 2, {"x": None}], "user": "Practitioner/p"}),
            ("an extension", plain | {"extension": _VENDOR | dict(plain.get("extension", {}))}),
            ("an unknown context member", plain | {"context": context}),
            ("an unknown prefetch key", with_prefetch(plain, lambda held: held | {"conformanceKey": None})),
        ):
            answer = _sent(trial, call, changed)
            if answer.status != 200:
                wrong.append(f"{call.service.id}, {name}: {answer.told}")
            elif comparable(answer) != known:
                wrong.append(f"{call.service.id}, {name}: the answer is another")
    return finding(wrong, seen=f"4 additions, {counted(len(calls), 'service')}") if calls else not_seen(NOT_ANSWERED)


def takes_any_selections(trial: Trial) -> Finding:
    """18: none, an empty list and one that names no draft are answered; the first two alike."""
    calls = [each for each in answered_calls(trial) if each.service.hook == _SELECTING]
    wrong = []
    for call in calls:
        request = request_of(call)
        absent = _sent(trial, call, request | {"context": without(request["context"], "selections")})
        empty, foreign = (
            _sent(trial, call, request | {"context": request["context"] | {"selections": chosen}})
            for chosen in ([], ["MedicationRequest/conformance-no-such-draft"])
        )
        wrong += [
            f"{call.service.id}, {name}: {answer.told}"
            for name, answer, good in (
                ("no selections", absent, {200}),
                ("empty selections", empty, {200}),
                ("a selection that is no draft", foreign, {200, 400, 422}),
            )
            if answer.status not in good
        ]
        if absent.status == empty.status == 200 and comparable(absent) != comparable(empty):
            wrong.append(f"{call.service.id}: without selections and with none of them, the answers differ")
    return (
        finding(wrong, seen=counted(len(calls), "service"))
        if calls
        else not_seen("no order-select service answered 200")
    )


def is_the_same_each_time(trial: Trial) -> Finding:
    """19: identical calls, identical cards; and calls at the same moment keep their patients apart."""
    calls = answered_calls(trial)
    times = trial.options.repeats
    wrong = []
    for call in calls:
        body = text_of(request_of(call))
        answers = {comparable(_raw(trial, call, body)) for _ in range(times)}
        if len(answers) > 1:
            wrong.append(f"{call.service.id}: {len(answers)} different answers to {times} identical calls")
        wrong += _mixed(trial, call)
    seen = f"{times} identical calls and {_AT_ONCE} at once, {counted(len(calls), 'service')}"
    return finding(wrong, seen=seen) if calls else not_seen(NOT_ANSWERED)


def _mixed(trial: Trial, call: Exchange) -> Iterator[str]:
    """Each of several patients alone, then all at the same moment: every one must get the same again."""
    calls = [each for each in trial.whole_calls() if each.service == call.service and each.answer.status == 200]
    patients = [f"conformance-parallel-{number:02d}" for number in range(_AT_ONCE)]
    bodies = [_about(calls[number % len(calls)], patient) for number, patient in enumerate(patients)]
    alone = [_raw(trial, call, body) for body in bodies]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        together = list(pool.map(lambda body: _raw(trial, call, body), bodies))
    for number, (one, other) in enumerate(zip(alone, together, strict=True)):
        if any(patient.encode() in other.body for patient in patients if patient != patients[number]):
            yield f"{call.service.id}: of {_AT_ONCE} calls at once, one answer names another call's patient"
        elif comparable(one) != comparable(other):
            yield f"{call.service.id}: of {_AT_ONCE} calls at once, one answer is not the one that it gets alone"


def _about(call: Exchange, patient: str) -> bytes:
    """The same call about somebody else."""
    request = request_of(call)
    known = str(request["context"].get("patientId", ""))
    return text_of(request).replace(known.encode(), patient.encode()) if known else text_of(request)


def survives_poor_prefetch(trial: Trial) -> Finding:
    """20: whatever stands in prefetch, the answer is orderly, and the next call is answered as before."""
    calls = answered_calls(trial)
    wrong, tried = [], 0
    for call in calls:
        before = comparable(_sent(trial, call, request_of(call)))
        for name, request in _poor(call):
            tried += 1
            answer = trial.subject.call(call.service, request, name)
            if answer.status not in _ORDERLY:
                wrong.append(f"{call.service.id}, {name}: {answer.told}")
        if comparable(_sent(trial, call, request_of(call))) != before:
            wrong.append(f"{call.service.id}: after all these, a good call is not answered as before")
    return finding(wrong, seen=f"{tried} calls") if calls else not_seen(NOT_ANSWERED)


def _poor(call: Exchange) -> Iterator[tuple[str, Json]]:
    request = request_of(call)
    yield "no prefetch", without(request, "prefetch")
    yield "prefetch null", request | {"prefetch": None}
    yield "prefetch a list", request | {"prefetch": []}
    values: dict[str, Any] = {
        "no key": ...,
        "every key null": None,
        "every key an OperationOutcome": failed_search(),
        "every key a Bundle without entries": {"resourceType": "Bundle", "type": "searchset"},
        "every key an entry without a resource": {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:x"}, {}]},
        "every key a Bundle with null entries": {"resourceType": "Bundle", "entry": [None, {"resource": None}]},
        "every key a text": "not a resource",
        "every key a list": [1, 2],
        "every key an empty object": {},
    }
    for name, value in values.items():
        yield name, with_prefetch(request, _all_become(value))
    yield "category as an object", with_prefetch(request, _odd_categories)


def _all_become(value: Any) -> Callable[[Json], Json]:
    return lambda held: {} if value is ... else {key: deepcopy(value) for key in held}


def _odd_categories(held: Json) -> Json:
    """Where FHIR has a list of concepts, one alone, as some sandbox data has it."""
    for bundle in held.values():
        for entry in (bundle or {}).get("entry", ()):
            resource = entry.get("resource", {})
            if isinstance(resource.get("category"), list) and resource["category"]:
                resource["category"] = resource["category"][0]
    return held


def bears_great_size(trial: Trial) -> Finding:
    """21: two megabytes of Observations are served or refused with 413, in time."""
    calls = answered_calls(trial)
    limit = 1000 * trial.options.budget
    wrong = []
    for call in calls:
        answer = _sent(trial, call, with_prefetch(request_of(call), partial(_swollen, call)))
        if answer.status not in {200, 413}:
            wrong.append(f"{call.service.id}: {answer.told}")
        elif answer.milliseconds > limit:
            wrong.append(f"{call.service.id}: {answer.milliseconds:.0f} ms, and {limit:.0f} are allowed")
    return finding(wrong, seen=f"2 MB, {counted(len(calls), 'service')}") if calls else not_seen(NOT_ANSWERED)


def _swollen(call: Exchange, held: Json) -> Json:
    """The prefetch with Observations added to a key that asks for them, else to any search, else to a new key."""
    searches = [key for key, template in call.service.prefetch.items() if is_search(template) and key in held]
    wanted = [key for key in searches if call.service.prefetch[key].startswith("Observation")]
    key = (wanted or searches or ["observations"])[0]
    bundle = held.get(key) or {"resourceType": "Bundle", "type": "searchset"}
    entries = list(bundle.get("entry", ()))
    person = str((call.request or {})["context"].get("patientId"))
    one = len(json.dumps(_observation(person, 0)))
    entries += [{"resource": _observation(person, number)} for number in range(_LARGE // one + 1)]
    return held | {key: bundle | {"entry": entries, "total": len(entries)}}


def _observation(patient: str, number: int) -> Json:
    """A body temperature: of use to hardly any service."""
    return {
        "resourceType": "Observation",
        "id": f"conformance-large-{number:06d}",
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5", "display": "Body temperature"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"20{10 + number % 10}-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "valueQuantity": {"value": 37.0, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel"},
    }


def _sent(trial: Trial, call: Exchange, request: Json) -> Answer:
    return _raw(trial, call, text_of(request))


def _raw(trial: Trial, call: Exchange, body: bytes) -> Answer:
    return trial.subject.send("POST", trial.subject.url_of(call.service.id), body)


CHECKS: Final[Mapping[int, Check]] = {
    15: ignores_what_it_does_not_know,
    18: takes_any_selections,
    19: is_the_same_each_time,
    20: survives_poor_prefetch,
    21: bears_great_size,
}
