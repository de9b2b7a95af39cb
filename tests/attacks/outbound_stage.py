"""Where the attacks on outbound calls are played: the whole service, a server on loopback, and a resolver that lies.

The service is as it is at that moment, with a check taken out of it or not.
"""

import io
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from cds_service.settings import Settings
from tests.attacks.outbound import KEYS, THROUGH, Outbound
from tests.attacks.outbound_server import Server, authority, serving
from tests.attacks.stage import served
from tests.gathering import WITH_PATIENT
from tests.hook_calls import call, draft


def play(case: Outbound) -> str:
    """How it ends: the reasons in the log, or that the answer came through."""
    return ending(case)[0]


def ending(case: Outbound) -> tuple[str, Server, list[str]]:
    """The same with the server and the names that were looked up."""
    looked_up: list[str] = []

    def look_up(host: str) -> Sequence[str]:
        time.sleep(case.slow_names)
        looked_up.append(host)
        return case.leads_to[min(len(looked_up), len(case.leads_to)) - 1]

    with serving(case.script, tls=case.tls, silent=case.silent) as server:
        settings = Settings(
            fhir_servers=tuple(each.replace("{port}", str(server.port)) for each in case.listed),
            **{"deadline_ms": 5000} | dict(case.settings),
        )
        with _trusted(), served(settings, look_up=look_up) as (http, stream):
            said = [_asked(case, server.port, http, stream) for _ in range(case.calls)]
            said.append(said[-1] if let_go() else "a thread is still held")
    return said[-1], server, looked_up


def _asked(case: Outbound, port: int, http: Any, stream: io.StringIO) -> str:
    stream.seek(0)
    stream.truncate()
    left = {key: value for key, value in WITH_PATIENT.items() if key in KEYS and key not in case.keys}
    body = call(
        draft(text="cyanocobalamin 1 mg tablet"),
        prefetch=left,
        fhirServer=case.asks.replace("{port}", str(port)),
        fhirAuthorization=case.authorization,
    )
    status = http.post("/cds-services/b12-order-select", json=body).status_code
    line = json.loads(stream.getvalue())
    said = [*line.get("unread", ()), *([line["note"]] if "note" in line else [])]
    if said or status != 200:
        return ", ".join(said) or f"status {status}"
    return f"gaps {line['gaps']}" if line["gaps"] else THROUGH


def let_go() -> bool:
    """Does every thread come back from its read, soon after the answer was given?"""
    stop = time.monotonic() + 0.5
    while any(_reads(frame) for frame in sys._current_frames().values()):
        if time.monotonic() > stop:
            return False
        time.sleep(0.01)
    return True


def _reads(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__") == "cds_service.patient_data.fhir_client":
            return True
        frame = frame.f_back
    return False


@contextmanager
def _trusted() -> Iterator[None]:
    """The environment of an operator who has an authority of his own."""
    kept = os.environ.get("REQUESTS_CA_BUNDLE")
    os.environ["REQUESTS_CA_BUNDLE"] = str(authority()[0])
    try:
        yield
    finally:
        if kept is None:
            del os.environ["REQUESTS_CA_BUNDLE"]
        else:
            os.environ["REQUESTS_CA_BUNDLE"] = kept
