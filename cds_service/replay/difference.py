"""Two outcomes of one request -> what is different. Knows the members of an outcome; no rule and no wording."""

from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]
# Members that make a card the same card, changed
_SAME: Final = ("topic", "orders")
# Members that are text alone: where no other differs, the same was decided and is said in other words
_WORDS: Final = frozenset({"summary", "words"})


@dataclass(frozen=True, slots=True)
class Changed:
    """A card that was there before. members: which of its members are different."""

    was: Json
    now: Json
    members: tuple[str, ...]

    @property
    def in_words(self) -> bool:
        """Is only its text another?"""
        return _WORDS.issuperset(self.members)


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

    @property
    def in_words(self) -> bool:
        """Is the text of cards all that is another?"""
        rest = self.added or self.removed or self.moved or self.more or self.less
        return bool(self.changed) and not rest and all(each.in_words for each in self.changed)

    def as_json(self) -> Json:
        return {
            "added": list(self.added),
            "removed": list(self.removed),
            "changed": [{"members": list(each.members), "was": each.was, "now": each.now} for each in self.changed],
            "moved": self.moved,
            "untold": {"more": list(self.more), "less": list(self.less)},
        }


NONE: Final = Difference()


def difference(was: Json, now: Json) -> Difference:
    """was, now: outcomes (recording/outcome.py)."""
    old, new = was["cards"], now["cards"]
    pairs = _pairs(old, new)
    met = set(pairs.values())
    places = list(pairs.values())
    before, after = set(was["untold"]), set(now["untold"])
    changed = [Changed(old[there], new[here], _unlike(old[there], new[here])) for here, there in pairs.items()]
    return Difference(
        added=tuple(card for place, card in enumerate(new) if place not in pairs),
        removed=tuple(card for place, card in enumerate(old) if place not in met),
        changed=tuple(each for each in changed if each.members),
        moved=places != sorted(places),
        more=tuple(sorted(after - before)),
        less=tuple(sorted(before - after)),
    )


def _pairs(old: list[Json], new: list[Json]) -> dict[int, int]:
    """Place of a card now -> where it was; of several that it could have been, the one that it is most like."""
    alike = sorted(
        (len(_unlike(was, now)), here, there)
        for here, now in enumerate(new)
        for there, was in enumerate(old)
        if all(was[name] == now[name] for name in _SAME)
    )
    pairs: dict[int, int] = {}
    met: set[int] = set()
    for _, here, there in alike:
        if here not in pairs and there not in met:
            pairs[here] = there
            met.add(there)
    return dict(sorted(pairs.items()))


def _unlike(was: Json, now: Json) -> tuple[str, ...]:
    return tuple(name for name in now if was[name] != now[name])
