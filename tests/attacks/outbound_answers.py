"""Attacks by a server that is listed: redirects, answers without measure, answers without end, and no answers."""

import gzip
import json
import socket
import time
from contextlib import suppress

from cds_service.patient_data.fhir_client import Why
from tests.attacks.outbound import FOUND, HEAD, TLS, Outbound, answers, ends, forever, pages
from tests.attacks.outbound_server import NAME, Script, http
from tests.gathering import searchset

_SHORT = (("deadline_ms", 600),)
_SMALL = (("max_body", 100_000),)
_LARGE = json.dumps(searchset() | {"text": "x" * 200_000}).encode()
_HALF = json.dumps(searchset() | {"text": "x" * 90_000}).encode()
_CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_SEARCHES = ("results", "findings", "conditions", "medications", "statements", "procedures", "allergies", "ordered")


def _redirect(name: str, does: str, status: int, location: str) -> Outbound:
    def script(stream: socket.socket, _: str) -> None:
        stream.sendall(http(FOUND, status, Location=location.replace("{port}", str(stream.getsockname()[1]))))

    return Outbound(name, f"answers with a redirect {does}", Why.REDIRECT, script)


def _broken(name: str, does: str, answer: bytes) -> Outbound:
    return Outbound(name, f"answers with {does}", Why.BROKEN, ends(answer), settings=_SMALL)


def _late(name: str, does: str, script: Script) -> Outbound:
    return Outbound(name, does, Why.TOO_LATE, script, settings=_SHORT)


def _bundle(entry: str, number: int) -> bytes:
    return f'{{"resourceType":"Bundle","entry":[{",".join([entry] * number)}]}}'.encode()


def _silence(stream: socket.socket, _: str) -> None:
    with suppress(OSError):
        stream.recv(1)  # which never comes


def _byte_by_byte(stream: socket.socket, _: str) -> None:
    with suppress(OSError):
        for code in http(FOUND):
            stream.sendall(bytes([code]))
            time.sleep(0.05)


REDIRECTS = (
    _redirect("301 elsewhere", "to a server of his own", 301, "https://evil.example/fhir"),
    _redirect("302 inside", "to another path of the same base", 302, "/fhir/Condition?page=2"),
    _redirect("303 metadata", "to the cloud's metadata", 303, "http://169.254.169.254/latest/meta-data"),
    _redirect("307 other port", "to another port", 307, "http://127.0.0.1:1/fhir"),
    _redirect("308 other name", "to another name of the machine", 308, "http://localhost:{port}/fhir"),
)
REFUSALS = (
    Outbound("401", "does not accept the token", Why.REFUSED, answers(http(FOUND, 401))),
    Outbound("403", "does not allow the search", Why.REFUSED, answers(http(FOUND, 403))),
    Outbound("404", "does not know the search", Why.STATUS, answers(http(FOUND, 404))),
    Outbound("500 with a Bundle", "sends data with an error", Why.STATUS, answers(http(FOUND, 500))),
    Outbound("206", "sends some of the answer", Why.STATUS, answers(http(FOUND, 206))),
)
TOO_MUCH = (
    Outbound("large", "sends more than may be", Why.TOO_LARGE, answers(http(_LARGE)), settings=_SMALL),
    Outbound(
        "large when unpacked",
        "packs 200 kB into 300 bytes",
        Why.TOO_LARGE,
        answers(http(gzip.compress(_LARGE), Content_Encoding="gzip")),
        settings=_SMALL,
    ),
    Outbound("without end", "never ends a body", Why.TOO_LARGE, forever(HEAD + b"\r\n", b" " * 9000), settings=_SMALL),
    Outbound(
        "chunks without end",
        "never ends the chunks",
        Why.TOO_LARGE,
        forever(_CHUNKED, b"64\r\n%b\r\n" % (b" " * 100)),
        settings=_SMALL,
    ),
    Outbound(
        "large together",
        "sends eight large answers",
        Why.TOO_LARGE,
        answers(http(_HALF)),
        keys=_SEARCHES,
        settings=_SMALL,
    ),
    Outbound("pages without end", "always has a next page", Why.TOO_MANY_PAGES, pages(lambda n: f"Condition?page={n}")),
    Outbound("pages in a circle", "has a page follow itself", Why.TOO_MANY_PAGES, pages(lambda _: "Condition?page=7")),
    Outbound(
        "many entries",
        "sends a Bundle of many nothings",
        Why.TOO_MANY_RESOURCES,
        answers(http(_bundle("null", 20_001))),
    ),
    Outbound(
        "many objects",
        "sends JSON of many nothings",
        Why.TOO_MANY_RESOURCES,
        answers(http(b"[%b{}]" % (b"{}," * 500_000))),
    ),
    Outbound(
        "many resources",
        "sends many resources, in two answers",
        Why.TOO_MANY_RESOURCES,
        answers(http(_bundle('{"resource":{"resourceType":"Observation"}}', 15_000))),
        keys=("results", "findings"),
    ),
)
BROKEN = (
    _broken("no HTTP", "what is no HTTP", b"220 mail.example ESMTP\r\n\r\n"),
    _broken("long status line", "a status line of 70 kB", b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n"),
    _broken("long header", "a header of 70 kB", HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n{}"),
    _broken("many headers", "101 headers", HEAD + b"X: x\r\n" * 101 + b"\r\n{}"),
    _broken("no number of bytes", "chunks of no size", _CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"),
    _broken("cut off", "less than it announced", HEAD + b"Content-Length: 99999\r\n\r\n" + json.dumps(FOUND).encode()),
    _broken(
        "packed twice",
        "what was packed twice",
        http(gzip.compress(gzip.compress(_HALF)), Content_Encoding="gzip, gzip"),
    ),
    _broken("packed otherwise", "another way of packing", http(b"\x1b\x00", Content_Encoding="br")),
    _broken("packed badly", "what only claims to be packed", http(_HALF, Content_Encoding="gzip")),
    Outbound("hangs up", "hangs up without an answer", Why.BROKEN, lambda stream, _: stream.shutdown(socket.SHUT_RDWR)),
    Outbound("a page of HTML", "answers with a page", Why.UNREADABLE, answers(http(b"<html>log in</html>"))),
    Outbound(
        "another resource",
        "answers with what was not asked for",
        Why.UNREADABLE,
        answers(http({"resourceType": "Basic"})),
    ),
    Outbound("deep JSON", "nests its JSON 100,000 deep", Why.UNREADABLE, answers(http(b"[" * 100_000))),
)
TOO_LATE = (
    _late("silence", "takes the call and says nothing", _silence),
    _late("byte by byte", "sends the status line and headers a byte at a time", _byte_by_byte),
    _late("headers slowly", "sends a header now and then", forever(HEAD, b"X: x\r\n", 0.1)),
    _late("one long header", "sends a header that never ends", forever(HEAD + b"X: ", b"x", 0.1)),
    _late(
        "100 Continue",
        "says again and again that an answer will come",
        forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.1),
    ),
    _late("body slowly", "sends a body a byte at a time", forever(HEAD + b"\r\n", b" ", 0.1)),
    _late("chunks slowly", "sends chunks of a byte", forever(_CHUNKED, b"1\r\n \r\n", 0.1)),
    _late(
        "packed nothing",
        "sends what unpacks to nothing",
        forever(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\x00\x00\x00\xff\xff", 0.05),
    ),
    _late("trailers without end", "sends trailers for ever", forever(_CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: x\r\n", 0.1)),
    Outbound(
        "no handshake",
        "takes the call and begins no TLS",
        Why.TOO_LATE,
        listed=(TLS, "127.0.0.1"),
        asks=TLS,
        tls=NAME,
        silent=True,
        settings=_SHORT,
    ),
    Outbound(
        "slow names",
        "has the resolver hang",
        Why.TOO_LATE,
        listed=(TLS, "127.0.0.1"),
        asks=TLS,
        tls=NAME,
        slow_names=1.5,
        settings=_SHORT,
    ),
)
UNTRUSTED = (
    Outbound(
        "other name",
        "has a certificate of another name",
        Why.NO_TRUST,
        listed=(TLS, "127.0.0.1"),
        asks=TLS,
        tls="evil.example",
    ),
    Outbound(
        "own certificate",
        "has a certificate that nobody trusts",
        Why.NO_TRUST,
        listed=(TLS, "127.0.0.1"),
        asks=TLS,
        tls="nobody",
    ),
    Outbound(
        "no TLS",
        "speaks plain http where TLS is due",
        Why.NO_TRUST,
        ends(http(FOUND)),
        listed=(TLS, "127.0.0.1"),
        asks=TLS,
    ),
    Outbound(
        "no server",
        "is not there",
        Why.NO_CONNECTION,
        listed=("http://127.0.0.1:1/fhir",),
        asks="http://127.0.0.1:1/fhir",
    ),
    Outbound("no name", "has no address", Why.NO_CONNECTION, listed=(TLS,), asks=TLS, leads_to=((),)),
)
