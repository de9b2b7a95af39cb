"""Who is at the other end of a connection: the forms of an address, and who may read the counts. Knows addresses.

What is looked at is kept nowhere: the address may be that of a clinician's workstation.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from cds_service.outbound.addresses import Address, may_be_called

# In environ: a trusted proxy hands on a call of somebody else
HANDED_ON: Final = "cobalamin_cds.handed_on"


def addresses(text: str) -> tuple[Address, ...]:
    """The address in the forms that a list may have it in: a socket for both versions shows IPv4 inside of IPv6."""
    try:
        address = ip_address(text)
    except ValueError:
        return ()
    mapped = address.ipv4_mapped if address.version == 6 else None
    return (address,) if mapped is None else (address, mapped)


def asks_from_inside(environ: Mapping[str, Any]) -> bool:
    """Is it somebody of this network, who asks this instance itself? Whom of them is for the network to decide."""
    return HANDED_ON not in environ and not any(
        may_be_called(address, named=()) for address in addresses(environ.get("REMOTE_ADDR", ""))
    )
