"""What a page of figures is asked for: a topic, the first and the last week. Knows no SQL and no Flask."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cds_service.records.figures import Figures
from cds_service.records.weeks import Week

USUAL_WEEKS: Final = 26
MOST_WEEKS: Final = 104  # two years: more bars could not be told apart
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Query:
    """topic: empty for all. first, last: what is used. typed: what was asked for, and wrong: why a value of it was not
    used, both by the name in the query."""

    topic: str
    first: Week
    last: Week
    typed: Mapping[str, str]
    wrong: Mapping[str, str]

    def of(self, found: Figures) -> Figures:
        """What of it is asked for."""
        in_time = found.between(self.first, self.last)
        return in_time.about(self.topic) if self.topic else in_time

    @property
    def parameters(self) -> dict[str, Any]:
        """The query that asks for the same, whenever it is asked."""
        return ({"topic": self.topic} if self.topic else {}) | {"from": str(self.first), "to": str(self.last)}


def read_query(query: Mapping[str, str], today: date, topics: Container[str]) -> Query:
    """Where a value cannot be used, it is named in `wrong`; for a week, the usual weeks are used then."""
    typed = {name: query.get(name, "").strip()[:_LONGEST] for name in ("topic", "from", "to")}
    wrong = {}
    if typed["topic"] and typed["topic"] not in topics:
        wrong["topic"] = "must be a topic of the list"
    this = Week.of(today)
    last = _read(typed, "to", this, wrong)
    first = _read(typed, "from", last.after(1 - USUAL_WEEKS), wrong)
    if not wrong.keys() & {"from", "to"}:
        if first > last:
            wrong["from"] = "must not be after the last week"
        elif first.after(MOST_WEEKS) <= last:
            wrong["from"] = f"must leave no more than {MOST_WEEKS} weeks up to the last one"
    if wrong.keys() & {"from", "to"}:
        first, last = this.after(1 - USUAL_WEEKS), this
    return Query("" if "topic" in wrong else typed["topic"], first, last, typed, wrong)


def _read(typed: Mapping[str, str], name: str, usual: Week, wrong: dict[str, str]) -> Week:
    if not typed[name]:
        return usual
    try:
        return Week.read(typed[name])
    except ValueError:
        wrong[name] = "must be a week of ISO 8601 in this century, as 2026-W07"
        return usual
