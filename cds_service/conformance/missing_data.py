"""Group G, what a service makes of data that it does not have: refused, failed, empty, late, or about somebody else."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.fhir_calls import fetch, fetching_calls, why_nothing_fetched
from cds_service.conformance.fhir_server import Fault, of_another
from cds_service.conformance.material import (
    NOT_ANSWERED,
    answered_calls,
    cards_of,
    comparable,
    empty_search,
    failed_search,
    is_search,
    request_of,
    templates_of,
    with_prefetch,
    without,
    without_key,
)
from cds_service.conformance.subject import Answer, Exchange, Json
from cds_service.conformance.trial import Check, Trial, drafts_of
from cds_service.conformance.walk import counted

_FAULTS: Final = (Fault.UNAUTHORIZED, Fault.FORBIDDEN, Fault.BROKEN, Fault.OUTCOME, Fault.HANG)
_STRANGER: Final = "conformance-stranger-"
_NOTHING_NEEDED: Final = "no service refuses a call without data, so none of its data is required"

_NOTHING_USED: Final = "no answer depends on any data that could be somebody else's"


def tells_failed_from_absent(trial: Trial) -> Finding:
    """48: an OperationOutcome is no empty result.

    Judged where the service shows that the difference matters: a key left out is answered otherwise than an empty one.
    """
    calls = answered_calls(trial)
    wrong, telling = [], 0
    for call in calls:
        for key, template in templates_of(call):
            missing = _ask(trial, call, without_key(request_of(call), key), f"without {key}")
            failed = _ask(trial, call, _with(call, key, failed_search()), f"{key} an OperationOutcome")
            if not is_search(template):
                if missing.status == 412:
                    telling += 1
                    if failed.status == 200:
                        wrong.append(f"{call.service.id}: {key} as an OperationOutcome is answered with 200")
                continue
            empty = _ask(trial, call, _with(call, key, empty_search()), f"{key} empty")
            if comparable(missing) != comparable(empty):
                telling += 1
                if comparable(failed) == comparable(empty):
                    wrong.append(f"{call.service.id}: {key} as an OperationOutcome is answered as if there were none")
    if not calls:
        return not_seen(NOT_ANSWERED)
    return (
        finding(wrong, seen=counted(telling, "key"))
        if telling
        else not_seen("no key that is left out changes any answer")
    )


def says_what_it_needs(trial: Trial) -> Finding:
    """49: required data missing is 412 and names the key; optional data missing is 200, and said."""
    calls = answered_calls(trial)
    wrong: list[str] = []
    weak: list[str] = []
    required = compared = 0
    for call in calls:
        where = call.service.id
        optional = []
        for key, template in templates_of(call):
            answer = _ask(trial, call, without_key(request_of(call), key), f"without {key}")
            if answer.status == 412:
                required += 1
                weak += _ill_told(answer, [key], f"{where} without {key}")
            elif answer.status == 200:
                optional.append((key, template))
                if not is_search(template) and cards_of(call.answer) and not cards_of(answer):
                    wrong.append(f"{where} without {key}: silent with 200, though with it there is a card")
            else:
                wrong.append(f"{where} without {key}: {answer.told}")
        bare = _ask(trial, call, without(request_of(call), "prefetch"), "nothing prefetched")
        if bare.status == 412:
            weak += _ill_told(bare, list(call.service.prefetch), f"{where} without prefetch")
        elif bare.status != 200:
            wrong.append(f"{where} without prefetch: {bare.told}")
        searches = [key for key, template in optional if is_search(template)]
        compared += bool(searches) and bool(cards_of(call.answer))
        weak += _unsaid(trial, call, searches)
    if not calls:
        return not_seen(NOT_ANSWERED)
    seen = f"{counted(required, 'required key')}, {counted(len(calls), 'service')}"
    # Where nothing is required and nothing could be told of optional data, no answer has shown anything
    return finding(wrong, weak, seen=seen) if wrong or weak or required or compared else not_seen(_NOTHING_NEEDED)


def _unsaid(trial: Trial, call: Exchange, searches: list[str]) -> Iterator[str]:
    """Optional data that is missing, answered word for word as if it were known that there is none.

    A service that is silent about a chart of which it knows nothing claims nothing; one that speaks, or lets an
    order pass, does.
    """
    empty = request_of(call)
    missing = without_key(empty, *searches)
    for key in searches:
        empty = _with_in(empty, key, empty_search())
    if not searches or not cards_of(call.answer):
        return  # nothing to ask for, or nothing that this service would say of it
    known, unknown = (
        _ask(trial, call, request, label)
        for request, label in ((empty, "every search empty"), (missing, "no search prefetched"))
    )
    silent = not cards_of(unknown) and not drafts_of((call.request or {}).get("context", {}))
    if silent or comparable(known) != comparable(unknown):
        return
    yield f"{call.service.id}: searches left out and searches without a result have the same answer"


def _ill_told(answer: Answer, keys: list[str], where: str) -> Iterator[str]:
    outcome = answer.object or {}
    issues = outcome.get("issue")
    if outcome.get("resourceType") != "OperationOutcome" or not isinstance(issues, list) or not issues:
        yield f"{where}: 412 without an OperationOutcome"
    elif any(not isinstance(each, dict) or "severity" not in each or "code" not in each for each in issues):
        yield f"{where}: an issue without severity and code"
    elif not any(key in json.dumps(outcome) for key in keys):
        yield f"{where}: the OperationOutcome does not name the key"


def survives_a_bad_server(trial: Trial) -> Finding:
    """50: a FHIR server that refuses, fails or is silent ends in 412 within the budget where data is required."""
    calls = fetching_calls(trial)
    needing = [
        call for call in calls if _ask(trial, call, without(request_of(call), "prefetch"), "no data").status == 412
    ]
    limit = 1000 * trial.options.budget
    wrong = []
    for place, call in enumerate(needing):
        # One service waits for the silent server: the others wait by the same code, and a person waits for the tester
        for fault in _FAULTS if place == 0 else _FAULTS[:-1]:
            answer = fetch(
                trial, call, without(request_of(call), "prefetch"), f"FHIR server {fault.value}", fault
            ).answer
            if answer.status != 412:
                wrong.append(f"{call.service.id}, FHIR server {fault.value}: {answer.told}")
            if answer.milliseconds > limit:
                wrong.append(f"{call.service.id}, FHIR server {fault.value}: {answer.milliseconds:.0f} ms")
    if not calls:
        return not_seen(why_nothing_fetched(trial))
    return finding(wrong, seen=f"{len(_FAULTS)} faults") if needing else not_seen(_NOTHING_NEEDED)


def looks_at_whose_it_is(trial: Trial) -> Finding:
    """54: what is about another patient is not used."""
    calls = answered_calls(trial)
    wrong: list[str] = []
    tried = 0
    for call in calls:
        for key, template in templates_of(call):
            value = request_of(call)["prefetch"][key]
            if not value or (value.get("resourceType") == "Bundle" and not value.get("entry")):
                continue
            if not is_search(template) and value.get("resourceType") != "Patient":
                continue
            foreign = _ask(trial, call, _with(call, key, _strange(value)), f"{key} of another patient")
            signs = list(_used(trial, call, key, template, foreign))
            wrong += signs
            # An answer that is the same with any data and with none shows nothing of whose it looked at
            tried += bool(signs) or foreign.status != 200 or comparable(foreign) != comparable(call.answer)
    if tried:
        return finding(wrong, seen=counted(tried, "key"))
    return not_seen(_NOTHING_USED if calls else NOT_ANSWERED)


def _used(trial: Trial, call: Exchange, key: str, template: str, foreign: Answer) -> Iterator[str]:
    """Signs that another patient's data was used: it is named, or it counts as the patient's own did."""
    where = f"{call.service.id}, {key} of another patient"
    if foreign.status not in {200, 400, 412, 422}:
        yield f"{where}: {foreign.told}"
    elif _STRANGER.encode() in foreign.body:
        yield f"{where}: the answer names it"
    elif foreign.status == 200 and not is_search(template):
        # Where it makes no difference whether there is a Patient, nobody has looked at it; silence is told at 49
        missing = _ask(trial, call, without_key(request_of(call), key), f"without {key}")
        if comparable(missing) != comparable(foreign):
            yield f"{where}: 200, though the Patient is somebody else"
    elif foreign.status == 200 and comparable(foreign) == comparable(call.answer):
        empty = _ask(trial, call, _with(call, key, empty_search()), f"{key} empty")
        if comparable(empty) != comparable(call.answer):
            yield f"{where}: it counts as if it were the patient's own"


def _strange(value: Json) -> Json:
    """The same resources about somebody else, with ids of their own."""
    if value["resourceType"] != "Bundle":
        return of_another(value)
    entries = []
    for entry in value["entry"]:
        resource = of_another(entry["resource"])
        entries.append(without(entry, "fullUrl") | {"resource": resource | {"id": f"{_STRANGER}{resource['id']}"}})
    return value | {"entry": entries}


def _ask(trial: Trial, call: Exchange, request: Json, label: str) -> Answer:
    return trial.subject.call(call.service, without(request, "fhirServer", "fhirAuthorization"), label)


def _with(call: Exchange, key: str, value: Json) -> Json:
    return _with_in(request_of(call), key, value)


def _with_in(request: Json, key: str, value: Json) -> Json:
    return with_prefetch(request, lambda held: held | {key: value})


CHECKS: Final[Mapping[int, Check]] = {
    48: tells_failed_from_absent,
    49: says_what_it_needs,
    50: survives_a_bad_server,
    54: looks_at_whose_it_is,
}
