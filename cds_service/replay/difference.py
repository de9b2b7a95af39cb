"""Two outcomes of one request -> what is different. Knows the members of an outcome; no rule and no wording."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]
# Members that make a card the same card, changed
_SAME: Final = ("topic", "orders")


@dataclass(frozen=True, slots=True)
class Changed:
    """A card that was there before. members: which of its members are different."""

    was: Json
    now: Json
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """moved: the same cards in another order. more, less: of what could not be told, by rule."""

    added: tuple[Json, ...] = ()
    removed: tuple[Json, ...] = ()
    changed: tuple[Changed, ...] = ()
    moved: bool = False
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return self != NONE

    def as_json(self) -> Json:
        return {
            "added": list(self.added),
            "removed": list(self.removed),
            "changed": [{"members": list(each.members), "was": each.was, "now": each.now} for each in self.changed],
            "moved": self.moved,
            "untold": {"more": list(self.more), "less": list(self.less)},
        }


NONE: Final = Difference()


@dataclass(slots=True)
class _Pairs:
    """Cards of before, each to be met once."""

    left: list[Json]
    met: list[tuple[Json, Json]] = field(default_factory=list)

    def meet(self, now: Json) -> bool:
        was = next((each for each in self.left if all(each[name] == now[name] for name in _SAME)), None)
        if was is None:
            return False
        self.left.remove(was)
        self.met.append((was, now))
        return True


def difference(was: Json, now: Json) -> Difference:
    """was, now: outcomes (recording/outcome.py)."""
    pairs = _Pairs(list(was["cards"]))
    added = tuple(card for card in now["cards"] if not pairs.meet(card))
    places = [was["cards"].index(before) for before, _ in pairs.met]
    before, after = set(was["untold"]), set(now["untold"])
    return Difference(
        added=added,
        removed=tuple(pairs.left),
        changed=tuple(_changed(pairs)),
        moved=places != sorted(places),
        more=tuple(sorted(after - before)),
        less=tuple(sorted(before - after)),
    )


def _changed(pairs: _Pairs) -> Iterator[Changed]:
    for was, now in pairs.met:
        members = tuple(name for name in now if was[name] != now[name])
        if members:
            yield Changed(was, now, members)
