"""The service as a WSGI application in this process, without a server, and calls of it."""

import io
import json
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds_service.app import create_app
from cds_service.common_folder import Common
from cds_service.records.database import Database
from cds_service.settings import read_settings
from tests.benchmarks.server import empty_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def environ_of(body: bytes) -> dict[str, Any]:
    """The WSGI environ of one call, all but the body itself."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": f"/cds-services/b12-{json.loads(body)['hook']}",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_ACCEPT_ENCODING": "identity",
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def call(application: "WSGIApplication", environ: dict[str, Any], body: bytes) -> bytes:
    """One answer of an application that says 200. RuntimeError for another."""
    told: list[str] = []

    def start(status: str, _headers: Any, _error: Any = None) -> Any:
        told.append(status)

    parts = application(environ | {"wsgi.input": io.BytesIO(body)}, start)
    answer = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    if not told[0].startswith("200"):
        raise RuntimeError(f"answered {told[0]}")
    return answer


class _Nowhere(io.StringIO):
    """For the lines of the log, which `serve` leaves to a thread."""

    def write(self, text: str) -> int:
        return len(text)


def applications(folder: Path, common: Common | None = None) -> dict[str, Any]:
    """Ours, as `serve` makes it for a worker, and the empty one. common: without it, counts are kept in the folder, and
    this process is a worker for the rest of its life."""
    database = Database(f"sqlite:///{folder}/records.sqlite3")
    database.prepare()
    with redirect_stderr(_Nowhere()):
        ours = create_app(read_settings({}), database=database, common=common or Common(counts=folder))
    return {"ours": ours, "empty": empty_app()}
