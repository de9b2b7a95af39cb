"""An override on the try-it page: feedback as an EHR sends it, kept in the same way. Knows the card and its reasons.

Only where anybody may send feedback anyway: without a clients file. The same override on the same day is one row,
however often it is sent, so that the page cannot fill a database.
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

Json = dict[str, Any]
LONGEST_FORM: Final = 4096
_CLIENT: Final = replace(ANYBODY, name="try it")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a card: its uuid and the reason in words."""

    card: str
    reason: str


@dataclass(frozen=True, slots=True)
class Overrides:
    """Where it is kept. The card is noted as shown when somebody says something of it, and not before."""

    records: Database
    shown: ShownCards

    def keep(self, answer: Json, service: Service, form: Mapping[str, str], at: datetime) -> Said | None:
        """None where the form names no card of this answer, or none of its reasons. DatabaseAwayError."""
        card = next((card for card in answer["cards"] if card["uuid"] == form.get("card")), None)
        reasons = card.get("overrideReasons", ()) if card is not None else ()
        reason = next((each for each in reasons if each["code"] == form.get("reason")), None)
        if card is None or reason is None:
            return None
        today = at.replace(hour=0, minute=0, second=0, microsecond=0)
        item = {
            "card": card["uuid"],
            "outcome": "overridden",
            "overrideReason": {"reason": reason},
            "outcomeTimestamp": today.isoformat(),
        }
        items = read_feedback(json.dumps({"feedback": [item]}).encode(), keep_comments=False)
        store(self.records, items, service=service.id, client=_CLIENT.name, now=at)
        self.shown.note(shown_cards({"cards": [card]}, service=service.id, client=_CLIENT, at=at))
        return Said(card["uuid"], reason["display"])
