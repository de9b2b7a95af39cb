"""What all lines come to: counts by topic and indicator. Knows what was found in a line; holds nothing of a line."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.replay.run import Replayed

Json = dict[str, Any]
# Lines that could not be replayed, by their numbers; of more only how many there are is kept
MOST_FAULTS: Final = 100


@dataclass(slots=True)
class Tally:
    """repeated: lines whose id was there before; they are counted here and nowhere else. worded: of the requests that
    changed, how many in the text of cards only. cards: how many came, went, changed, and changed in their text only, by
    topic and indicator. members: what of the cards changed. moved: the same cards in another order. more, less: of what
    could not be told, by rule and datum."""

    requests: int = 0
    changed: int = 0
    worded: int = 0
    altered: int = 0
    moved: int = 0
    bad: int = 0
    repeated: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)
    knowledge: Counter[str] = field(default_factory=Counter)
    cards: dict[str, Counter[tuple[str, str]]] = field(
        default_factory=lambda: {"added": Counter(), "removed": Counter(), "changed": Counter(), "words": Counter()}
    )
    members: Counter[str] = field(default_factory=Counter)
    more: Counter[str] = field(default_factory=Counter)
    less: Counter[str] = field(default_factory=Counter)
    _ids: set[int] = field(default_factory=set)

    def add(self, line: Replayed) -> bool:
        """Is it the first of its id, or none?"""
        if line.fault:
            self.bad += 1
            if len(self.faults) < MOST_FAULTS:
                self.faults.append((line.number, line.fault))
            return True
        if (known := int(line.id, 16)) in self._ids:
            self.repeated += 1
            return False
        self._ids.add(known)
        found = line.found
        self.requests += 1
        self.changed += found.any
        self.worded += found.in_words
        self.altered += line.altered
        self.moved += found.moved
        self.knowledge[line.knowledge] += 1
        for name, cards in (("added", found.added), ("removed", found.removed)):
            self.cards[name].update((card["topic"], card["indicator"]) for card in cards)
        for each in found.changed:
            self.cards["words" if each.in_words else "changed"][
                each.now["topic"], _turned(each.was["indicator"], each.now["indicator"])
            ] += 1
            self.members.update(each.members)
        self.more.update(found.more)
        self.less.update(found.less)
        return True

    def rows(self) -> list[tuple[str, str, dict[str, int]]]:
        """Topic, indicator, and how many cards of it were added, removed, changed, and changed in their text only."""
        names = sorted({each for counted in self.cards.values() for each in counted})
        return [(*name, {kind: counted[name] for kind, counted in self.cards.items()}) for name in names]

    def untold(self) -> list[tuple[str, int, int]]:
        """Rule and datum, how often it is wanting now and was not, and the reverse."""
        return [(name, self.more[name], self.less[name]) for name in sorted(self.more | self.less)]

    def as_json(self, knowledge: str) -> Json:
        return {
            "knowledge": knowledge,
            "recordedWith": dict(self.knowledge),
            "requests": self.requests,
            "repeated": self.repeated,
            "unchanged": self.requests - self.changed,
            "changed": self.changed,
            "words": self.worded,
            "moved": self.moved,
            "altered": self.altered,
            "cards": [{"topic": topic, "indicator": indicator} | counts for topic, indicator, counts in self.rows()],
            "members": dict(self.members),
            "untold": [{"what": name, "more": more, "less": less} for name, more, less in self.untold()],
            "unread": self.bad,
            "faults": [f"line {number}: {fault}" for number, fault in self.faults],
        }


def _turned(was: str, now: str) -> str:
    return now if was == now else f"{was} to {now}"
