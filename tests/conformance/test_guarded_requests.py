"""One defect at a time in reading calls, in taking feedback and on the wire: its line fails, and no other."""

import json
import time
from itertools import count
from typing import Any

import pytest

from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_trial import broken, tried
from tests.conformance.guarded_wire import Json, Refusal


class TakesCallsWithoutInstance(Guarded):
    def check_members(self, request: Json) -> None:
        super().check_members(request | {"hookInstance": "any"})


class TakesAnyHook(Guarded):
    def check_hook(self, request: Json, hook: str) -> None:
        return


class ShowsItsTrace(Guarded):
    def read_json(self, body: bytes) -> Json:
        try:
            return super().read_json(body)
        except Refusal:
            said = 'Traceback (most recent call last):\n  File "/srv/app.py", line 12'
            raise Refusal(400, said) from None


class AnswersBadJsonWithAPage(Guarded):
    def outcome(self, refusal: Refusal) -> Json | bytes:
        return b"<html>Bad Request</html>" if refusal.said == "no JSON" else super().outcome(refusal)


class FailsOnBadJson(Guarded):
    def read_json(self, body: bytes) -> Json:
        try:
            return super().read_json(body)
        except Refusal:
            raise Refusal(500) from None


class TakesAnyType(Guarded):
    def check_type(self, kind: str) -> None:
        return


class RefusesACharset(Guarded):
    def check_type(self, kind: str) -> None:
        if kind != "application/json":
            raise Refusal(415)


class RefusesExtensions(Guarded):
    def check_members(self, request: Json) -> None:
        super().check_members(request)
        if "extension" in request:
            raise Refusal(400)


class IsMovedByUnknownMembers(Guarded):
    def decide(self, request: Json) -> Json:
        answer = super().decide(request)
        if "conformanceMember" in request:
            answer["cards"][0]["summary"] = "something else"
        return answer


class BreaksWithoutServer(Guarded):
    def decide(self, request: Json) -> Json:
        if "fhirAuthorization" in request and "fhirServer" not in request:
            raise Refusal(500)
        return super().decide(request)


class TakesAPathForAPatient(Guarded):
    def check_members(self, request: Json) -> None:
        context = request.get("context")
        if isinstance(context, dict) and isinstance(context.get("patientId"), str):
            request = request | {"context": context | {"patientId": "p"}}
        super().check_members(request)

    def is_mine(self, resource: Json, patient: str) -> bool:
        return patient == "" or "/" in patient or super().is_mine(resource, patient)


class KnowsPractitionersOnly(Guarded):
    def decide(self, request: Json) -> Json:
        if not str(request["context"].get("userId", "Practitioner/")).startswith("Practitioner/"):
            raise Refusal(403)
        return super().decide(request)


class WantsSelections(Guarded):
    def decide(self, request: Json) -> Json:
        if request["hook"] == "order-select" and not request["context"].get("selections"):
            raise Refusal(400)
        return super().decide(request)


class SaysSomethingElseEachTime(Guarded):
    number = count()

    def decide(self, request: Json) -> Json:
        answer = super().decide(request)
        answer["cards"][0]["detail"] += str(next(self.number))
        return answer


class MixesPatients(Guarded):
    """The classic: the request of the moment is kept in the service."""

    current: Json

    def decide(self, request: Json) -> Json:
        self.current = request
        time.sleep(0.02)
        return super().decide(self.current) | {"extension": {"org.example.for": self.current["context"]["patientId"]}}


class BreaksOnAnEntryWithoutResource(Guarded):
    def supplied(self, value: Any, key: str, patient: str) -> Any:
        if isinstance(value, dict) and any(not each for each in value.get("entry") or ()):
            raise Refusal(500)
        return super().supplied(value, key, patient)


class IsNotTheSameAfterwards(Guarded):
    seen_null = False

    def decide(self, request: Json) -> Json:
        self.seen_null = self.seen_null or (request.get("prefetch") or {"": 1}).get("results", 1) is None
        answer = super().decide(request)
        if self.seen_null:
            answer["cards"][0]["detail"] = "No result at all."
        return answer


class DropsWhatIsLarge(Guarded):
    def read_json(self, body: bytes) -> Json:
        if len(body) > 1_000_000:
            raise Refusal(503)
        return super().read_json(body)


class SlowWithWhatIsLarge(Guarded):
    def read_json(self, body: bytes) -> Json:
        if len(body) > 1_000_000:
            time.sleep(1.6)
        return super().read_json(body)


REQUESTS = {
    TakesCallsWithoutInstance: 11,
    TakesAnyHook: 12,
    ShowsItsTrace: 13,
    AnswersBadJsonWithAPage: 13,
    FailsOnBadJson: 13,
    TakesAnyType: 14,
    RefusesACharset: 14,
    RefusesExtensions: 15,
    IsMovedByUnknownMembers: 15,
    BreaksWithoutServer: 16,
    TakesAPathForAPatient: 17,
    KnowsPractitionersOnly: 17,
    WantsSelections: 18,
    SaysSomethingElseEachTime: 19,
    MixesPatients: 19,
    BreaksOnAnEntryWithoutResource: 20,
    IsNotTheSameAfterwards: 20,
    DropsWhatIsLarge: 21,
    SlowWithWhatIsLarge: 21,
}


@pytest.mark.parametrize(("defect", "number"), REQUESTS.items(), ids=[each.__name__ for each in REQUESTS])
def test_a_defect_in_reading_calls(defect: type[Guarded], number: int) -> None:
    found = broken(tried(defect, "B"))
    # What differs at every call differs in every comparison
    assert set(found) == ({15, 16, 14, 18, 19, 20} & set(found) | {19} if number == 19 else {number})


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
