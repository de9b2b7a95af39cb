"""Feedback on the try-it page, as an EHR sends it and kept in the same way. Knows what a card offers.

Only where anybody may send feedback anyway: without a clients file. The same said of the same card on the same day is
one row, however often it is sent, so that the page cannot fill a database; what was said last counts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cds_service.hooks.clients import ANYBODY
from cds_service.hooks.feedback import read_feedback
from cds_service.hooks.services import Service
from cds_service.hooks.shown import shown_cards
from cds_service.records.database import Database
from cds_service.records.feedback import store
from cds_service.records.shown_cards import ShownCards
from cds_service.waiting import Aside

Json = dict[str, Any]
LONGEST_FORM: Final = 4096
_CLIENT: Final = replace(ANYBODY, name="try it")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a card: its uuid and the reason in words."""

    card: str
    reason: str


@dataclass(frozen=True, slots=True)
class OwnFeedback:
    """Where it is kept. The card is noted as shown when somebody says something of it, and not before."""

    records: Database
    shown: ShownCards
    aside: Aside

    def override(self, answer: Json, service: Service, form: Mapping[str, str], at: datetime) -> Said | None:
        """None where the form names no card of this answer, or none of its reasons. DatabaseAwayError."""
        card = _card(answer, form)
        reason = next((each for each in card.get("overrideReasons", ()) if each["code"] == form.get("reason")), None)
        if reason is None:
            return None
        self._keep(card, {"outcome": "overridden", "overrideReason": {"reason": reason}}, service, at)
        return Said(card["uuid"], reason["display"])

    def accept(self, answer: Json, service: Service, form: Mapping[str, str], at: datetime) -> str | None:
        """The uuid of the suggestion that was taken. None where the form names no card of this answer, or none of its
        suggestions. DatabaseAwayError."""
        card = _card(answer, form)
        taken = next((each["uuid"] for each in card.get("suggestions", ()) if each["uuid"] == form["suggestion"]), None)
        if taken is not None:
            self._keep(card, {"outcome": "accepted", "acceptedSuggestions": [{"id": taken}]}, service, at)
        return taken

    def _keep(self, card: Json, said: Json, service: Service, at: datetime) -> None:
        today = at.replace(hour=0, minute=0, second=0, microsecond=0)
        item = {"card": card["uuid"], "outcomeTimestamp": today.isoformat()} | said
        items = read_feedback(json.dumps({"feedback": [item]}).encode(), keep_comments=False)
        with self.aside():
            store(self.records, items, service=service.id, client=_CLIENT.name, now=at, said_again=True)
        self.shown.note(shown_cards({"cards": [card]}, service=service.id, client=_CLIENT, at=at))


def _card(answer: Json, form: Mapping[str, str]) -> Json:
    """The card that the form names; an empty one, without reasons and suggestions, where there is none such."""
    return next((card for card in answer["cards"] if card["uuid"] == form.get("card")), {})
