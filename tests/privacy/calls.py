"""Seed and number -> one HTTP call full of marks, always the same one but for its times and tokens. Knows no answer."""

import json
import random
import re
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.fuzz.bases import bases, drafts
from tests.fuzz.generator import case
from tests.privacy.marking import Json, Marker
from tests.privacy.marks import STEM, word
from tests.signing import ISSUER, private, token

SERVICES: Final = ("b12-order-select", "b12-order-sign", "b12-patient-view")
CLIENTS: Final = {name: f"https://{name}.example" for name in ("shadow", "keeping", "limited", "fetched")} | {
    "general": ISSUER
}
_FUZZ_MARK: Final = re.compile(rb"zq\d+x(\d+)(patient|name|street|note|token)?")


@dataclass(frozen=True, slots=True)
class HttpCall:
    """once: the server may lose track of where it ends, so its connection is used for nothing else. words: its marks.
    keeps: the comment in it may be kept."""

    kind: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    words: frozenset[str] = frozenset()
    once: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service is and what it may fetch from. base: its URL, that tokens are made out for."""

    base: str
    fhir: tuple[str, ...] = ()
    guarded: bool = True


def http_call(seed: int, number: int, place: Place) -> HttpCall:
    draw = random.Random(f"{seed}:{number}")  # noqa: S311 - not for secrets
    kinds, shares = zip(*_SHARES, strict=True)
    return draw.choices(kinds, shares)[0](draw, Marker(number), seed, place)


def marked_call(draw: random.Random, mark: Marker, wanted: str = "") -> Json:
    """A request of the scenarios about a marked patient. wanted: part of the name of the base."""
    base = draw.choice([each for each in bases() if wanted in each.name])
    found, text = base.request(), base.text
    for old, new in (
        (found["context"]["patientId"].removeprefix("Patient/"), mark("patient")),
        *_order_ids(found, mark),
    ):
        text = text.replace(f'/{old}"', f'/{new}"').replace(f'"{old}"', f'"{new}"')
    request: Json = json.loads(text)
    mark.call(draw, request)
    return request


def _order_ids(request: Json, mark: Marker) -> list[tuple[str, str]]:
    ids = [entry["resource"].get("id", "") for entry in drafts(request)]
    return [(old, f"{mark('order')}d{place}") for place, old in enumerate(ids) if old]


def _hook(draw: random.Random, mark: Marker, _seed: int, place: Place) -> HttpCall:
    request = marked_call(draw, mark)
    return _made("hook", draw, mark, place, f"b12-{request['hook']}", request)


def _fetching(draw: random.Random, mark: Marker, _seed: int, place: Place) -> HttpCall:
    """Some of what it needs, or all, must be fetched."""
    request = marked_call(draw, mark)
    for key in draw.sample(sorted(request["prefetch"]), draw.choice((1, 3, len(request["prefetch"])))):
        del request["prefetch"][key]
    if place.fhir:
        suffix = draw.choice(("", "", "", f"/{mark('url')}", f"?patient={mark('patient')}", f"/../{mark('url')}"))
        mark.access(request, f"{draw.choice(place.fhir)}{suffix}")
    return _made("fetching", draw, mark, place, f"b12-{request['hook']}", request)


def _misdirected(draw: random.Random, mark: Marker, _seed: int, place: Place) -> HttpCall:
    """A server that is on no list, an access that is not for this patient, or another patient."""
    request = marked_call(draw, mark)
    mark.access(request, f"https://{mark('host').lower()}.example/{mark('url')}?id={mark('patient')}")
    request["fhirAuthorization"] |= draw.choice(
        ({"patient": mark("patient") + "x"}, {"token_type": mark("token")}, {"expires_in": mark("token")}, {})
    )
    request["hookInstance"] = mark("instance")
    if draw.random() < 0.3 and isinstance(patient := request["prefetch"].get("patient"), dict):
        patient["id"] = f"{mark('patient')}y"
    return _made("misdirected", draw, mark, place, f"b12-{request['hook']}", request)


def _broken(draw: random.Random, mark: Marker, _seed: int, place: Place) -> HttpCall:
    """A rule of the hook broken with a value, at each place where one is."""
    request = marked_call(draw, mark)
    context, prefetch = request["context"], request["prefetch"]
    odd = draw.choice((mark("name"), [mark("name")], {mark("name"): mark("name")}, f"{mark('name')} {mark('street')}"))
    where: list[tuple[Any, str]] = [
        *((request, name) for name in ("hook", "hookInstance", "context", "prefetch", "fhirAuthorization")),
        *((context, name) for name in ("patientId", "draftOrders", "selections", "encounterId", "userId")),
        (prefetch, "patient"),
    ]
    owner, name = draw.choice(where)
    owner[name] = odd
    body = json.dumps(request).encode()
    cut = draw.choice((len(body), len(body), draw.randrange(len(body))))
    return _made("broken", draw, mark, place, draw.choice(SERVICES), body[:cut])


def _feedback(draw: random.Random, mark: Marker, _seed: int, place: Place) -> HttpCall:
    issuer = draw.choice((ISSUER, ISSUER, CLIENTS["keeping"]))
    batch = mark.feedback(draw, kept=issuer == CLIENTS["keeping"])
    if draw.random() < 0.4:
        item = draw.choice(batch["feedback"])
        name = draw.choice(sorted(item))
        odd = mark("card" if name == "card" else "reason")
        item[name] = draw.choice((odd, [odd], {odd: 1}, None))
    return _made("feedback", draw, mark, place, f"{draw.choice(SERVICES)}/feedback", batch, issuer)


def _fuzzed(draw: random.Random, mark: Marker, seed: int, place: Place) -> HttpCall:
    """A case of the fuzz, its marks written as these are."""
    found = case(seed, mark.number)
    body = _FUZZ_MARK.sub(lambda one: word((one[2] or b"fuzz").decode(), int(one[1])).encode(), found.call.body)
    for kind in ("patient", "name", "street", "note", "token"):
        mark(kind)
    named = any(name.lower() == "authorization" for name, _ in found.call.headers)
    mine = () if named else _bearer(draw, mark, place, found.call.path.partition("?")[0])
    headers = (*found.call.headers, *mine)
    return HttpCall(
        "fuzzed", found.call.method or "GET", found.call.path, headers, body, frozenset(mark.words), once=True
    )


def _odd_address(draw: random.Random, mark: Marker, _seed: int, place: Place) -> HttpCall:
    name = mark("patient")
    paths = (
        f"/{name}",
        f"/cds-services/{name}",
        f"/cds-services/b12-order-select/{name}",
        f"/cds-services/b12-order-select?patient={name}",
        f"/rules/{name}",
        f"/rules?{name}",
        f"/feedback-figures?format={name}",
        f"/static/{name}",
        f"/cds-services/{name}/feedback",
        f"/%2e%2e/{name}%00",
        f"//{name}@{name}/cds-services",
        f"/healthz?{name}",
    )
    methods = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", STEM.upper())
    path = draw.choice(paths)
    more = (("Accept", draw.choice(("text/html", f"text/{name}", "*/*"))), *mark.headers(draw).items())
    headers = (*more, *_bearer(draw, mark, place, path.partition("?")[0]))
    return HttpCall("odd address", draw.choice(methods), path, headers, b"", frozenset(mark.words), once=True)


def _odd_media(draw: random.Random, mark: Marker, _seed: int, place: Place) -> HttpCall:
    name = mark("name")
    kind, encoding = draw.choice(
        (
            (f"multipart/form-data; boundary={name}", ""),
            (f"application/{name}", ""),
            (f"application/json; charset={name}", ""),
            ("application/json", name),
            ("application/json", "gzip"),
        )
    )
    body = f'--{name}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{name}\r\n--{name}--\r\n'.encode()
    body += b" " * draw.choice((0, 0, 2**21))
    path = f"/cds-services/{draw.choice(SERVICES)}"
    headers = (("Content-Type", kind), ("Content-Encoding", encoding), *_bearer(draw, mark, place, path))
    return HttpCall("odd media", "POST", path, headers, body, frozenset(mark.words), once=True)


def _kept_out(draw: random.Random, mark: Marker, _seed: int, place: Place) -> HttpCall:
    """A token that opens nothing, marked wherever its maker may write."""
    path = f"/cds-services/{draw.choice(SERVICES)}"
    claims = {"aud": f"{place.base}{path}", "jti": mark("jti"), "sub": mark("sub"), "tenant": mark("tenant")}
    now = int(time.time())
    claims |= {"iat": now, "exp": now + 300}
    text = mark("token")
    offered = draw.choice(
        (
            f"Bearer {text}",
            f"Bearer {text}.{text}.{text}",
            f"Basic {b64encode(text.encode()).decode()}",
            text,
            f"Bearer {token(header={'kid': mark('kid')}, **claims)}",
            f"Bearer {token(header={'jku': f'https://{text}.example'}, **claims)}",
            f"Bearer {token(header={'jwk': {'kid': text}}, **claims)}",
            f"Bearer {token(header={'alg': text}, **claims)}",
            f"Bearer {token(**claims | {'iss': f'https://{text}.example'})}",
            f"Bearer {token(**claims | {'aud': f'https://{text}.example'})}",
            f"Bearer {token(**claims | {'iat': text})}",
            f"Bearer {token(**claims | {'exp': now - 900, 'iat': now - 1000})}",
            f"Bearer {token(**claims | {'iss': CLIENTS['fetched']})}",
            f"Bearer {token(signed_by=private('ES384-other'), **claims)}",
        )
    )
    headers = (("Authorization", offered), *mark.headers(draw).items())
    body = json.dumps(marked_call(draw, mark)).encode()
    return HttpCall("kept out", "POST", path, headers, body, frozenset(mark.words), once=True)


def _made(
    kind: str, draw: random.Random, mark: Marker, place: Place, path: str, body: Any, issuer: str = ""
) -> HttpCall:
    where = f"/cds-services/{path}"
    if draw.random() < 0.15:
        where += f"?patient={mark('patient')}"
    more = mark.headers(draw).items() if draw.random() < 0.3 else ()
    headers = (
        ("Content-Type", "application/json"),
        *more,
        *_bearer(draw, mark, place, where.partition("?")[0], issuer),
    )
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpCall(kind, "POST", where, headers, sent, frozenset(mark.words))


def _bearer(
    draw: random.Random, mark: Marker, place: Place, path: str, issuer: str = ""
) -> tuple[tuple[str, str], ...]:
    """A good token, with marks in what a client may choose."""
    if not place.guarded:
        return ()
    now = int(time.time())
    issuer = issuer or draw.choices(tuple(CLIENTS.values()), (3, 0, 1, 0, 15))[0]
    claims = {"iss": issuer, "aud": f"{place.base}{path}", "iat": now, "exp": now + 300}
    made = token(**claims, jti=f"{mark('jti')}{time.monotonic_ns()}", sub=mark("sub"), tenant=mark("tenant"))
    return (("Authorization", f"Bearer {made}"),)


_Maker = Callable[[random.Random, Marker, int, Place], HttpCall]
_SHARES: Final[tuple[tuple[_Maker, int], ...]] = (
    (_hook, 30),
    (_fetching, 14),
    (_misdirected, 6),
    (_broken, 14),
    (_feedback, 10),
    (_fuzzed, 12),
    (_odd_address, 5),
    (_odd_media, 4),
    (_kept_out, 5),
)
