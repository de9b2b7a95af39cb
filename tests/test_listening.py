"""Which address the service gets, and what it says where it gets none."""

import socket
import threading
from collections.abc import Iterator

import pytest

from cds_service import listening
from cds_service.listening import Address, NoListenerError, bound, listen
from cds_service.serve import StartRefusedError, serve
from cds_service.settings import Settings


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setattr(listening, "_PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other


def port(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def test_a_start_on_a_port_that_is_in_use_is_refused(taken: socket.socket) -> None:
    with pytest.raises(StartRefusedError, match=f"^127.0.0.1:{port(taken)} is in use$"):
        serve(Settings(), Address("127.0.0.1", port(taken)), 1)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1", "2001:db8::1", "é" * 64, "fd://1"])
def test_an_address_of_another_machine_is_told(host: str) -> None:
    with pytest.raises(NoListenerError, match=f"^{host} is not an address of this machine$"):
        bound(Address(host, 0))


def test_a_service_that_is_started_in_the_place_of_one_that_ends_waits_for_it(taken: socket.socket) -> None:
    threading.Timer(0.1, taken.close).start()
    with bound(Address("127.0.0.1", port(taken))) as sock:
        listen(sock)
        socket.create_connection(sock.getsockname(), 5).close()


def test_of_two_that_start_at_once_one_is_told(taken: socket.socket) -> None:
    """Both have the address before either listens."""
    with bound(Address("127.0.0.1", 0)) as one, bound(Address("127.0.0.1", port(one))) as other:
        listen(one)
        with pytest.raises(NoListenerError, match=f"^127.0.0.1:{port(one)} is in use$"):
            listen(other)


def test_nobody_is_let_wait_for_a_service_that_may_not_start() -> None:
    with bound(Address("127.0.0.1", 0)) as sock, pytest.raises(ConnectionRefusedError):
        socket.create_connection(sock.getsockname(), 5).close()


@pytest.mark.parametrize(("host", "said"), [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80")])
def test_an_address_is_written_as_in_a_url(host: str, said: str) -> None:
    assert str(Address(host, 80)) == said
