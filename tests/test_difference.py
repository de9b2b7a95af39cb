"""Two outcomes of one request: which cards are the same, changed, new or gone."""

from typing import Any

from cds_service.replay.difference import difference
from tests.answers import Json


def card(topic: str, **more: Any) -> Json:
    return {"topic": topic, "orders": ["MedicationRequest/1"], "indicator": "info", "says": "a", **more}


def test_cards_are_matched_by_topic_and_orders() -> None:
    was = {"cards": [card("A"), card("B"), card("C", orders=["x"])], "untold": ["R: b12", "R: egfr"]}
    now = {"cards": [card("B", says="b"), card("A"), card("C", orders=["y"])], "untold": ["R: egfr", "S: age"]}
    found = difference(was, now)
    assert [(each.now["topic"], each.members) for each in found.changed] == [("B", ("says",))]
    assert [each["orders"] for each in (*found.added, *found.removed)] == [["y"], ["x"]]
    assert found.moved
    assert (found.more, found.less) == (("S: age",), ("R: b12",))
    assert not difference(was, was).any
    assert difference({"cards": [], "untold": []}, {"cards": [card("A")] * 2, "untold": []}).added == (card("A"),) * 2


def test_of_cards_that_share_topic_and_orders_those_most_alike_are_matched() -> None:
    urgent, mild = card("A", indicator="critical", says="u"), card("A", says="m")
    found = difference({"cards": [urgent, mild], "untold": []}, {"cards": [mild], "untold": []})
    assert (found.removed, found.changed, found.added) == ((urgent,), (), ())
    found = difference({"cards": [mild, mild], "untold": []}, {"cards": [mild, mild], "untold": []})
    assert not found.any
