"""The loop of one worker in a thread of the test, for an application of the test's own: real sockets, no gunicorn."""

import io
import logging
import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from gunicorn.config import Config

from cds_service.app import REFUSING, WAITS
from cds_service.audit import AuditLog
from cds_service.hooks.edge import Edge
from cds_service.refusal import refused
from cds_service.serve import THREADS
from cds_service.waiting import Share, Waits
from cds_service.worker import Worker


class Held:
    """A WSGI application: a call to /works is at work until `over`, one to /waits waits for another server until then,
    one to /ends ends its thread, and others are answered at once. holds: another address that is like /works."""

    def __init__(self, holds: str = "/works") -> None:
        self.over = threading.Event()
        self._holding = {"/works", holds}
        waits = Waits()
        self._share = Share(waits)
        self.extensions = {WAITS: waits, REFUSING: Edge(refused, ("*",), "1+0", AuditLog(io.StringIO()).write)}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/ends":
            raise SystemExit
        if environ["PATH_INFO"] in self._holding:
            self.over.wait(20)
        elif environ["PATH_INFO"] == "/waits":
            with self._share.place() as given:
                assert given
                self.over.wait(20)
        start_response("200 OK", [("Content-Length", "0")])
        return ()


def made(application: Held, listener: socket.socket) -> Worker:
    """A worker that could begin."""
    config = Config()
    for name, value in {"threads": THREADS, "worker_connections": 512, "graceful_timeout": 0, "keepalive": 30}.items():
        config.set(name, value)
    given = SimpleNamespace(max_body=2**20)
    worker = Worker(1, os.getppid(), [listener], given, 30, config, logging.getLogger("tests.looping"))
    worker.wsgi = application
    worker.tpool, worker.poller = worker.get_thread_pool(), selectors.DefaultSelector()
    worker.method_queue.init()
    return worker


@contextmanager
def looping(application: Held) -> Iterator[int]:
    """The port on which it answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    worker = made(application, listener)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield port
    finally:
        application.over.set()
        worker.alive = False
        worker.method_queue.defer(lambda: None)
        thread.join(10)
        worker.tmp.close()
