"""What nginx cannot read or does not do, by TLS and without: it answers itself, and in the service's form."""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.nginx import NAME, Proxy, proxying
from tests.raw_http import read_answer
from tests.running import free_port

pytestmark = pytest.mark.long

POST = "POST /x HTTP/1.1\r\nHost: localhost\r\n"
GET = "GET /x HTTP/1.1\r\n"
UNREAD = {
    "an unknown Transfer-Encoding": f"{POST}Transfer-Encoding: zip\r\n",
    "two of them": f"{POST}Transfer-Encoding: gzip, chunked\r\n",
    "two lengths": f"{POST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    "a length that is no number": f"{POST}Content-Length: x\r\n",
    "an unknown version": "GET /x HTTP/3.0\r\nHost: localhost\r\n",
    "no HTTP": "\x16\x03\x01\r\n",
    "a method without a path": "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n",
    "no host": GET,
    "two hosts": f"{GET}Host: a\r\nHost: b\r\n",
    "a path that leads out": "GET /../.. HTTP/1.1\r\nHost: localhost\r\n",
    "a path that ends early": "GET /%00 HTTP/1.1\r\nHost: localhost\r\n",
    "a path without end": f"GET /{'x' * 20_000} HTTP/1.1\r\nHost: localhost\r\n",
    "headers without end": GET + "".join(f"X-{place}: {'y' * 9000}\r\n" for place in range(12)),
}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Nothing listens behind it."""
    with proxying(tmp_path_factory.mktemp("unread"), free_port()) as found:
        yield found


@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "plain"])
@pytest.mark.parametrize("sent", UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_is_answered_in_the_form_of_the_service(proxy: Proxy, sent: str, tls: bool) -> None:
    plain = socket.create_connection(("127.0.0.1", proxy.tls if tls else proxy.plain), timeout=10)
    with proxy.trusting().wrap_socket(plain, server_hostname=NAME) if tls else plain as line:
        line.sendall(f"{sent}Connection: close\r\n\r\n".encode("latin-1"))
        answer = read_answer(line)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/json")
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    said = json.loads(answer.body)
    assert (said["resourceType"], said["issue"][0]["code"]) == ("OperationOutcome", "structure")
