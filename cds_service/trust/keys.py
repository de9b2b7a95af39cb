"""Public keys and signatures. Knows JWK and which key fits which algorithm; the only user of PyJWT.

What may sign is a short list: no symmetric algorithm and no `none` is on it, whatever a clients file says.
"""

from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

# alg -> the kty and the crv of its keys
ALGORITHMS: Final = {
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    **{f"{family}{bits}": ("RSA", None) for family in ("RS", "PS") for bits in (256, 384, 512)},
}
LARGEST_SET: Final = 1_048_576  # bytes
_PARTS: Final = {"EC": ("crv", "x", "y"), "RSA": ("n", "e")}
_RSA_BITS: Final = range(2048, 8193)
_RSA_EXPONENTS: Final = range(65_537, 2**256)  # FIPS 186-5, appendix A.1.1
_SECRET: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_NOT_PUBLIC: Final = "shows a private or symmetric key"
_JWS: Final = jwt.PyJWS()


class KeySetError(Exception):
    """This is no set of public keys to check signatures with. The message holds nothing of what was read."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key of a set. algorithm: the only one that the set allows it for, or None. verifier: PyJWT's form of it."""

    kid: str
    kind: tuple[str, str | None]
    algorithm: str | None
    verifier: Any

    def fits(self, algorithm: str) -> bool:
        return self.kind == ALGORITHMS[algorithm] and self.algorithm in {None, algorithm}

    def has_signed(self, text: bytes, signature: bytes, algorithm: str) -> bool:
        """Is the signature by this key, which `fits` the algorithm, and about this text?"""
        return bool(_JWS.get_algorithm_by_name(algorithm).verify(text, self.verifier, signature))


class _Jwk(msgspec.Struct):
    kty: str
    kid: str
    use: str | None = None
    alg: str | None = None
    key_ops: list[str] | None = None
    crv: str | None = None


def read_keys(text: bytes) -> tuple[PublicKey, ...]:
    """The usable keys of a JWK Set of at most LARGEST_SET bytes: for signatures, with a kid, of a kind that an
    algorithm here can use; others are passed over. KeySetError where the text is no JWK Set, shows a secret, or
    leaves no key."""
    if len(text) > LARGEST_SET:
        raise KeySetError("is larger than a JWK Set may be")
    try:
        listed = msgspec.json.decode(text, type=dict[str, msgspec.Raw])["keys"]
        members = msgspec.json.decode(listed, type=list[dict[str, Any]])
    except (ValueError, KeyError, RecursionError):  # msgspec's errors are ValueErrors
        raise KeySetError(_mistaken(text)) from None
    if any(_SECRET & member.keys() for member in members):
        raise KeySetError(_NOT_PUBLIC)
    keys = tuple(key for member in members if (key := _read(member)) is not None)
    if not keys:
        raise KeySetError("holds no key with a kid that could check a signature")
    return keys


def is_plain_utf8(text: bytes) -> bool:
    """Without the byte order mark that some editors put before a file unasked; UTF-16 has a zero byte beside each
    letter, and may else pass for UTF-8."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not text.startswith(BOM_UTF8) and b"\0" not in text


def _mistaken(text: bytes) -> str:
    """What is wrong with what is no set: the usual mistakes by name. That a secret is shown comes before these."""
    if b"-----BEGIN " in text:
        return _NOT_PUBLIC if b"PRIVATE KEY-----" in text else "is no JWK Set, but PEM"
    if not is_plain_utf8(text):
        return "is no JWK Set: it must be plain UTF-8, without a byte order mark"
    if text.strip() == b"":
        return "is no JWK Set, but empty"
    if text.lstrip().startswith(b"<"):
        return "is no JWK Set, but HTML or XML"
    try:
        names = msgspec.json.decode(text, type=dict[str, msgspec.Raw]).keys()
    except (ValueError, RecursionError):
        return "is no JWK Set"
    if "kty" not in names:
        return "is no JWK Set"
    return _NOT_PUBLIC if _SECRET & names else 'is no JWK Set, but a single key: {"keys": [...]} makes it one'


def _read(member: dict[str, Any]) -> PublicKey | None:
    try:
        jwk = msgspec.convert(member, _Jwk)
        parts = {"kty": jwk.kty} | {name: member[name] for name in _PARTS[jwk.kty]}
        if jwk.kid == "" or jwk.use not in {None, "sig"} or (jwk.key_ops is not None and "verify" not in jwk.key_ops):
            return None
        kind = (jwk.kty, jwk.crv if jwk.kty == "EC" else None)
        algorithm = next(name for name, wanted in ALGORITHMS.items() if wanted == kind)
        verifier = jwt.PyJWK(parts, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError, StopIteration):
        return None
    if isinstance(verifier, RSAPublicKey) and not _is_strong(verifier):
        return None
    return PublicKey(jwk.kid, kind, jwk.alg, verifier)


def _is_strong(key: RSAPublicKey) -> bool:
    return key.key_size in _RSA_BITS and key.public_numbers().e in _RSA_EXPONENTS
