"""The service with all that it rests on as real processes, for faults to be done to it. Knows tokens, probes and rows.

Records are in PostgreSQL or in a SQLite file, used tokens in Redis or in the common folder; data come from an EHR.
"""

import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import create_engine, select

from cds_service.examples import examples
from cds_service.records.schema import FEEDBACK
from tests.faults.ehr import Ehr, ehr
from tests.faults.postgres import Cluster, cluster
from tests.hook_calls import AUTHORIZATION, PATIENT_RESOURCE, call, draft
from tests.redis_servers import Server, own_server
from tests.running import Running, free_port, running
from tests.signing import clients_file, token
from tests.steady_load import HOOK, TOLD, Ask

_WAIT: Final = 25.0  # for an answer, longer than any is expected to take
_PUBLIC: Final = "https://cds.example"
ORDER: Final = draft(text="cyanocobalamin 1 mg tablet")


@dataclass(frozen=True, slots=True)
class Answer:
    """status: 0 where none came. seconds: until it was there. cards: a digest of the body's bytes, where there are
    cards; `none` and what they are about otherwise."""

    status: int
    seconds: float
    body: bytes = b""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class Stage:
    """What is not part of it is None. disks: small file systems by name: records, temporary, log."""

    folder: Path
    service: Running
    settings: dict[str, str]
    database: str
    postgres: Cluster | None
    redis: Server | None
    ehr: Ehr
    clock: Path
    disks: dict[str, Path]
    held: ExitStack
    program: Sequence[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, *, client_clock: float = 0.0) -> Answer:
        """client_clock: seconds by which the caller's clock is ahead."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=_WAIT)
        headers = {}
        if method == "POST":
            now = int(time.time() + client_clock)
            bearer = token(aud=f"{_PUBLIC}{path}", iat=now, exp=now + 300, jti=str(uuid4()))
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return Answer(answer.status, time.monotonic() - began, answer.read())
        except (OSError, http.client.HTTPException):
            return Answer(0, time.monotonic() - began)
        finally:
            connection.close()

    def hook(self) -> Answer:
        """All data with the call."""
        return self.ask("POST", HOOK, examples(datetime.now(UTC).date())[0].body)

    def fetched(self, **prefetch: Any) -> Answer:
        """A call that leaves the data to be fetched from the EHR."""
        body = call(ORDER, fhirServer=self.ehr.base, fhirAuthorization=AUTHORIZATION, prefetch=prefetch)
        return self.ask("POST", HOOK, body)

    def fetched_without_patient(self) -> Answer:
        return self.fetched()

    def fetched_with_patient(self) -> Answer:
        return self.fetched(patient=PATIENT_RESOURCE)

    def caller(self) -> AbstractContextManager[Ask]:
        """For a load."""
        return nullcontext(lambda path, body: self.ask("POST", path, json.loads(body)).status)

    def told(self, uuid: str) -> Answer:
        item = {"card": uuid, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}
        return self.ask("POST", TOLD, {"feedback": [item]})

    def kept(self) -> Counter[str]:
        """Rows of feedback by card."""
        engine = create_engine(self.database)
        try:
            with engine.connect() as connection:
                return Counter(connection.execute(select(FEEDBACK.c.card)).scalars())
        finally:
            engine.dispose()

    def kill(self) -> None:
        """The service and its workers, as when the machine goes down."""
        os.killpg(self.service.process.pid, signal.SIGKILL)
        self.service.process.wait(20)

    def start(self) -> None:
        """Anew, at the same address."""
        made = running(2, self.log, self.service.port, program=self.program, more=self.environment, **self.settings)
        self.service = self.held.enter_context(made)


@contextmanager
def stage(folder: Path, *parts: str) -> Iterator[Stage]:
    """parts: of postgres, redis, disks, clock; without the first two the service has files for what they hold."""
    with ExitStack() as held:
        named = {each: folder / each for each in ("home", "redis", "records", "temporary", "log")}
        for each in named.values():
            each.mkdir()
        disks = {}
        if "disks" in parts:
            disks = {each: held.enter_context(small_disk(named[each])) for each in ("records", "temporary", "log")}
        server = held.enter_context(cluster()) if "postgres" in parts else None
        redis = held.enter_context(own_server(named["redis"])) if "redis" in parts else None
        far = held.enter_context(ehr())
        port, clock = free_port(), folder / "clock"
        clock.write_text("0")
        database = server.url if server is not None else f"sqlite:///{named['records']}/records.sqlite3"
        settings = {
            "database_url": database,
            "clients": str(clients_file(folder, {"fhir_servers": [far.base], "requests_per_minute": 1_000_000})),
            "public_url": _PUBLIC,
            "log_level": "info",
        }
        if redis is not None:
            settings["shared_state_url"] = redis.url
        program = ("-m", "tests.faults.moved_clock", str(clock)) if "clock" in parts else ("-m", "cds_service")
        more = {"TMPDIR": str(named["temporary"]), "XDG_DATA_HOME": str(named["home"])}
        log = named["log"] / "log"
        service = held.enter_context(running(2, log, port, program=program, more=more, **settings))
        yield Stage(folder, service, settings, database, server, redis, far, clock, disks, held, program, log, more)


@contextmanager
def small_disk(place: Path, megabytes: int = 12) -> Iterator[Path]:
    """A file system in memory. PermissionError where none may be mounted."""
    options = ("-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(place))
    if subprocess.run([_program("mount"), *options], check=False, capture_output=True).returncode != 0:
        raise PermissionError("no file system may be mounted here")
    try:
        yield place
    finally:
        subprocess.run([_program("umount"), "--lazy", str(place)], check=True)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise PermissionError(f"there is no {name} here")
    return found


def fill(disk: Path) -> None:
    """To the last byte."""
    with (disk / "filler").open("ab", buffering=0) as file:
        size = 2**20
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2


def make_room(disk: Path) -> None:
    (disk / "filler").unlink()
