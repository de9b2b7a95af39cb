"""The checks of outbound calls, each taken out or moved, and the cases that must notice."""

from ipaddress import ip_address

from tests.attacks.mutants import Mutant, edit

_ADDRESSES, _NAMES = "cds_service.outbound.addresses", "cds_service.outbound.names"
_CONNECTIONS, _SESSION = "cds_service.outbound.connections", "cds_service.outbound.session"
_URLS, _SERVERS = "cds_service.outbound.urls", "cds_service.patient_data.fhir_servers"
_CLIENT, _GATHER = "cds_service.patient_data.fhir_client", "cds_service.patient_data.gather"
_BUNDLES = "cds_service.patient_data.bundles"

# What is loaded anew, so that it uses the changed module
FRESH = (
    "cds_service.outbound",
    "cds_service.patient_data",
    "cds_service.decide",
    "cds_service.hooks.routes",
    "cds_service.app",
)


def outbound_checks() -> list[Mutant]:
    return [*_of_the_list(), *_of_addresses(), *_of_answers(), *_of_time(), *_tightened()]


def _of_the_list() -> list[Mutant]:
    same = "(there.scheme, there.hostname, port) == (here.scheme, here.hostname, wanted)"
    return [
        edit(_URLS, same, "(there.hostname, port) == (here.hostname, wanted)", "TLS instead", "page without TLS"),
        edit(_URLS, same, "(there.scheme, port) == (here.scheme, wanted)", "localhost", "short form", "page by name"),
        edit(_URLS, same, same.replace(", port", "").replace(", wanted", ""), "other port", "page on another port"),
        edit(_URLS, '"@" not in there.netloc', "True", "user", "page with user"),
        edit(_URLS, 'not _TRICKS.search(url.partition("?")[0])', "True", "packed slash", "tab"),
        edit(_URLS, "not any(segment", "True or any(segment", "dot segments", "medication outside"),
        edit(_URLS, 'segment.partition(";")[0]', "segment", "Tomcat's dot segments"),
        edit(_URLS, '"#" not in url', "True", "fragment"),
        edit(_URLS, 'startswith(f"{root}/")', "startswith(root)", "sibling path"),
        edit(_URLS, "(path == root or", "(True or", "parent path", "page outside"),
        edit(_SERVERS, 'if "?" in base', "if False", "query"),
        edit(_SERVERS, "if is_under(base, server.base)", "if True", "other host", "metadata service", "network"),
        edit(_SERVERS, "if request.access_token is None and", "if False and", "no token"),
        edit(
            _SERVERS, " or request.token_problem is not None", "", "token for another", "old token", "header in token"
        ),
        edit(_CLIENT, "if not is_under(url, self.base)", "if False", "page elsewhere", "page in a file"),
    ]


def _of_addresses() -> list[Mutant]:
    judged = "if not all(self._allows(host, each, encrypted) for each in found)"
    return [
        edit(_NAMES, judged, "if False", "leads to loopback", "mixed, private first", "leads elsewhere later"),
        edit(_NAMES, judged, judged.replace("all(", "any("), "mixed, private first", "mixed, private last"),
        edit(_NAMES, "if not encrypted or host", "if host", "plain http outside"),
        edit(_NAMES, 'host.rstrip(".").lower() == "localhost"', "False", "localhost outside"),
        edit(_SERVERS, "networks_in(entries)", "None", "leads to loopback", "beside the network"),
        edit(
            _ADDRESSES, "_is_public(address) or", "True or", "leads to loopback", "leads to 10/8", "leads to metadata"
        ),
        *_of_6to4(),
        edit(
            _ADDRESSES, "address in _GLOBAL_UNICAST and address.is_global", "True", "leads to ::1", "leads to fe80::/10"
        ),
        edit(_ADDRESSES, "address.is_multicast or", "", "leads to many"),
        edit(_ADDRESSES, "or is_in(address, _NO_PLACE)", "", "leads to Azure's host"),
        edit(_CONNECTIONS, "str(addresses[-left])", "self._dns_host", "in a named network"),
        edit(_SESSION, 'chosen["verify"]', "False", "other name", "own certificate"),
    ]


def _of_6to4() -> list[Mutant]:
    """To some Pythons (3.11.2) all of 6to4 is private, and the check is one of two there: nobody would miss it."""
    if not ip_address("2002:7f00:1::").is_global:
        return []
    return [
        edit(_ADDRESSES, "address.ipv4_mapped or address.sixtofour", "address.ipv4_mapped", "leads to 6to4 loopback")
    ]


def _of_answers() -> list[Mutant]:
    return [
        edit(_CLIENT, "== 200", "< 400", "302 inside", "206"),
        edit(_CLIENT, "allow_redirects=False", "allow_redirects=True", "302 inside", "303 metadata"),
        edit(_CLIENT, "in {401, 403}", "in {401}", "403"),
        edit(_CLIENT, "size > self._limit or", "", "large", "large when unpacked"),
        edit(_CLIENT, "not self._allowance.takes(size=len(piece))", "False", "large together"),
        edit(_CLIENT, 'self._allowance.takes(objects=body.count(b"{"))', "True", "many objects"),
        edit(_CLIENT, "not in _ENCODINGS", "in ()", "packed twice"),
        edit(_CLIENT, "if not self._allowance.takes(resources=resources)", "if False", "many resources"),
        edit(_BUNDLES, "if len(bundle.entry or ()) > MOST_ENTRIES", "if False", "many entries"),
        edit(_GATHER, " or len(seen) == MOST_PAGES - 1", "", "pages without end"),
        edit(_GATHER, "part.next_page in seen or", "", "pages in a circle"),
        edit(_GATHER, "if part is None:", "if False:", "a page of HTML", "another resource"),
    ]


def _of_time() -> list[Mutant]:
    return [
        edit(_CONNECTIONS, "if self._ends is not None:", "if False:", "byte by byte", "body slowly"),
        edit(_CLIENT, "timeout=left", "timeout=None", "silence", "no handshake"),
        edit(_NAMES, "running.result(seconds)", "running.result()", "slow names"),
    ]


def _tightened() -> list[Mutant]:
    """What would shut good servers out."""
    return [
        edit(_URLS, "(path == root or", "(", "twenty pages"),
        edit(_NAMES, "may_be_called(address, self.named)", "False", "in a named network", "named address"),
        edit(_ADDRESSES, "address.ipv4_mapped or address.sixtofour", "address.sixtofour", "named in other dress"),
        edit(_ADDRESSES, "or is_in(address, named)", "", "in a named network"),
        edit(_CONNECTIONS, "if left == 1:", "if True:", "several addresses"),
        edit(_CLIENT, "_ENCODINGS: Final = {", "_ENCODINGS: Final = {} and {", "listed"),
        edit(_GATHER, "MOST_PAGES = 20", "MOST_PAGES = 19", "twenty pages"),
        edit(_CLIENT, "_MOST_RESOURCES: Final = 20_000", "_MOST_RESOURCES: Final = 4_000", "5000 results"),
    ]
