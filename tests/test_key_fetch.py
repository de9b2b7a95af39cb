"""One fetch of a key set, whatever its server does: it ends in time, takes little, and says what was wrong."""

import gzip
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from threading import Event

import pytest

from cds_service.outbound.names import Names, Reach
from cds_service.outbound.session import new_session
from cds_service.trust import key_fetch
from cds_service.trust.key_fetch import fetch_text
from cds_service.trust.keys import LARGEST_SET, KeySetError, read_keys
from tests.certificates import self_signed
from tests.fhir_server import Reply, serving
from tests.key_servers import (
    HEAD,
    Behave,
    drips_headers,
    drips_tls,
    floods,
    goes_on_continuing,
    listening,
    says_nothing,
    trickles,
)
from tests.signing import jwks


def fetched(url: str) -> bytes:
    return fetch_text(new_session(Reach(Names(), named=None)), url)


@contextmanager
def raw(behave: Behave) -> Iterator[str]:
    with listening(behave) as port:
        yield f"http://127.0.0.1:{port}/jwks.json"


@pytest.mark.parametrize("behave", [says_nothing, drips_headers, goes_on_continuing, trickles])
def test_a_fetch_ends_whatever_the_server_does(behave: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_fetch, "FETCH_LASTS", 0.5)
    with raw(behave) as url:
        began = time.monotonic()
        with pytest.raises(KeySetError):
            fetched(url)
        assert 0.4 < time.monotonic() - began < 5


def test_a_handshake_that_drips_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_fetch, "FETCH_LASTS", 0.5)

    with raw(drips_tls) as url:
        began = time.monotonic()
        with pytest.raises(KeySetError, match="takes too long to read"):
            fetched(url.replace("http:", "https:"))
        assert time.monotonic() - began < 5


def test_of_an_endless_answer_no_more_is_taken_than_a_set_may_hold() -> None:
    sent: list[int] = []
    with raw(floods(sent)) as url, pytest.raises(KeySetError, match="is larger than a JWK Set may be"):
        fetched(url)
    assert sum(sent) < 30 * LARGEST_SET  # what the buffers of the machine took beside


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(b"", 500), "was answered with status 500"),
        (Reply(b"", 302, {"Location": "/fhir/elsewhere"}), "was answered with status 302"),
        (Reply(b" " * (LARGEST_SET + 1)), "is larger than a JWK Set may be"),
        (Reply(gzip.compress(bytes(10 * LARGEST_SET)), 200, {"Content-Encoding": "gzip"}), "is no JWK Set"),
    ],
)
def test_an_answer_that_is_no_key_set_is_named(reply: Reply, said: str) -> None:
    with serving(lambda _: reply) as server, pytest.raises(KeySetError, match=said):
        read_keys(fetched(f"{server.base}/keys"))
    assert len(server.asked) == 1


def test_a_redirect_is_not_followed() -> None:
    with serving(lambda _: Reply(jwks("ES384-evil"))) as evil:
        away = Reply(b"", 302, {"Location": f"{evil.base}/keys"})
        with serving(lambda _: away) as server, pytest.raises(KeySetError, match="was answered with status 302"):
            fetched(f"{server.base}/keys")
    assert evil.asked == []


def test_where_there_is_no_answer_the_reason_holds_no_url() -> None:
    with pytest.raises(KeySetError) as caught:
        fetched("http://127.0.0.1:1/secret")
    assert str(caught.value) == "could not be fetched"


def test_nothing_but_the_set_is_asked_for_and_no_password_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(lambda _: Reply(jwks("ES384"))) as server:
        assert json.loads(fetched(f"{server.base}/keys?a=b"))["keys"][0]["kid"] == "ES384"
    (path, headers), *more = server.asked
    assert (path, more) == ("keys?a=b", [])
    assert "Authorization" not in headers
    assert headers["Accept-Encoding"] == "identity"


def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    body = json.dumps(jwks("ES384")).encode()

    def encrypted(connection: socket, _: Event) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65_536)
            wrapped.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    with raw(encrypted) as plain:
        url = plain.replace("http:", "https:")
        with pytest.raises(KeySetError, match="whose certificate is not trusted"):
            fetched(url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert fetched(url) == body
        with pytest.raises(KeySetError, match="whose certificate is not trusted"):  # it is for another name
            fetched(url.replace("127.0.0.1", "localhost"))
