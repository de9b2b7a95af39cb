"""The JWT of a client: which checks, in which order. Knows the claims of CDS Hooks; no HTTP, and no patient.

What costs nothing comes first: nobody makes the service compute or fetch with a token that would be refused anyway.
A reason is for the operator's log and holds our own words only; the caller is told nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cds_service.trust.clients_file import ClientEntry
from cds_service.trust.jws import Unverified, read_object, take_apart
from cds_service.trust.keys import ALGORITHMS, PublicKey

LEEWAY: Final = 30  # seconds, decision 9
LONGEST_LIFE: Final = 300  # seconds from iat to exp, decision 9
_LONGEST_TOKEN: Final = 8000  # below the longest header line that gunicorn reads
_NEVER_HONOURED: Final = ("b64", "crit", "jwk", "x5c", "x5u")

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
    header, claims = _members(token.header, "header"), _members(token.payload, "payload")
    entry = _claimed(header, claims, clients)
    try:
        algorithm, kid = _header(header, entry)
        jti, until = _claims(claims, entry, audiences, now)
        _check_signature(token, find_keys(entry, kid), algorithm)
    except RefusedError as refused:
        raise RefusedError(refused.reason, entry.name) from None
    return Verified(entry, jti, until)


def _take_apart(authorization: str | None) -> Unverified:
    scheme, _, text = (authorization or "").partition(" ")
    text = text.strip(" ")
    if scheme.lower() != "bearer" or text == "":
        raise RefusedError("no bearer token")
    if len(text) > _LONGEST_TOKEN:
        raise RefusedError("token is too long")
    token = take_apart(text)
    if token is None:
        raise RefusedError("token is no JWT")
    return token


def _members(text: bytes, part: str) -> dict[str, Any]:
    members = read_object(text)
    if members is None:
        raise RefusedError(f"{part} is no strict JSON object")
    return members


def _claimed(
    header: dict[str, Any], claims: dict[str, Any], clients: Mapping[str, Sequence[ClientEntry]]
) -> ClientEntry:
    """Who the token says it is from; it chooses among the clients of the file, and nothing else."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise RefusedError("alg is none that may sign")
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
    if "jku" in header and (entry.jwks_url is None or header["jku"] != entry.jwks_url):
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
    if not fitting[0].has_signed(token.signed, token.signature, algorithm):
        raise RefusedError("signature is not by the key")


def _claims(claims: dict[str, Any], entry: ClientEntry, audiences: Collection[str], now: float) -> tuple[str, float]:
    """The jti, and until when it must be remembered."""
    named = claims.get("aud")
    if not named:
        raise RefusedError("aud is missing")
    offered = [named] if isinstance(named, str) else named
    if not isinstance(offered, list) or not all(isinstance(one, str) for one in offered):
        raise RefusedError("aud is neither a text nor a list of texts")
    if not any(one in audiences or one in entry.audiences for one in offered):
        raise RefusedError("aud is not this endpoint")
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
    return jti, expires + LEEWAY


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(f"{name} is no number" if name in claims else f"{name} is missing")
    try:
        return float(value)
    except OverflowError:
        raise RefusedError(f"{name} is no number") from None
