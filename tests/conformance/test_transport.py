"""TLS as the tester sees it: an old version is a fault, and a new one must be there."""

import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest

from cds_service.conformance.assertion import Verdict
from cds_service.conformance.profile import PROFILES
from cds_service.conformance.subject import Answer, Subject
from cds_service.conformance.transport import speaks_tls
from cds_service.conformance.trial import Trial
from tests.certificates import self_signed


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1 in one file, signed by nobody."""
    folder = tmp_path_factory.mktemp("tls")
    both = folder / "both.pem"
    both.write_bytes(b"".join(file.read_bytes() for file in self_signed(folder, "127.0.0.1")))
    return both


@contextmanager
def listening(certificate: Path, lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> Iterator[str]:
    """A port that shakes hands with these versions, and no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    listener = create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(2)
        listener.close()
        thread.join(2)


V = ssl.TLSVersion


@pytest.mark.parametrize(
    ("lowest", "highest", "verdict", "said"),
    [
        (V.TLSv1_2, V.TLSv1_3, Verdict.PASS, "TLSv1_2, TLSv1_3"),
        (V.TLSv1_3, V.TLSv1_3, Verdict.PASS, "TLSv1_3"),
        (V.TLSv1_1, V.TLSv1_3, Verdict.FAIL, "TLSv1_1 is accepted"),
        (V.TLSv1, V.TLSv1_1, Verdict.FAIL, "TLSv1 is accepted (and 2 more)"),
    ],
)
def test_old_versions_are_a_fault(
    certificate: Path, lowest: ssl.TLSVersion, highest: ssl.TLSVersion, verdict: Verdict, said: str
) -> None:
    with listening(certificate, lowest, highest) as url:
        found = speaks_tls(Trial(Subject(url), PROFILES["cds-hooks-2.0"], Answer(200, {}, b"", 0), ()))
    assert (found.verdict, found.said) == (verdict, said)
