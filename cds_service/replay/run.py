"""Lines decided again, on as many processors as are wanted. Knows processes and batches; prints nothing.

A batch goes to a process and comes back as what was found in it. Only a few are on the way at a time, and they come
back in their order: a file of any length takes the memory of a short one (but for the ids of its lines, which the tally
keeps), and any number of processes find the same.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from cds_service.hooks.problems import Problem
from cds_service.knowledge.tables import Library, load
from cds_service.knowledge.wording import load_wording
from cds_service.recording.again import Again, decider
from cds_service.recording.line import LineError, read
from cds_service.replay.difference import NONE, Difference, difference
from cds_service.replay.lines import LONGEST, Batch, batches

_ON_THE_WAY: Final = 3  # batches for each process


@dataclass(frozen=True, slots=True)
class Site:
    """The site's own files, of the present settings: numbers that it overrides, and its signatures."""

    thresholds: Path | None = None
    sign_off: Path | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """One line. fault: why it could not be replayed; then nothing else is known. cards: how many there were."""

    number: int
    fault: str = ""
    id: str = ""
    service: str = ""
    region: str = ""
    knowledge: str = ""
    today: str = ""
    altered: bool = False
    cards: int = 0
    found: Difference = NONE


@dataclass(frozen=True, slots=True)
class Found:
    """Of one batch. read: how many bytes of the file have been read."""

    lines: tuple[Replayed, ...]
    read: int


@contextmanager
def replay(path: Path, workers: int, site: Site) -> Iterator[Iterator[Found]]:
    """Every line of the file, in order. OSError where it cannot be read, while it is read.

    The processes are there when the block begins, so that no thread which it starts goes through a fork.
    """
    if workers == 1:
        yield map(_Work(site).done, batches(path))
        return
    pool = ProcessPoolExecutor(workers, initializer=_begin, initargs=(site,))
    try:
        pool.submit(os.getpid).result()
        yield _in_order(path, pool, _ON_THE_WAY * workers)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(path: Path, pool: ProcessPoolExecutor, most: int) -> Iterator[Found]:
    running: deque[Future[Found]] = deque()
    for batch in batches(path):
        running.append(pool.submit(_of_process, batch))
        if len(running) >= most:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


class _Work:
    """What one process needs, made once."""

    def __init__(self, site: Site) -> None:
        self._again: Again = decider(load_wording())
        self._library: Callable[..., Library] = cache(
            lambda region, unavailable: load(region, unavailable, site.thresholds, site.sign_off)
        )

    def done(self, batch: Batch) -> Found:
        lines = tuple(self._line(number, text) for number, text in enumerate(batch.texts, batch.first))
        return Found(lines, batch.read)

    def _line(self, number: int, text: bytes | None) -> Replayed:
        try:
            return self._replayed(number, text)
        except LineError as error:
            return Replayed(number, str(error))
        except KeyError:
            return Replayed(number, "of a service that is not here")
        except Problem as problem:
            return Replayed(number, f"its request is refused: {problem.fault.code}")
        except Exception as error:  # noqa: BLE001  # a line of a file may be anything, and it is told by its number
            return Replayed(number, f"cannot be decided: {type(error).__name__}")

    def _replayed(self, number: int, text: bytes | None) -> Replayed:
        if text is None:
            raise LineError(f"longer than {LONGEST} bytes")
        line = read(text)
        library = self._library(line.region, frozenset(line.unavailable))
        now = self._again(line.service, bytes(line.request), line.today, library)
        was: dict[str, Any] = msgspec.to_builtins(line.answer)
        return Replayed(
            number,
            id=line.id,
            service=line.service,
            region=line.region.value,
            knowledge=line.knowledge,
            today=line.today.isoformat(),
            altered=line.altered,
            cards=len(was["cards"]),
            found=difference(was, now),
        )


_works: list[_Work] = []


def _begin(site: Site) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the parent that is interrupted, and ends these
    _works[:] = [_Work(site)]


def _of_process(batch: Batch) -> Found:
    return _works[0].done(batch)
