"""One fuzzed request: what is sent, to which service, and the names of all that was done to it. Knows no FHIR."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = dict[str, Any]
JSON_BODY = (("Content-Type", "application/json"),)


class Kind(StrEnum):
    """VALID: any client may send it. DEFECT: a client with a fault. HOSTILE: no client. TAKEN: a valid request whose
    answer has cards, sent again with something that was known taken away. FEEDBACK: what became of cards."""

    VALID = "valid"
    DEFECT = "nearly valid"
    HOSTILE = "hostile"
    TAKEN = "taken away"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request. headers: as sent, the length excepted, which is the body's unless a header states it."""

    body: bytes
    path: str
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = JSON_BODY


@dataclass(frozen=True, slots=True)
class Case:
    """done: names of what was done, in order, the base first. mark: a word in all that is the patient's, which may
    stand in no error and no log.

    Of a TAKEN case: before, the request as it was; taken, scope, key and name of what was taken away; absent, the
    request in which the same is said not to exist, where that can be said.
    """

    seed: int
    number: int
    kind: Kind
    service: str
    done: tuple[str, ...]
    call: Call
    mark: str = ""
    before: Call | None = None
    absent: Call | None = None
    taken: tuple[str, str, str] = ("", "", "")

    def __str__(self) -> str:
        """The one line that reproduces it."""
        done = "; ".join(self.done)
        return f"python -m tests.fuzz --seed {self.seed} --case {self.number}  # {self.kind}, {self.service}: {done}"
