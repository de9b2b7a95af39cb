"""Cards by week as bars: lengths on paper. Knows no words but numbers; what a part means is said by its pattern."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.pages.figures_tables import OfWeek
from cds_service.records.figures import Tally

WIDTH: Final = 780
HEIGHT: Final = 300
LEFT: Final = 48
TOP: Final = 30
BASE: Final = 256
_WIDEST: Final = 40
_GAP: Final = 0.28  # of the room of a week
_DIGIT: Final = 6.6  # how wide one is, in the small print
_LABEL: Final = 34


@dataclass(frozen=True, slots=True)
class Part:
    """kind: accepted, overridden or unanswered."""

    kind: str
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One week. parts: from the base upwards. total: said above it, empty where there is no room. number, year: said
    below where there is room, year where a new one begins. room: where the column of the week begins, and its width."""

    x: float
    width: float
    parts: tuple[Part, ...]
    top: float
    total: str
    number: str
    year: str
    over: bool
    room: tuple[float, float]

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Picture:
    """ticks: (y, cards)."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]


def picture(weeks: Sequence[OfWeek]) -> Picture:
    """weeks: at least one, in order."""
    most = max(each.tally.shown for each in weeks)
    step = _round_step(most)
    top = max(step, -(-most // step) * step)
    per_card = (BASE - TOP) / top
    ticks = tuple((round(BASE - cards * per_card, 1), cards) for cards in range(0, top + 1, step))
    return Picture(tuple(_bars(weeks, per_card, most)), ticks)


def parts(tally: Tally, length: float) -> tuple[Part, ...]:
    """What became of the cards, one part after another, so long that all of them have this length."""
    found, start = [], 0.0
    for kind in ("accepted", "overridden", "unanswered"):
        count = getattr(tally, kind)
        if count:
            found.append(Part(kind, round(start, 1), round(count * length / tally.shown, 1)))
            start += count * length / tally.shown
    return tuple(found)


def _bars(weeks: Sequence[OfWeek], per_card: float, most: int) -> Iterator[Bar]:
    room = (WIDTH - 1 - LEFT) / len(weeks)
    width = min(_WIDEST, room * (1 - _GAP))
    labelled = max(1, -(-_LABEL // int(room))) if room >= 1 else _LABEL
    for place, each in enumerate(weeks):
        left = LEFT + place * room
        new_year = place == 0 or each.week.year != weeks[place - 1].week.year
        height = each.tally.shown * per_card
        yield Bar(
            x=round(left + (room - width) / 2, 1),
            width=round(width, 1),
            parts=parts(each.tally, height),
            top=round(BASE - height, 1),
            total=str(each.tally.shown) if each.tally.shown and len(str(most)) * _DIGIT <= room else "",
            number=f"W{each.week.number:02}" if place % labelled == 0 else "",
            year=str(each.week.year) if new_year else "",
            over=each.over,
            room=(round(left, 1), round(room, 1)),
        )


def _round_step(most: int) -> int:
    """Of the lines across: 1, 2 or 5 times a power of ten, so that there are five of them at most."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if most <= 5 * factor * power:
                return factor * power
        power *= 10
