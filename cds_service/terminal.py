"""What a verb writes for a person: as wide as the terminal, in colour where that is wanted. Knows rich; no verb.

rich is there for its bar, and is the one that knows what a terminal can show; the service itself does not load it.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from textwrap import wrap
from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column
from rich.text import Text

_ELSEWHERE: Final = 80
_NARROWEST: Final = 40
# Longer lines of prose are hard to read, however wide the terminal is
_PROSE: Final = 100
# What marks an indicator, beside its word
INDICATORS: Final = {"critical": "bold red", "warning": "bold yellow", "info": "bold cyan"}

Step = Callable[[int, int, str], None]


class Screen:
    """Lines on one stream. width: in columns; prose: what a paragraph takes of it. terminal: does a person look?"""

    def __init__(self, stream: TextIO) -> None:
        self.terminal = stream.isatty()
        self.width = columns(stream, os.environ)
        self.prose = min(self.width, _PROSE)
        self.console = _console(stream, self.width)

    def line(self, *parts: str | tuple[str, str]) -> None:
        """One line, as it is. parts: words, or words and their style."""
        line = Text.assemble(*parts)
        line.rstrip()
        self.console.print(line, soft_wrap=True)

    def lines(self, text: str, first: str = "", rest: str | None = None) -> list[str]:
        """A paragraph as lines. first, rest: what its first line and the others begin with. A word is never broken: an
        address can be copied."""
        return wrap(
            text,
            self.prose,
            initial_indent=first,
            subsequent_indent=first if rest is None else rest,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def wrapped(self, text: str, first: str = "", rest: str | None = None, style: str = "") -> None:
        """The same, written."""
        for line in self.lines(text, first, rest):
            self.line((line, style))

    def labelled(self, label: str, style: str, text: str) -> None:
        """A paragraph with a label before it, whose further lines stand below the text and not below the label."""
        first, *more = self.lines(text, " " * len(label))
        self.line((label, style), first[len(label) :])
        for line in more:
            self.line(line)

    def rule(self) -> None:
        self.line(("-" * self.prose, "dim"))


def columns(stream: TextIO, environ: Mapping[str, str]) -> int:
    """How wide a line may be: COLUMNS, else the terminal's width, else 80; never under 40."""
    said = environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return max(int(said), _NARROWEST)
    try:
        found = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # no terminal; no file at all
        found = 0
    return max(found or _ELSEWHERE, _NARROWEST)


def coloured(environ: Mapping[str, str], *, terminal: bool) -> bool:
    """On a terminal unless CLICOLOR=0, elsewhere with CLICOLOR_FORCE or FORCE_COLOR; never with NO_COLOR or TERM=dumb.
    An empty value says nothing."""
    if environ.get("NO_COLOR", "") != "" or not _moves(environ):
        return False
    if any(environ.get(name, "") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    return terminal and environ.get("CLICOLOR") != "0"


def _moves(environ: Mapping[str, str]) -> bool:
    """Does the terminal know more than lines of text?"""
    return environ.get("TERM") not in ("dumb", "unknown")


@contextmanager
def progress(stream: TextIO) -> Iterator[Step]:
    """A bar on a terminal that can move its cursor; nothing elsewhere. It goes away in the end.

    Yields step(done, of, what); what: in a few words, fit to be printed.
    """
    screen = Screen(stream)
    parts = (SpinnerColumn(), BarColumn(bar_width=24), MofNCompleteColumn(), _WHAT)
    shown = screen.terminal and _moves(os.environ)
    with Progress(*parts, console=screen.console, transient=True, disable=not shown) as bar:
        task = bar.add_task("", total=1, visible=False)

        def step(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what, visible=True, refresh=True)

        yield step


# What is being done may hold names of a service: they are no mark-up, and never break the line.
_WHAT: Final = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))


def _console(stream: TextIO, width: int) -> Console:
    colour = coloured(os.environ, terminal=stream.isatty())
    return Console(
        file=stream,
        width=width,
        height=25,  # with a height given, the width counts on a dumb terminal too
        force_terminal=colour or stream.isatty(),
        color_system="auto" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
    )
