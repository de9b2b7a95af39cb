"""Prefetch as a client fills it: a template and a record in, the read resource or the search result out.

Knows the search parameters that templates use; one that it does not know narrows nothing, as on a lenient server.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

Json = dict[str, Any]

_TOKEN: Final = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_SERVER: Final = "https://ehr.example/fhir"


def prefetched(templates: Mapping[str, str], values: Mapping[str, str], record: Sequence[Json]) -> Json:
    """The prefetch object: one member for each template whose tokens `values` can fill.

    values: the text for each token, such as {"context.patientId": "p1"}. A read that finds nothing is null, a search
    that finds nothing is a Bundle without entries.
    """
    filled = {name: resolved(template, values) for name, template in templates.items()}
    return {name: answered(query, record) for name, query in filled.items() if query is not None}


def resolved(template: str, values: Mapping[str, str]) -> str | None:
    """The query with its tokens filled, or None where one cannot be."""
    if any(token not in values for token in _TOKEN.findall(template)):
        return None
    return _TOKEN.sub(lambda found: values[found.group(1)], template)


def answered(query: str, record: Sequence[Json]) -> Json | None:
    """What a FHIR server with this record would answer to a read or a search."""
    path, _, parameters = query.partition("?")
    kind, _, identity = path.strip("/").partition("/")
    if identity:
        return next((each for each in record if (each["resourceType"], each.get("id")) == (kind, identity)), None)
    asked = parse_qsl(parameters)
    found = [each for each in record if each["resourceType"] == kind and all(_matches(each, *one) for one in asked)]
    return searchset(found)


def searchset(found: Sequence[Json]) -> Json:
    """A search result; without matches it has no `entry`, as FHIR allows no empty list."""
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    if found:
        bundle["entry"] = [
            {
                "fullUrl": f"{_SERVER}/{each['resourceType']}/{each['id']}",
                "resource": each,
                "search": {"mode": "match"},
            }
            for each in found
        ]
    return bundle


def _matches(resource: Json, parameter: str, value: str) -> bool:
    wanted = value.split(",")
    match parameter:
        case "_id":
            return resource.get("id") in wanted
        case "patient" | "subject":
            person = resource.get("subject") or resource.get("patient") or {}
            about = str(person.get("reference", ""))
            return any(about == one or about.endswith(f"/{one}") for one in wanted)
        case "code":
            return any(_coded(resource.get("code", {}), one) for one in wanted)
        case "category":
            return any(_coded(each, one) for each in resource.get("category", ()) for one in wanted)
        case "status" | "intent":
            return resource.get(parameter) in wanted
        case _:
            return True


def _coded(concept: Json, token: str) -> bool:
    system, bar, code = token.rpartition("|")
    codings = concept.get("coding", ())
    return any(each.get("code") == code and (not bar or each.get("system") == system) for each in codings)
