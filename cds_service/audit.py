"""One log line per request, as JSON. Knows request id, service and counts; never a patient, a URL or a token.

Every line that the service writes has some of MEMBERS and no others (log_lines.py writes those that are not about a
request). It is plain ASCII on one line, so that nothing which anybody sends can begin a line of its own.
"""

import json
import logging
import re
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TextIO
from uuid import uuid4

import msgspec

# All that a line of the log can hold; those without content are left out.
MEMBERS: Final = {
    # in every line
    "at": "when it was written, UTC, RFC 3339",
    "level": "debug, info, warning, error or critical",
    "logger": "who says it: cds_service.request is one answered request",
    # in the line of a request
    "request": "its id, which is the X-Request-Id of the answer",
    "instance": "the hookInstance of the call, if it is a UUID",
    "status": "the HTTP status of the answer",
    "ms": "from the whole request to its answer, the wait for a thread included, in milliseconds",
    "client": "the name in the clients file; of a key set: whose it is",
    "claimed": "the client whose name a token bears that was refused",
    "shadow": "true: the cards were counted and withheld",
    "service": "the id of the CDS service",
    "drafts": "how many orders were sent in draft",
    "cards": "how many cards were made",
    "feedback": "how many items of feedback were sent",
    "rules": "the ids of the rules that the cards rest on",
    "gaps": "kinds of resource that were not got whole, and why",
    "fetched": "how many prefetch keys were asked for at the FHIR server",
    "unread": "how many FHIR reads came to nothing, by why, in our words",
    "dropped": "how many drafts and resources were about another patient",
    "problem": "the stable code of the error that was answered",
    "note": "why a token or a request was refused, or an access token not used, in our words",
    # in all other lines
    "pid": "the process that says it",
    "message": "what happened, in our words",
    "error": "type and place of an exception; its own words could hold what a client sent",
    "place": "where another package says something; its words are withheld for the same reason",
}
REQUEST: Final = "cds_service.request"

# Ids that are made at random, as tracing does: a number or a name could be the patient's
_RANDOM: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[0-9a-f]{32}", re.IGNORECASE
)
_LETTER: Final = re.compile(r"[a-f]", re.IGNORECASE)
_ENCODER: Final = msgspec.json.Encoder()
_INFO: Final = (logging.INFO, "info")
_WARNING: Final = (logging.WARNING, "warning")
_ERROR: Final = (logging.ERROR, "error")
KEPT_OUT: Final = frozenset({401, 403, 429})


class Read(NamedTuple):
    """A request to a FHIR server: how it ended, after how many seconds, which type of resource was asked for, and when
    it ended, by time.monotonic."""

    outcome: str
    seconds: float
    kind: str
    ended: float


@dataclass(slots=True)
class Trail:
    """What one request leaves behind. `rules`: ids of the rules shown; `problem`: stable code; `note`: our words.

    client: the name in the clients file of a caller whose token is good; claimed: the one that a token which is not
    good gives as its own. shadow: the cards were counted and withheld. fetched: keys asked for at the FHIR server.
    dropped: drafts and resources about another patient (decision 6). unread: why, for each FHIR read that came to
    nothing and for a server that may not be asked; threads add to it. instance: hookInstance (REQ-26).

    topics: topic and indicator of each card. untold: the data for want of which rules could not tell, by verdict.
    waited: seconds for a thread, when the request was whole. steps: seconds of each, one after the other.
    reads: requests to FHIR servers; threads add to it.
    traceparent: as the caller sent it; whoever writes it down must look at it first.
    """

    request_id: str
    instance: str = ""
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
    # For metrics and traces
    traceparent: str = ""
    topics: tuple[tuple[str, str], ...] = ()
    untold: tuple[str, ...] = ()
    waited: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    def step(self, name: str) -> None:
        """A step of the work ends here."""
        now = time.monotonic()
        self.steps[name], self._since = now - self._since, now

    def took(self, outcome: str, seconds: float, kind: str) -> None:
        """A request to a FHIR server for this type of resource ended so, after so long."""
        self.reads.append(Read(outcome, seconds, kind, time.monotonic()))

    def line(self, status: int, milliseconds: float) -> dict[str, Any]:
        """The members of the line; those without content are left out."""
        line: dict[str, Any] = {"request": self.request_id, "status": status, "ms": round(milliseconds, 2)}
        if self.instance != "" and is_random_id(self.instance):
            line["instance"] = self.instance
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
    out-of-scope answer, and a line with nothing but these members needs no formatter.

    level: as CDS_LOG_LEVEL. A 5xx is an error, a caller kept out (401, 403, 429) is a warning, everything else is info.
    """

    def __init__(self, stream: TextIO, level: str = "info") -> None:
        self._stream = stream
        self._lowest: int = logging.getLevelNamesMapping()[level.upper()]

    def write(self, trail: Trail, status: int, milliseconds: float) -> None:
        number, level = _ERROR if status >= 500 else _WARNING if status in KEPT_OUT else _INFO
        if number < self._lowest:
            return
        line = {"at": datetime.now(UTC), "level": level, "logger": REQUEST} | trail.line(status, milliseconds)
        with suppress(OSError, ValueError):  # a full or closed stream must not cost a clinician the answer
            self._stream.write(one_line(line))
            self._stream.flush()


def one_line(members: dict[str, Any]) -> str:
    """Members as a line of the log, with its end."""
    with suppress(UnicodeEncodeError):  # a lone surrogate
        encoded = _ENCODER.encode(members)
        if encoded.isascii():
            return encoded.decode() + "\n"
    # Other letters can end a line too (U+2028), or do not fit the encoding of the stream
    return json.dumps(msgspec.to_builtins(members), separators=(",", ":")) + "\n"


def has_letter(hexadecimal: str) -> bool:
    """Is this more than a decimal number?"""
    return _LETTER.search(hexadecimal) is not None


def is_random_id(offered: str) -> bool:
    """A UUID or 32 hexadecimal digits; of decimal digits alone it is a number in disguise, and may be the patient's."""
    return _RANDOM.fullmatch(offered) is not None and has_letter(offered)


def request_id(offered: str | None) -> str:
    """The client's X-Request-Id if it is an id made at random, else a new one: it is written down."""
    if offered is not None and is_random_id(offered):
        return offered
    return uuid4().hex
