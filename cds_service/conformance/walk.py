"""Shapes of JSON members that several groups ask about. Knows JSON, URLs and uuids; no card."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def empties(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, what) of every null and every empty text, object and list below a value, the value itself included."""
    if value is None:
        yield path, "is null"
    elif isinstance(value, str) and not value.strip():
        yield path, "is an empty text"
    elif value in ({}, []):
        yield path, "is an empty object" if isinstance(value, dict) else "is an empty list"
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from empties(member, f"{path}.{name}")
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from empties(member, f"{path}[{place}]")


def is_text(value: Any) -> TypeGuard[str]:
    """A text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_absolute_url(value: Any) -> bool:
    """http or https, with a host."""
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", value)
    except ValueError:
        return False


def is_uuid(value: Any) -> bool:
    """RFC 4122 text, bare."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def counted(number: int, noun: str, many: str = "") -> str:
    """ "1 card", "2 cards"; many: the plural where it is not made with an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {many or noun + 's'}"


def bad_coding(coding: Any, *, display: bool) -> Iterator[tuple[str, str]]:
    """(path, what) of what a Coding lacks: code and system, and its display where that must be there or is."""
    if not isinstance(coding, dict):
        yield "", "is no object"
        return
    for name in ("code", "system", *(("display",) if display or "display" in coding else ())):
        if not is_text(coding.get(name)):
            yield f".{name}", "is missing, empty or no text"


def not_one(name: str, holder: dict[str, Any], allowed: Sequence[str]) -> str:
    """What is wrong with a member that is one of a few texts."""
    if name not in holder:
        return f"is missing; it is one of {', '.join(allowed)}"
    return f"is {shown(holder[name])}, not {' or '.join(allowed)}"


def shown(value: Any) -> str:
    """A short code of the service's own, fit to be printed; anything longer is not repeated."""
    return f'"{value}"' if isinstance(value, str) and len(value) <= 40 and value.isprintable() else _kind(value)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "another text"
        case list():
            return "a list"
        case _:
            return "an object"
