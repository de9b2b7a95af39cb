"""Scenario folders: request.json is sent on the fixed day, response.json is the whole answer."""

import json
from pathlib import Path

from tests.answers import Json, ask, service

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("*/request.json"))
CLIENT = service()


def answer_of(folder: Path) -> Json:
    return ask(CLIENT, json.loads((folder / "request.json").read_text("utf-8")))


def normal(answer: Json) -> Json:
    """The knowledge version changes with every word; everything else is compared as it is."""
    text = json.dumps(answer)
    for card in answer["cards"]:
        version = card["extension"]["org.cobalamin-cds.trace"]["knowledgeVersion"]
        text = text.replace(version, "KNOWLEDGE")
    found: Json = json.loads(text)
    return found
