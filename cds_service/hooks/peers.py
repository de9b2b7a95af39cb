"""Who is at the other end of a connection: the forms of an address, and who may read the counts. Knows addresses.

What is looked at is kept nowhere: the address may be that of a clinician's workstation.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from cds_service.outbound.addresses import Address, may_be_called

# What a proxy says of whose call it hands on. Whoever asks for himself sends none of them
_HANDED_ON: Final = ("HTTP_X_FORWARDED_", "HTTP_FORWARDED")


def addresses(text: str) -> tuple[Address, ...]:
    """The address in the forms that a list may have it in: a socket for both versions shows IPv4 inside of IPv6."""
    try:
        address = ip_address(text)
    except ValueError:
        return ()
    mapped = address.ipv4_mapped if address.version == 6 else None
    return (address,) if mapped is None else (address, mapped)


def asks_from_inside(environ: Mapping[str, Any]) -> bool:
    """Is it somebody of this network, who asks this instance itself? Whom of them is for the network to decide. What
    comes by way of a proxy is nobody's own question, be the proxy on a list or not; nor is one without an address."""
    peer = addresses(environ.get("REMOTE_ADDR", ""))
    if not peer or any(name.startswith(_HANDED_ON) for name in environ):
        return False
    return not any(may_be_called(address, named=()) for address in peer)
