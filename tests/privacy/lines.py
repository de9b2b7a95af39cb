"""What a line of the log may be: known members, and for each of them a form in which no value of a patient has room."""

import json
import re
from collections.abc import Collection
from typing import Any, Final

from cds_service.audit import MEMBERS
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.snapshot import Availability
from cds_service.hooks.problems import Fault
from cds_service.patient_data.fhir_client import Why

_RANDOM: Final = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}"
_FORMS: Final = {
    "at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z",
    "level": "debug|info|warning|error|critical",
    "logger": r"cds_service(\.[a-z_]+)?|gunicorn(\.[a-z_]+)*|root|[a-z_0-9.]+",
    "request": _RANDOM,
    "instance": _RANDOM,
    "service": "b12-(order-select|order-sign|patient-view)",
    "problem": "|".join(fault.code for fault in Fault),
    "note": r"[A-Za-z_0-9 ,.:'-]{1,100}",
    "message": r"[ -~]{1,1000}",
    "error": r"[A-Za-z_]+ at [ -~]*",
    "place": r"[a-z_0-9]+\.py:\d+ [A-Za-z_0-9<>]+",
}
_RULE: Final = "[A-Z]{1,2}-[A-Z0-9-]{1,30}"
_COUNTS: Final = ("status", "drafts", "cards", "feedback", "fetched", "dropped", "pid")


def faults(line: bytes, clients: Collection[str] = ()) -> list[str]:
    """What is wrong with one line. clients: the names in the clients file."""
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError:
        return ["no JSON"]
    if not isinstance(told, dict):
        return ["no JSON object"]
    found = [f"{name} is not a member" for name in told.keys() - MEMBERS.keys()]
    found += [f"{name} is missing" for name in ("at", "level", "logger") if name not in told]
    return found + [f"{name} is {value!r}" for name, value in told.items() if not _is_sound(name, value, clients)]


def _is_sound(name: str, value: Any, clients: Collection[str]) -> bool:
    if name in _FORMS:
        return isinstance(value, str) and re.fullmatch(_FORMS[name], value) is not None
    if name in _COUNTS:
        return isinstance(value, int) and not isinstance(value, bool)
    match name:
        case "ms":
            return isinstance(value, int | float)
        case "client" | "claimed":
            return value in clients
        case "shadow":
            return value is True
        case "rules":
            return all(re.fullmatch(_RULE, rule) for rule in value)
        case "gaps":
            kinds, ways = {each.value for each in ResourceKind}, {each.value for each in Availability}
            return value.keys() <= kinds and set(value.values()) <= ways
        case "unread":
            return value.keys() <= set(Why) and all(isinstance(count, int) for count in value.values())
    return name not in MEMBERS
