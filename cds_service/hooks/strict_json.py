"""Strict reading of JSON bytes: no NaN, no duplicate keys, bounded depth. Knows JSON only; no hook and no FHIR.

Values that nobody has asked for yet stay raw bytes (msgspec.Raw). Every fault is a Problem that shows no value.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec
from msgspec import Raw

from cds_service.hooks.problems import Fault, Problem

DEEPEST: Final = 64
# One object or list in eight bytes is more than any record has; a small body may be denser
MOST_BRACKETS: Final = 100_000
# Of what is read in full, whatever it holds: the context and the authorization. An order has some sixty
MOST_VALUES: Final = 200_000
# Of the call itself and of each object in it, names that are looked at one by one
MOST_MEMBERS: Final = 10_000
_BYTES_PER_BRACKET: Final = 4
_LONGEST_NUMBER: Final = 100
_LARGEST_EXPONENT: Final = 400

_NOT_BRACKETS: Final = bytes(code for code in range(256) if code not in b"[]{}")
_BRACES: Final = bytes.maketrans(b"[]", b"{}")
# A string that never ends is taken out to the end of the text: looking for its end from each quote inside it anew
# would take minutes for a megabyte.
_STRING: Final = re.compile(rb'"(?:[^"\\]+|\\.)*+(?:"|\\?\Z)', re.DOTALL)


class _Key:
    """One object key as it stands in the text: two equal keys stay two, so that a duplicate can be seen."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def _new_key(_type: type, text: str) -> _Key:
    return _Key(text)


def _number(text: str) -> Decimal:
    """A JSON number with a fraction or an exponent, exactly; absurd lengths and exponents are refused."""
    if len(text) > _LONGEST_NUMBER:
        raise ValueError
    number = Decimal(text)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError
    return number


def _refuse(_text: str) -> NoReturn:
    raise ValueError


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


_MEMBERS = msgspec.json.Decoder(dict[_Key, Raw], dec_hook=_new_key)
_OPENED = msgspec.json.Decoder(dict[_Key, str | dict[_Key, Raw] | None], dec_hook=_new_key)
_ANY = msgspec.json.Decoder(float_hook=_number)
_AGAIN = msgspec.json.Encoder(decimal_format="number")
_CAREFUL = json.JSONDecoder(parse_float=_number, parse_constant=_refuse, object_pairs_hook=_unique)


def check_text(body: bytes) -> None:
    """Refuse what is no UTF-8, is nested deeper than DEEPEST, or is little else than brackets."""
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            raise Problem(Fault.NOT_JSON, rule="must be UTF-8") from None
    brackets = body.translate(_BRACES, _NOT_BRACKETS)
    if not _too_many(brackets, body) and _left_after_peeling(brackets) == b"":
        return
    # Brackets inside strings disturb the count, so they are taken out for a second look
    brackets = _STRING.sub(b"", body).translate(_BRACES, _NOT_BRACKETS)
    if _too_many(brackets, body):
        raise Problem(Fault.TOO_LARGE, rule="at most one object or list in eight bytes of a large body")
    left = _left_after_peeling(brackets)
    if left != b"" and left.count(b"{") == left.count(b"}"):
        raise Problem(Fault.TOO_DEEP, rule=f"at most {DEEPEST} levels")
    # unbalanced brackets are no JSON at all, and the decoder will say so


def _too_many(brackets: bytes, body: bytes) -> bool:
    return len(brackets) > MOST_BRACKETS and len(brackets) * _BYTES_PER_BRACKET > len(body)


def _left_after_peeling(brackets: bytes) -> bytes:
    """The brackets that are left when DEEPEST levels of innermost pairs are gone; what slips through inside strings
    still meets the decoders' own recursion limit."""
    left = brackets
    for _ in range(DEEPEST):
        if left == b"":
            break
        left = left.replace(b"{}", b"")
    return left


def check_number_of_values(raws: Iterable[Raw], path: str) -> None:
    """Refuse what holds more than can be read in full: each value but the first stands behind a comma or a bracket.
    Those inside strings are counted as well."""
    views = [memoryview(raw) for raw in raws]
    if sum(view.nbytes for view in views) <= MOST_VALUES:
        return
    text = b"".join(views)
    if text.count(b",") + text.count(b"{") + text.count(b"[") > MOST_VALUES:
        raise Problem(Fault.TOO_LARGE, path=path, rule=f"at most {MOST_VALUES} values")


def members(text: bytes | Raw, path: str) -> dict[str, Raw]:
    """The members of one object, values left raw. `path` is for the problem."""
    try:
        pairs = _MEMBERS.decode(text)
    except msgspec.ValidationError:
        raise Problem(Fault.BAD_REQUEST, path=path, rule="must be an object") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(Fault.NOT_JSON, path=path) from None
    found = _named(pairs)
    if len(found) != len(pairs):
        raise Problem(Fault.NOT_JSON, path=path, rule="must not repeat a key")
    return found


def opened(text: bytes) -> dict[str, str | dict[str, Raw] | None] | None:
    """`members`, and of those that are objects again their members, in one pass over the text instead of two.

    None where a member is neither text nor object nor null, a key is repeated or the text is no JSON: the caller
    then goes the longer way by `members`, which says what is wrong if anything is. Problem (413) where one of these
    objects has more than MOST_MEMBERS.
    """
    try:
        pairs = _OPENED.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    inner = [value for value in pairs.values() if isinstance(value, dict)]
    if len(pairs) > MOST_MEMBERS or any(len(each) > MOST_MEMBERS for each in inner):
        raise Problem(Fault.TOO_LARGE, path="$", rule=f"at most {MOST_MEMBERS} members")
    found: dict[str, str | dict[str, Raw] | None] = {}
    for key, value in pairs.items():
        named = _named(value) if isinstance(value, dict) else value
        if key.text in found or (isinstance(value, dict) and named is not None and len(named) != len(value)):
            return None
        found[key.text] = named
    return found


def _named(pairs: dict[_Key, Raw]) -> dict[str, Raw]:
    return {key.text: value for key, value in pairs.items()}


def small_value(raw: Raw) -> Any:
    """A value that should be text or a number: read without looking for repeated keys."""
    try:
        return _ANY.decode(raw)
    except (ValueError, ArithmeticError, RecursionError):
        raise Problem(Fault.NOT_JSON) from None


def whole_value(raw: Raw, path: str) -> Any:
    """One value in full: numbers with a fraction as Decimal, exactly as sent; a repeated key anywhere is refused.

    Each member of an object writes one colon, so a value that lost no member has, written again, as many colons
    as the text it came from. Only where they differ does the slower reader look at every pair of keys.
    """
    try:
        value = _ANY.decode(raw)
        text = bytes(raw)
        if b"\\u003a" in text or b"\\u003A" in text or text.count(b":") != _AGAIN.encode(value).count(b":"):
            value = _CAREFUL.decode(text.decode())
    except (ValueError, ArithmeticError, RecursionError):  # msgspec's and json's errors are ValueErrors
        raise Problem(Fault.NOT_JSON, path=path, rule="must be strict JSON without repeated keys") from None
    return value
