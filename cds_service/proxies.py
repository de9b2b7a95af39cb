"""CDS_TRUSTED_PROXIES: which addresses are believed about where a call came from. Knows address ranges; no HTTP."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Final

from cds_service.outbound.addresses import SHORTEST_PREFIX, Network

# Callers by IPv4, as a socket for both versions shows them
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def read_proxies(items: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks. ValueError says what is wrong, without the value: who lists half of the internet, in
    however many parts, believes whoever calls."""
    networks: list[Network] = []
    for place, item in enumerate(items, 1):
        try:
            networks.append(ip_network(item))
        except ValueError:
            raise ValueError(f"must list addresses and networks, as 192.0.2.7 or 192.0.2.0/28: item {place}") from None
    if any(network.prefixlen < SHORTEST_PREFIX[network.version] for network in _together(networks)):
        raise ValueError(
            "must not be wider than any private network, all items together: any caller could say that it came by TLS"
        )
    return tuple(networks)


def _together(networks: Iterable[Network]) -> Iterator[Network]:
    """The same addresses in as few networks as can be."""
    four, six = [], []
    for network in networks:
        if isinstance(network, IPv4Network):
            four.append(network)
        else:
            six.append(network)
            four += _by_ipv4(network)
    yield from collapse_addresses(four)
    yield from collapse_addresses(six)


def _by_ipv4(network: IPv6Network) -> list[IPv4Network]:
    """The callers by IPv4 that it holds."""
    if network.supernet_of(_MAPPED):
        return [IPv4Network("0.0.0.0/0")]
    if network.subnet_of(_MAPPED):
        return [IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - _MAPPED.prefixlen))]
    return []
