"""kill -9 in the middle of everything: what was acknowledged is there, and no batch is there in part."""

import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from cds_service.app import create_app
from cds_service.records.database import Database
from cds_service.records.figures import figures
from cds_service.records.schema import FEEDBACK
from cds_service.settings import Settings
from tests.hook_calls import PATIENT_RESOURCE, call, draft
from tests.own_uuids import group_of, own_uuid
from tests.running import Running, running
from tests.signing import clients_file
from tests.until import until

FEEDBACK_PATH = "/cds-services/b12-order-sign/feedback"
SIZE = 100
CLIENTS = 4


def batch(number: int) -> dict[str, object]:
    """The number of the batch is in the uuid of each of its cards, which is one of ours by its looks."""
    items = [
        {
            "card": own_uuid(number, place),
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-20T12:00:00Z",
        }
        for place in range(SIZE)
    ]
    return {"feedback": items}


class Clients:
    """Threads that post batches and note those that were acknowledged."""

    def __init__(self, server: Running) -> None:
        self.acknowledged: set[int] = set()
        self.sent = 0
        self._server = server
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._post) for _ in range(CLIENTS)]

    def _post(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self.sent += 1
                number = self.sent
            with suppress(OSError, http.client.HTTPException):
                if self._server.post(FEEDBACK_PATH, batch(number)) == 200:
                    with self._lock:
                        self.acknowledged.add(number)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _work_and_die(url: str, moments: random.Random) -> Clients:
    with running(database_url=url) as server:
        clients = Clients(server)
        clients.start()
        until(lambda: clients.acknowledged)
        for _ in range(2):
            time.sleep(moments.uniform(0.2, 0.6))
            _kill(moments.choice(server.workers))
        time.sleep(moments.uniform(0.3, 0.6))
        workers = server.workers
        for pid in moments.sample([server.process.pid, *workers], len(workers) + 1):
            _kill(pid)
        clients.stop()
    return clients


def _kept(database: Database) -> Counter[int]:
    with database.reading() as connection:
        cards = connection.execute(select(FEEDBACK.c.card)).scalars().all()
    return Counter(map(group_of, cards))


def test_an_end_in_good_order_writes_the_cards_that_wait_and_the_rehearsal_left_none(url: str) -> None:
    order = draft(text="cyanocobalamin 1 mg tablet")
    with running(workers=1, database_url=url) as server:
        assert server.post("/cds-services/b12-order-select", call(order, prefetch={"patient": PATIENT_RESOURCE})) == 200
        server.process.terminate()
        assert server.process.wait(20) == 0
    database = Database(url)
    found = figures(database).rows
    database.close()
    assert found
    assert {(row.shown, row.displays) for row in found} == {(1, 1)}


def test_a_kill_loses_nothing_that_was_acknowledged_and_leaves_no_batch_in_part(url: str, database: Database) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # shown when the test fails
    clients = _work_and_die(url, random.Random(seed))  # noqa: S311
    assert clients.acknowledged
    assert len(clients.acknowledged) < clients.sent  # some were cut off
    again = create_app(Settings(database_url=url, log_level="error"), database=database).test_client()
    assert again.get("/readyz").status_code == 200
    kept = _kept(database)
    assert {number for number, count in kept.items() if count != SIZE} == set()
    assert clients.acknowledged <= set(kept)
    # what was not acknowledged is sent again, and what was kept is kept once
    for number in range(1, clients.sent + 1):
        if number not in clients.acknowledged:
            assert again.post(FEEDBACK_PATH, json=batch(number)).status_code == 200
    kept = _kept(database)
    assert kept == dict.fromkeys(range(1, clients.sent + 1), SIZE)


def test_a_file_that_is_being_edited_does_not_reach_a_worker_that_starts_anew(tmp_path: Path) -> None:
    """Else the service would end with it, or its workers would answer by different tables, or other clients."""
    table, clients = tmp_path / "thresholds.toml", clients_file(tmp_path)
    table.write_text("")
    files = {"thresholds": str(table), "clients": str(clients)}
    with running(database_url=f"sqlite:///{tmp_path}/records.sqlite3", **files) as server:
        before = set(server.workers)
        for file in (table, clients):
            file.write_text("half [a line")
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        ends = time.monotonic() + 20
        while time.monotonic() < ends and (len(server.workers) < 2 or before & set(server.workers)):
            assert server.process.poll() is None
            time.sleep(0.05)
        assert server.get("/healthz")[0] == 200
