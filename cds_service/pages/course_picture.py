"""The first year of a regimen as shapes on a time line. Knows lengths on paper; the words are those of the table.

Shapes, hatching and words tell things apart, so that paper and an eye that sees no colours are served too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from cds_service.clinical.first_year import Check, Dose, Later, OpenDoses, Year
from cds_service.clinical.monitoring import months_after
from cds_service.knowledge.tables import Library
from cds_service.pages.schedule_rows import CHECKS, FOR_EVERYONE, FOR_WHOM, how

LEFT: Final = 232
RIGHT: Final = 752
TOP: Final = 44
STEP: Final = 40


@dataclass(frozen=True, slots=True)
class Mark:
    """shape: tick, dot, ring, check (filled) or some (hollow)."""

    shape: str
    x: float


@dataclass(frozen=True, slots=True)
class Track:
    """One line. bands: (shape "sure" or "open", from, to). note: said at note_x, where nothing is drawn."""

    label: str
    under: str = ""
    marks: tuple[Mark, ...] = ()
    bands: tuple[tuple[str, float, float], ...] = ()
    note: str = ""
    note_x: float = LEFT + 6


@dataclass(frozen=True, slots=True)
class Picture:
    """months: (x, day and month, the year where it is a new one)."""

    months: tuple[tuple[float, str, str], ...]
    tracks: tuple[Track, ...]
    height: int
    shapes: frozenset[str]


def picture(year: Year, library: Library) -> Picture:
    def x(day: date) -> float:
        return round(LEFT + (RIGHT - LEFT) * (day - year.start).days / (year.end - year.start).days, 1)

    tracks = (*_doses(year, library, x), *_checks(year, x))
    days = [months_after(year.start, number) for number in range(13)]
    new = [place == 0 or day.year != days[place - 1].year for place, day in enumerate(days)]
    months = tuple(
        (x(day), f"{day.day} {day:%b}", str(day.year) if n else "") for day, n in zip(days, new, strict=True)
    )
    shapes = {mark.shape for track in tracks for mark in track.marks} | {b[0] for t in tracks for b in t.bands}
    return Picture(months, tracks, TOP + STEP * len(tracks) + 8, frozenset(shapes))


def _doses(year: Year, library: Library, x: Callable[[date], float]) -> Iterator[Track]:
    for key, group in groupby(year.doses, key=lambda dose: dose.regimen):
        regimen, doses = library.knowledge.regimens[key], list(group)
        label = f"Vitamin B12 {how(regimen)}"
        match doses[0]:
            case OpenDoses(_, days):
                reviews = [each.days[0] for each in year.checks if each.check is Check.RESPONSE]
                until = x(reviews[0]) if reviews else x(days[0])
                sure = (("sure", x(days[0]), until),) if reviews else ()
                yield Track(label, regimen.label, bands=(*sure, ("open", until, RIGHT)))
            case Later():
                yield Track("Then maintenance", regimen.label, note="no day yet: when improvement has stopped")
            case Dose(of=int(of)):
                marks = tuple(Mark("tick", x(day.earliest)) for day in doses if isinstance(day, Dose))
                yield Track(label, regimen.label, marks, note=f"{of} doses", note_x=marks[-1].x + 8)
            case _:
                yield from _apart([dose for dose in doses if isinstance(dose, Dose)], year, regimen.label, label, x)


def _apart(doses: list[Dose], year: Year, under: str, label: str, x: Callable[[date], float]) -> Iterator[Track]:
    """Where the interval is a range, its short and its long end have a line each."""
    marks = tuple(Mark("dot", x(dose.earliest)) for dose in doses)
    if all(dose.latest == dose.earliest for dose in doses):
        yield Track(label, under, marks)
        return
    late = tuple(Mark("ring", x(dose.latest)) for dose in doses if dose.latest <= year.end)
    yield Track(label, f"{under}: the earliest days", marks)
    yield Track(label, f"{under}: the latest days", late)


def _checks(year: Year, x: Callable[[date], float]) -> Iterator[Track]:
    for checks in year.checks:
        if not checks.days:
            continue
        shapes = ["check" if checks.check in FOR_EVERYONE else "some"] * len(checks.days)
        if checks.every:
            shapes[1:] = ["some"] * (len(shapes) - 1)
        marks = tuple(Mark(shape, x(day)) for shape, day in zip(shapes, checks.days, strict=True))
        yield Track(CHECKS[checks.check][0], FOR_WHOM[checks.check], marks)
