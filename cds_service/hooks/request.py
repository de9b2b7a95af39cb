"""Bytes of a hook call -> HookRequest. Knows the protocol's envelope and context; leaves FHIR data unread."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator
from msgspec import Raw
from referencing import Registry, Resource

from cds_service.hooks.clients import Profile, profile_shown
from cds_service.hooks.draft_orders import drafts_of, selections_of
from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.schema_files import SCHEMAS
from cds_service.hooks.services import SERVICES, Service
from cds_service.hooks.strict_json import check_number_of_values, check_text, members, opened, small_value, whole_value

_PATIENT_ID: Final = re.compile(r"(?:Patient/)?(?!\.{1,2}\Z)[^/\s]+")
_ID: Final = re.compile(r"(?!\.{1,2}\Z)[^/\s]+")
# What an entry of a Bundle may hold beside its resource
_BESIDE: Final = frozenset({"id", "extension", "modifierExtension", "link", "fullUrl", "search", "request", "response"})
_NO_CLINICIAN: Final = re.compile(r"(?:\S*/)?(?:Patient|RelatedPerson)/[^/\s]+")
_KEYS: Final = {service.id: frozenset(key.name for key in service.prefetch) for service in SERVICES}
_FILES: Final[Registry[Any]] = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
_RULES: Final = {service.hook: Draft202012Validator(SCHEMAS[service.hook], registry=_FILES) for service in SERVICES}


class Secret:
    """A token that shows itself only when asked: no repr, str, format or log line can print it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret"


@dataclass(frozen=True, slots=True, repr=False)
class HookRequest:
    """One hook call. drafts, full_urls: the entries of draftOrders in order. selections: "Type/id" or a fullUrl.

    prefetch values are raw JSON. shown: the client profile that the request gives away. token_problem: why a
    fhirAuthorization that was sent is not used (decisions 4, 5);
    then no FHIR call is made at all.
    """

    service: Service
    hook_instance: str
    patient_id: str
    user_id: str | None
    encounter_id: str | None
    drafts: tuple[dict[str, Any], ...]
    full_urls: tuple[str | None, ...]
    selections: tuple[str, ...]
    prefetch: dict[str, Raw]
    fhir_server: str | None = None
    access_token: Secret | None = None
    token_problem: str | None = None
    shown: Profile | None = None

    @property
    def patient_facing(self) -> bool:
        """Is the user a patient or a relative? They get no prescribing advice (derivations 1.2 row 1)."""
        return self.user_id is not None and _NO_CLINICIAN.match(self.user_id) is not None


# Members of a call: each still raw, or (the ordinary case) text, null and the members of an object, these raw.
Envelope = Mapping[str, Raw | str | dict[str, Raw] | None]


def read_request(service: Service, body: bytes) -> HookRequest:
    """HookRequest, or a Problem (400) that names the path and the rule broken."""
    body = body.removeprefix(BOM_UTF8)
    check_text(body)
    envelope: Envelope = opened(body) or members(body, "$")
    hook, instance = _small(envelope, "hook"), _small(envelope, "hookInstance")
    context: Any = _whole(envelope, "context")
    if not _keeps_the_rules(service, hook, instance, context):
        raise _broken_rule(service, members(body, "$"), context)
    patient_id = context["patientId"].removeprefix("Patient/")
    drafts, full_urls = ((), ()) if service.opens_chart else drafts_of(context["draftOrders"])
    server, token, token_problem = _access(envelope, patient_id)
    return HookRequest(
        service=service,
        hook_instance=instance,
        patient_id=patient_id,
        user_id=context.get("userId"),
        encounter_id=_encounter(context.get("encounterId")),
        drafts=drafts,
        full_urls=full_urls,
        selections=selections_of(context.get("selections"), drafts, full_urls),
        prefetch=_prefetch(envelope, _KEYS[service.id], body),
        fhir_server=server,
        access_token=token,
        token_problem=token_problem,
        shown=profile_shown(_extension(envelope)),
    )


def _prefetch(envelope: Envelope, keys: frozenset[str], body: bytes) -> dict[str, Raw]:
    """Keys and raw values; a prefetch that is no object holds nothing (REQ-44: as if absent).

    Some clients put the keys beside `prefetch`. There only an object under the name of a key that we ask for, and that
    `prefetch` does not have, is read as its value: `null` or text at that place (an old `patient`) answers no query.
    """
    sent = envelope.get("prefetch")
    if isinstance(sent, Raw) and bytes(memoryview(sent)[:1]) == b"{":
        sent = members(sent, "prefetch")
    inside = sent if isinstance(sent, dict) else {}
    outside = [name for name in keys & envelope.keys() if name not in inside and _is_object(envelope[name])]
    if not outside:
        return inside
    whole = members(body, "$")
    return inside | {name: whole[name] for name in outside}


def _is_object(value: Raw | str | dict[str, Raw] | None) -> bool:
    return isinstance(value, dict) or (isinstance(value, Raw) and bytes(memoryview(value)[:1]) == b"{")


def _extension(envelope: Envelope) -> Iterable[str]:
    """Names of the members of the request's `extension`; what they hold is not read."""
    sent = envelope.get("extension")
    if isinstance(sent, Raw) and bytes(memoryview(sent)[:1]) == b"{":
        return members(sent, "extension")
    return sent if isinstance(sent, dict) else ()


def _small(envelope: Envelope, name: str) -> Any:
    """A member that should be text, or None when it is absent."""
    sent = envelope.get(name)
    return small_value(sent) if isinstance(sent, Raw) else sent


def _whole(envelope: Envelope, name: str) -> Any:
    """A member in full, or None when it is absent."""
    sent = envelope.get(name)
    if isinstance(sent, dict):
        check_number_of_values(sent.values(), name)
        return {inner: whole_value(raw, name) for inner, raw in sent.items()}
    if isinstance(sent, Raw):
        check_number_of_values((sent,), name)
        return whole_value(sent, name)
    return sent


def _keeps_the_rules(service: Service, hook: Any, instance: Any, context: Any) -> bool:
    """The schema's rules in plain code, thirty times as fast. A test holds the two together."""
    if hook != service.hook or not isinstance(instance, str) or instance.strip() == "":
        return False
    if not isinstance(context, dict):
        return False
    # A chart is opened without orders; whatever else a client sends with it is ignored.
    patient, drafts = context.get("patientId"), {} if service.opens_chart else context.get("draftOrders")
    return (
        isinstance(patient, str)
        and _PATIENT_ID.fullmatch(patient) is not None
        and isinstance(drafts, dict)
        and ("entry" in drafts or "resourceType" in drafts or not drafts)
        and _can_be_orders(drafts.get("entry"))
        and isinstance(context.get("userId"), str | None)
        and isinstance(context.get("encounterId"), str | None)
    )


def _can_be_orders(entries: Any) -> bool:
    """Entries of draftOrders: an entry that cannot be an order is refused, not passed over."""
    if entries is None:
        return True
    if not isinstance(entries, list):
        return False
    for entry in entries:
        if isinstance(entry, dict):
            if "resource" not in entry:
                if "resourceType" in entry or entry.keys() <= _BESIDE:
                    continue
                return False  # perhaps an order that does not say what it is
            resource = entry["resource"]
            if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
                continue
        elif entry is None:
            continue
        return False
    return True


def _broken_rule(service: Service, envelope: dict[str, Raw], context: Any) -> Problem:
    """The first rule broken, worded from the schema. The validator's own message prints values and is not used."""
    call: dict[str, Any] = {name: small_value(envelope[name]) for name in ("hook", "hookInstance") if name in envelope}
    if "context" in envelope:
        call["context"] = context
    for error in _RULES[service.hook].iter_errors(call):
        path, wanted = _place(error.absolute_path), error.validator_value
        match error.validator:
            case "required":
                missing = next(name for name in wanted if name not in error.instance)
                return Problem(Fault.BAD_REQUEST, path=_place((*error.absolute_path, missing)), rule="is required")
            case "type":
                kinds = wanted if isinstance(wanted, str) else " or ".join(wanted)
                rule = f"must be of type {kinds}"
            case "anyOf":
                rule = "must be a Bundle or one order" if path.endswith("draftOrders") else "must hold a resource"
            case "const":
                rule = f"must be {wanted} at this address"
            case _:
                rule = "must not be empty" if path == "hookInstance" else "must be a bare id"
        return Problem(Fault.BAD_REQUEST, path=path, rule=rule)
    return Problem(Fault.BAD_REQUEST)


def _place(steps: Iterable[str | int]) -> str:
    """Where in the call, as context.draftOrders.entry[0].resource."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _access(envelope: Envelope, patient_id: str) -> tuple[str | None, Secret | None, str | None]:
    """FHIR base, token and, where an authorization is not used, why (no identifier in it)."""
    server = _small(envelope, "fhirServer")
    base = server.rstrip("/") if isinstance(server, str) and server.strip("/ ") != "" else None
    given = _whole(envelope, "fhirAuthorization")
    if given is None:
        return base, None, None
    if not isinstance(given, dict):
        return base, None, "fhirAuthorization is not an object"
    token, lifetime, patient = given.get("access_token"), given.get("expires_in", 1), given.get("patient")
    if not isinstance(token, str) or token == "" or not all("!" <= char <= "~" for char in token):
        return base, None, "fhirAuthorization has no usable access_token"
    if str(given.get("token_type")).lower() != "bearer":
        return base, None, "fhirAuthorization is not a Bearer token"
    if isinstance(lifetime, bool) or not isinstance(lifetime, int) or lifetime <= 0:
        return base, None, "fhirAuthorization has expired or states no lifetime"
    if patient is not None and _bare(patient, "Patient/") != patient_id:
        return base, None, "fhirAuthorization is for another patient"
    if base is None:
        return None, None, "fhirAuthorization came without fhirServer"
    return base, Secret(token), None


def _encounter(value: Any) -> str | None:
    """The bare id, or None where no reference can be made of it."""
    found = _bare(value, "Encounter/")
    return found if found is not None and _ID.fullmatch(found) else None


def _bare(value: Any, prefix: str) -> str | None:
    return value.removeprefix(prefix) if isinstance(value, str) else None
