"""The process environment as one frozen Settings. Knows the setting names of this version and nothing of HTTP."""

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.policy import Region
from cds_service.outbound.addresses import Network, is_network, read_network
from cds_service.proxies import read_proxies
from cds_service.recording.key import key_file, lies_within, record_folder
from cds_service.records.place import read_url
from cds_service.redis_url import read_redis_url

_MEBIBYTE = 1024 * 1024
_STOCKED = (Ingredient.CYANOCOBALAMIN, Ingredient.HYDROXOCOBALAMIN, Ingredient.MECOBALAMIN)
_OTEL = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

_RECORDING = frozenset({"CDS_RECORD_DIR", "CDS_RECORD_KEY_FILE"})


class SettingsError(Exception):
    """Every fault of the environment at once. faults: one sentence each, naming the variable, never its value.

    settings: what could be read. unread: the names of what could not, of which settings has the default.
    """

    def __init__(self, faults: tuple[str, ...], settings: "Settings", unread: frozenset[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults
        self.settings = settings
        self.unread = unread


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can choose. max_body is in bytes; fhir_servers are base URLs without a trailing slash, and the
    networks beside the public ones that their names may lead to.

    record_dir, record_key: where requests are recorded, and the file of the key for it; both or neither.
    database_url: for SQLAlchemy; None is the default place. shared_state_url: of a Redis; None is a file of `serve`.
    otel_endpoint: base URL of an OpenTelemetry collector; None sends no traces.
    """

    public_url: str | None = None
    clients: Path | None = None
    unavailable: frozenset[Ingredient] = frozenset()
    region: Region = Region.UK
    allow_open_fhir: bool = False
    fhir_servers: tuple[str, ...] = ()
    deadline_ms: int = 3000
    max_body: int = 16 * _MEBIBYTE
    cors_origins: tuple[str, ...] = ("*",)
    insecure: bool = False
    log_level: str = "info"
    thresholds: Path | None = None
    sign_off: Path | None = None
    database_url: str | None = None
    shared_state_url: str | None = None
    store_comments: bool = False
    trusted_proxies: tuple[Network, ...] = ()
    metrics: bool = True
    record_dir: Path | None = None
    record_key: Path | None = None
    otel_endpoint: str | None = None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from the environment; an empty variable counts as not set. SettingsError names every fault."""
    given = {name: value.strip() for name, value in environ.items() if name.startswith("CDS_") and value.strip()}
    faults: list[str] = []
    unread: set[str] = set()
    fields: dict[str, Any] = {}
    for name in sorted(given):
        if name not in _READERS:
            faults.append(f"{name} is not a setting")
        else:
            field, reader = _READERS[name]
            try:
                fields[field] = reader(given[name])
            except ValueError as fault:
                faults.append(f"{name} {fault}")
                unread.add(name)
    settings = Settings(**fields)
    if settings.public_url is not None and not (is_encrypted_or_loopback(settings.public_url) or settings.insecure):
        faults.append("CDS_PUBLIC_URL must be https unless its host is a loopback address")
    if len(_RECORDING & given.keys()) == 1:
        faults.append(f"{' and '.join(sorted(_RECORDING))} are needed together: ids are recorded under the site's key")
    if settings.record_dir and settings.record_key and lies_within(settings.record_key, settings.record_dir):
        faults.append(
            "CDS_RECORD_KEY_FILE lies in CDS_RECORD_DIR: whoever copies the recordings would have the key too"
        )
    if faults:
        raise SettingsError(tuple(faults), settings, frozenset(unread))
    return settings


def recordings_apart(environ: Mapping[str, str]) -> tuple[dict[str, str], Path | None]:
    """The environment without recordings, and their folder: who deletes them needs no key, which may be gone."""
    folder = environ.get("CDS_RECORD_DIR", "").strip()
    return {name: value for name, value in environ.items() if name not in _RECORDING}, Path(folder) if folder else None


def is_loopback(host: str) -> bool:
    """Is this host name or address the machine itself? Names other than localhost are not looked up."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_encrypted_or_loopback(url: str) -> bool:
    """May this URL be used: https, or plain http that does not leave the machine?"""
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def base_url(value: str) -> str:
    """An absolute http(s) URL that paths can be appended to."""
    fault = "must be an absolute http or https URL without user, query or fragment"
    try:
        parts = urlsplit(value)
        bad = parts.port == 0  # reading it raises for what is no port number
    except ValueError:
        raise ValueError(fault) from None
    if bad or parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError(fault)
    if parts.query or parts.fragment or any(c.isspace() or c == "\\" for c in value):
        raise ValueError(fault)
    return value.rstrip("/")


def _public_url(value: str) -> str:
    url = base_url(value)
    if url.endswith("/cds-services"):  # no token would be made out for what the service takes for its own address
        raise ValueError("must be the base of the service, without /cds-services")
    return url


def fhir_servers(items: Iterable[str]) -> tuple[str, ...]:
    """Base URLs, and the networks and single addresses that their names may lead to. ValueError."""
    entries = tuple(str(read_network(item)) if is_network(item) else base_url(item) for item in items)
    servers = [entry for entry in entries if not is_network(entry)]
    if entries and not servers:
        raise ValueError("lists networks and no URL: a network opens no server")
    if not all(is_encrypted_or_loopback(server) for server in servers):
        raise ValueError("must list https URLs; plain http is for loopback addresses")
    return entries


def _otel_endpoint(value: str) -> str:
    url = base_url(value)
    if not is_encrypted_or_loopback(url):
        raise ValueError("must be https unless its host is a loopback address")
    if not all(map(_is_installed, _OTEL)):
        raise ValueError("needs an extra that is not installed: pip install './WHEEL[otel]'")
    return url


def _is_installed(module: str) -> bool:
    """Can it be imported? What is above it is imported here."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _items(value: str) -> list[str]:
    return value.replace(",", " ").split()


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(_items(value))
    if origins == ("*",):
        return origins
    for origin in origins:
        if base_url(origin) != origin or urlsplit(origin).path:
            raise ValueError("must be * or a list of origins such as https://host:port")
    return origins


def forms(value: str) -> frozenset[Ingredient]:
    """Ingredients by name, separated by commas or spaces. ValueError where one is not stocked anywhere."""
    known = {form.value: form for form in _STOCKED}
    names = [name.lower() for name in _items(value)]
    if not all(name in known for name in names):
        raise ValueError(f"must list some of {', '.join(sorted(known))}")
    return frozenset(known[name] for name in names)


def region(value: str) -> Region:
    """uk or us. ValueError for anything else."""
    try:
        return Region(value.lower())
    except ValueError:
        raise ValueError("must be uk or us") from None


def _switch(value: str) -> bool:
    if value not in {"0", "1"}:
        raise ValueError("must be 0 or 1")
    return value == "1"


def _whole(low: int, high: int, factor: int = 1) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
        if not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number * factor

    return read


def _log_level(value: str) -> str:
    if value.lower() not in _LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(_LOG_LEVELS)}")
    return value.lower()


def _file(value: str) -> Path:
    return own_file(readable(Path(value)))


def readable(path: Path) -> Path:
    """The path, if it leads to a file that can be read. ValueError. A pipe would be waited for, and is none."""
    try:
        if path.is_file():
            with path.open("rb"):
                return path
    except OSError:
        pass
    raise ValueError("names a file that cannot be read")


def own_file(path: Path) -> Path:
    """The path, if not every user of the machine may write to it: who writes there decides who comes in, or what is
    advised. ValueError. A group may write, since it is given on purpose; folders are not looked at, since Kubernetes
    mounts its files in folders that everybody could write to if they were not read-only."""
    if os.name == "posix" and path.stat().st_mode & stat.S_IWOTH:
        raise ValueError("names a file that every user of this machine may change (chmod o-w takes that away)")
    return path


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "CDS_PUBLIC_URL": ("public_url", _public_url),
    "CDS_CLIENTS": ("clients", lambda value: readable(Path(value))),
    "CDS_UNAVAILABLE": ("unavailable", forms),
    "CDS_REGION": ("region", region),
    "CDS_ALLOW_OPEN_FHIR": ("allow_open_fhir", _switch),
    "CDS_FHIR_SERVERS": ("fhir_servers", lambda value: fhir_servers(_items(value))),
    "CDS_DEADLINE_MS": ("deadline_ms", _whole(1, 600_000)),
    "CDS_MAX_BODY_MB": ("max_body", _whole(1, 1024, _MEBIBYTE)),
    "CDS_DATABASE_URL": ("database_url", read_url),
    "CDS_SHARED_STATE_URL": ("shared_state_url", read_redis_url),
    "CDS_STORE_COMMENTS": ("store_comments", _switch),
    "CDS_CORS_ORIGINS": ("cors_origins", _origins),
    "CDS_INSECURE": ("insecure", _switch),
    "CDS_LOG_LEVEL": ("log_level", _log_level),
    "CDS_THRESHOLDS": ("thresholds", _file),
    "CDS_METRICS": ("metrics", _switch),
    "CDS_OTEL_ENDPOINT": ("otel_endpoint", _otel_endpoint),
    "CDS_TRUSTED_PROXIES": ("trusted_proxies", lambda value: read_proxies(_items(value))),
    "CDS_SIGN_OFF": ("sign_off", _file),
    "CDS_RECORD_DIR": ("record_dir", record_folder),
    "CDS_RECORD_KEY_FILE": ("record_key", key_file),
}
