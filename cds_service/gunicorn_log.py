"""gunicorn's own log among the service's JSON lines. Knows gunicorn's messages, and which of them hold no value."""

from typing import Any, Final

from gunicorn.glogging import Logger

# Their arguments are pids, signals, exit codes, addresses to listen at and words of our own. All others are withheld:
# some print the line or the header that could not be read.
HARMLESS: Final = (
    "Starting gunicorn %s",
    "Listening at: %s (%s)",
    "Using worker: %s",
    "Booting worker with pid: %s",
    "Worker exiting (pid: %s)",
    "Handling signal: %s",
    "Ignoring unknown signal: %s",
    "Unhandled signal: %s",
    "Hang up: %s",
    "graceful stop of workers",
    "Quick shutdown requested",
    "Shutting down: %s",
    "Reason: %s",
    "Parent changed, shutting down: %s",
    "WORKER TIMEOUT (pid:%s)",
    "Worker (pid:%s) was sent %s!",
    "Worker (pid:%s) was sent %s! Perhaps out of memory?",
    "Worker (pid:%s) exited with code %s.",
    "Connection in use: %s",
    "Invalid address: %s",
    "Can't connect to %s",
    "Retrying in 1 second.",
    "Unhandled exception in main loop",
    "Exception in worker process",
    "Error handling request",
    "Socket error processing request.",
)


class GunicornLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Without handlers of its own: its records go to the root logger's."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers[:] = []
            log.propagate = True
        for name in ("critical", "error", "warning", "info", "debug", "exception"):
            # Without gunicorn's own method between, the place that a line tells is the one that speaks
            setattr(self, name, getattr(self.error_log, name))
