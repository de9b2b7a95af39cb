"""What must come through, since a check that refuses too much is wrong too: odd servers, hospitals' own networks."""

import gzip
import json
import socket

from tests.attacks.outbound import FOUND, HEAD, PLAIN, THROUGH, TLS, Outbound, answers, ends
from tests.attacks.outbound_server import NAME, http
from tests.gathering import CONDITION, searchset

_TEXT = json.dumps(FOUND).encode()


def _good(name: str, does: str, **more: object) -> Outbound:
    return Outbound(name, does, THROUGH, **more)  # type: ignore[arg-type]


def _named(name: str, does: str, *leads_to: str, named: str, host: str = NAME) -> Outbound:
    base = TLS.replace(NAME, host)
    return _good(name, does, listed=(base, named), asks=base, leads_to=(leads_to,), tls=host)


def _paged(stream: socket.socket, path: str) -> None:
    page = int(path.rpartition("=")[2]) if "page=" in path else 1
    link = {"link": [{"relation": "next", "url": f"Condition?page={page + 1}"}]} if page < 20 else {}
    stream.sendall(http(searchset(CONDITION | {"id": f"c{page}"}, **link)))


GOOD = (
    _good("listed", "is on the list"),
    _good("below the base", "is a tenant of a listed base", asks=PLAIN + "/tenant-1"),
    _good("slash behind", "is written with a slash", asks=PLAIN + "/"),
    _good("open", "needs no token", authorization=None, settings=(("allow_open_fhir", True),)),
    _good(
        "by localhost", "is localhost", listed=("http://localhost:{port}/fhir",), asks="http://LOCALHOST:{port}/fhir"
    ),
    _named("in a named network", "leads into a network of the list", "127.0.0.1", named="127.0.0.0/8"),
    _named("named address", "leads to an address of the list", "127.0.0.1", named="127.0.0.1"),
    _named("named in other dress", "leads to it in the dress of IPv6", "::ffff:127.0.0.1", named="127.0.0.0/8"),
    _named("several addresses", "has a first address that is dead", "127.0.0.3", "127.0.0.1", named="127.0.0.0/8"),
    _good("private literal", "is a private address, and named by the URL", listed=("http://127.0.0.1:{port}/fhir",)),
    _good("twenty pages", "has twenty pages", script=_paged),
    _good("packed", "packs its answer", script=answers(http(gzip.compress(_TEXT), Content_Encoding="gzip"))),
    _good(
        "in chunks",
        "sends chunks",
        script=answers(HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(_TEXT), _TEXT)),
    ),
    _good("without a length", "ends the body with the connection", script=ends(HEAD + b"\r\n" + _TEXT)),
    _good(
        "100 Continue once", "says that an answer comes", script=answers(b"HTTP/1.1 100 Continue\r\n\r\n" + http(FOUND))
    ),
    _good("hangs up between calls", "closes its connections", script=ends(http(FOUND)), calls=3),
    _good(
        "a large answer",
        "sends nearly what may be",
        script=answers(http(_TEXT.ljust(99_000))),
        settings=(("max_body", 100_000),),
    ),
    _good("5000 results", "sends 5000 results", script=answers(http(searchset(*[CONDITION] * 5000)))),
)
