"""Client JWTs as an EHR signs them. Knows keys, key sets and claims; sends nothing. The bad ones: forged.py."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

LIFETIME: Final = 300
_RSA_BITS: Final = 2048
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
# Members of a JWK that the thumbprint of RFC 7638 is made from
_THUMBPRINT: Final = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}


class KeyFileError(ValueError):
    """The key file holds no key that a client JWT can be signed with; the message says why, and shows no key."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A private key with the name and the algorithm it signs with (ES384 or RS384)."""

    kid: str
    algorithm: str
    private: PrivateKey

    def public_jwk(self) -> dict[str, Any]:
        """The public half as a key set holds it."""
        return _jwk(self.private.public_key()) | {"kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def private_jwk(self) -> dict[str, Any]:
        """Both halves, for the key file."""
        return _jwk(self.private) | {"kid": self.kid, "alg": self.algorithm}

    def public_pem(self) -> bytes:
        """The public half as text that an attacker can read anywhere."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def _jwk(key: Any) -> dict[str, Any]:
    """PyJWT's JWK of a key, without the use that it states (a private one may only sign, and so on)."""
    algorithm = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) else RSAAlgorithm
    members: dict[str, Any] = algorithm.to_jwk(key, as_dict=True)
    return {name: value for name, value in members.items() if name not in {"key_ops", "use"}}


def new_key(algorithm: str) -> Key:
    """A key made now, named by its thumbprint. algorithm: ES384 or RS384."""
    private: PrivateKey = (
        ec.generate_private_key(ec.SECP384R1())
        if algorithm == "ES384"
        else rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    )
    return Key(_thumbprint(private), algorithm, private)


def _thumbprint(private: PrivateKey) -> str:
    members = _jwk(private.public_key())
    text = json.dumps({name: members[name] for name in _THUMBPRINT[members["kty"]]}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def keys_from(path: Path) -> tuple[Key, ...]:
    """The keys of a file: PEM (one private key), a private JWK, or a set of them. KeyFileError, OSError."""
    text = path.read_bytes()
    if text.lstrip().startswith(b"-----BEGIN"):
        try:
            return (_key(serialization.load_pem_private_key(text, password=None), None),)
        except (TypeError, ValueError):
            raise KeyFileError("the PEM holds no private key that can be read without a password") from None
    try:
        found = json.loads(text)
        members = found.get("keys", [found])
        return tuple(_key(jwt.PyJWK(each, _algorithm_of(each)).key, each.get("kid")) for each in members)
    except (AttributeError, KeyError, TypeError, ValueError, jwt.PyJWTError):
        raise KeyFileError("it is neither PEM nor a private JWK nor a set of them") from None


def _algorithm_of(members: dict[str, Any]) -> str:
    return "ES384" if members["kty"] == "EC" else "RS384"


def _key(private: Any, kid: str | None) -> Key:
    if isinstance(private, rsa.RSAPrivateKey):
        return Key(kid or _thumbprint(private), "RS384", private)
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP384R1):
        return Key(kid or _thumbprint(private), "ES384", private)
    raise KeyFileError("a client JWT is signed with an RSA key (RS384) or one on the curve P-384 (ES384)")


def keys_for(path: Path | None) -> tuple[Key, ...]:
    """The keys of the file; where it does not exist they are made and kept in it; with no file, made for this run."""
    if path is not None and path.exists():
        return keys_from(path)
    keys = (new_key("ES384"), new_key("RS384"))
    if path is not None:
        path.touch(mode=0o600)
        path.write_text(json.dumps({"keys": [key.private_jwk() for key in keys]}, indent=1), "utf-8")
    return keys


def key_set(keys: Iterable[Key]) -> bytes:
    """The public JWK Set, as a file or an endpoint holds it."""
    return json.dumps({"keys": [key.public_jwk() for key in keys]}, indent=1).encode()


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """Signs for one issuer. jku: where its key set is served, if it is. tenant: claim of that name, if any.

    clock: seconds since the epoch, so that a test can stand still.
    """

    issuer: str
    keys: tuple[Key, ...]
    jku: str | None = None
    tenant: str | None = None
    clock: Callable[[], float] = time.time

    def claims(self, audience: str | list[str], **changed: Any) -> dict[str, Any]:
        """The payload for one call: audience is the exact URL. A claim that is changed to None is left out."""
        now = int(self.clock())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": audience,
            "exp": now + LIFETIME,
            "iat": now,
            "jti": str(uuid4()),
            "tenant": self.tenant,
        } | changed
        return {name: value for name, value in claims.items() if value is not None}

    def header(self, key: Key, **changed: Any) -> dict[str, Any]:
        """The header that names the key; `jku` only where the set is served."""
        header: dict[str, Any] = {"alg": key.algorithm, "typ": "JWT", "kid": key.kid, "jku": self.jku} | changed
        return {name: value for name, value in header.items() if value is not None}

    def token(self, audience: str | list[str], key: Key | None = None) -> str:
        """A token that a service must accept, once."""
        chosen = key or self.keys[0]
        return signed(self.header(chosen), self.claims(audience), chosen)


def signed(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """A JWT in compact form, signed with the key's own algorithm."""
    return jwt.encode(claims, key.private, algorithm=key.algorithm, headers=header)
