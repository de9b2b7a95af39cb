"""Words, numbers and dates that occur nowhere but in marked requests, and how they are found again in any encoding.

A word is the stem, what it marks, and a number: Zqmarkername17. The search looks for the stem, so one pattern finds
every word, also as base64, in hexadecimal, as UTF-16 and with its letters escaped; and for plain digests of each word.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

STEM: Final = "Zqmarker"
# No schedule, unit or count of the service has these digits
NUMBER: Final = "48713.9137"
BORN: Final = "1931-07-23"
SECONDS: Final = "03:17:41.913731"  # the time of day of every instant
_NUMBERS: Final = ("48713.9", "48713,9", "48,713.9", "48 713,9")
_DAYS: Final = (BORN, "19310723", "23.07.1931", "23/07/1931", "07/23/1931", "23 Jul", "Jul 23", "23 July", "July 23")
_DIGEST: Final = re.compile(rb"[0-9a-f]{32,128}", re.IGNORECASE)
_WORD: Final = re.compile(rf"{STEM}([a-z]+)\d*", re.IGNORECASE)
_HASHES: Final = ("md5", "sha1", "sha256", "sha512")


def word(kind: str, number: int) -> str:
    return f"{STEM}{kind}{number}"


def kinds_in(text: str) -> set[str]:
    """What the words in a text mark."""
    return {found[1].lower() for found in _WORD.finditer(text)}


def _encoded(text: str) -> Iterator[bytes]:
    """The text, and what of it stands in any base64 or hexadecimal of something that it is a part of."""
    plain = text.encode()
    yield plain
    yield plain.hex().encode()
    yield text.encode("utf-16-le")
    yield "".join(f"\\u{ord(letter):04x}" for letter in text).encode()
    yield "".join(f"%{ord(letter):02x}" for letter in text).encode()
    for before in range(3):
        packed = b64encode(b"\0" * before + plain).rstrip(b"=")
        first = (8 * before + 5) // 6  # the characters that hold bits of what stands before
        last = (8 * (before + len(plain))) // 6
        yield packed[first:last]


# In lower case, as what is searched is made: a case that was changed on the way hides nothing
_NEEDLES: Final = sorted(
    {each.lower() for text in (STEM, STEM.lower(), STEM.upper(), NUMBER, BORN) for each in _encoded(text)}
    | {text.lower().encode() for text in (*_NUMBERS, *_DAYS, SECONDS)}
)


@dataclass(slots=True)
class Marks:
    """All words that were sent, so that their digests are known too."""

    _digests: set[bytes] = field(default_factory=set)
    words: int = 0

    def add(self, text: str) -> None:
        self.words += 1
        for name in _HASHES:
            self._digests.add(hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest().encode())

    def add_all(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.add(text)

    def found_in(self, said: bytes) -> list[bytes]:
        """What of a text is a mark, or the digest of one."""
        lower = said.lower().replace(b"\\\\", b"\\")  # as JSON writes what is escaped already
        hits = [lower[max(0, place - 80) : place + 40] for each in _NEEDLES if (place := lower.find(each)) >= 0]
        return hits + [found[0] for found in _DIGEST.finditer(said) if found[0].lower() in self._digests]
