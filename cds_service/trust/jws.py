"""The compact form of a signed token, read strictly. Knows base64url and JSON; who may sign what is known elsewhere.

What two readers take for two things is a way past one of them. So each token has one spelling, and a member that stands
twice, of which a lenient reader would keep one, makes it no token at all.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final, NoReturn

_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")


@dataclass(frozen=True, slots=True)
class Unverified:
    """The parts of a compact JWS before anybody has looked at its signature. signed: the text that it is about."""

    header: bytes
    payload: bytes
    signed: bytes
    signature: bytes


def take_apart(token: str) -> Unverified | None:
    """The parts of a token, or None where it is no compact JWS: three parts of base64url, without padding (RFC 7515).

    The signature may be empty here: that it proves nothing is for whoever checks it to say.
    """
    found = _COMPACT.fullmatch(token)
    if found is None:
        return None
    try:
        header, payload, signature = (_decoded(part) for part in found.groups())
    except ValueError:
        return None
    return Unverified(header, payload, token[: found.end(2)].encode("ascii"), signature)


def read_object(text: bytes) -> dict[str, Any] | None:
    """The members of a JSON object in UTF-8, or None where it is none, or repeats a member anywhere."""
    try:
        value = _STRICT.decode(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _decoded(part: str) -> bytes:
    """ValueError where the last character has bits that belong to no byte: they could be changed unseen."""
    text = part.encode("ascii")
    decoded = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    if urlsafe_b64encode(decoded).rstrip(b"=") != text:
        raise ValueError
    return decoded


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _refuse(_text: str) -> NoReturn:
    """NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
