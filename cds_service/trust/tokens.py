"""The JWT of a client: which checks, in which order. Knows the claims of CDS Hooks; no HTTP, and no patient.

What costs nothing comes first: nobody makes the service compute or fetch with a token that nobody here would sign.
A reason is for the operator's log and holds our own words only; the caller is told nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from cds_service.trust.clients_file import ClientEntry
from cds_service.trust.keys import ALGORITHMS, PublicKey, Unverified, take_apart

LEEWAY: Final = 30  # seconds, decision 9
LONGEST_LIFE: Final = 300  # seconds from iat to exp, decision 9
_LONGEST_TOKEN: Final = 8192
_NEVER_HONOURED: Final = ("crit", "jwk", "x5c", "x5u")
_CLAIMS: Final = msgspec.json.Decoder(dict[str, Any])

# The keys in a client's set that have a kid
FindKeys = Callable[[ClientEntry, str], Sequence[PublicKey]]


class RefusedError(Exception):
    """This token opens nothing. `claimed`: the client that it claims to come from, as far as that got."""

    def __init__(self, reason: str, claimed: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.claimed = claimed


@dataclass(frozen=True, slots=True)
class Verified:
    """A good token, but for having been used before. `until`: when it can be forgotten, in seconds of the epoch."""

    entry: ClientEntry
    jti: str
    until: float


def verify(
    authorization: str | None,
    clients: Mapping[str, Sequence[ClientEntry]],
    find_keys: FindKeys,
    audiences: Collection[str],
    now: float,
) -> Verified:
    """The token of an Authorization header, checked. RefusedError says why not.

    clients: by issuer. audiences: the URLs of the endpoint. now: seconds of the epoch.
    """
    token = _take_apart(authorization)
    entry = _claimed(token, clients)
    try:
        algorithm, kid = _header(token.header, entry)
        _check_signature(token, find_keys(entry, kid), algorithm)
        return _claims(_decoded(token.payload), entry, audiences, now)
    except RefusedError as refused:
        raise RefusedError(refused.reason, entry.name) from None


def _take_apart(authorization: str | None) -> Unverified:
    scheme, _, text = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or text.strip() == "":
        raise RefusedError("no bearer token")
    if len(text) > _LONGEST_TOKEN:
        raise RefusedError("token is too long")
    token = take_apart(text.strip())
    if token is None:
        raise RefusedError("token is no JWT")
    return token


def _decoded(payload: bytes) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = _CLAIMS.decode(payload)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        raise RefusedError("payload is no JSON object") from None
    return claims


def _claimed(token: Unverified, clients: Mapping[str, Sequence[ClientEntry]]) -> ClientEntry:
    """Who the token says it is from; it chooses among the clients of the file, and nothing else."""
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise RefusedError("alg is none that may sign")
    claims = _decoded(token.payload)
    issuer, tenant = claims.get("iss"), claims.get("tenant")
    sharing = clients.get(issuer, ()) if isinstance(issuer, str) else ()
    if not sharing:
        raise RefusedError("iss is not a client's issuer")
    for entry in sharing:
        if not entry.tenants or (isinstance(tenant, str) and tenant in entry.tenants):
            return entry
    raise RefusedError("tenant is not one of the issuer's clients", sharing[0].name if len(sharing) == 1 else "")


def _header(header: dict[str, Any], entry: ClientEntry) -> tuple[str, str]:
    """The algorithm and the kid."""
    algorithm, kid = header["alg"], header.get("kid")
    if algorithm not in entry.algorithms:
        raise RefusedError("alg is not one of the client's")
    if header.get("typ") != "JWT":
        raise RefusedError("typ is not JWT")
    if not isinstance(kid, str) or kid == "":
        raise RefusedError("kid is missing")
    if "jku" in header and header["jku"] != entry.jwks_url:
        raise RefusedError("jku is not the client's jwks_url")
    if any(name in header for name in _NEVER_HONOURED):
        raise RefusedError("the header brings its own key or rules")
    return algorithm, kid


def _check_signature(token: Unverified, keys: Sequence[PublicKey], algorithm: str) -> None:
    if not keys:
        raise RefusedError("kid is not in the key set")
    fitting = [key for key in keys if key.fits(algorithm)]
    if len(fitting) != 1:
        raise RefusedError("kid names two keys" if fitting else "the key is not for this alg")
    if not token.is_signed_by(fitting[0], algorithm):
        raise RefusedError("signature is not by the key")


def _claims(claims: dict[str, Any], entry: ClientEntry, audiences: Collection[str], now: float) -> Verified:
    named = claims.get("aud")
    offered = named if isinstance(named, list) else [named]
    if not any(isinstance(one, str) and (one in audiences or one in entry.audiences) for one in offered):
        raise RefusedError("aud is not this endpoint" if named else "aud is missing")
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if now >= expires + LEEWAY:
        raise RefusedError("exp is over")
    if issued > now + LEEWAY:
        raise RefusedError("iat is in the future")
    if "nbf" in claims and _seconds(claims, "nbf") > now + LEEWAY:
        raise RefusedError("nbf is in the future")
    if not 0 <= expires - issued <= LONGEST_LIFE:
        raise RefusedError(f"exp is not within {LONGEST_LIFE} seconds of iat")
    jti = claims.get("jti")
    if not isinstance(jti, str) or jti.strip() == "":
        raise RefusedError("jti is missing")
    return Verified(entry, jti, expires + LEEWAY)


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(f"{name} is no number" if name in claims else f"{name} is missing")
    try:
        return float(value)
    except OverflowError:
        raise RefusedError(f"{name} is no number") from None
