"""The head of a rule's file, set for a page: what it says, when, then, and on what it rests. Knows text only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# The head is written to be read as text; these are its habits. A line that is none of them goes on with the last.
_ABOUT = ("Recommendation:", "Strength:")
_WORD = re.compile(r"(When|Then|If|Otherwise,?|Silent:?|Never) ")
_GOES_ON = re.compile(r"(and|or|where|without|otherwise)\b")
_MILESTONE = re.compile(r"M\d+ ")


@dataclass(slots=True)
class Clause:
    """One sentence or more that begin a line. word: When, Then and the like, or empty. parts: what is listed in it."""

    word: str
    text: str
    parts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Head:
    """summary: its first paragraph. about: the Recommendation and Strength of the rule, by name."""

    summary: str
    about: tuple[tuple[str, str], ...]
    clauses: tuple[Clause, ...]


def head_of(text: str) -> Head:
    """Every word of the text, in its order."""
    summary, *paragraphs = [paragraph for paragraph in text.split("\n\n") if paragraph.strip()] or [""]
    about: list[tuple[str, str]] = []
    clauses: list[Clause] = []
    for paragraph in paragraphs:
        if paragraph.startswith(_ABOUT):
            about += _about(paragraph)
        else:
            clauses += _clauses(paragraph)
    return Head(" ".join(summary.split()), tuple(about), tuple(clauses))


def _about(paragraph: str) -> Iterator[tuple[str, str]]:
    for entry in re.split(r"\n(?=\S)", paragraph):
        name, _, rest = entry.partition(":")
        yield name, " ".join(rest.split())


def _clauses(paragraph: str) -> list[Clause]:
    found: list[Clause] = []
    ended = ""  # how the last line ended
    milestones_at = 0  # how far a list of milestones is indented, which has a line for each and no marks at the ends
    for line in paragraph.splitlines():
        words = " ".join(line.split())
        indent = len(line) - len(line.lstrip())
        if _MILESTONE.match(words):
            milestones_at = indent
        if not line.startswith(" ") or not found:
            word = _WORD.match(words)
            found.append(Clause(word[1] if word else "", words[word.end() :] if word else words))
            milestones_at = 0
        elif indent <= milestones_at or (not milestones_at and _lists(words, ended)):
            found[-1].parts.append(words)
        elif found[-1].parts:
            found[-1].parts[-1] += f" {words}"
        else:
            found[-1].text += f" {words}"
        ended = words[-1:]
    return found


def _lists(words: str, ended: str) -> bool:
    """Does this line begin a part of its own?"""
    return ended in {";", ":"} or (ended == "," and bool(_GOES_ON.match(words)))
