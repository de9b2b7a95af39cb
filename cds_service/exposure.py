"""Whom a service would be open to: what refuses the start, and what is said at the start. Knows settings; no HTTP."""

import logging
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from cds_service.settings import Settings, is_loopback
from cds_service.trust.clients_file import FHIR_SERVERS_NOT_IN_FORCE, ClientEntry

_EVERYBODY = (
    "without a clients file nobody is asked who he is: only loopback addresses are served then, unless CDS_INSECURE=1. "
    "Name the callers in a file and set CDS_CLIENTS"
)
_NO_URL = (
    "with a clients file CDS_PUBLIC_URL is needed on an address that is not loopback: each token is made out for the "
    "URL of the service, which cannot be taken from the caller"
)
_INSECURE = (
    "CDS_INSECURE=1: ANYBODY who reaches this address may call, and nobody is asked who he is. Not where there are "
    "patients' data: name the callers in a file, set CDS_CLIENTS, and take CDS_INSECURE away"
)
_USELESS = (
    "CDS_INSECURE=1 beside a clients file: tokens are asked for all the same, but the links in cards lead to whatever "
    "host a caller names, and CDS_PUBLIC_URL may be plain http. Take CDS_INSECURE away"
)
_RECORDED = (
    "decided calls are recorded in CDS_RECORD_DIR: pseudonymous data of patients, to be deleted when they have served"
)
_PLAIN = (
    "calls by plain http are not refused: set CDS_TRUSTED_PROXIES to the addresses of the proxy that speaks TLS, and "
    "see to it that nothing else reaches this address"
)
_UNREACHED = (
    "no address of this machine is in CDS_TRUSTED_PROXIES, and nothing else reaches a loopback address: a proxy on "
    "this machine would not be asked if its calls came by TLS"
)


def refusals(settings: Settings, host: str, unread: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Why this address cannot be served with these settings. unread: the settings that are there and could not be
    read; what they would have said is not held against the start twice."""
    if is_loopback(host):
        return ()
    if settings.clients is None and "CDS_CLIENTS" not in unread:
        return () if settings.insecure or "CDS_INSECURE" in unread else (_EVERYBODY,)
    return () if settings.public_url is not None or "CDS_PUBLIC_URL" in unread else (_NO_URL,)


def warnings(settings: Settings, host: str, clients: Sequence[ClientEntry] | None) -> Iterator[tuple[int, str]]:
    """What an operator should read in the log of a service that starts, each with its level of logging."""
    public = not is_loopback(host)
    if settings.insecure and clients is not None:
        yield logging.ERROR, _USELESS
    elif settings.insecure and public:
        yield logging.ERROR, _INSECURE
    if public and not settings.trusted_proxies and (settings.public_url or "").startswith("https:"):
        yield logging.WARNING, _PLAIN
    if not public and settings.trusted_proxies and not any(each.is_loopback for each in settings.trusted_proxies):
        yield logging.WARNING, _UNREACHED
    if settings.record_dir is not None:
        yield logging.WARNING, _RECORDED
    if clients is not None and settings.fhir_servers:
        yield logging.WARNING, FHIR_SERVERS_NOT_IN_FORCE
    if clients is not None and settings.public_url is None:
        also = ", or for the host that a trusted proxy names," if settings.trusted_proxies else ""
        yield (
            logging.WARNING,
            f"CDS_PUBLIC_URL is not set: only tokens made out for this machine's own address{also} come in",
        )
    if public:
        for name in _in_the_clear(settings, clients):
            yield logging.WARNING, f"{name} is plain http on this machine: right for a sidecar, and for nothing else"


def _in_the_clear(settings: Settings, clients: Sequence[ClientEntry] | None) -> Iterator[str]:
    """What is called by plain http, which is for loopback addresses only."""
    if settings.otel_endpoint is not None and _is_plain(settings.otel_endpoint):
        yield "CDS_OTEL_ENDPOINT"
    if clients is None and any(map(_is_plain, settings.fhir_servers)):
        yield "a server of CDS_FHIR_SERVERS"
    for client in clients or ():
        if client.jwks_url is not None and _is_plain(client.jwks_url):
            yield f"client {client.name}: jwks_url"
        if any(map(_is_plain, client.fhir_servers)):
            yield f"client {client.name}: a server of fhir_servers"


def _is_plain(url: str) -> bool:
    return urlsplit(url).scheme == "http"
