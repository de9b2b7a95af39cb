"""A program on a pseudo-terminal: what it shows there, how wide, in which colours."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parents[1]
_OF_COLOUR = {"COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"}


@dataclass(frozen=True, slots=True)
class Shown:
    """screen: all that came to the terminal, with escapes. piped: what came to the other stream. status: of exit."""

    screen: str
    piped: str
    status: int

    @property
    def lines(self) -> list[str]:
        return plain(self.screen).splitlines()


def on_terminal(*words: str, columns: int = 80, errors: bool = False, **environ: str) -> Shown:
    """Run a verb with its standard output on a terminal and its errors in a file; errors: the other way round."""
    controller, terminal = terminal_of(columns)
    clean = {k: v for k, v in os.environ.items() if k not in _OF_COLOUR and not k.startswith("CDS_")}
    command = [sys.executable, "-m", "cds_service", *words]
    # A file takes whatever is written, where a pipe that is read later would stop the program
    with TemporaryFile() as file:
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean | {"TERM": "xterm"} | environ,
            stdin=subprocess.DEVNULL,
            stdout=file if errors else terminal,
            stderr=terminal if errors else file,
        ) as running:
            os.close(terminal)
            screen = read(controller)
            status = running.wait(timeout=30)
        file.seek(0)
        return Shown(screen, file.read().decode(), status)


def terminal_of(columns: int) -> tuple[int, int]:
    """The two ends of a pseudo-terminal: a screen to read, and what a program writes to."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    return controller, terminal


def read(controller: int) -> str:
    """All that is shown until the program closes its end."""
    shown = io.BytesIO()
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        shown.write(part)
    os.close(controller)
    return shown.getvalue().decode()


def plain(text: str) -> str:
    """Without escapes."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
