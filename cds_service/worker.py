"""gunicorn's threads behind a loop that does the waiting for clients. Knows sockets, threads and time; no hooks.

No thread ever waits for a client: the loop takes requests in, a thread gets one when it is whole and leaves with the
loop whatever of the answer the client does not take at once. A client that dawdles costs memory, which is bounded like
its time, and nobody else's turn.
"""

import errno
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, Final

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from cds_service.answering import Answers
from cds_service.app import METRICS, REFUSING, WAITS
from cds_service.arrivals import Arrival, fault_of
from cds_service.crowd import Crowd
from cds_service.hooks.problems import Fault, Problem
from cds_service.line import Line
from cds_service.listening import BACKLOG
from cds_service.log_lines import describe
from cds_service.metrics import Metrics
from cds_service.turns import Queues, Turns
from cds_service.waiting import MOST_AT_OWN, MOST_WAITING, Waits

_log = logging.getLogger("cds_service.worker")

# Seconds from the first byte of a request to the end of its head, and to its last byte
HEAD_SECONDS: Final = 10.0
REQUEST_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 30.0  # for an answer to be taken
_LEAVING_SECONDS: Final = 2.0  # of silence after the last answer; and in all:
_LONGEST_LEAVING: Final = 10.0
# Of a stopping worker, for what a quiet client may be sending already. A proxy that gives up its quiet connections
# sooner (docker/nginx.conf: after 1 s) never sends a call into one that is being closed
_STOPPING_SECONDS: Final = 2.0
_LAST_ARRIVALS: Final = 0.1  # for connections that were being made when it was told to stop
# Whole requests that wait or run. The hundredth waits half a second behind calls that take 5 ms each
MOST_REQUESTS: Final = 100
# Whoever sent a request that has waited so long for a thread has gone, and others wait behind it
LONGEST_WAIT: Final = 3.0
# What a worker holds for all its clients: so many bodies of the largest size
_MOST_BODIES: Final = 4
_ROUND_SECONDS: Final = 0.5
_ACCEPTED_AT_ONCE: Final = 8
_FULL: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_BUSY: Final = Problem(Fault.BUSY, retry_after=3)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Of gunicorn's worker with threads: signals, listening sockets, the pool, and the queue that wakes the loop."""

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """With threads for the calls that wait for another server beside those that work."""
        return ThreadPoolExecutor(self.cfg.threads + MOST_WAITING + MOST_AT_OWN)

    def run(self) -> None:
        """Serve until SIGTERM, then finish what has begun."""
        self._begin()
        while self.alive:
            room = len(self._lines) < self.worker_connections or self._lines.least_missed() is not None
            self.set_accept_enabled(room)
            self._turn()
        self._take_the_last()
        self._finish()

    def _begin(self) -> None:
        self._lines = Crowd(self.poller, self._happened)
        self._round = 0.0
        waits: Waits = self.wsgi.extensions[WAITS]
        calls = Turns(self.tpool, self._run, self.cfg.threads, MOST_REQUESTS, waits)
        self._queues = Queues(calls, self._run, self.worker_connections)
        waits.tell = calls.go_on
        self._answers = Answers(self.wsgi, self.wsgi.extensions[REFUSING], self.cfg, lambda: not self.alive)
        self._metrics: Metrics | None = self.wsgi.extensions.get(METRICS)
        self.poller.register(self.method_queue.fileno(), EVENT_READ, self.method_queue.run_callbacks)

    def _take_the_last(self) -> None:
        """Whoever has connected comes in: with the socket its queue would be thrown away, and calls with it. Nobody new
        connects meanwhile (listening.py); what began just before takes as long as the way from the client and back."""
        self.set_accept_enabled(True)
        ends = time.monotonic() + _LAST_ARRIVALS
        while time.monotonic() < ends:
            self._turn(_LAST_ARRIVALS)
        self.set_accept_enabled(False)
        for listener in self.sockets:
            for _ in range(BACKLOG // _ACCEPTED_AT_ONCE):
                if not self.accept(listener):
                    break
            listener.close()  # or who connects now would wait for an answer that nobody will give

    def _finish(self) -> None:
        now = time.monotonic()
        for line in self._lines:
            if line.quiet:
                line.ends = min(line.ends, now + _STOPPING_SECONDS)
        while self._lines and time.monotonic() < now + self.cfg.graceful_timeout:
            self._turn()
        for line in self._lines:
            self._lines.drop(line)
        self._queues.close()
        self.poller.close()
        self.method_queue.close()

    def _turn(self, seconds: float = _ROUND_SECONDS) -> None:
        """Not with every event does the arbiter want a sign of life, which costs as much as reading a request."""
        self.wait_for_and_dispatch_events(seconds)
        now = time.monotonic()
        if now >= self._round:
            self._round = now + _ROUND_SECONDS
            self.notify()
            if not self.is_parent_alive():
                self.alive = False
            for line in self._lines:
                if line.ends <= now and not line.running:
                    self._give_up(line)
            for line, request in self._queues.late(now - LONGEST_WAIT):
                self._run(line, request, None)
            if self._metrics is not None:
                self._metrics.load(*self._queues.calls.load(), len(self._lines))

    def accept(self, listener: Any) -> bool:
        """New connections: some at a time, so that those who are connected cannot keep others from it, and not all,
        since other workers want theirs. Where there is no room, one comes in place of one that nobody will miss. False
        where nobody waits, or there is no room for more."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, client = listener.accept()
            except OSError as error:
                if error.errno in _FULL:
                    self._lines.make_way()
                return False
            if len(self._lines) >= self.worker_connections:
                self._lines.make_way()
            line = Line(sock, client, listener.getsockname(), Arrival(self.cfg, client, self.app.max_body))
            self._lines.add(line)
            self._go_on(line)
            if len(self._lines) >= self.worker_connections:
                return False
        return True

    def _go_on(self, line: Line) -> None:
        """What is next on a line that no thread has."""
        now = time.monotonic()
        if line.gone:
            self._lines.drop(line)
        elif line.unsent:
            line.ends = now + _ANSWER_SECONDS
            self._lines.listen(line, EVENT_WRITE)
        elif line.closing:
            line.begun, line.ends = now, now + _LEAVING_SECONDS
            if line.hang_up():
                self._lines.listen(line, EVENT_READ)
            else:
                self._lines.drop(line)
        else:
            line.begun, line.ends = now, now + (self.cfg.keepalive if self.alive else _STOPPING_SECONDS)
            if line.arrival.got:
                self._look(line)
            else:
                self._lines.listen(line, EVENT_READ)

    def _happened(self, line: Line, _sock: Any) -> None:
        """A client sent something, took something, or hung up."""
        if line.running:  # what it sends now is for later
            self._lines.ignore(line)
            return
        try:
            if line.unsent:
                line.send()
                if not line.unsent:
                    self._go_on(line)
            elif line.closing:
                line.ends = min(time.monotonic() + _LEAVING_SECONDS, line.begun + _LONGEST_LEAVING)
                if not line.throw_away():
                    self._lines.drop(line)
            else:
                self._take(line)
        except BlockingIOError:
            return
        except OSError:
            self._lines.drop(line)
        except Exception as error:  # noqa: BLE001  # whatever it is: it must not end the loop
            _log.error("%s", describe(error))  # the traceback could show what was sent
            self._lines.drop(line)

    def _take(self, line: Line) -> None:
        if line.arrival.idle:
            line.begun = time.monotonic()
        if not line.take():
            self._lines.drop(line)
            return
        self._lines.weigh(line)
        self._look(line)

    def _look(self, line: Line) -> None:
        """Is a request whole? Then a thread gets it."""
        arrival = line.arrival
        try:
            request = arrival.next_request()
        except ParseException as error:
            self._refuse(line, Problem(fault_of(error)), f"not HTTP: {type(error).__name__}")
            return
        if arrival.wants_100:
            arrival.wants_100 = False
            line.say(b"HTTP/1.1 100 Continue\r\n\r\n")
            if line.unsent or line.gone:
                self._lines.drop(line)
                return
        if request is not None:
            self._hand_over(line, request)
            return
        line.ends = line.begun + (REQUEST_SECONDS if arrival.head_is_there else HEAD_SECONDS)
        self._lines.listen(line, EVENT_READ)
        self._make_room()

    def _hand_over(self, line: Line, request: Any) -> None:
        line.running, line.ready = True, time.monotonic()
        if not self._queues.take(line, request):
            self._run(line, request, None)  # not counted: those who try again at once would leave no room for work

    def _run(self, line: Line, request: Any, turns: Turns | None) -> None:
        """In a thread whose turn it is; in the loop where there is none, and the request is refused."""
        try:
            line.say(self._answers.to(request, line, _BUSY if turns is None else None))
        finally:
            if turns is not None:
                turns.ended()
            self.method_queue.defer(self._ran, line)

    def _ran(self, line: Line) -> None:
        line.running = False
        try:
            self._lines.weigh(line)
            self._go_on(line)
        except Exception as error:  # noqa: BLE001  # it costs this connection, and not all of the worker's
            _log.error("%s", describe(error))
            self._lines.drop(line)

    def _refuse(self, line: Line, problem: Problem, note: str) -> None:
        """As the last answer on this line."""
        line.closing = True
        line.arrival.got.clear()
        line.say(self._answers.last(problem, note))
        self._lines.weigh(line)
        self._go_on(line)

    def _give_up(self, line: Line) -> None:
        """Its time is over."""
        if line.unsent or line.quiet:
            self._lines.drop(line)
        else:
            self._refuse(line, Problem(Fault.TOO_SLOW), "slow body" if line.arrival.head_is_there else "slow head")

    def _make_room(self) -> None:
        """Where the lines together hold too much, those that have held most for longest are refused. What is small,
        less than half of its part, always comes in."""
        room = _MOST_BODIES * self.app.max_body
        while self._lines.held > room:
            greediest = self._lines.greediest(room // self.worker_connections // 2, time.monotonic())
            if greediest is None:
                return
            if greediest.unsent:
                self._lines.drop(greediest)
            else:
                self._refuse(greediest, _BUSY, "memory")
