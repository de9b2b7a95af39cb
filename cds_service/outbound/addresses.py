"""Which addresses may be called. Knows address ranges, and the networks that an operator names; no host and no URL.

An IPv6 address that carries IPv4 addresses is judged by these, since that is where the call would end.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")  # all that IANA gives out of IPv6
_NAT64: Final = IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE: Final = IPv6Network("::/96")
# Not private, and yet no place of the internet: protocol assignments, where one cloud has its metadata, and the
# address under which another cloud's machines reach their own host.
_NO_PLACE: Final = (IPv4Network("192.0.0.0/24"), IPv4Network("168.63.129.16/32"))
SHORTEST_PREFIX: Final = {4: 8, 6: 7}  # 10.0.0.0/8 and fc00::/7: the widest that is private
_ALL_LOOPBACK: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def may_be_called(address: Address, named: Iterable[Network]) -> bool:
    """Is it a public address, or in a network that is named?"""
    inside = _carried(address)
    if inside:
        return all(may_be_called(each, named) for each in inside)
    return _is_public(address) or is_in(address, named)


def is_loopback_address(address: Address) -> bool:
    """The machine itself, also where the address is an IPv4 one in the dress of IPv6."""
    inside = _carried(address)
    return all(is_loopback_address(each) for each in inside) if inside else is_in(address, _ALL_LOOPBACK)


def is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def is_network(entry: str) -> bool:
    """Is an entry of a list of servers meant as a network or address, and not as a URL?"""
    return "://" not in entry


def networks_in(entries: Sequence[str]) -> tuple[Network, ...]:
    """The networks of a list of servers that was read."""
    return tuple(read_network(entry) for entry in entries if is_network(entry))


def read_network(text: str) -> Network:
    """A network such as 10.20.0.0/16, or a single address. ValueError says what is wrong, without the value."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("must list absolute http or https URLs, and networks such as 10.20.0.0/16") from None
    if "%" in text:
        raise ValueError("lists an address with a zone: only networks and plain addresses can be named")
    if "/" in text and ip_address(text.partition("/")[0]) != network.network_address:
        raise ValueError("lists a network with bits set behind its prefix: 10.20.0.0/16 is one, 10.20.3.4/16 is not")
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        raise ValueError("lists a network that is too wide: at least /8 of IPv4, /7 of IPv6")
    if _carried(network.network_address):
        raise ValueError("lists an IPv6 network that stands for IPv4 addresses: name the IPv4 network")
    return network


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address in _GLOBAL_UNICAST and address.is_global
    return address.is_global and not (address.is_multicast or is_in(address, _NO_PLACE))


def _carried(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 one stands for: mapped, compatible, NAT64, 6to4, Teredo (server and client)."""
    if isinstance(address, IPv4Address):
        return ()
    if address.teredo is not None:
        return address.teredo
    one = address.ipv4_mapped or address.sixtofour
    if one is not None:
        return (one,)
    if address in _NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1):  # :: and ::1 are themselves
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()
