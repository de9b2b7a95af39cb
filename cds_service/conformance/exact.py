"""JSON whose decimals stay as they were written: in FHIR 2.50 is not 2.5. Knows JSON only."""

import json
import re
from typing import Any, Final, Self
from uuid import uuid4

# Marks a number in what json.dumps has written. No text of the service under test can begin so: it is drawn anew.
_MARK: Final = uuid4().hex
_MARKED: Final = re.compile(rf'"{_MARK}([^"]*)"')


class Number(float):
    """A decimal with its own digits. Equal to the float; `text` is what stood in the JSON."""

    text: str

    def __new__(cls, text: str | float) -> Self:
        number = super().__new__(cls, text)
        number.text = str(text)
        return number


def encoded(value: Any, *, sort_keys: bool = False) -> bytes:
    """The JSON of a value, every Number with its own digits."""
    return _MARKED.sub(r"\1", json.dumps(_marked(value), sort_keys=sort_keys)).encode()


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _marked(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(member) for member in value]
    return f"{_MARK}{value.text}" if isinstance(value, Number) else value
