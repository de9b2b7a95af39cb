"""Hook answers as a person reads them on a terminal: cards, silence, refusals, and all of them in a list. Knows cards
and screens; no HTTP and no rule."""

import re
from collections.abc import Sequence
from typing import Any

from cds_service.terminal import INDICATORS, Screen

_SILENT = "bold green"
_BROKEN = "bold red"
_WORST_FIRST = tuple(INDICATORS)
# The widest word is "HTTP 500" or "CRITICAL"
_WORD = 8


def answer_text(screen: Screen, status: int, answer: dict[str, Any]) -> None:
    """Every card of an answer, or why there is none."""
    if status != 200:
        _badge(screen, f"HTTP {status}", _BROKEN)
        screen.wrapped(_reason(answer), "   ")
        screen.line()
    elif not answer["cards"]:
        _badge(screen, "NO CARD", _SILENT)
        screen.wrapped("No rule has anything to say.", "   ")
        screen.line()
    else:
        for card in answer["cards"]:
            _card(screen, card)


def list_text(screen: Screen, rows: Sequence[tuple[str, int, dict[str, Any]]]) -> None:
    """For each title with the status and the answer: a number, the gravest indicator, the title."""
    for number, (title, status, answer) in enumerate(rows, start=1):
        word, style = _gravest(status, answer)
        screen.labelled(f"{number:>4}  {word:<{_WORD}}  ", style, title)


def _gravest(status: int, answer: dict[str, Any]) -> tuple[str, str]:
    if status != 200:
        return f"HTTP {status}", _BROKEN
    found = {card["indicator"] for card in answer["cards"]}
    for indicator in _WORST_FIRST:
        if indicator in found:
            return indicator.upper(), INDICATORS[indicator]
    return "NO CARD", _SILENT


def _card(screen: Screen, card: dict[str, Any]) -> None:
    _badge(screen, card["indicator"].upper(), INDICATORS[card["indicator"]])
    screen.wrapped(card["summary"], "   ", style="bold")
    screen.line()
    for place, suggestion in enumerate(card.get("suggestions", ()), start=1):
        mark = " (recommended)" if suggestion.get("isRecommended") else ""
        screen.wrapped(f"[{place}] {suggestion['label']}{mark}", "   ", "       ")
        for action in suggestion["actions"][1:]:
            screen.wrapped(f"and: {action['description']}", "       ", "            ")
    if card.get("suggestions"):
        screen.line()
    for paragraph in card["detail"].split("\n"):
        bullet = "- " if paragraph.startswith("- ") else ""
        heading = paragraph.startswith("**") and paragraph.endswith("**")
        if paragraph.strip():
            screen.wrapped(_plain(paragraph), f"     {bullet}", f"     {' ' * len(bullet)}", "bold" if heading else "")
        else:
            screen.line()
    screen.line()
    screen.wrapped(f"Source: {card['source']['label']}", "     ", "             ", "dim")
    if "url" in card["source"]:
        screen.line((f"             {card['source']['url']}", "dim"))
    screen.line()


def _badge(screen: Screen, word: str, style: str) -> None:
    """The word in brackets, so that it stands out without colour too."""
    screen.line("   ", (f"[{word}]", style))


def _reason(outcome: dict[str, Any]) -> str:
    issue = outcome.get("issue", [{}])[0]
    return str(issue.get("details", {}).get("text", "no reason given"))


def _plain(markdown: str) -> str:
    """A line of our own Markdown without its marks: bold, bullets, code and escapes."""
    text = markdown.removeprefix("- ").replace("**", "").replace("`", "")
    return re.sub(r"\\([^\w\s])", r"\1", text)
