"""The service in process, asked by plain WSGI: as fast as it can be asked, with everything that it logs at hand."""

import atexit
import io
import logging
import shutil
import tempfile
import time
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cds_service.app import create_app
from cds_service.records.database import Database
from cds_service.settings import read_settings
from tests.fuzz.case import Call

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MEGABYTES = 1
SERVICES: dict[str, dict[str, str]] = {
    "uk": {},
    "us": {"CDS_REGION": "us"},
    "uk, only cyanocobalamin": {"CDS_UNAVAILABLE": "hydroxocobalamin,mecobalamin"},
    "us, no hydroxocobalamin": {"CDS_REGION": "us", "CDS_UNAVAILABLE": "hydroxocobalamin"},
    "uk, nothing stocked": {"CDS_UNAVAILABLE": "hydroxocobalamin,cyanocobalamin,mecobalamin"},
}
_LOGGER = logging.getLogger("cds_service")


@dataclass(frozen=True, slots=True)
class Answer:
    """log: what was written while the request was answered."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float
    log: str


class Service:
    """The whole application with one set of settings, on a clock that stands still."""

    def __init__(self, **settings: str) -> None:
        self._log = io.StringIO()
        self._handler = logging.StreamHandler(self._log)
        chosen = {"CDS_MAX_BODY_MB": str(MEGABYTES), "CDS_LOG_LEVEL": "debug"} | settings
        folder = tempfile.mkdtemp(prefix="fuzz-records-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        database = Database(f"sqlite:///{folder}/records.sqlite3")
        database.prepare()  # now: Alembic knows one database at a time, and there are several services in this process
        with redirect_stderr(self._log):
            self.app = create_app(read_settings(chosen), clock=lambda: NOW, database=database)

    def send(self, call: Call) -> Answer:
        self._log.seek(0)
        self._log.truncate()
        sent: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            sent[:] = [status, headers]
            return sent.append

        _LOGGER.addHandler(self._handler)
        try:
            started = time.thread_time()
            parts = self.app.wsgi_app(_environ(call, self._log), start)
            body = b"".join(parts)
            seconds = time.thread_time() - started
            getattr(parts, "close", lambda: None)()
        finally:
            _LOGGER.removeHandler(self._handler)
        return Answer(int(sent[0][:3]), dict(sent[1]), body, seconds, self._log.getvalue())


@cache
def service(name: str) -> Service:
    return Service(**SERVICES[name])


def _environ(call: Call, errors: io.StringIO) -> dict[str, Any]:
    path, _, query = call.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.errors": errors,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in call.headers:
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    return environ
