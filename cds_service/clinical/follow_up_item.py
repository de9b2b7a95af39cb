"""One thing that is due in follow-up, and what all of them ask (derivations 10.1, 10.2). Knows reviews; no words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from cds_service.clinical.concepts import Analyte
from cds_service.clinical.errands import LabTest
from cds_service.clinical.monitoring import Milestone, is_met, latest_open
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult

B12_RESULTS = (Analyte.B12, Analyte.HOLOTRANSCOBALAMIN)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is due. id: of 10.2; "status" for a B12 status that is not settled (4.3),
    "functional" where methylmalonic acid speaks for deficiency (4.2 row 9). day: its date; a thing
    that has none is due today. place: before those of a larger place, whatever the dates."""

    id: str
    day: date
    tests: tuple[LabTest, ...] = ()
    place: int = 3
    overdue: bool = False
    results: tuple[LabResult, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Of one patient: t0 of 10.1, and whether cobalamin is being given for deficiency."""

    review: Review
    today: date
    began: date | None
    treated: bool


def results_of(review: Review, *analytes: Analyte) -> list[LabResult]:
    """Newest first."""
    found = [result for analyte in analytes for result in review.patient.snapshot.results_of(analyte)]
    return sorted(found, key=lambda result: result.taken, reverse=True)


def days_of(results: Iterable[LabResult]) -> list[date]:
    return [result.day for result in results]


def due(
    follow_up: FollowUp, name: str, milestones: Iterable[Milestone], done: list[date], *tests: LabTest, place: int = 3
) -> Iterator[Item]:
    shown = latest_open(milestones, follow_up.today, follow_up.review.t)
    if shown is not None and not is_met(shown, done, follow_up.today, follow_up.review.t):
        yield Item(name, shown.day, tests, place)
