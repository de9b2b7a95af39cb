"""Whole requests and whole answers, compared in full. `python -m tests.scenarios` writes the answers anew."""

import json

import pytest

from cds_service.clinical.topics import Topic
from tests.answers import ask, service
from tests.scenarios import FOLDERS, answer_of, normal


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_answer_is_the_one_on_file(folder) -> None:  # type: ignore[no-untyped-def]
    expected = json.loads((folder / "response.json").read_text("utf-8"))
    assert normal(answer_of(folder)) == expected


def test_every_topic_can_be_seen_in_a_whole_answer() -> None:
    answers = [json.loads((folder / "response.json").read_text("utf-8")) for folder in FOLDERS]
    seen = {card["source"]["topic"]["code"] for answer in answers for card in answer["cards"]}
    assert seen == {topic.value for topic in Topic}
    assert any(answer == {"cards": []} for answer in answers)


@pytest.mark.parametrize("unit", [{"coding": {}}, ["d"], 5, None])
def test_an_odd_unit_of_time_in_a_draft_is_answered(unit: object) -> None:
    client = service()
    for folder in FOLDERS:
        request = json.loads((folder / "request.json").read_text("utf-8"))
        for entry in request["context"].get("draftOrders", {}).get("entry", ()):
            for dosage in entry["resource"].get("dosageInstruction", ()):
                dosage.get("timing", {}).get("repeat", {})["periodUnit"] = unit
        assert len(ask(client, request)["cards"]) <= 3
