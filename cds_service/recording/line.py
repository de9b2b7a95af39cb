"""One line of a recording: a request about nobody, what it was answered, and what it was decided with."""

from datetime import date
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.policy import Region

FORMAT: Final = 1


class Line(Struct, forbid_unknown_fields=True, kw_only=True):
    """today: the day of the evaluation, moved like all dates of the request. altered: the true request was decided
    otherwise than this one. knowledge: the version that answered. answer: as outcome.py writes it."""

    format: int
    knowledge: str
    service: str
    region: Region
    unavailable: list[Ingredient]
    today: date
    altered: bool
    request: Raw
    answer: "Answer"


class Answer(Struct, forbid_unknown_fields=True):
    cards: list["Card"]
    untold: list[str]


class Card(Struct, rename="camel", forbid_unknown_fields=True):
    """As outcome.py writes it."""

    topic: str
    rule: str
    indicator: str
    says: str
    summary: str
    orders: list[str]
    rules: list[str]
    paragraphs: list[str]
    also: list[str]
    suggestions: list[dict[str, Any]]
    missing: list[str]
    settled_by: str
    words: str


class LineError(Exception):
    """It is no line of a recording; the message says why, and shows nothing of it."""


_DECODER: Final = msgspec.json.Decoder(Line)
_ENCODER: Final = msgspec.json.Encoder()


def written(line: Line) -> bytes:
    """The line with its end. No byte in it ends a line before that: JSON escapes what would."""
    return _ENCODER.encode(line) + b"\n"


def read(text: bytes) -> Line:
    """LineError."""
    try:
        line = _DECODER.decode(text)
    except (msgspec.ValidationError, UnicodeDecodeError):
        raise LineError("not a line of a recording") from None
    except (msgspec.DecodeError, RecursionError):
        raise LineError("not JSON") from None
    if line.format != FORMAT:
        raise LineError(f"of another format than {FORMAT}")
    return line
