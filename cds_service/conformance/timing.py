"""Group K: how long an answer takes. Knows a clock at the client's end of the wire."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.fhir_calls import fetch, fetching_calls, why_nothing_fetched
from cds_service.conformance.fhir_server import Fault
from cds_service.conformance.material import NOT_ANSWERED, answered_calls, request_of, text_of, without
from cds_service.conformance.subject import Answer, Exchange
from cds_service.conformance.trial import Check, Trial
from cds_service.conformance.walk import counted

_QUICK: Final = 500.0  # milliseconds, with everything prefetched
_BEARABLE: Final = 5000.0  # milliseconds, also where data had to be fetched


def answers_quickly(trial: Trial) -> Finding:
    """75: the 95th percentile with everything prefetched, and nine of ten of all calls of the run."""
    calls = answered_calls(trial)
    wrong, told = [], []
    for call in calls:
        url, body = trial.subject.url_of(call.service.id), text_of(request_of(call))
        times = [trial.subject.send("POST", url, body).milliseconds for _ in range(trial.options.timed)]
        worst = _percentile(times, 95)
        told.append(worst)
        if worst >= _QUICK:
            wrong.append(f"{call.service.id}: p95 is {worst:.0f} ms, and {_QUICK:.0f} are allowed")
    every = [each.answer.milliseconds for each in trial.subject.exchanges]
    if every and _percentile(every, 90) >= _BEARABLE:
        wrong.append(f"one call in ten took longer than {_BEARABLE / 1000:.0f} s")
    if not calls:
        return not_seen(NOT_ANSWERED)
    return finding(
        wrong, seen=f"p95 {max(told):.0f} ms of {trial.options.timed} calls each, {counted(len(calls), 'service')}"
    )


def _percentile(times: Sequence[float], percent: int) -> float:
    """The smallest time that `percent` of all do not exceed."""
    return sorted(times)[ceil(len(times) * percent / 100) - 1]


def keeps_to_the_budget(trial: Trial) -> Finding:
    """76: neither a slow nor a silent FHIR server makes a call longer than the budget."""
    limit = 1000 * trial.options.budget
    wrong, longest = [], 0.0
    calls = fetching_calls(trial)
    for call in calls[:1]:
        for fault in (Fault.SLOW, Fault.HANG):
            answer = _behind(trial, call, fault)
            longest = max(longest, answer.milliseconds)
            if answer.status == 0:
                wrong.append(f"{call.service.id}, FHIR server {fault.value}: {answer.fault}")
            elif answer.milliseconds > limit:
                wrong.append(f"{call.service.id}, FHIR server {fault.value}: {answer.milliseconds:.0f} ms")
    seen = f"{longest:.0f} ms at most, and {limit:.0f} are allowed (--budget)"
    return finding(wrong, seen=seen) if calls else not_seen(why_nothing_fetched(trial))


def _behind(trial: Trial, call: Exchange, fault: Fault) -> Answer:
    """The answer while the server is like this; what was asked before need not be waited for again."""
    label = f"FHIR server {fault.value}"
    made = [each.answer for each in trial.subject.exchanges if (each.service, each.label) == (call.service, label)]
    return made[0] if made else fetch(trial, call, without(request_of(call), "prefetch"), label, fault).answer


CHECKS: Final[Mapping[int, Check]] = {75: answers_quickly, 76: keeps_to_the_budget}
