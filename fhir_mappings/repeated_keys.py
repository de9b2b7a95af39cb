"""Does a resource say one thing twice? Knows JSON text only.

JSON readers keep the last of two equal members of an object and drop the other in silence: of two `valueQuantity` one
would be the result. Such a resource is not read at all. Only resources that matter are looked at: the others, and the
Bundles around them, would cost more to look through than everything else together.
"""

import json
from typing import Any

import msgspec
from msgspec import Raw

_DECODE = msgspec.json.Decoder().decode
_ENCODE = msgspec.json.Encoder().encode


def repeats_a_key(raw: bytes | Raw) -> bool:
    """True where any object in the text holds a name twice, or where that cannot be told.

    Each member of an object writes one colon, so a value that lost no member has, written again, as many colons as the
    text it came from. Only where they differ, or a colon is written as an escape, is every pair of keys looked at.
    """
    text = bytes(raw)
    try:
        as_many = text.count(b":") == _ENCODE(_DECODE(text)).count(b":")
        if as_many and (b"\\" not in text or b"\\u003" not in text):
            return False
        json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):  # msgspec's and json's errors are ValueErrors
        return True
    return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members
