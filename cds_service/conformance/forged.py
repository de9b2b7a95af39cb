"""Every token that a service must refuse, each wrong in one way. Knows JWTs down to the bytes; sends nothing."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from cds_service.conformance.signer import LIFETIME, Key, Signer, new_key, signed

_HASHES: Final = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
_FAR: Final = 3600
_YEAR: Final = 365 * 86_400


@dataclass(frozen=True, slots=True, repr=False)
class Forgery:
    """One bad token. fault: what is wrong with it, in words. assertion: the one that asks for its refusal.

    required: refusing it is a SHALL or plain safety; else a SHOULD that services differ about.
    """

    fault: str
    assertion: int
    token: str
    required: bool = True


def forgeries(signer: Signer, audience: str, other: str) -> Iterator[Forgery]:
    """Bad tokens for one endpoint. audience: its exact URL; other: the URL of another endpoint of the service."""
    yield from _unsigned(signer, audience)
    yield from _symmetric(signer, audience)
    yield from _wrong_key(signer, audience)
    yield from _wrong_claims(signer, audience, other)


def _unsigned(signer: Signer, audience: str) -> Iterator[Forgery]:
    key = signer.keys[0]
    for spelling in ("none", "None", "nOnE"):
        header = signer.header(key, alg=spelling)
        yield Forgery(f"alg {spelling}", 64, _by_hand(header, signer.claims(audience), lambda _: b""))
    token = signer.token(audience)
    yield Forgery(f"{key.algorithm} without a signature", 64, token.rpartition(".")[0] + ".")


def _symmetric(signer: Signer, audience: str) -> Iterator[Forgery]:
    """HMAC, and with it the trick that a public key, which anybody knows, is taken for the secret."""
    for key in signer.keys:
        jwk = json.dumps(key.public_jwk(), separators=(",", ":")).encode()
        secrets = {"a guessed secret": b"secret", "the public key as secret": key.public_pem(), "the public JWK": jwk}
        for algorithm, hashed in _HASHES.items():
            for name, secret in secrets.items():
                if (algorithm == "HS256") == (secret == b"secret"):
                    header = signer.header(key, alg=algorithm)
                    token = _by_hand(header, signer.claims(audience), _mac(secret, hashed))
                    yield Forgery(f"{algorithm} with {name} ({key.algorithm} key)", 64, token)


def _mac(secret: bytes, hashed: Callable[..., Any]) -> Callable[[bytes], bytes]:
    return lambda text: hmac.new(secret, text, hashed).digest()


def _wrong_key(signer: Signer, audience: str) -> Iterator[Forgery]:
    key = signer.keys[0]
    thief = new_key(key.algorithm)
    yield Forgery(
        "another key under the right kid", 66, _with(signer, Key(key.kid, key.algorithm, thief.private), audience)
    )
    token = signer.token(audience)
    body, _, signature = token.rpartition(".")
    flipped = signature[:4] + ("A" if signature[4] != "A" else "B") + signature[5:]
    yield Forgery("a damaged signature", 66, f"{body}.{flipped}")
    header, _, rest = token.partition(".")
    payload = _encoded(signer.claims(audience, sub="somebody else"))
    yield Forgery("claims changed after signing", 66, f"{header}.{payload}.{rest.rpartition('.')[2]}")
    yield Forgery("an unknown kid", 66, _with(signer, thief, audience))
    yield Forgery("no kid", 66, signed(signer.header(key) | {"kid": ""}, signer.claims(audience), key))
    yield Forgery("no token at all but some text", 66, "not-a-token")


def _wrong_claims(signer: Signer, audience: str, other: str) -> Iterator[Forgery]:
    now = int(signer.clock())
    key = signer.keys[0]

    def made(**changed: Any) -> str:
        return signed(signer.header(key), signer.claims(audience) | changed, key)

    def without(claim: str) -> str:
        return signed(signer.header(key), signer.claims(audience, **{claim: None}), key)

    yield Forgery("expired an hour ago", 66, made(iat=now - _FAR - LIFETIME, exp=now - _FAR))
    yield Forgery("issued an hour from now", 66, made(iat=now + _FAR, exp=now + _FAR + LIFETIME))
    yield Forgery("not valid for an hour", 66, made(nbf=now + _FAR))
    yield Forgery("aud of another host", 66, made(aud="https://elsewhere.example/cds-services"))
    yield Forgery("aud of another endpoint", 66, made(aud=other))
    yield Forgery("an array of wrong aud", 66, made(aud=[other, "https://elsewhere.example"]))
    yield Forgery("aud in a longer URL", 66, made(aud=f"{audience}-and-more"))
    yield Forgery("an unknown iss", 66, made(iss="https://nobody.example"))
    for claim in ("iss", "aud", "exp", "iat", "jti"):
        yield Forgery(f"no {claim}", 66, without(claim))
    yield Forgery("exp as text", 66, made(exp="tomorrow"))
    yield Forgery("a lifetime of a year", 66, made(exp=now + _YEAR), required=False)


def unknown_tenant(signer: Signer, audience: str) -> Forgery:
    """For a service that knows its tenants; one that takes any of them must accept it."""
    key = signer.keys[0]
    claims = signer.claims(audience, tenant="no-such-hospital")
    return Forgery("an unknown tenant", 66, signed(signer.header(key), claims, key))


def foreign_jku(signer: Signer, audience: str, url: str, thief: Key) -> Forgery:
    """Signed with the thief's key, whose key set the token itself points at."""
    token = signed(signer.header(thief, jku=url), signer.claims(audience), thief)
    return Forgery("a jku that nobody has allowed", 68, token)


def _with(signer: Signer, key: Key, audience: str) -> str:
    return signed(signer.header(key), signer.claims(audience), key)


def _by_hand(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token that no library would make."""
    text = f"{_encoded(header)}.{_encoded(claims)}"
    return f"{text}.{_base64(sign(text.encode()))}"


def _encoded(members: dict[str, Any]) -> str:
    return _base64(json.dumps(members, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
