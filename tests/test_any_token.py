"""Whatever stands in a header is refused in our own words or comes in: nothing that a caller writes makes a check fail.

An exception there would be a 500, which tells the caller how far its token got.
"""

import json
from contextlib import suppress
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.trust.clients_file import ClientEntry
from cds_service.trust.keys import PublicKey, read_keys
from cds_service.trust.tokens import RefusedError, verify
from tests.attacks.forging import encoded, sealed
from tests.signing import ISSUER, SECONDS, SERVICE, jwks

ANY = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
CLIENTS = {ISSUER: [ClientEntry("a", ISSUER, tenants=frozenset("t")), ClientEntry("b", ISSUER, tenants=frozenset("u"))]}
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.dictionaries(
    st.sampled_from(["alg", "kid", "typ", "jku", "jwk", "crit", "b64", "x5u"]), VALUES, max_size=2
)
CLAIMS = st.dictionaries(
    st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti", "tenant", "sub"]), VALUES, max_size=2
)


@cache
def keys() -> dict[str, PublicKey]:
    return {key.kid: key for key in read_keys(json.dumps(jwks("RS384")).encode())}


def ask(authorization: str) -> bool:
    """Does it come in? Whatever is not RefusedError is the caller's doing, and must not be."""
    with suppress(RefusedError):
        verify(authorization, CLIENTS, lambda _, kid: [keys()[kid]] if kid in keys() else [], [SERVICE], SECONDS)
        return True
    return False


@ANY
@given(HEADERS, CLAIMS)
def test_any_value_of_any_member_is_judged(header: dict[str, Any], claims: dict[str, Any]) -> None:
    good = {"iss": ISSUER, "aud": SERVICE, "exp": SECONDS + 300, "iat": SECONDS, "jti": "x", "tenant": "t"}
    head = {"alg": "RS384", "kid": "RS384", "typ": "JWT"} | header
    came_in = ask(f"Bearer {sealed(json.dumps(head), json.dumps(good | claims), 'RS384', 'RS384')}")
    assert came_in or header or claims


@ANY
@given(st.text(st.characters(max_codepoint=255)), st.sampled_from(["", "Bearer ", "Bearer e30.e30.", "bearer e30."]))
def test_any_text_is_no_token(text: str, before: str) -> None:
    assert not ask(before + text)


@ANY
@given(st.binary(), st.binary(), st.binary())
def test_any_bytes_are_no_token(header: bytes, payload: bytes, signature: bytes) -> None:
    assert not ask(f"Bearer {encoded(header)}.{encoded(payload)}.{encoded(signature)}")
