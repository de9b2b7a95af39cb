"""Records beside the hook calls, never in their way. Knows threads and a queue; what is kept of a request is known in
request.py.

A call leaves what it was decided on in a queue and is answered. One thread of the process writes it down, decided once
more as it will be replayed. What waits is bounded in number and size; when that is too much, the newest is dropped,
counted and told. No failure here reaches a call.
"""

import atexit
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Final
from uuid import uuid4

import msgspec
from msgspec import Raw

from cds_service.clinical.outcomes import Decision
from cds_service.decide import Basis, Decided, Means
from cds_service.knowledge.tables import Library
from cds_service.log_lines import describe
from cds_service.recording.again import decider
from cds_service.recording.files import RecordFiles
from cds_service.recording.line import FORMAT, Answer, Line, written
from cds_service.recording.outcome import essence, outcome
from cds_service.recording.request import recorded_request
from cds_service.recording.told import Told
from fhir_mappings.disguise.person import Disguise

_MOST: Final = 200
_MOST_BYTES: Final = 64 * 1024 * 1024
# Seconds in which the answer leaves before the work on its record begins. While calls wait there is none: that would be
# the most that is ever recorded
_PAUSE: Final = 0.05
_LAST_WORDS: Final = 5.0


class Kept(StrEnum):
    """What became of a call that was decided."""

    SAME = "same"
    ALTERED = "altered"  # recorded, but decided otherwise in disguise
    DROPPED = "dropped"  # too many wait
    UNWRITTEN = "unwritten"  # the disk did not take it
    FAILED = "failed"


Count = Callable[[str], None]


@dataclass(frozen=True, slots=True, repr=False)
class _Waiting:
    basis: Basis
    decision: Decision
    library: Library
    client: str
    size: int


class Recorder:
    """To be made after the fork; its thread starts with the first call. count: is told what became of each."""

    def __init__(self, folder: Path, key: bytes, means: Means, count: Count, *, most_bytes: int = _MOST_BYTES) -> None:
        self._key, self._wording, self._count, self._clock = key, means.wording, count, means.clock
        self._files = RecordFiles(folder)
        self._again = decider(means.wording)
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock = Lock()
        self._held, self._most_bytes = 0, most_bytes
        self._thread: Thread | None = None
        self._ending = Event()
        self._told = Told()

    def note(self, decided: Decided, library: Library, client: str = "") -> None:
        """Put a call of a client down for recording, if something was decided. Waits for nothing and fails never."""
        basis = decided.basis
        if basis is None:
            return
        size = _size(basis)
        with self._lock:
            if self._thread is None and not self._ending.is_set():
                self._start()
            taken = self._thread is not None and self._queue.qsize() < _MOST and self._held + size <= self._most_bytes
            if taken:
                self._held += size
                self._queue.put(_Waiting(basis, decided.decision, library, client, size))
        if not taken:
            self._count(Kept.DROPPED)
            self._told.tell("a call is in no recording, since too many wait to be recorded")

    def close(self, seconds: float = _LAST_WORDS) -> None:
        """Record what waits, for so many seconds at most, and end the thread."""
        self._ending.set()
        atexit.unregister(self.close)
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(seconds)
        self._told.rest()

    def _start(self) -> None:
        self._thread = Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _run(self) -> None:
        while (waiting := self._next()) is not None:
            self._count(self._recorded(waiting))
            with self._lock:
                self._held -= waiting.size
        self._files.close()

    def _next(self) -> _Waiting | None:
        try:
            return self._queue.get_nowait()
        except Empty:
            waiting = self._queue.get()
            self._ending.wait(_PAUSE)
            return waiting

    def _recorded(self, waiting: _Waiting) -> Kept:
        try:
            line = self._line(waiting)
        except Exception as error:  # noqa: BLE001  # whatever it is: it must not end the thread
            self._told.tell("a request could not be recorded", describe(error))
            return Kept.FAILED
        try:
            self._files.append(written(line), self._clock().astimezone(UTC).date())
        except OSError as error:
            self._told.tell("the folder of the recordings takes nothing", describe(error))
            return Kept.UNWRITTEN
        return Kept.ALTERED if line.altered else Kept.SAME

    def _line(self, waiting: _Waiting) -> Line:
        basis, library = waiting.basis, waiting.library
        disguise = Disguise(self._key, basis.request.patient_id, basis.today, waiting.client)
        service, request = basis.request.service.id, recorded_request(basis, disguise)
        answer = self._again(service, request, disguise.moved_today, library)
        true = outcome(waiting.decision, library, self._wording)
        return Line(
            format=FORMAT,
            id=uuid4().hex,
            knowledge=library.knowledge.version,
            service=service,
            region=library.knowledge.region,
            unavailable=sorted(library.knowledge.unavailable),
            today=disguise.moved_today,
            altered=essence(true) != essence(answer),
            request=Raw(request),
            answer=msgspec.convert(answer, Answer),
        )


def _size(basis: Basis) -> int:
    held = [memoryview(raw).nbytes for each in basis.gathered.resources.values() for raw in each]
    return sum(held) + sum(map(len, (*basis.gathered.medications.values(), *basis.of_drafts.values())))
