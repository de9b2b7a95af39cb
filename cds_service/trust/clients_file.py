"""The clients file: who may call, and what is different for each. Knows TOML and the names of its keys; no token.

Its faults are told all at once, by client and key, and never by value.
"""

import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.policy import Region
from cds_service.hooks.clients import PROFILES, Profile
from cds_service.settings import (
    Settings,
    base_url,
    fhir_servers,
    forms,
    is_encrypted_or_loopback,
    own_file,
    readable,
    region,
)
from cds_service.trust.keys import ALGORITHMS, LARGEST_SET, KeySetError, PublicKey, is_plain_utf8, read_keys

FHIR_SERVERS_NOT_IN_FORCE: Final = (
    "CDS_FHIR_SERVERS is not in force: with a clients file, each client has its own fhir_servers"
)
_LONGEST_NAME: Final = 64
_MOST_CALLS: Final = 1_000_000


class ClientsError(Exception):
    """Every fault of the clients file at once, one sentence each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """One [[client]]. None: not stated, so the setting of the service holds (profile: the request may show it).

    keys: those of jwks_file, read; empty with jwks_url. tenants: empty accepts any. audiences: accepted beside the
    URL of the endpoint. requests_per_minute: calls, over all workers.
    """

    name: str
    issuer: str
    jwks_url: str | None = None
    keys: tuple[PublicKey, ...] = ()
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    audiences: tuple[str, ...] = ()
    fhir_servers: tuple[str, ...] = ()
    profile: Profile | None = None
    unavailable: frozenset[Ingredient] | None = None
    tenants: frozenset[str] = frozenset()
    region: Region | None = None
    allow_open_fhir: bool | None = None
    store_comments: bool | None = None
    shadow: bool = False
    replay_check: bool = True
    requests_per_minute: int = 6000

    def settings(self, of_the_service: Settings) -> Settings:
        """The settings that hold for this client. Its FHIR servers are its own: CDS_FHIR_SERVERS is for a service
        without a clients file."""
        stated = {name: getattr(self, name) for name in ("region", "unavailable", "allow_open_fhir", "store_comments")}
        own = {name: value for name, value in stated.items() if value is not None}
        return replace(of_the_service, fhir_servers=self.fhir_servers, **own)


def read_clients(path: Path) -> tuple[ClientEntry, ...]:
    """The entries in the order of the file. ClientsError names every fault."""
    document, faults = _read(path)
    tables = document.pop("client", [])
    faults += [f"{name} is not a key of the file; it holds [[client]] tables" for name in document]
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise ClientsError((*faults, "the file names no client: it holds a [[client]] table for each"))
    entries = []
    for number, table in enumerate(tables, 1):
        fields, found = _fields(table, path.parent)
        faults += [f"{_called(number, table)}: {fault}" for fault in found]
        if not found:
            entries.append(ClientEntry(**fields))
    faults += _between(tables)
    if faults:
        raise ClientsError(tuple(faults))
    return tuple(entries)


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What stands in the file, and what is wrong with the file as such. ClientsError where nothing can be read."""
    try:
        text = readable(path).read_bytes()
    except (OSError, ValueError):
        raise ClientsError(("the file cannot be read",)) from None
    faults = []
    try:
        own_file(path)
    except ValueError as fault:
        faults.append(f"CDS_CLIENTS {fault}")
    if not is_plain_utf8(text):
        raise ClientsError((*faults, "the file is no TOML: it must be plain UTF-8, without a byte order mark"))
    try:
        return tomllib.loads(text.decode()), faults
    except tomllib.TOMLDecodeError as fault:  # says line and column
        raise ClientsError((*faults, f"the file is no TOML: {fault}")) from None


def _called(number: int, table: dict[str, Any]) -> str:
    name = table.get("name")
    return f"client {number} ({name})" if _is_name(name) else f"client {number}"


def _fields(table: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The fields of an entry, and what is wrong with the table."""
    fields: dict[str, Any] = {}
    faults = [f"{key} is missing" for key in ("name", "issuer") if key not in table]
    for key, value in table.items():
        if key not in _READERS:
            faults.append(f"{key} is not a key of a client")
            continue
        try:
            if key == "jwks_file":
                fields["keys"] = _keys(folder / _text(value))
            else:
                fields[key] = _READERS[key](value)
        except ValueError as fault:
            faults.append(f"{key} {fault}")
    if ("jwks_url" in table) == ("jwks_file" in table):
        faults.append("one of jwks_url and jwks_file must be there, and not both")
    return fields, faults


def _between(tables: list[dict[str, Any]]) -> list[str]:
    """What several clients must not have in common. A shared issuer is told apart by tenants, each by one client."""
    names = Counter(name.strip() for table in tables if isinstance(name := table.get("name"), str))
    faults = [f"{count} clients have the name {name}" for name, count in names.items() if count > 1]
    issuers = Counter(issuer for table in tables if isinstance(issuer := table.get("issuer"), str))
    for issuer in (issuer for issuer, count in issuers.items() if count > 1):
        sharing = [table.get("tenants") for table in tables if table.get("issuer") == issuer]
        lists = [tenants if isinstance(tenants, list) else [] for tenants in sharing]
        named = Counter(str(tenant) for tenants in lists for tenant in set(map(str, tenants)))
        if not all(lists) or any(count > 1 for count in named.values()):
            who = ", ".join(str(number) for number, t in enumerate(tables, 1) if t.get("issuer") == issuer)
            faults.append(f"clients {who} have one issuer: each must list tenants that no other of them lists")
    return faults


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_NAME and value.isprintable()


def _name(value: Any) -> str:
    if not _is_name(value):
        raise ValueError(f"must be a printable text of at most {_LONGEST_NAME} characters")
    return str(value).strip()


def _text(value: Any) -> str:
    if not _is_text(value):
        raise ValueError("must be a text without blanks around it")
    return str(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(_is_text(item) for item in value):
        raise ValueError("must be a list of texts without blanks around them")
    return tuple(value)


def _is_text(value: Any) -> bool:
    """These texts are compared to the letter: a blank that nobody sees would shut a client out."""
    return isinstance(value, str) and value != "" and value.strip() == value


def _switch(value: Any) -> bool:
    if value is not True and value is not False:
        raise ValueError("must be true or false")
    return bool(value)


def _algorithms(value: Any) -> tuple[str, ...]:
    names = _texts(value)
    if not names or not all(name in ALGORITHMS for name in names):
        raise ValueError(f"must list some of {', '.join(ALGORITHMS)}; nothing symmetric and never none")
    return names


def _key_set_url(value: Any) -> str:
    """Kept to the letter: a token's jku must equal it."""
    url = _text(value)
    base_url(url.replace("?", "", 1))  # a query is all that it may have more than a base
    if not is_encrypted_or_loopback(url):
        raise ValueError("must be an https URL; plain http is for loopback addresses")
    return url


def _keys(path: Path) -> tuple[PublicKey, ...]:
    try:
        with own_file(readable(path)).open("rb") as file:
            text = file.read(LARGEST_SET + 1)
    except OSError:  # it was there a moment ago
        raise ValueError("names a file that cannot be read") from None
    try:
        return read_keys(text)
    except KeySetError as fault:
        raise ValueError(f"names a file that {fault}") from None


def _profile(value: Any) -> Profile:
    if _text(value) not in PROFILES:
        raise ValueError(f"must be one of {', '.join(PROFILES)}")
    return PROFILES[value]


def _calls(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_CALLS:
        raise ValueError(f"must be a whole number from 1 to {_MOST_CALLS}")
    return value


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "name": _name,
    "issuer": _text,
    "jwks_url": _key_set_url,
    "jwks_file": _text,
    "algorithms": _algorithms,
    "audiences": _texts,
    "fhir_servers": lambda value: fhir_servers(_texts(value)),
    "profile": _profile,
    "unavailable": lambda value: forms(" ".join(_texts(value))),
    "tenants": lambda value: frozenset(_texts(value)),
    "region": lambda value: region(_text(value)),
    "allow_open_fhir": _switch,
    "store_comments": _switch,
    "shadow": _switch,
    "replay_check": _switch,
    "requests_per_minute": _calls,
}
