"""The tester finds no fault in the service of this project, over real HTTP."""

from collections.abc import Iterator
from threading import Thread

import pytest
from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.conformance.assertion import Verdict
from cds_service.conformance.profile import DEFAULT, PROFILES
from cds_service.conformance.run import run
from cds_service.conformance.subject import Subject
from cds_service.conformance.trial import Options
from cds_service.settings import read_settings

# What an answer of this service never holds, so nobody can see it: links.
NEVER_SENT = {42, 43, 44}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(read_settings({"CDS_LOG_LEVEL": "error"})), threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_line_fails(url: str) -> None:
    outcome = run(Subject(url), PROFILES[DEFAULT], Options(), frozenset("ACDEF"), lambda *_: None)
    wrong = [r for r in outcome.results if r.finding.verdict in {Verdict.FAIL, Verdict.WARN}]
    assert wrong == []
    unseen = {r.assertion.number for r in outcome.results if r.finding.verdict is Verdict.NOT_SEEN}
    assert unseen - {10} == NEVER_SENT
