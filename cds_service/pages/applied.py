"""A suggestion -> the request after a clinician has taken it, as CDS Hooks says of its actions. Knows FHIR's names.

What is created or changed is what the clinician looks at next, so it is selected. On a chart there are no drafts: what
is created is signed at once. The hook fires anew, under an instance of its own.
"""

from copy import deepcopy
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

Json = dict[str, Any]
# Where a chart shows what has been signed, by its type
_SIGNED: Final = {"MedicationRequest": "medications", "ServiceRequest": "ordered"}


def applied(request: Json, suggestion: Json, today: date) -> Json:
    """A request of its own; the one given is not touched."""
    following = deepcopy(request)
    following["hookInstance"] = str(uuid5(UUID(request["hookInstance"]), suggestion["uuid"]))
    if "draftOrders" in following["context"]:
        _draft(following["context"], suggestion["actions"])
    else:
        for action in suggestion["actions"]:
            _sign(following["prefetch"], action["resource"], today)
    return following


def _draft(context: Json, actions: list[Json]) -> None:
    drafts = {_name(entry["resource"]): entry["resource"] for entry in context["draftOrders"].get("entry", ())}
    touched = []
    for action in actions:
        if action["type"] == "delete":
            drafts.pop(action["resourceId"], None)
            continue
        resource = deepcopy(action["resource"])
        if action["type"] == "create":
            resource["id"] = _new_id(drafts)
        drafts[_name(resource)] = resource
        touched.append(_name(resource))
    context["draftOrders"]["entry"] = [{"resource": draft} for draft in drafts.values()]
    if "selections" in context:
        kept = [name for name in context["selections"] if name in drafts]
        context["selections"] = list(dict.fromkeys([*kept, *touched]))


def _sign(prefetch: Json, resource: Json, today: date) -> None:
    bundle = prefetch.setdefault(_SIGNED[resource["resourceType"]], {"resourceType": "Bundle", "type": "searchset"})
    entries = bundle.setdefault("entry", [])
    named = {_name(entry["resource"]): entry for entry in entries}
    signed = {"id": _new_id(named), "status": "active", "authoredOn": today.isoformat()}
    entries.append({"resource": deepcopy(resource) | signed})
    bundle["total"] = len(entries)


def _name(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _new_id(taken: Json) -> str:
    """The EHR names what is created: no draft of ours may get the name of another."""
    used = {name.partition("/")[2] for name in taken}
    return next(name for number in range(len(used) + 1) if (name := f"created-{number}") not in used)
