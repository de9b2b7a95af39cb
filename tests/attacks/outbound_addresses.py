"""Attacks on where a listed name leads. The server of most is there and has a good certificate: only the judgement of
the address keeps the call away from it."""

from cds_service.patient_data.fhir_client import Why
from tests.attacks.outbound import FOUND, TLS, Outbound, ends
from tests.attacks.outbound_server import NAME, http

_NAMED = ("https://localhost:{port}/fhir", "http://ehr.example:{port}/fhir")


def _leads(name: str, does: str, *leads_to: str, listed: tuple[str, ...] = (TLS,)) -> Outbound:
    return Outbound(name, does, Why.UNNAMED, listed=listed, asks=listed[0], leads_to=(leads_to,), tls=NAME)


UNNAMED = (
    _leads("leads to loopback", "has the name lead to the machine itself", "127.0.0.1"),
    _leads("leads to other loopback", "has it lead to another loopback address", "127.0.0.2"),
    _leads("leads to ::1", "has it lead to loopback of IPv6", "::1"),
    _leads("leads to mapped loopback", "hides loopback in an IPv6 address", "::ffff:127.0.0.1"),
    _leads("leads to compatible loopback", "hides it the old way", "::127.0.0.1"),
    _leads("leads to NAT64 loopback", "hides it behind NAT64", "64:ff9b::7f00:1"),
    _leads("leads to 6to4 loopback", "hides it in 6to4", "2002:7f00:1::"),
    _leads("leads to Teredo", "hides it in Teredo", "2001:0:808:808::80ff:fffe"),
    _leads("leads to metadata", "has it lead to the cloud's metadata", "169.254.169.254"),
    _leads("leads to metadata of IPv6", "has it lead to the same in IPv6", "fd00:ec2::254"),
    _leads("leads to Alibaba's metadata", "has it lead to metadata in a shared range", "100.100.100.200"),
    _leads("leads to Oracle's metadata", "has it lead to metadata in a reserved range", "192.0.0.192"),
    _leads("leads to Azure's host", "has it lead to the host of a virtual machine", "168.63.129.16"),
    _leads("leads to 10/8", "has it lead into the hospital", "10.0.0.5"),
    _leads("leads to 172.16/12", "has it lead into the hospital", "172.31.0.5"),
    _leads("leads to 192.168/16", "has it lead into the hospital", "192.168.0.5"),
    _leads("leads to fc00::/7", "has it lead into the hospital by IPv6", "fd12:3456::1"),
    _leads("leads to fe80::/10", "has it lead to a neighbour", "fe80::1"),
    _leads("leads to 0.0.0.0", "has it lead to no address", "0.0.0.0"),  # noqa: S104
    _leads("leads to everybody", "has it lead to the broadcast address", "255.255.255.255"),
    _leads("leads to many", "has it lead to a multicast address", "224.0.0.1"),
    _leads("mixed, private first", "mixes in a private address", "127.0.0.1", "93.184.216.34"),
    _leads("mixed, private last", "mixes it in behind", "93.184.216.34", "127.0.0.1"),
    _leads("beside the network", "has it lead beside what is named", "127.0.0.1", listed=(TLS, "10.20.0.0/16")),
    _leads("localhost outside", "has localhost lead elsewhere", "93.184.216.34", listed=_NAMED),
    _leads(
        "number on the list",
        "uses a host that is a number in disguise",
        "127.0.0.1",
        listed=("https://127.1:{port}/f",),
    ),
    Outbound(
        "plain http outside",
        "has a name that may be called without TLS lead elsewhere",
        Why.UNNAMED,
        listed=("http://ehr.example:{port}/fhir",),
        asks="http://ehr.example:{port}/fhir",
        leads_to=(("93.184.216.34",),),
    ),
    Outbound(
        "leads elsewhere later",
        "changes where the name leads once the first call was good",
        Why.UNNAMED,
        ends(http(FOUND)),
        listed=(TLS, "127.0.0.1"),
        asks=TLS,
        leads_to=(("127.0.0.1",), ("127.0.0.2",)),
        tls=NAME,
        calls=2,
    ),
)
