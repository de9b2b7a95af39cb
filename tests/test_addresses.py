"""Which addresses may be called: the ranges that are refused, what names them, and how a list of servers is read."""

from ipaddress import ip_address, ip_network

import pytest

from cds_service.outbound.addresses import is_loopback_address, may_be_called, read_network
from cds_service.outbound.names import Names, Reach, UnnamedAddressError
from cds_service.settings import fhir_servers

PUBLIC = [
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4009:81f::200e",
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "2001:0:808:808::f7f7:f7f7",  # Teredo: server and client are 8.8.8.8
]
REFUSED = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "100::1",
    "2001:db8::1",
    "64:ff9b:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "2002:a00:1::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "2001:0:a00:1::f7f7:f7f7",  # Teredo: the server is 10.0.0.1
    "2001:0:808:808::f5ff:fffe",  # Teredo: the client is 10.0.0.1
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert may_be_called(ip_address(address), ())


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused_unless_it_is_named(address: str) -> None:
    assert not may_be_called(ip_address(address), ())
    assert not may_be_called(ip_address(address), (ip_network("198.19.0.0/16"), ip_network("fd12::/16")))


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("10.20.3.4", "10.20.0.0/16"),
        ("::ffff:10.20.3.4", "10.20.0.0/16"),
        ("64:ff9b::10.20.3.4", "10.20.0.0/16"),
        ("192.168.7.7", "192.168.7.7"),
        ("127.0.0.1", "127.0.0.1"),
        ("169.254.169.254", "169.254.0.0/16"),
        ("fd12:3456::1", "fd12:3456::/32"),
        ("fe80::1%eth0", "fe80::/10"),
    ],
)
def test_a_network_of_the_list_names_its_addresses_and_no_others(address: str, named: str) -> None:
    assert may_be_called(ip_address(address), (read_network(named),))
    assert not may_be_called(ip_address("10.21.0.1"), (read_network(named),))


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("ehr.example/fhir", "must list absolute http or https URLs, and networks"),
        ("10.77", "must list absolute"),
        ("10.20.0.0/33", "must list absolute"),
        ("10.20.0.0/255.255.0.0/1", "must list absolute"),
        ("10.77.3.4/16", "with bits set behind its prefix"),
        ("fd12::1/32", "with bits set behind its prefix"),
        ("0.0.0.0/0", "too wide"),
        ("8.0.0.0/7", "too wide"),
        ("::/0", "too wide"),
        ("8000::/1", "too wide"),
        ("::ffff:10.0.0.0/104", "stands for IPv4 addresses"),
        ("64:ff9b::/96", "stands for IPv4 addresses"),
        ("fe80::1%eth0", "with a zone"),
    ],
)
def test_a_faulty_network_is_told_without_its_value(entry: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as caught:
        fhir_servers(["https://ehr.example/fhir", entry])
    assert entry not in str(caught.value)


def test_a_list_holds_servers_and_networks_in_their_plain_form() -> None:
    given = ["https://ehr.example/fhir/", "10.20.0.0/16", "10.0.0.0/8", "192.168.1.5", "fc00::/7"]
    assert fhir_servers(given) == (
        "https://ehr.example/fhir",
        "10.20.0.0/16",
        "10.0.0.0/8",
        "192.168.1.5/32",
        "fc00::/7",
    )
    assert fhir_servers([]) == ()


def test_a_network_alone_opens_no_server() -> None:
    with pytest.raises(ValueError, match="lists networks and no URL"):
        fhir_servers(["10.0.0.0/8"])


@pytest.mark.parametrize(
    ("host", "leads_to", "encrypted", "reached"),
    [
        ("ehr.example", ["8.8.8.8"], True, True),
        ("ehr.example", ["8.8.8.8", "10.0.0.1"], True, False),
        ("ehr.example", ["10.0.0.1", "8.8.8.8"], True, False),
        ("ehr.example", ["8.8.8.8"], False, False),
        ("ehr.example", ["127.0.0.1"], False, True),
        ("127.1", ["127.0.0.1"], True, False),
        ("10.0.0.1", [], True, True),
        ("[fd00::1]", [], True, True),
        ("localhost", ["127.0.0.1", "::1"], True, True),
        ("localhost", ["::ffff:127.0.0.1"], True, True),
        ("LOCALHOST.", ["8.8.8.8"], True, False),
        ("localhost", ["127.0.0.1", "8.8.8.8"], True, False),
        ("10.0.0.1", [], False, False),
    ],
)
def test_where_a_host_may_lead(host: str, leads_to: list[str], *, encrypted: bool, reached: bool) -> None:
    reach = Reach(Names(lambda _: leads_to))
    if reached:
        assert len(reach.addresses(host, 5, encrypted=encrypted)) == max(1, len(leads_to))
    else:
        with pytest.raises(UnnamedAddressError):
            reach.addresses(host, 5, encrypted=encrypted)


def test_the_machine_itself_in_the_dress_of_ipv6() -> None:
    assert is_loopback_address(ip_address("::ffff:127.0.0.1"))
    assert not is_loopback_address(ip_address("::ffff:10.0.0.1"))
