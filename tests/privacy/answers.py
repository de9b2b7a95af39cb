"""What of a marked request an answer may hold. Knows cards and errors; sends nothing.

An error holds nothing. Of a card, `actions` carry the order that is proposed or changed, which is the order that was
sent, with whom it is for and who asked for it; the rest names orders and resources by their id and says values and
dates that the card is about. Nothing else of the person is in any answer: no name, address, telecom or identifier.
"""

import json
from typing import Any, Final

from tests.privacy.marks import Marks, kinds_in

# An order goes back as it came, with all that it holds
IN_ACTIONS: Final = frozenset({"order", "patient", "name", "user", "identifier", "encounter"})
# Ids by which a card names an order and what it rests on
IN_CARDS: Final = frozenset({"order", "item", "patient"})


def leaks(status: int, head: bytes, body: bytes, marks: Marks) -> list[str]:
    """What stands in an answer that may not be in it."""
    found = [f"header: {each!r}" for each in marks.found_in(head)]
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if status == 200 and isinstance(told, dict) and "cards" in told:
        actions = _taken_out(told["cards"])
        found += [f"actions: {kind}" for kind in kinds_in(json.dumps(actions)) - IN_ACTIONS]
        return found + [f"cards: {kind}" for kind in kinds_in(json.dumps(told)) - IN_CARDS]
    return found + [f"body: {each!r}" for each in marks.found_in(body)]


def _taken_out(cards: list[Any]) -> list[Any]:
    """The actions of all suggestions, taken out of the cards."""
    return [each.pop("actions", None) for card in cards for each in card.get("suggestions", ())]
