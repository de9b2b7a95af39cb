"""One line of a recording: a request about nobody, what it was answered, and what it was decided with."""

from datetime import date
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.policy import Region

FORMAT: Final = 1
# A line may come from anywhere, and a terminal obeys control characters: names are names, and a text is one line that
# holds none of them, nor of those that turn or hide what is written
_PLAIN: Final = r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{0,4000}\Z"
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:,+-]{0,4000}\Z")]
Text = Annotated[str, Meta(pattern=f"^{_PLAIN}")]
# rule and datum
Untold = Annotated[str, Meta(pattern=f"^T-[A-Z0-9-]+: {_PLAIN}")]
LineId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Line(Struct, forbid_unknown_fields=True, kw_only=True):
    """id: random, by which a line that was copied is known. today: the day of the evaluation, moved like all dates
    of the request. altered: the true request was decided otherwise than this one. knowledge: the version that answered.
    answer: as outcome.py writes it."""

    format: int
    id: LineId
    knowledge: Name
    service: Name
    region: Region
    unavailable: list[Ingredient]
    today: date
    altered: bool
    request: Raw
    answer: "Answer"


class Answer(Struct, forbid_unknown_fields=True):
    cards: list["Card"]
    untold: list[Untold]


class Suggestion(Struct, forbid_unknown_fields=True):
    """label: the key of its wording."""

    label: Name
    recommended: bool
    actions: list[Text]


class Card(Struct, rename="camel", forbid_unknown_fields=True):
    """As outcome.py writes it."""

    topic: Name
    rule: Name
    indicator: Literal["info", "warning", "critical"]
    says: Name
    summary: Text
    orders: list[Text]
    rules: list[Name]
    paragraphs: list[Name]
    also: list[Name]
    suggestions: list[Suggestion]
    missing: list[Text]
    settled_by: Name
    words: Digest


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
