"""The silences that are right although something was taken away: each with the row of the tables that says so.

A rule of this list looks at the hook, at what was taken and at the cards that went; none covers a whole hook.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz.case import Case


@dataclass(frozen=True, slots=True)
class Lost:
    """A silence after something was taken away. topics: of the cards that were there. left: of those that are there
    where the same is said not to exist; None where that cannot be said. warned: was one of the cards more than info?"""

    case: Case
    topics: frozenset[str]
    left: frozenset[str] | None
    warned: bool = True

    @property
    def without(self) -> bool:
        """Is the answer silent as well where the same is said not to exist?"""
        return self.left == frozenset()

    def is_of(self, *keys: str) -> bool:
        """Was it something of these keys that was taken?"""
        return self.key in (*keys, "all")

    def leaves_only(self, *topics: str) -> bool:
        return self.left is not None and self.left <= frozenset(topics)

    @property
    def scope(self) -> str:
        return self.case.taken[0]

    @property
    def key(self) -> str:
        return self.case.taken[1]

    @property
    def name(self) -> str:
        return self.case.taken[2]

    @property
    def chart(self) -> bool:
        return self.case.call.path.endswith("patient-view")


@dataclass(frozen=True, slots=True)
class Accepted:
    name: str
    source: str
    holds: Callable[[Lost], bool]


ACCEPTED = (
    Accepted(
        "a resource that is said to be another patient's is not this patient's",
        "decisions 6, REQ-44, SG-24",
        lambda lost: lost.scope == "resource" and lost.name == "somebody else's",
    ),
    Accepted(
        "a chart in which nothing that is left starts a card",
        "derivations 4.2 row 18 (data refused), 4.3 unknown: silent without another trigger",
        lambda lost: lost.chart and lost.scope in {"search", "resource"} and lost.without,
    ),
    Accepted(
        "follow-up of which nobody can tell whether it was done, because no result was told",
        "derivations 10.1, met by a result; tests/cases: results refused: what was done is not known",
        lambda lost: (
            lost.chart
            and lost.scope == "search"
            and lost.key in {"results", "all"}
            and lost.leaves_only("MonitoringDue", "BariatricPregnancy")
        ),
    ),
    Accepted(
        "a result between the limits, of which nobody can tell whether it was taken on treatment",
        "derivations 4.1 (treatment unknown), 4.2 rows 14 and 18; tests/cases: the list refused",
        lambda lost: (
            lost.chart
            and lost.key in {"medications", "statements", "all"}
            and lost.leaves_only("MonitoringDue", "IlealResectionProphylaxis")
        ),
    ),
    Accepted(
        "a result that nobody can read settles as little as one that was never taken, and this order needs none",
        "derivations 4.2 row 18 and 4.3, 7.2, 8.4 to 8.7, 8.10; not 2.7: a count that cannot be read is on record",
        lambda lost: (
            not lost.chart
            and lost.scope == "resource"
            and lost.key == "results"
            and lost.without
            and lost.topics != {"Thrombocytopenia"}
        ),
    ),
    Accepted(
        "a stop because of an allergy is spoken of only where deficiency is confirmed",
        "derivations 2.6 row 1; of folic acid beside it, 7.3 as below",
        lambda lost: (
            lost.topics <= {"Discontinuation", "FolateUndocumented"}
            and not lost.warned
            and lost.leaves_only("FolateUndocumented")
            and lost.is_of("results", "conditions")
        ),
    ),
    Accepted(
        "a cobalamin drafted beside folic acid covers, as far as is known",
        "derivations 1.4 (full: a draft in the same bundle), 7.2 row 1",
        lambda lost: (
            lost.topics <= {"FolateB12Unknown", "FolateInB12Deficiency"}
            and lost.without
            and lost.is_of("conditions", "allergies")
            and lost.case.call.body.count(b'"resourceType": "MedicationRequest"') > 1
        ),
    ),
    Accepted(
        "folic acid is asked to be documented only where all that speaks for it is known",
        "derivations 7.3: only if all hold, otherwise silent",
        lambda lost: lost.topics == {"FolateUndocumented"},
    ),
)


def why_accepted(lost: Lost) -> str | None:
    """The name of the rule that accepts this silence, or None: then it is wrong."""
    return next((each.name for each in ACCEPTED if each.holds(lost)), None)
