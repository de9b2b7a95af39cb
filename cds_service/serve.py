"""The service under gunicorn, in this process and its workers. Knows addresses, threads and when not to start.

SIGTERM ends it when what is running is done; SIGHUP reads the clients file anew.
"""

import gc
import logging
import os
import resource
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.http import wsgi

from cds_service.app import SHOWN_CARDS, create_app
from cds_service.common_folder import Common, common_folder
from cds_service.exposure import refusals, warnings
from cds_service.gunicorn_log import GunicornLog
from cds_service.knowledge.provenance import KnowledgeError
from cds_service.knowledge.tables import Library, load
from cds_service.listening import Address, NoListenerError, bound, let_nobody_new_in, listen
from cds_service.log_lines import describe
from cds_service.metrics import forget_worker
from cds_service.records.away import DatabaseAwayError, DatabaseUnfitError
from cds_service.records.database import Database
from cds_service.records.own_file import doubts
from cds_service.records.place import default_url
from cds_service.rehearsal import RehearsalError, rehearse
from cds_service.settings import Settings
from cds_service.trust.clients_file import ClientEntry, ClientsError, read_clients
from cds_service.trust.shared_state import SharedStateError
from cds_service.worker import Worker

_log = logging.getLogger("cds_service.serve")
Clients = Sequence[ClientEntry] | None
# Nobody needs a token, nothing is counted, and nothing is recorded of patients who are made up
_NOT_REHEARSED: dict[str, Any] = {
    "clients": None,
    "trusted_proxies": (),
    "shared_state_url": None,
    "metrics": False,
    "log_level": "error",
    "record_dir": None,
    "otel_endpoint": None,
}
# Calls that work at a time in a worker; those that wait for a server come on top. Python runs one thread at a time, so
# more of them make nothing faster, and all late; a second one, lest a long count of figures stand in front of calls
THREADS = 2
_GRACEFUL_SECONDS = 30
# The longest token, of 8000 characters, fits into a header, and no header but a token is near that
_LONGEST_LINE = 8190
_LONGEST_HEADER = 10 * 1024
_MOST_HEADERS = 100
_MOST_CONNECTIONS = 512


class StartRefusedError(Exception):
    """The service will not start like this; the message says what to change."""


class _Arbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's parent process. On SIGHUP the workers are replaced only if the new ones will be able to start."""

    def reload(self) -> None:
        if self.app.can_reload():
            super().reload()

    def stop(self, graceful: bool = True) -> None:
        """Before the workers hear of it, so that each can take in all who have connected (worker.py)."""
        for listener in self.LISTENERS:
            let_nobody_new_in(listener.sock)
        super().stop(graceful)

    def reexec(self) -> None:
        """gunicorn would start a second service beside this one, with a memory of tokens of its own."""
        _log.warning("SIGUSR2 is ignored: to run another version, end this service and start that one")


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with its settings from here: no command line, no configuration file.

    The clients file and the tables are read in the parent, and workers inherit what was read: a file that is being
    edited, or is faulty, does not reach a worker that starts anew.
    """

    def __init__(
        self,
        settings: Settings,
        options: dict[str, Any],
        clients: Clients,
        common: Common,
        knowledge: Callable[..., Library],
    ) -> None:
        self.max_body = settings.max_body
        self._settings = settings
        self._options = options
        self._clients = clients
        self._common = common
        self._knowledge = knowledge
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)
        self.cfg.set("child_exit", self._ended)

    def load(self) -> Any:
        """Called in each worker after the fork, so that pools and connections belong to one process."""
        app = create_app(
            self._settings,
            clients=self._clients,
            common=self._common,
            read_knowledge=self._knowledge,
        )
        gc.freeze()  # of what is loaded nothing becomes garbage, and looking for it would stop all calls for 0.2 s
        return app

    def can_reload(self) -> bool:
        """Read and try out what the next workers will be made of; keep the present ones where that fails."""
        if not self._common.is_there:
            return _stay("what the workers share was taken from the folder for temporary files: start the service anew")
        try:
            clients = _clients(self._settings)
            knowledge = _read_knowledge(self._settings, clients)
            _rehearse(self._settings, knowledge)
        except ClientsError as error:
            return _stay(*error.faults)
        except (KnowledgeError, RehearsalError, ValueError) as error:
            return _stay(str(error))
        except Exception as error:  # noqa: BLE001  # whatever it is: it must not end a service that runs
            return _stay(describe(error))
        self._clients, self._knowledge = clients, knowledge
        _log.warning("reloaded: %d clients", len(clients or ()))
        return True

    def _ended(self, _arbiter: Any, worker: Any) -> None:
        if self._common.counts is not None:
            forget_worker(self._common.counts, worker.pid)

    def run(self) -> None:
        _Arbiter(self).run()


def serve(settings: Settings, address: Address, workers: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM, which lets running requests finish. StartRefusedError where any caller could reach it.

    ready: called once, when the service takes calls.
    """
    clients = _clients(settings)
    for refusal in refusals(settings, address.host):
        raise StartRefusedError(refusal)
    for level, words in warnings(settings, address.host, clients):
        _log.log(level, "%s", words)
    _look_at_temporary_folder()
    try:
        with bound(address) as sock:
            _serve(settings, clients, sock, workers, ready)
    except NoListenerError as error:
        raise StartRefusedError(str(error)) from None


def _serve(settings: Settings, clients: Clients, sock: socket.socket, workers: int, ready: Callable[[], None]) -> None:
    # Here, and not in a worker that would be restarted for ever. Workers inherit what the rehearsal has loaded.
    _prepare_records(settings)
    _look_at_redis(settings)
    knowledge = _read_knowledge(settings, clients)
    _rehearse(settings, knowledge)
    options = {
        "workers": workers,
        "worker_class": Worker,
        "threads": THREADS,
        "worker_connections": _MOST_CONNECTIONS,
        "limit_request_line": _LONGEST_LINE,
        "limit_request_fields": _MOST_HEADERS,
        "limit_request_field_size": _LONGEST_HEADER,
        "graceful_timeout": _GRACEFUL_SECONDS,
        "keepalive": 30,
        "accesslog": None,  # the audit line is the access log; gunicorn's own prints query strings
        "logger_class": GunicornLog,
        "loglevel": settings.log_level,
        # gunicorn would believe any caller on this machine about the scheme and the path of its call; of a proxy it
        # knows the scheme alone. Who is believed is decided in one place, hooks/behind_proxy.py
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "forwarder_headers": "",
        "proc_name": "cobalamin-cds",
        "control_socket_disable": True,
        "when_ready": lambda _: ready(),
    }
    wsgi.SERVER = "cobalamin-cds"  # the Server header, which no option of gunicorn's changes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the patients of the calls at hand
    try:
        with common_folder(guarded=clients is not None, counted=settings.metrics) as common:
            listen(sock)
            options["bind"] = f"fd://{sock.detach()}"
            _Server(settings, options, clients, common, knowledge).run()
    except SharedStateError as error:
        raise StartRefusedError(f"{error}: TMPDIR names another folder") from None


def _stay(*faults: str) -> bool:
    for fault in faults:
        _log.error("not reloaded, the service goes on as it was: %s", fault)
    return False


def _clients(settings: Settings) -> Clients:
    return None if settings.clients is None else read_clients(settings.clients)


def _look_at_temporary_folder() -> None:
    """Python passes over a TMPDIR that it cannot write to, and takes another folder: one that nobody chose."""
    try:
        found = gettempdir()
    except OSError:
        raise StartRefusedError("no folder for temporary files can be written: set TMPDIR") from None
    if Path(found).resolve() != Path(os.environ.get("TMPDIR") or found).resolve():
        raise StartRefusedError("TMPDIR names a folder that is not there or cannot be written")


def _prepare_records(settings: Settings) -> None:
    """Make or migrate the tables. Advice does not wait for a server that is away: each worker tries again."""
    database = Database(settings.database_url or default_url())
    try:
        database.prepare()
        for doubt in () if database.file is None else doubts(database.file):
            _log.warning("the database is %s: %s", database.place, doubt)
    except DatabaseUnfitError as error:
        raise StartRefusedError(f"the database cannot be used: {database.place}: {error}") from None
    except DatabaseAwayError as error:
        if database.file is not None:
            raise StartRefusedError(f"{database.file} cannot be written: set CDS_DATABASE_URL ({error})") from None
        _log.warning("the database does not answer, and feedback is refused until it does: %s", error)
    finally:
        database.close()  # no connection goes through the fork


def _look_at_redis(settings: Settings) -> None:
    """Advice does not wait for a Redis that is away: calls are refused until it is back, and the log says why."""
    if settings.shared_state_url is None:
        return
    from cds_service.trust.redis_state import warnings  # noqa: PLC0415  # for who has a Redis

    for warning in warnings(settings.shared_state_url):
        _log.warning("%s", warning)


def _read_knowledge(settings: Settings, clients: Clients) -> Callable[..., Library]:
    """`load`, with every library that a worker will ask for loaded here. KnowledgeError, ValueError."""
    read = cache(load)
    for each in (settings, *(entry.settings(settings) for entry in clients or ())):
        read(each.region, each.unavailable, each.thresholds, each.sign_off)
    return read


def _rehearse(settings: Settings, knowledge: Callable[..., Library]) -> None:
    """With records of its own, which are thrown away: nobody was shown these cards, nobody needs a token, and the log
    has no line of it unless it fails."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/rehearsal.sqlite3")
        app = create_app(
            replace(settings, **_NOT_REHEARSED),
            database=database,
            read_knowledge=knowledge,
        )
        try:
            rehearse(app)
        finally:
            app.extensions[SHOWN_CARDS].close()  # no thread goes through the fork
            database.close()
