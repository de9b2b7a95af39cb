"""One connection of a worker: its socket, what is held for it, and until when. Knows sockets; no threads, no HTTP."""

import socket
from typing import Any, Final

from cds_service.arrivals import Arrival

_PIECE: Final = 64 * 1024
# Bytes that are thrown away after a refusal, so that a client that is still sending comes to reading it
_MOST_THROWN_AWAY: Final = 32 * 1024 * 1024


class Line:
    """size: bytes held for it. ends: when it is given up, on the monotonic clock. events: what it is asked for.

    begun: when the first byte of the request on its way came, or when it began to leave. ready: when the last one did.
    running: a thread has it, and nobody else touches it. closing: the answer at hand is the last one. gone: the client
    is. No method waits; take, throw_away and send raise BlockingIOError, or OSError where the client has gone.
    """

    __slots__ = (
        *("arrival", "begun", "client", "closing", "ends", "events", "gone", "ready", "running", "server", "size"),
        *("sock", "thrown_away", "unsent"),
    )

    def __init__(self, sock: socket.socket, client: Any, server: Any, arrival: Arrival) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.client = client
        self.server = server
        self.arrival = arrival
        self.unsent = memoryview(b"")
        self.events = self.size = self.thrown_away = 0
        self.ends = self.begun = self.ready = 0.0
        self.running = self.closing = self.gone = False

    @property
    def quiet(self) -> bool:
        """Is nothing under way on it, and nobody's work lost if it ends?"""
        return not self.running and not self.unsent and (self.closing or self.arrival.idle)

    def take(self) -> bool:
        """Take in what is there, up to 64 KB. False where the client sends no more."""
        piece = self.sock.recv(_PIECE)
        self.arrival.got += piece
        return piece != b""

    def throw_away(self) -> bool:
        """The same, for what nobody will read. False also where it has been enough."""
        piece = self.sock.recv(_PIECE)
        self.thrown_away += len(piece)
        return piece != b"" and self.thrown_away < _MOST_THROWN_AWAY

    def say(self, answer: bytes) -> None:
        """Send what the client takes at once; the rest is `unsent`."""
        self.unsent = memoryview(answer)
        try:
            self.send()
        except BlockingIOError:
            return
        except OSError:
            self.gone = True

    def send(self) -> None:
        self.unsent = self.unsent[self.sock.send(self.unsent) :]

    def hang_up(self) -> bool:
        """Say that nothing more will come; what is on its way still arrives. False where the client has gone."""
        self.arrival.got.clear()
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True
