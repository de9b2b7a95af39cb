"""Scenario folders: request.json is sent on the fixed day, response.json is the whole answer.

settings.json, where there is one: settings of the service by name without CDS_ ({"unavailable": "mecobalamin"}).
"""

import json
from functools import cache
from pathlib import Path

from flask.testing import FlaskClient

from tests.answers import Json, ask, service

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("*/request.json"))


@cache
def client_of(folder: Path) -> FlaskClient:
    """The service as this scenario wants it set."""
    path = folder / "settings.json"
    return service(**json.loads(path.read_text("utf-8"))) if path.exists() else _plain()


@cache
def _plain() -> FlaskClient:
    return service()


def answer_of(folder: Path) -> Json:
    return ask(client_of(folder), json.loads((folder / "request.json").read_text("utf-8")))


def normal(answer: Json) -> Json:
    """The knowledge version changes with every word; everything else is compared as it is."""
    text = json.dumps(answer)
    for card in answer["cards"]:
        version = card["extension"]["org.cobalamin-cds.trace"]["knowledgeVersion"]
        text = text.replace(version, "KNOWLEDGE")
    found: Json = json.loads(text)
    return found
