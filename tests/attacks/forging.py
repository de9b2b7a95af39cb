"""Tokens as right or wrong as an attack needs them. Each is made for a moment, and is a good one but for what is given.

The signing keys are those of tests/signing.py. An attacker who is a client, or a client whose software errs, has one of
the good keys: without it most checks would never be reached.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import jwt
from jwt.utils import base64url_encode

from tests.attacks.attack import PATH, Call, Shown
from tests.signing import ISSUER, SERVICE, Json, private

Text = Callable[[int], str]
# A member that stands there and is null
NULL = object()


@dataclass(frozen=True, slots=True)
class In:
    """So many seconds from now."""

    seconds: float


def signed(
    key: str = "ES384", header: Json | None = None, signed_by: str | None = None, alg: str = "", **claims: Any
) -> Text:
    """A token for order-select. A member that is None is left out; In(seconds) is a time.

    key: its kid. alg: how it is signed, else what the kid begins with. signed_by: the name of another key.
    """
    algorithm = alg or key[:5]

    @cache
    def made(now: int) -> str:
        head = {"alg": algorithm, "kid": key, "typ": "JWT"} | (header or {})
        body = {"iss": ISSUER, "aud": SERVICE, "exp": In(300), "iat": In(0), "jti": str(uuid4())} | claims
        return sealed(_text(head, now), _text(body, now), signed_by or key, algorithm)

    return made


def written(header: str | None = None, claims: str = "", instead: str | None = None, key: str = "ES384") -> Text:
    """A token by the good key whose JSON is written by hand. claims: further members of the payload, as text, behind
    those of a good token; instead: the whole payload."""

    @cache
    def made(now: int) -> str:
        body = {"iss": ISSUER, "aud": SERVICE, "exp": now + 300, "iat": now, "jti": str(uuid4())}
        good = json.dumps({"alg": key[:5], "kid": key, "typ": "JWT"})
        payload = f"{json.dumps(body)[:-1]}, {claims}}}" if instead is None else instead
        return sealed(good if header is None else header, payload, key, key[:5])

    return made


def sealed(header: str | bytes, payload: str | bytes, key: str, algorithm: str) -> str:
    """Two texts, signed, in the compact form."""
    parts = (part.encode() if isinstance(part, str) else part for part in (header, payload))
    text = b".".join(base64url_encode(part) for part in parts)
    signature = jwt.get_algorithm_by_name(algorithm).sign(text, private(key))
    return f"{text.decode()}.{encoded(signature)}"


def changed(token: Text, change: Callable[[str], str]) -> Text:
    """A token that was changed after it was signed."""
    return lambda now: change(token(now))


def resigned(token: Text, sign: Callable[[bytes], bytes]) -> Text:
    """A token with the signature that `sign` makes of its text."""

    @cache
    def made(now: int) -> str:
        text = token(now).rpartition(".")[0]
        return f"{text}.{encoded(sign(text.encode()))}"

    return made


def encoded(part: bytes) -> str:
    return base64url_encode(part).decode()


def bearer(token: Text, scheme: str = "Bearer ") -> Shown:
    return lambda now: scheme + token(now)


def call(token: Text, path: str = PATH, method: str = "POST", scheme: str = "Bearer ", **headers: str) -> Call:
    """One call with one token; X_Forwarded_Host=... is the header X-Forwarded-Host."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Call((bearer(token, scheme),), path, method, named)


def text(authorization: str) -> Call:
    """One call with this Authorization, which holds no token."""
    return Call((lambda _: authorization,))


def _text(part: Json, now: int) -> str:
    timed = {name: now + value.seconds if isinstance(value, In) else value for name, value in part.items()}
    there = {name: value for name, value in timed.items() if value is not None}
    return json.dumps({name: None if value is NULL else value for name, value in there.items()})
