"""One defect at a time in taking feedback and on the wire: its line fails, and no other."""

import json
import time
from typing import Any

import pytest

from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_trial import broken, tried
from tests.conformance.guarded_wire import Json, Refusal


class NoFeedbackBody(Guarded):
    def take_feedback(self, body: Json) -> Json:
        super().take_feedback(body)
        raise Refusal(202)


class TakesFeedbackWithoutList(Guarded):
    def take_feedback(self, body: Json) -> Json:
        return super().take_feedback(body) if isinstance(body.get("feedback"), list) and body["feedback"] else {"ok": 1}


class TakesAnyTime(Guarded):
    def check_time(self, stamp: Any) -> None:
        return


class TakesAcceptedWithoutSuggestions(Guarded):
    def check_accepted(self, chosen: Any) -> None:
        return


class TakesEmptyReasons(Guarded):
    def check_reason(self, reason: Any) -> None:
        return


class WantsReasons(Guarded):
    def check_feedback(self, item: Any) -> None:
        super().check_feedback(item)
        if item["outcome"] == "overridden" and "overrideReason" not in item:
            raise Refusal(400)


class RefusesCommentsBesideReasons(Guarded):
    def check_reason(self, reason: Any) -> None:
        super().check_reason(reason)
        if len(reason) > 1:
            raise Refusal(400)


class TakesFeedbackOnce(Guarded):
    def take_feedback(self, body: Json) -> Json:
        answer = super().take_feedback(body)
        for item in body["feedback"]:
            key = json.dumps(item.get("acceptedSuggestions"))
            if item["outcome"] == "accepted" and (item["card"], key) in self.used_cards:
                raise Refusal(409)
            self.used_cards.add((item["card"], key))
        return answer

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.used_cards: set[tuple[str, str]] = set()


class KnowsItsCards(Guarded):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.cards: set[str] = set()

    def decide(self, request: Json) -> Json:
        answer = super().decide(request)
        self.cards |= {card["uuid"] for card in answer["cards"]}
        return answer

    def check_feedback(self, item: Any) -> None:
        super().check_feedback(item)
        if item["card"] not in self.cards:
            raise Refusal(404)


FEEDBACK = {
    NoFeedbackBody: {55, 59, 60, 61},
    TakesFeedbackWithoutList: {56},
    TakesAnyTime: {57},
    TakesAcceptedWithoutSuggestions: {58},
    TakesEmptyReasons: {59},
    RefusesCommentsBesideReasons: {59},
    WantsReasons: {55, 60, 61},
    TakesFeedbackOnce: {60},
    KnowsItsCards: {55, 61},
}


@pytest.mark.parametrize(("defect", "numbers"), FEEDBACK.items(), ids=[each.__name__ for each in FEEDBACK])
def test_a_defect_in_taking_feedback(defect: type[Guarded], numbers: set[int]) -> None:
    assert set(broken(tried(defect, "H"))) == numbers


class NoCorsOnErrors(Guarded):
    def headers(self, method: str, status: int, origin: str) -> dict[str, str]:
        return {
            name: value
            for name, value in super().headers(method, status, origin).items()
            if status < 400 or "Access" not in name
        }


class NoCorsAtAll(Guarded):
    def headers(self, method: str, status: int, origin: str) -> dict[str, str]:
        return {"Content-Type": "application/json"}


class NoPreflightForTokens(Guarded):
    def headers(self, method: str, status: int, origin: str) -> dict[str, str]:
        return super().headers(method, status, origin) | {"Access-Control-Allow-Headers": "Content-Type"}


class EverybodyWithCookies(Guarded):
    def headers(self, method: str, status: int, origin: str) -> dict[str, str]:
        return super().headers(method, status, origin) | {"Access-Control-Allow-Credentials": "true"}


class AnyOriginWithCookies(Guarded):
    def headers(self, method: str, status: int, origin: str) -> dict[str, str]:
        given = {"Access-Control-Allow-Credentials": "true", "Access-Control-Allow-Origin": origin or "null"}
        return super().headers(method, status, origin) | given


class TextJson(Guarded):
    def headers(self, method: str, status: int, origin: str) -> dict[str, str]:
        return super().headers(method, status, origin) | {"Content-Type": "text/json"}


class SlowAnswers(Guarded):
    def decide(self, request: Json) -> Json:
        time.sleep(0.51 if request["hook"] == "patient-view" else 0)
        return super().decide(request)


WIRE = {
    NoCorsOnErrors: (72, "J"),
    NoCorsAtAll: (72, "J"),
    NoPreflightForTokens: (72, "J"),
    EverybodyWithCookies: (73, "J"),
    AnyOriginWithCookies: (73, "J"),
    TextJson: (74, "J"),
    SlowAnswers: (75, "K"),
}


@pytest.mark.parametrize(("defect", "where"), WIRE.items(), ids=[each.__name__ for each in WIRE])
def test_a_defect_on_the_wire(defect: type[Guarded], where: tuple[int, str]) -> None:
    number, letter = where
    assert set(broken(tried(defect, letter))) == {number}
