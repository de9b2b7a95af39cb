"""Processor instructions of a hook call, beside an empty Flask service: a number that a busy machine does not move.

    python -m tests.benchmarks.instructions [--requests 20]

Both applications run in this process, without a server, under valgrind's counter (cachegrind, no cache simulated). For
each kind of call the process forks twice and answers N and 2N of them; the difference is what N cost, without start-up.
Hashes are seeded. Counts differ with the version of Python, of libraries and of the C compiler, not with load: they
serve to compare two states of the code on one machine, and are no guard across machines.
"""

import argparse
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds_service.app import SHOWN_CARDS, create_app
from cds_service.common_folder import Common
from cds_service.records.database import Database
from cds_service.settings import read_settings
from tests.benchmarks.hooks import bodies
from tests.benchmarks.server import empty_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_WARM = 5
_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")
_COUNTER = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
Counts = dict[tuple[str, str], float]


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


def applications(folder: Path) -> dict[str, Any]:
    """Ours, as `serve` makes it for a worker, and the empty one."""
    database = Database(f"sqlite:///{folder}/records.sqlite3")
    database.prepare()
    with Path(os.devnull).open("w", encoding="utf-8") as log:
        before, sys.stderr = sys.stderr, log  # the audit lines go where nobody reads them
        ours = create_app(read_settings({}), database=database, common=Common(counts=folder))
        sys.stderr = before
        os.dup2(os.open(os.devnull, os.O_WRONLY), log.fileno())
    return {"ours": ours, "empty": empty_app()}


def _answer_in_forks(requests: int) -> None:
    """In the process that is counted: one fork for each kind of call, application and number of calls."""
    with tempfile.TemporaryDirectory() as folder:
        made = applications(Path(folder))
        for name, body in bodies().items():
            environ = environ_of(body)
            for who, application in made.items():
                for count in (requests, 2 * requests):
                    child = os.fork()
                    if child == 0:
                        for _ in range(_WARM + count):
                            call(application, environ, body)
                        if who == "ours":
                            application.extensions[SHOWN_CARDS].close()
                        os._exit(0)
                    if os.waitpid(child, 0)[1] != 0:
                        raise RuntimeError(f"{name}: no answer")
                    print(json.dumps([child, name, who, count]), flush=True)


def measured(requests: int) -> Counts:
    """Instructions per call, by its kind and who answers."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*_COUNTER, f"--log-file={folder}/%p", sys.executable, "-m", __spec__.name, "--counted"]
        told = subprocess.run(
            [*command, "--requests", str(requests)],
            env=os.environ | {"PYTHONHASHSEED": "0"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        totals = {
            (name, who, count): _count(Path(folder, str(child)).read_text("utf-8"))
            for child, name, who, count in map(json.loads, told.splitlines())
        }
    return {
        (name, who): (totals[name, who, 2 * requests] - total) / requests
        for (name, who, count), total in totals.items()
        if count == requests
    }


def _count(log: str) -> int:
    found = _COUNT.search(log)
    if found is None:
        raise RuntimeError("valgrind told no count")
    return int(found[1].replace(",", ""))


def report(counts: Counts) -> Iterator[str]:
    yield "| a call, thousand instructions | this service | empty service | ratio |"
    yield "|---|---|---|---|"
    for name in dict.fromkeys(name for name, _ in counts):
        ours, empty = counts[name, "ours"], counts[name, "empty"]
        yield f"| {name} | {ours / 1000:.0f} | {empty / 1000:.0f} | {empty / ours:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20, help="calls of each kind")
    parser.add_argument("--counted", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.counted:
        _answer_in_forks(chosen.requests)
    else:
        print("\n".join(report(measured(chosen.requests))))


if __name__ == "__main__":
    main()
