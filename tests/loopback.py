"""A server of http.server or werkzeug in a thread, for as long as a block lasts. Knows nothing of what it serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from threading import Thread


@contextmanager
def on_loopback(server: BaseServer) -> Iterator[str]:
    """Its origin."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
