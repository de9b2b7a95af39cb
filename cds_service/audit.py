"""One log line per request, as JSON. Knows request id, service and counts; never a patient, a URL or a token."""

import logging
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TextIO
from uuid import uuid4

import msgspec

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(slots=True)
class Trail:
    """What one request leaves behind. `rules`: ids of the rules shown; `problem`: stable code; `note`: our words.

    client: the name in the clients file of a caller whose token is good; claimed: the one that a token which is not
    good gives as its own. shadow: the cards were counted and withheld. fetched: keys asked for at the FHIR server.
    dropped: drafts and resources about another patient (decision 6). unread: why, for each FHIR read that came to
    nothing and for a server that may not be asked; threads add to it.
    """

    request_id: str
    client: str = ""
    claimed: str = ""
    shadow: bool = False
    service: str = ""
    rules: tuple[str, ...] = ()
    cards: int = 0
    drafts: int = 0
    feedback: int = 0
    fetched: int = 0
    dropped: int = 0
    in_scope: bool = False
    problem: str = ""
    note: str = ""
    gaps: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def line(self, status: int, milliseconds: float) -> dict[str, Any]:
        """The members of the line; those without content are left out."""
        line: dict[str, Any] = {"request": self.request_id, "status": status, "ms": round(milliseconds, 2)}
        if self.client != "":
            line["client"] = self.client
        if self.claimed != "":
            line["claimed"] = self.claimed
        if self.shadow:
            line["shadow"] = True
        if self.service != "":
            line["service"], line["drafts"], line["cards"] = self.service, self.drafts, self.cards
        if self.feedback > 0:
            line["feedback"] = self.feedback
        if self.in_scope:
            line["rules"], line["gaps"], line["fetched"] = self.rules, self.gaps, self.fetched
        if self.unread:
            line["unread"] = Counter(tuple(self.unread))
        if self.dropped > 0:
            line["dropped"] = self.dropped
        if self.problem != "":
            line["problem"] = self.problem
        if self.note != "":
            line["note"] = self.note
        return line


class AuditLog:
    """Writes the lines to a stream, each in one piece. Not by way of logging: that costs more than a whole
    out-of-scope answer, and a line with nothing but these members needs no formatter."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, trail: Trail, status: int, milliseconds: float) -> None:
        if self._stream is None:
            return
        line = {"at": datetime.now(UTC)} | trail.line(status, milliseconds)
        with suppress(OSError, ValueError):  # a full or closed stream must not cost a clinician the answer
            self._stream.write(msgspec.json.encode(line).decode() + "\n")
            self._stream.flush()


def request_id(offered: str | None) -> str:
    """The client's X-Request-Id if it is a plain token, else a new one."""
    if offered is not None and _REQUEST_ID.fullmatch(offered):
        return offered
    return uuid4().hex


def log_to_stderr(level: str) -> None:
    """Send the service's own log to stderr. Of the HTTP libraries, which print URLs, nothing is let through."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    own = logging.getLogger("cds_service")
    own.handlers[:] = [handler]
    own.propagate = False
    own.setLevel(level.upper())
    # When a line cannot be written, logging prints a traceback, and with it the message of the exception at hand
    logging.raiseExceptions = False
    for library in ("urllib3", "requests", "werkzeug"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
