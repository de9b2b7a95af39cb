"""The service under gunicorn, in this process and its workers. Knows addresses, threads and when not to start."""

import logging
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from gunicorn.app.base import BaseApplication

from cds_service.app import SHOWN_CARDS, create_app
from cds_service.audit import log_to_stderr
from cds_service.records.database import Database, DatabaseAwayError, DatabaseNewerError
from cds_service.records.place import default_url
from cds_service.rehearsal import rehearse
from cds_service.settings import Settings, is_loopback

_log = logging.getLogger("cds_service.serve")
_THREADS = 8
_GRACEFUL_SECONDS = 30


class StartRefusedError(Exception):
    """The service will not start like this; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with its settings from here: no command line, no configuration file."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called in each worker after the fork, so that pools and connections belong to one process."""
        return create_app(self._settings)


def serve(settings: Settings, address: Address, workers: int) -> None:
    """Serve until SIGTERM, which lets running requests finish. StartRefusedError where any caller could reach it."""
    if not is_loopback(address.host) and not settings.insecure:
        raise StartRefusedError(
            "this version does not authenticate its callers: it serves loopback addresses only, unless CDS_INSECURE=1"
        )
    log_to_stderr(settings.log_level)
    # Here, and not in a worker that would be restarted for ever. Workers inherit what the rehearsal has loaded.
    _prepare_records(settings)
    _rehearse(settings)
    options = {
        "bind": str(address),
        "workers": workers,
        "worker_class": "gthread",
        "threads": _THREADS,
        "graceful_timeout": _GRACEFUL_SECONDS,
        "keepalive": 30,
        "accesslog": None,  # the audit line is the access log; gunicorn's own prints query strings
        "loglevel": "warning",
        "proc_name": "cobalamin-cds",
        "control_socket_disable": True,
    }
    _Server(settings, options).run()


def _prepare_records(settings: Settings) -> None:
    """Make or migrate the tables. Advice does not wait for a server that is away: each worker tries again."""
    database = Database(settings.database_url or default_url())
    try:
        database.prepare()
    except DatabaseNewerError:
        raise StartRefusedError("the database was migrated by a newer version of this service") from None
    except DatabaseAwayError as error:
        if database.file is not None:
            raise StartRefusedError(f"{database.file} cannot be written: set CDS_DATABASE_URL ({error})") from None
        _log.warning("the database does not answer, and feedback is refused until it does: %s", error)
    finally:
        database.close()  # no connection goes through the fork


def _rehearse(settings: Settings) -> None:
    """With records of its own, which are thrown away: nobody was shown these cards."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/rehearsal.sqlite3")
        app = create_app(settings, database=database)
        try:
            rehearse(app)
        finally:
            app.extensions[SHOWN_CARDS].close()  # no thread goes through the fork
            database.close()
