"""The verb `replay`: its result for a person or a program, its progress, its exit status. Decides nothing."""

import argparse
import json
import stat
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TextIO

import msgspec

from cds_service.knowledge.tables import load
from cds_service.replay.out_file import OutFile
from cds_service.replay.run import Found, Replayed, Site, replay
from cds_service.replay.tally import MOST_FAULTS, Tally
from cds_service.settings import Settings
from cds_service.terminal import Screen, Step, progress

_MEBIBYTE: Final = 1024 * 1024
_HEAD: Final = 12


class ReplayError(Exception):
    """Nothing was replayed; the message says why."""


def replaying(options: argparse.Namespace, settings: Settings, stream: TextIO, errors: TextIO) -> int:
    """Exit status: 0 nothing changed, 1 a line or the file could not be replayed, 2 it is no file, or --out cannot be
    written, 3 some answer changed. ReplayError."""
    knowledge = load(settings.region, settings.unavailable, settings.thresholds, settings.sign_off).knowledge.version
    tally, site = Tally(), Site(settings.thresholds, settings.sign_off)
    path: Path = options.file
    with ExitStack() as stack:
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):  # it is read once, and shown how much of it
                print(f"replay: {path}: must be a file", file=errors)
                return 2
            out = None if options.out is None else stack.enter_context(_opened(options.out, path))
        except OSError as error:
            print(f"replay: {error.filename}: {error.strerror}", file=errors)
            return 2 if str(error.filename) == str(options.out) else 1
        try:
            with replay(path, options.workers, site) as replayed, progress(errors) as step:
                for each in _stepped(replayed, found.st_size, tally, step):
                    _write(each, knowledge, out)
        except OSError as error:
            raise ReplayError(f"{error.filename or path}: {error.strerror}") from None
        except BrokenProcessPool:
            raise ReplayError("a process ended on the way: try fewer --workers") from None
        if tally.requests == tally.bad == 0:
            raise ReplayError(f"{path} holds no request")
        if out is not None:
            out.keep()
    if out is not None and out.fault:  # told first: the reader of the result may go
        print(f"replay: {options.out}: {out.fault}", file=errors)
    for number, fault in tally.faults:
        print(f"line {number}: {fault}", file=errors)
    if tally.bad > MOST_FAULTS:
        print(f"and {tally.bad - MOST_FAULTS} lines more", file=errors)
    if options.json:
        print(json.dumps(tally.as_json(knowledge), indent=2, ensure_ascii=False), file=stream)
    else:
        _as_text(tally, knowledge, Screen(stream))
    if out is not None and out.fault:
        return 2
    return 1 if tally.bad else 3 if tally.changed else 0


def _stepped(found: Iterator[Found], size: int, tally: Tally, step: Step) -> Iterator[Replayed]:
    for batch in found:
        for line in batch.lines:
            if tally.add(line):
                yield line
        told = f"MB; {tally.requests} requests, {tally.changed} changed"
        step(_mebibytes(batch.read), _mebibytes(size), told)


def _mebibytes(size: int) -> int:
    return max(1, -(-size // _MEBIBYTE))


def _opened(out: Path, path: Path) -> OutFile:
    """OSError."""
    if out.exists() and out.samefile(path):
        raise OSError(0, "is the recording itself", str(out))
    return OutFile(out)


def _write(line: Replayed, knowledge: str, out: OutFile | None) -> None:
    """A line of its own for each request that changed and each line that could not be replayed."""
    if out is None or not (line.fault or line.found.any):
        return
    told = {"line": line.number} | (
        {"fault": line.fault}
        if line.fault
        else {
            "service": line.service,
            "region": line.region,
            "today": line.today,
            "altered": line.altered,
            "was": line.knowledge,
            "now": knowledge,
            **line.found.as_json(),
        }
    )
    out.write(msgspec.json.encode(told) + b"\n")


def _as_text(tally: Tally, knowledge: str, screen: Screen) -> None:
    versions = ", ".join(f"{version} ({count})" for version, count in sorted(tally.knowledge.items()))
    _head(screen, "installed", f"knowledge {knowledge}")
    _head(screen, "recorded", versions or "-")
    _head(screen, "requests", str(tally.requests))
    _head(screen, "unchanged", str(tally.requests - tally.changed))
    _head(screen, "changed", str(tally.changed))
    if tally.worded:
        _head(screen, "in words", f"{tally.worded} of these: the same was decided, and the text of cards is another")
    if tally.altered:
        words = "of these were decided otherwise with the true data than in disguise, when they were recorded"
        _head(screen, "altered", f"{tally.altered} {words}")
    if tally.repeated:
        _head(screen, "repeated", f"{tally.repeated} lines that stand there more than once; each is counted once")
    if tally.bad:
        _head(screen, "not read", f"{tally.bad} lines, which are told on standard error")
    _cards(tally, screen)
    if tally.members:
        _head(screen, "in cards", ", ".join(f"{name} {count}" for name, count in tally.members.most_common()))
    if tally.moved:
        _head(screen, "order", f"{tally.moved} with the same cards in another order")
    if tally.untold():
        screen.line()
        screen.line(("could not be told: now and not before, before and not now", "bold"))
        for name, more, less in tally.untold():
            screen.line(f"{more:>8}{less:>8}  {name}")


def _cards(tally: Tally, screen: Screen) -> None:
    rows = tally.rows()
    if not rows:
        return
    width = max(len(topic) for topic, *_ in rows) + 2
    beside = max(len(indicator) for _, indicator, *_ in rows) + 2
    screen.line()
    kinds = "".join(f"{kind:>9}" for kind in rows[0][2])
    screen.line((f"{'topic':<{width}}{'indicator':<{max(beside, 11)}}{kinds}", "bold"))
    for topic, indicator, counts in rows:
        numbers = "".join(f"{count:>9}" for count in counts.values())
        screen.line(f"{topic:<{width}}{indicator:<{max(beside, 11)}}{numbers}")


def _head(screen: Screen, name: str, text: str) -> None:
    screen.labelled(f"{name:<{_HEAD}}", "bold", text)
