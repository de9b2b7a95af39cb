"""What may stand in a prefetch template. Knows tokens and FHIR search; judges the text alone."""

import re
from collections.abc import Iterator
from typing import Final

from cds_service.conformance.profile import Profile
from cds_service.conformance.walk import shown

_TOKEN: Final = re.compile(r"\{\{(.*?)\}\}")
_ROOT: Final = re.compile(r"context\.[A-Za-z][A-Za-z0-9]*")
_PATH: Final = re.compile(r"context\.[A-Za-z].*")
_USERS: Final = frozenset({"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"})
# Of these hooks' contexts, no primitive: a client cannot write them into a URL.
_NO_PRIMITIVES: Final = frozenset({"selections", "draftOrders", "medications", "dispatchedOrders", "fulfillmentTasks"})
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]+")
_PREFIX: Final = re.compile(r"(ne|sa|eb|ap)\d{4}")
_RESULTS: Final = frozenset({"_count", "_sort"})


def badly_formed(template: str, profile: Profile) -> Iterator[str]:
    """What is wrong with the tokens."""
    if "{{" in _TOKEN.sub("", template) or "}}" in _TOKEN.sub("", template):
        yield "has a brace that opens or closes no token"
    for token in _TOKEN.findall(template):
        name = token.strip()
        root = name.partition(".")[2].partition(".")[0]
        if root in _NO_PRIMITIVES and not profile.tokens_below_root:
            yield f"has the token {shown(name)}, which is no primitive"
        elif name in _USERS:
            if not profile.user_tokens:
                yield f"has the token {shown(name)}, which clients of 1.0 do not know"
        elif not (_PATH if profile.tokens_below_root else _ROOT).fullmatch(name):
            yield f"has the token {shown(name)}, which is no member of the context"


def not_widely_supported(template: str, profile: Profile) -> Iterator[str]:
    """What servers need not support."""
    query = _TOKEN.sub("token", template)
    path, question, parameters = query.partition("?")
    kind, _, identity = path.partition("/")
    if not _TYPE.fullmatch(kind):
        yield "starts with no resource type"
    elif "/" in identity or identity.startswith("$") or (not question and not identity):
        yield "is neither a read nor a search of one type"
    named: set[str] = set()
    for parameter in parameters.split("&") if question else ():
        name, _, value = parameter.partition("=")
        yield from _odd_parameter(name, value, profile)
        if name in named:
            yield f"has the parameter {shown(name)} twice, which some clients corrupt"
        named.add(name)


def _odd_parameter(name: str, value: str, profile: Profile) -> Iterator[str]:
    base, colon, modifier = name.partition(":")
    if base in _RESULTS or (base == "_maxresults" and profile.versions):
        return
    if base.startswith("_") and base not in {"_id", "_lastUpdated"}:
        yield f"has the parameter {shown(base)}"
    elif "." in base:
        yield f"has the chained parameter {shown(base)}"
    elif colon and modifier != "in":
        yield f"has the modifier {shown(modifier)}"
    elif _PREFIX.match(value):
        yield f"has the date prefix {shown(value[:2])}"


def unfiltered(template: str) -> bool:
    """A search of Observations by nothing but the patient?"""
    path, question, parameters = template.partition("?")
    if path != "Observation" or not question:
        return False
    names = {parameter.partition("=")[0].partition(":")[0] for parameter in parameters.split("&")}
    return names <= {"patient", "subject"} | _RESULTS
