"""Attacks on HTTP around a sound body: encodings, lengths, media types, paths, methods and headers; by name."""

import gzip
import random
import zlib

from tests.fuzz.case import Call
from tests.fuzz.hostile import ATTACKS, LIMIT, attack, sent_with

__all__ = ("ATTACKS",)


@attack
def gzip_bomb(draw: random.Random, call: Call) -> Call:
    filler = b" " * draw.choice((LIMIT + 1, 20 * LIMIT))
    packed = zlib.compress(call.body + filler, 9, 31)
    return sent_with(call, draw.choice((packed, gzip.compress(packed))), Content_Encoding="gzip")


@attack
def bad_gzip(draw: random.Random, call: Call) -> Call:
    packed = gzip.compress(call.body, mtime=0)
    bodies = (
        call.body,
        packed[:-3],
        packed + b"x",
        packed + packed,
        b"",
        packed[:9],
        packed[:20] + b"\xff" * 9,
        b"\x1f\x8b",
    )
    return sent_with(call, draw.choice(bodies), Content_Encoding=draw.choice(("gzip", "x-gzip", " GZIP ")))


@attack
def odd_encoding(draw: random.Random, call: Call) -> Call:
    names = ("br", "deflate", "gzip, gzip", "identity, gzip", "\u00e9", "zstd", "x" * 5000)
    return sent_with(call, Content_Encoding=draw.choice(names))


@attack
def odd_content_type(draw: random.Random, call: Call) -> Call:
    kinds = (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "json",
        "application/json; charset=utf-16",
        "application/json\x00",
        ";",
        "application/json,text/html",
        "x" * 5000,
        "*/*",
        "application/fhir+xml",
        "+json",
        "\u00ff/\u00ff",
    )
    return sent_with(call, Content_Type=draw.choice(kinds))


@attack
def odd_path(draw: random.Random, call: Call) -> Call:
    paths = (
        "/",
        "",
        "//",
        "/cds-services/",
        "/cds-services/x",
        "/cds-services//b12-order-select",
        "/cds-services/b12-order-select/",
        "/cds-services/b12-order-select/x",
        "/cds-services/B12-ORDER-SELECT",
        "/cds-services/../healthz",
        "/cds-services/%2e",
        "/cds-services/b12-order-select\x00",
        "/cds-services/\xff\xfe",
        "/rules/T-K",
        "/rules/..\\x",
        "/static/x",
        "/.git/config",
        "/cds-services/" + "x" * 9000,
        "/cds-services?x=%00",
        "/cds-services/b12-order-sign?\xff",
        "/healthz",
        "/readyz",
        "/rules",
        "/rules/T-CYANO-RENAL",
        "/cds-services/b12-order-select;x=1",
        "/cds-services/b12-order-select\n",
    )
    return Call(call.body, draw.choice(paths), draw.choice(("POST", "GET")), call.headers)


@attack
def odd_method(draw: random.Random, call: Call) -> Call:
    methods = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "post", "X" * 99, "")
    return Call(call.body, call.path, draw.choice(methods), call.headers)


@attack
def hostile_headers(draw: random.Random, call: Call) -> Call:
    odd = draw.choice(
        (
            ("Host", "evil.example"),
            ("Host", "127.0.0.1:8000@evil.example"),
            ("Host", "[::1"),
            ("Host", ""),
            ("Host", "x" * 9999),
            ("Host", 'localhost"><script>'),
            ("X-Request-Id", "x\r\nSet-Cookie: a=b"),
            ("X-Request-Id", "x" * 9999),
            ("X-Request-Id", "\u00ff"),
            ("Origin", "null"),
            ("Origin", "https://evil.example\r\nx: y"),
            ("Origin", "\u00ff" * 500),
            ("Authorization", "Bearer "),
            ("Authorization", "Basic !!!"),
            ("Authorization", "Bearer a.b.c"),
            ("Cookie", "a=b; " * 999),
            ("Accept", "text/html"),
            ("Accept", "\u00ff"),
            ("Accept-Encoding", "gzip;q=nan"),
            ("X-Forwarded-For", "'; drop"),
            ("X-Forwarded-Host", "evil.example"),
            ("Range", "bytes=0-1"),
            ("Expect", "100-continue"),
            ("Upgrade", "websocket"),
            ("If-None-Match", "*"),
            ("Transfer-Encoding", "chunked"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("Accept-Language", "\x00"),
        )
    )
    return Call(call.body, call.path, call.method, (*call.headers, odd))


@attack
def odd_content_length(draw: random.Random, call: Call) -> Call:
    lengths = (
        "-1",
        "0",
        "abc",
        "",
        " 7",
        "1e3",
        "9" * 30,
        str(LIMIT + 1),
        str(len(call.body) - 1),
        "+5",
        "0x10",
        "\u0663",
    )
    return sent_with(call, Content_Length=draw.choice(lengths))
