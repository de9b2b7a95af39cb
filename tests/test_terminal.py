"""What a verb writes for a person: widths, colours as the environment asks for them, paragraphs, the bar."""

import io
import os

import pytest

from cds_service.terminal import Screen, coloured, columns, progress
from tests.screens import plain, terminal_of


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_screen_is_as_wide_as_its_terminal(width: int) -> None:
    controller, terminal = terminal_of(width)
    with os.fdopen(terminal, "w") as stream:
        assert columns(stream, {}) == width
        assert Screen(stream).width == width
        assert columns(stream, {"COLUMNS": "70"}) == 70
        assert Screen(stream).prose == min(width, 100)
    os.close(controller)


@pytest.mark.parametrize(
    ("said", "width"), [({}, 80), ({"COLUMNS": "200"}, 200), ({"COLUMNS": "wide"}, 80), ({"COLUMNS": "0"}, 80)]
)
def test_elsewhere_it_is_80_unless_somebody_says_otherwise(said: dict[str, str], width: int) -> None:
    assert columns(io.StringIO(), said) == width


def test_a_terminal_that_does_not_know_its_width_is_80() -> None:
    controller, terminal = terminal_of(0)
    with os.fdopen(terminal, "w") as stream:
        assert columns(stream, {}) == 80
    os.close(controller)


@pytest.mark.parametrize(
    ("environ", "on_a_terminal", "elsewhere"),
    [
        ({}, True, False),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"CLICOLOR": "1"}, True, False),
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, True, True),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, False, False),
        ({"TERM": "dumb", "CLICOLOR_FORCE": "1"}, False, False),
    ],
)
def test_colours_are_as_the_environment_asks(
    environ: dict[str, str], on_a_terminal: bool, elsewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for stream, wanted in ((Terminal(), on_a_terminal), (io.StringIO(), elsewhere)):
        assert coloured(environ, terminal=stream.isatty()) == wanted
        Screen(stream).line(("red", "red"))
        assert stream.getvalue() == ("\x1b[31mred\x1b[0m\n" if wanted else "red\n")


def test_a_paragraph_is_wrapped_and_its_words_are_whole() -> None:
    stream = io.StringIO()
    address = "https://cds.example/" + "a-" * 60
    screen = Screen(stream)
    screen.wrapped(f"{'word ' * 20}see {address} [bold]", "- ", "  ")
    screen.labelled("label  ", "bold", "word " * 20)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "- " + "word " * 14 + "word word word"[:4]
    assert lines[1:4] == [f"  {'word ' * 5}see", f"  {address}", "  [bold]"]
    assert lines[4] == "label  " + "word " * 13 + "word"
    assert lines[5] == "       " + "word " * 5 + "word"


def test_the_bar_is_for_terminals_that_can_move_their_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(stream: io.StringIO) -> str:
        with progress(stream) as step:
            step(3, 7, "third of seven")
        return plain(stream.getvalue())

    assert "3/7 third of seven" in shown(Terminal())
    assert shown(io.StringIO()) == ""
    monkeypatch.setenv("TERM", "dumb")
    assert shown(Terminal()) == ""


def test_what_is_being_done_is_no_mark_up_of_the_bar() -> None:
    screen = Terminal()
    with progress(screen) as step:
        step(1, 2, "[/b] [red]x[bold]" + "y" * 200)
    last = plain(screen.getvalue().replace("\r", "\n"))
    assert "[/b] [red]x[bold]" in last
    assert max(map(len, last.splitlines())) <= 80
