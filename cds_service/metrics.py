"""What the service counts, for Prometheus. Knows its client library and what a request leaves behind; no patient.

Every label comes from a list of ours: services, states, topics, steps, names of data. Nothing that anybody sends is a
label. Under `serve` each worker counts in files of its own, and whichever is asked adds them up.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from cds_service.audit import Trail

PREFIX: Final = "cobalamin_cds"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Each of these files of a worker; what is counted fills a tenth of one
_FILES: Final = ("counter", "histogram", "gauge_livesum")
_FILE_SIZE: Final = 1024 * 1024
# Of the number at the head of each, which is how much of it is used, itself and what fills its line included
_LENGTH: Final = 4

# A number that is read when somebody asks: by client
Reading = Callable[[], Mapping[str, float]]


class Metrics:
    """Counts of this process; with a folder, of all processes that count in it. To be made after the fork.

    readings: by name of a gauge, what it is now for each client. OSError where the folder has no room.
    """

    def __init__(self, folder: Path | None = None, version: str = "", knowledge: str = "") -> None:
        if folder is not None:
            _reserve(folder)
            # Read by the library when it is imported first
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415

        self._folder = folder
        self._versions = {"version": version, "knowledge": knowledge}
        self._readings: dict[str, tuple[str, Reading]] = {}
        self._own = own = CollectorRegistry()

        def counter(name: str, words: str, *labels: str) -> Any:
            made = Counter(f"{PREFIX}_{name}", words, labels, registry=own)
            return _Labelled(made) if labels else made

        def seconds(name: str, words: str, *labels: str) -> Any:
            made = Histogram(f"{PREFIX}_{name}_seconds", words, labels, registry=own, buckets=_SECONDS)
            return _Labelled(made) if labels else made

        def gauge(name: str, words: str, *labels: str) -> Any:
            return Gauge(f"{PREFIX}_{name}", words, labels, registry=own, multiprocess_mode="livesum")

        self._requests = counter("requests", "Answered requests; service: other for pages", "service", "status")
        self._problems = counter("problems", "Errors answered, by their stable code", "problem")
        self._whole = seconds(
            "request", "From the whole request to its answer, the wait for a thread included", "service"
        )
        self._steps = seconds("step", "Of a call that was in scope: one step of it; wait: for a thread", "step")
        self._cards = counter("cards", "Cards made; shadow: withheld from the client", "topic", "indicator", "shadow")
        self._untold = counter("could_not_tell", "Verdicts of rules for want of a datum", "missing")
        self._gaps = counter("gaps", "Kinds of resource that were not got whole, in calls in scope", "kind", "why")
        self._reads = counter("fhir_reads", "Requests to FHIR servers, by how they ended", "outcome")
        self._read = seconds("fhir_read", "Requests to FHIR servers")
        self._feedback = counter("feedback_items", "Items of feedback taken in", "service")
        self._recorded = counter(
            "recorded", "Decided calls of a site that records them, by what became of it", "outcome"
        )
        self._cards_waiting = gauge("cards_waiting", "Cards shown that the database was given and has not taken")
        self._cards_dropped = counter("cards_dropped", "Cards shown that no figure of feedback counts")
        self._work = gauge("worker_requests", "Whole requests that run, or wait for a thread", "state")
        self._lines = gauge("worker_connections", "Connections of clients that are open")

    def note(self, trail: Trail, status: int, milliseconds: float) -> None:
        """Count one answered request."""
        service = trail.service or "other"
        self._requests[service, status].inc()
        self._whole[service].observe(milliseconds / 1000)
        if trail.problem != "":
            self._problems[trail.problem].inc()
        if trail.feedback > 0:
            self._feedback[service].inc(trail.feedback)
        if trail.in_scope:
            self._note_in_scope(trail)

    def _note_in_scope(self, trail: Trail) -> None:
        self._steps["wait"].observe(trail.waited)
        for step, seconds in trail.steps.items():
            self._steps[step].observe(seconds)
        shadow = "true" if trail.shadow else "false"
        for topic, indicator in trail.topics:
            self._cards[topic, indicator, shadow].inc()
        for missing in trail.untold:
            self._untold[missing].inc()
        for kind, why in trail.gaps.items():
            self._gaps[kind, why].inc()
        for read in tuple(trail.reads):
            self._reads[read.outcome].inc()
            self._read.observe(read.seconds)

    def recorded(self, outcome: str) -> None:
        """A decided call was recorded, or why not."""
        self._recorded[outcome].inc()

    def unwritten(self, waiting: int, dropped: int) -> None:
        """So many cards that were shown wait for the database, and so many more were dropped."""
        self._cards_waiting.set(waiting)
        self._cards_dropped.inc(dropped)

    def load(self, running: int, waiting: int, connections: int) -> None:
        """How busy this worker is now."""
        self._work.labels("running").set(running)
        self._work.labels("waiting").set(waiting)
        self._lines.set(connections)

    def read_when_asked(self, name: str, words: str, reading: Reading) -> None:
        """A gauge by client that whoever is asked can read for all workers."""
        self._readings[name] = (words, reading)

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        told = CollectorRegistry()
        told.register(_Told(self._collected))
        if self._folder is None:
            return generate_latest(self._own) + generate_latest(told)
        MultiProcessCollector(told, str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(told)

    def _collected(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily  # noqa: PLC0415

        yield InfoMetricFamily(PREFIX, "What runs here", value=self._versions)
        for name, (words, reading) in self._readings.items():
            family = GaugeMetricFamily(f"{PREFIX}_{name}", words, labels=("client",))
            for client, value in reading().items():
                family.add_metric((client,), value)
            yield family


class _Labelled(dict[Any, Any]):
    """A metric's counts by their labels: the library would look for them under a lock, with every number as text."""

    def __init__(self, metric: Any) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, labels: Any) -> Any:
        found = self[labels] = self._metric.labels(*(labels if isinstance(labels, tuple) else (labels,)))
        return found


class _Told:
    """A collector of the library, as it wants one."""

    def __init__(self, collect: Callable[[], Iterator[Any]]) -> None:
        self.collect = collect


def forget_worker(folder: Path, pid: int) -> None:
    """A worker has ended: it is busy with nothing any more. What it has counted stays, without the room that it had
    kept for more: the folder is small, and others need it."""
    (folder / f"gauge_livesum_{pid}.db").unlink(missing_ok=True)
    for name in ("counter", "histogram"):
        with suppress(FileNotFoundError), (folder / f"{name}_{pid}.db").open("r+b") as file:
            used = int.from_bytes(file.read(_LENGTH), sys.byteorder)
            file.truncate(max(used, 2 * _LENGTH))


def _reserve(folder: Path) -> None:
    """Make this process's files at their full size: the library writes to them by memory, and a disk that is full
    then would end the process instead of an error."""
    for name in _FILES:
        with (folder / f"{name}_{os.getpid()}.db").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, _FILE_SIZE)
