"""Where the listed FHIR servers lead, looked up once, for `check` to tell an operator. Knows names and lists."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

from cds_service.outbound.addresses import Network, is_network, networks_in
from cds_service.outbound.names import Names, Reach, UnnamedAddressError
from cds_service.outbound.session import goes_by_proxy

_SECONDS: Final = 5.0


def odd_servers(lists: Sequence[tuple[str, Sequence[str]]], names: Names) -> list[str]:
    """One sentence for each server that a call would not reach: whose list it is in, its URL and why. It takes five
    seconds at most for all of them together.

    lists: whose they are, and the entries of fhir_servers.
    """
    ends = time.monotonic() + _SECONDS
    asked = [(owner, base, networks) for owner, entries in lists for base, networks in _bases(entries)]
    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        said = pool.map(lambda each: _oddity(each[1], Reach(names, each[2]), ends), asked)
        return [f"{owner}: {base} {why}" for (owner, base, _), why in zip(asked, said, strict=True) if why]


def _bases(entries: Sequence[str]) -> Iterator[tuple[str, tuple[Network, ...]]]:
    networks = networks_in(entries)
    return ((entry, networks) for entry in entries if not is_network(entry))


def _oddity(base: str, reach: Reach, ends: float) -> str:
    if goes_by_proxy(base):
        return "is asked by way of a proxy, which resolves its name: where it leads cannot be judged here"
    parts = urlsplit(base)
    try:
        left = max(0.001, ends - time.monotonic())
        reach.addresses(parts.hostname or "", left, encrypted=parts.scheme == "https")
    except UnnamedAddressError:
        return "leads to an address that fhir_servers does not name: add the address or its network to the list"
    except OSError:  # TimeoutError is one
        return "could not be resolved"
    return ""
