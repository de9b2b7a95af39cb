"""The log of the service as a test reads it, and a process that logs as before when a test has set it up anew."""

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from cds_service import log_lines

Json = dict[str, Any]


def lines(said: str) -> list[Json]:
    """Every line, each a JSON object."""
    return [json.loads(line) for line in said.splitlines()]


def requests(said: str) -> list[Json]:
    return [line for line in lines(said) if line["logger"] == "cds_service.request"]


def faults(verb: str, said: str) -> list[str]:
    """What keeps the service from starting: `check` tells a person, `serve` whoever collects its log."""
    if verb != "serve":
        return said.splitlines()
    assert {line["level"] for line in lines(said)} == {"critical"}
    return [f"{line['logger'].removeprefix('cds_service.')}: {line['message']}" for line in lines(said)]


@pytest.fixture
def logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever `only_json` changes in a process is as before after the test; what is said is there at once."""
    monkeypatch.setattr(log_lines, "LogWriter", lambda stream, _: stream)
    for owner, name in (
        (sys, "stdout"),
        (sys, "stderr"),
        (sys, "excepthook"),
        (sys, "unraisablehook"),
        (threading, "excepthook"),
        (warnings, "showwarning"),
        (logging, "raiseExceptions"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    loggers = [logging.getLogger(), logging.getLogger("cds_service")]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
