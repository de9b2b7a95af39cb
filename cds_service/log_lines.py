"""What `serve` writes to standard error: JSON lines and nothing else. Knows loggers and streams; no HTTP.

Words of our own loggers are written. Words of another package are not, but for those that are known to hold no value:
its lines tell where in it something was said. Of an exception type and place are told. Whatever else is printed
(a traceback, a stray print) is counted and withheld. The members of a line stand in audit.MEMBERS.
"""

import io
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO, cast

from cds_service.audit import one_line
from cds_service.log_writer import LogWriter

_OURS: Final = "cds_service."
_WITHHELD: Final = "another package says something, and its words are withheld"
# A line of less than 4096 bytes is written to a pipe in one piece, whatever other workers write
_LONGEST: Final = 1000
_log = logging.getLogger("cds_service.process")


class JsonLines(logging.Formatter):
    """One line of JSON for each record. `harmless`: messages of other packages, as they stand in their code, whose
    arguments are pids, signals and the like."""

    def __init__(self, harmless: Collection[str] = ()) -> None:
        super().__init__()
        self._harmless = frozenset(harmless)

    def format(self, record: logging.LogRecord) -> str:
        members: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
        }
        if record.name.startswith(_OURS) or (isinstance(record.msg, str) and record.msg in self._harmless):
            members["message"] = record.getMessage()[:_LONGEST]
        else:
            members["message"] = _WITHHELD
            members["place"] = f"{record.filename}:{record.lineno} {record.funcName}"
        if record.exc_info and record.exc_info[1] is not None:
            members["error"] = describe(record.exc_info[1])
        return one_line(members).rstrip("\n")


class Withheld(io.TextIOBase):
    """A stream in the place of one that anybody can print to: says how much was printed, and not what."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        if text.strip() != "":
            _log.error("%d characters were printed and are withheld", len(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.stream.fileno()


def describe(error: BaseException) -> str:
    """Type and place of an exception, for the log. Its message is left out: it can print what a client sent."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames[-8:]))
    return f"{type(error).__name__} at {places}"[: 2 * _LONGEST]


def log_stream() -> TextIO:
    """What leads to standard error, also where this process has put `Withheld` in its place."""
    return sys.stderr.stream if isinstance(sys.stderr, Withheld) else sys.stderr


def log_as_json(stream: TextIO, level: str, harmless: Collection[str] = ()) -> None:
    """Have every logger of the process write to the stream, from this level on (other packages: from warning on,
    unless the level is debug)."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(harmless))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    lowest = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(lowest if lowest == logging.DEBUG else max(lowest, logging.WARNING))
    logging.getLogger("cds_service").setLevel(lowest)
    # When a line cannot be written, logging prints a traceback, and with it the message of the exception at hand
    logging.raiseExceptions = False


def only_json(level: str, harmless: Collection[str] = ()) -> None:
    """From here on this process and its children say nothing but lines of JSON. For a process that ends as it is."""
    if not isinstance(sys.stderr, Withheld):
        log = cast("TextIO", LogWriter(sys.stderr, _tell_lost))
        sys.stdout, sys.stderr = Withheld(sys.stdout), Withheld(log)
    log_as_json(log_stream(), level, harmless)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable
    warnings.showwarning = _warned


def tell_faults(part: str, faults: Sequence[str]) -> None:
    """Why the service does not start, for whoever collects its log."""
    for fault in faults:
        stream = log_stream()
        stream.write(_line(part, logging.CRITICAL, fault))
        stream.flush()


def _tell_lost(lines: int) -> str:
    return _line("process", logging.ERROR, f"{lines} lines of the log are lost: nobody took them")


def _line(part: str, level: int, message: str) -> str:
    record = logging.LogRecord(f"{_OURS}{part}", level, "", 0, message, None, None)
    return JsonLines().format(record) + "\n"


def _uncaught(_kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    _log.critical("the process ends by an exception", exc_info=error)


def _uncaught_in_thread(told: Any) -> None:
    if told.exc_type is not SystemExit:
        _log.error("a thread ended by an exception", exc_info=told.exc_value)


def _unraisable(told: Any) -> None:
    _log.error("an exception that nobody could take", exc_info=told.exc_value)


def _warned(
    message: Warning | str,  # noqa: ARG001  # Python's names
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    _log.warning("a warning of Python: %s at %s:%d", category.__name__, Path(filename).name, lineno)
