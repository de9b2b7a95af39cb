"""Of an answer, what is kept: which card it was, by which rule and knowledge. Knows cards.md; nothing of a patient."""

from datetime import datetime
from typing import Any

from cds_service.hooks.clients import Client
from cds_service.records.shown_cards import ShownCard


def shown_cards(answer: dict[str, Any], *, service: str, client: Client, at: datetime) -> list[ShownCard]:
    """One row a card. The rule is the one whose page the card links to."""
    return [
        ShownCard(
            card=card["uuid"],
            suggestions=tuple(suggestion["uuid"] for suggestion in card.get("suggestions", ())),
            service=service,
            client=client.name,
            rule=card["source"]["url"].rpartition("/")[2],
            topic=card["source"]["topic"]["code"],
            indicator=card["indicator"],
            knowledge_version=card["extension"]["org.cobalamin-cds.trace"]["knowledgeVersion"],
            shadow=client.shadow,
            at=at,
        )
        for card in answer["cards"]
    ]
