"""Group A: the discovery document. Knows its members and the form of the services' entries."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.hook_requests import hook_request, scenarios_for
from cds_service.conformance.subject import Answer, Json
from cds_service.conformance.templates import badly_formed, not_widely_supported, unfiltered
from cds_service.conformance.trial import Check, Trial
from cds_service.conformance.walk import counted, empties, is_text, shown

_SEMVER: Final = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_REVERSE_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9_-]+)+")
# As published in the hook library; a hook that is not there is not judged.
_HOOK_VERSIONS: Final = {
    "patient-view": "1.0",
    "order-select": "1.0",
    "order-sign": "1.0",
    "order-dispatch": "1.1",
    "encounter-start": "1.0",
    "encounter-discharge": "1.0",
    "medication-refill": "0.1.0",
}
_NOWHERE: Final = "conformance-no-such-service"


def answers(trial: Trial) -> Finding:
    """1: 200 with a JSON object, with a token too where tokens are given."""
    wrong = list(_no_object("GET /cds-services", trial.discovery))
    seen = "200 with a JSON object"
    if trial.subject.token_for is not None:
        wrong += _no_object("GET /cds-services without a token", trial.subject.discover(authorised=False))
        seen += ", with and without a token"
    return finding(wrong, seen=seen)


def lists_services(trial: Trial) -> Finding:
    """2: `services` is a list; an empty one is legal."""
    document = trial.discovery.object
    if document is None:
        return not_seen("discovery is no JSON object")
    listed = document.get("services")
    if not isinstance(listed, list):
        return finding(["services is missing" if "services" not in document else "services is no list"], seen="")
    wrong = [f"services[{place}] is no object" for place, each in enumerate(listed) if not isinstance(each, dict)]
    return finding(wrong, seen=counted(len(listed), "service"))


def describes_each(trial: Trial) -> Finding:
    """3: hook, description and id are there, and a title is recommended."""
    wrong: list[str] = []
    weak: list[str] = []
    entries = _entries(trial)
    for path, entry in entries:
        wrong += [
            f"{path}.{name} {_missing(entry, name)}" for name in ("hook", "description", "id") if _bad(entry, name)
        ]
        if _bad(entry, "title"):
            (weak if "title" not in entry else wrong).append(f"{path}.title {_missing(entry, 'title')}")
        if "usageRequirements" in entry and not is_text(entry["usageRequirements"]):
            wrong.append(f"{path}.usageRequirements {_missing(entry, 'usageRequirements')}")
    return finding(wrong, weak, seen=counted(len(entries), "service")) if entries else _nothing(trial)


def leaves_out_empties(trial: Trial) -> Finding:
    """4: nothing in the document is null or empty but `services`."""
    document = trial.discovery.object
    if document is None:
        return not_seen("discovery is no JSON object")
    wrong = [f"{path} {what}" for path, what in empties(document, "$") if path != "$.services" or what == "is null"]
    return finding(wrong, seen="no null and nothing empty")


def ids_are_apart(trial: Trial) -> Finding:
    """5: one id twice only for different hooks."""
    entries = _entries(trial)
    first: dict[tuple[Any, Any], str] = {}
    wrong = []
    for path, entry in entries:
        key = (str(entry.get("id")), str(entry.get("hook")))
        if key in first:
            wrong.append(f"{path} has the id and the hook of {first[key]}")
        first.setdefault(key, path)
    return finding(wrong, seen=counted(len(entries), "service")) if entries else _nothing(trial)


def prefetch_is_readable(trial: Trial) -> Finding:
    """6: texts, with tokens that any client of this version can fill."""
    wrong: list[str] = []
    count = 0
    for path, entry in _entries(trial):
        if "prefetch" not in entry:
            continue
        templates = entry["prefetch"]
        if not isinstance(templates, dict):
            wrong.append(f"{path}.prefetch is no object")
            continue
        for name, template in templates.items():
            count += 1
            where = f"{path}.prefetch.{name}"
            if not is_text(template):
                wrong.append(f"{where} is no text")
                continue
            wrong += [f"{where} {what}" for what in badly_formed(template, trial.profile)]
    return finding(wrong, seen=counted(count, "template")) if count or wrong else _no_templates(trial)


def prefetch_is_widely_supported(trial: Trial) -> Finding:
    """7: reads and searches with parameters that every server has."""
    templates = list(_templates(trial))
    wrong = [
        f"{where} {what}" for where, template in templates for what in not_widely_supported(template, trial.profile)
    ]
    return finding(wrong, seen=counted(len(templates), "template")) if templates else _no_templates(trial)


def prefetch_is_narrow(trial: Trial) -> Finding:
    """8: not every Observation of a patient."""
    templates = list(_templates(trial))
    wrong = [f"{where} asks for every Observation of the patient" for where, text in templates if unfiltered(text)]
    return finding(wrong, seen=counted(len(templates), "template")) if templates else _no_templates(trial)


def takes_calls(trial: Trial) -> Finding:
    """9: each listed id can be POSTed to, and an unknown one is 404."""
    if not trial.services:
        return _nothing(trial)
    wrong, weak = [], []
    reached = {exchange.service.id: exchange.answer for exchange in trial.made if exchange.answer.status}
    for service in trial.services:
        answer = reached.get(service.id) or trial.subject.call(service, b"{}", "an empty object")
        if answer.status in {0, 404, 405, 501} or 300 <= answer.status < 400:
            wrong.append(f"POST to {service.id}: {answer.told}")
    example = next((each for each in trial.services if scenarios_for(each)), None)
    body = hook_request(example, scenarios_for(example)[0]) if example else {}
    unknown = trial.subject.send_json(trial.subject.url_of(_NOWHERE), body)
    if unknown.status == 0 or not 400 <= unknown.status < 500:
        wrong.append(f"POST to an unknown id: {unknown.told}, not 404")
    elif unknown.status not in {401, 404}:
        weak.append(f"POST to an unknown id: {unknown.told}, not 404")
    return finding(wrong, weak, seen=f"{len(trial.services)} ids and an unknown one")


def versions_and_extensions(trial: Trial) -> Finding:
    """10: version, hookVersion and extensions are of the right form."""
    wrong: list[str] = []
    weak: list[str] = []
    seen = 0
    document = trial.discovery.object or {}
    for path, entry in (("$", document), *_entries(trial)):
        if "extension" in entry:
            seen += 1
            _judge_extension(f"{path}.extension", entry["extension"], wrong, weak)
    for path, entry in _entries(trial):
        seen += "version" in entry or "hookVersion" in entry or trial.profile.versions
        version, hook_version = entry.get("version"), entry.get("hookVersion")
        if "version" not in entry and trial.profile.versions:
            weak.append(f"{path}.version is missing")
        elif "version" in entry and not (isinstance(version, str) and _SEMVER.fullmatch(version)):
            wrong.append(f"{path}.version is no semantic version such as 3.0.0")
        published = _HOOK_VERSIONS.get(str(entry.get("hook")))
        if "hookVersion" in entry and published is not None and hook_version != published:
            wrong.append(f"{path}.hookVersion is {shown(hook_version)}; {entry['hook']} is published as {published}")
    if not seen:
        return not_seen("no version and no extension in the document (CDS Hooks 3.0: --profile cds-hooks-3.0)")
    return finding(wrong, weak, seen="versions and extensions well formed")


def _judge_extension(path: str, extension: Any, wrong: list[str], weak: list[str]) -> None:
    if not isinstance(extension, dict):
        wrong.append(f"{path} is no object")
        return
    weak += [
        f"{path}: the name {shown(name)} is not in a domain"
        for name in extension
        if not _REVERSE_DOMAIN.fullmatch(name)
    ]


def _no_object(what: str, answer: Answer) -> Iterator[str]:
    if answer.status != 200:
        yield f"{what}: {answer.told}"
    elif answer.object is None:
        yield f"{what}: the body is no JSON object"


def _entries(trial: Trial) -> list[tuple[str, Json]]:
    listed = (trial.discovery.object or {}).get("services")
    entries = listed if isinstance(listed, list) else []
    return [(f"services[{place}]", each) for place, each in enumerate(entries) if isinstance(each, dict)]


def _templates(trial: Trial) -> Iterator[tuple[str, str]]:
    for path, entry in _entries(trial):
        templates = entry.get("prefetch")
        for name, template in (templates if isinstance(templates, dict) else {}).items():
            if is_text(template):
                yield f"{path}.prefetch.{name}", template


def _bad(entry: Json, name: str) -> bool:
    return not is_text(entry.get(name))


def _missing(entry: Json, name: str) -> str:
    return "is missing" if name not in entry else "is no text, or an empty one"


def _nothing(trial: Trial) -> Finding:
    return not_seen(f"discovery lists no service ({trial.discovery.told})")


def _no_templates(trial: Trial) -> Finding:
    return not_seen("no service asks for prefetch") if trial.services else _nothing(trial)


CHECKS: Final[Mapping[int, Check]] = {
    1: answers,
    2: lists_services,
    3: describes_each,
    4: leaves_out_empties,
    5: ids_are_apart,
    6: prefetch_is_readable,
    7: prefetch_is_widely_supported,
    8: prefetch_is_narrow,
    9: takes_calls,
    10: versions_and_extensions,
}
