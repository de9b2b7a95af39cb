"""A run: many marked calls to a real service, and the search through all that it left behind. Knows the order of both.

Workers are killed on the way and the clients file is read anew; in the end its databases are spoilt.
"""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from tests.otlp_collector import Collector
from tests.privacy.answers import leaks
from tests.privacy.calls import CLIENTS, http_call
from tests.privacy.lines import faults
from tests.privacy.marks import Marks
from tests.privacy.server import Line, Served, ask, junk, served

_THREADS = 6
_BATCH = 250
_SPOILT = 100
_KEPT = re.compile(rb"Zqmarkerkept\d+")


@dataclass(slots=True)
class Seen:
    """hits: where a mark was found, or what is wrong with a line. kept: comments found in the records, as they may be
    where a client has asked for it. files: left behind, and searched."""

    requests: int = 0
    lines: int = 0
    seconds: float = 0.0
    kept: int = 0
    marks: Marks = field(default_factory=Marks)
    statuses: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    loggers: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    spans: int = 0
    places: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    hits: list[str] = field(default_factory=list)


def run(seed: int, *, requests: int = 0, lines: int = 0) -> Seen:
    """So many requests, or as many as it takes to have so many lines of log."""
    seen, started = Seen(), time.monotonic()
    with TemporaryDirectory(prefix="privacy-") as name:
        folder = Path(name)
        with served(folder) as service:
            first = 0
            while first < requests or _lines(folder) < lines:
                _batch(service, seed, range(first, first + _BATCH), seen)
                first += _BATCH
                if (first // _BATCH) % 8 == 1:
                    _trouble(service, first // _BATCH, seen)
            found, seen.kept = searched(folder, seen.marks)
            seen.hits += found
            seen.files = [path.name for path in _made(folder)]
            _spoil(service, seed, first, seen)
        _look_at_said(folder, seen)
        _look_at_traces(service.collector, seen)
    seen.seconds = time.monotonic() - started
    return seen


def _lines(folder: Path) -> int:
    return (folder / "said").read_bytes().count(b"\n")


def _batch(service: Served, seed: int, numbers: range, seen: Seen) -> None:
    lock = Lock()

    def share(place: int) -> None:
        with Line(service.port) as line:
            for number in numbers[place::_THREADS]:
                call = http_call(seed, number, service.place)
                answer = ask(service, call, line)
                found = leaks(answer.status, answer.head, answer.body, seen.marks)
                with lock:
                    seen.requests += 1
                    seen.marks.add_all(call.words)
                    seen.statuses[answer.status] += 1
                    seen.kinds[call.kind] += 1
                    seen.hits += [f"answer {answer.status} to {call.kind} {number}: {each}" for each in found]

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(share, range(_THREADS)))


def _trouble(service: Served, number: int, seen: Seen) -> None:
    """Junk on sockets, workers killed in two ways, and the files read anew."""
    with Line(service.port) as line:
        for data in junk(number):
            answer = line.send(data)
            seen.hits += [f"answer to junk: {each!r}" for each in seen.marks.found_in(answer)]
    pages = [
        ("GET", "/feedback-figures?format=json"),
        ("GET", "/feedback-figures"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
    ]
    for how in (signal.SIGKILL, signal.SIGABRT):
        os.kill(service.workers[0], how)
        service.until(lambda: len(service.workers) == 2)
    service.process.send_signal(signal.SIGHUP)
    with Line(service.port) as line:
        for method, path in pages:
            data = line.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            seen.hits += [f"{path}: {each!r}" for each in seen.marks.found_in(data)]


def _spoil(service: Served, seed: int, first: int, seen: Seen) -> None:
    """The records are no database any more; then the memory of tokens is none."""
    (service.folder / "records.sqlite3").unlink()  # a file that is replaced is opened anew
    for path in (service.folder / "records.sqlite3", *service.folder.glob("tmp/*/shared.sqlite")):
        for each in path.parent.glob(f"{path.name}*"):
            each.write_bytes(b"no database" * 9999)
        path.write_bytes(b"no database" * 9999)
        _batch(service, seed, range(first, first + _SPOILT), seen)
        first += _SPOILT


def searched(folder: Path, marks: Marks) -> tuple[list[str], int]:
    """What marks are in the files that the service has made, byte by byte while it runs; and how many comments that
    may be there."""
    hits, kept = [], 0
    for path in _made(folder):
        data = path.read_bytes()
        kept += len(_KEPT.findall(data))
        hits += [f"{path.name}: {each!r}" for each in marks.found_in(_KEPT.sub(b"", data))]
    return hits, kept


def _made(folder: Path) -> Iterator[Path]:
    ours = {"said", "out", "keys.json", "clients.toml", "record.key"}
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in ours)


def _look_at_traces(collector: Collector, seen: Seen) -> None:
    """As they came, and as what they say: ids are raw bytes on the way."""
    spans = collector.spans
    seen.spans = len(spans)
    for text in (*collector.bodies, *(repr(span).encode() for span in spans)):
        seen.hits += [f"trace: {each!r}" for each in seen.marks.found_in(text)]


def _look_at_said(folder: Path, seen: Seen) -> None:
    said, out = (folder / "said").read_bytes(), (folder / "out").read_bytes()
    seen.hits += [f"standard output: {out[:200]!r}"] if out else []
    seen.hits += [f"log: {each!r}" for each in seen.marks.found_in(said)]
    for line in said.splitlines():
        seen.lines += 1
        seen.loggers[(re.findall(rb'"logger":"([^"]*)"', line) or [b""])[0].decode()] += 1
        seen.problems[(re.findall(rb'"problem":"([^"]*)"', line) or [b"none"])[0].decode()] += 1
        seen.places |= {each.decode() for each in re.findall(rb'"place":"([^"]*)"', line)}
        seen.hits += [f"line: {each}: {line[:300]!r}" for each in faults(line, CLIENTS)]
