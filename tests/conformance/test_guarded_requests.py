"""One defect at a time in reading calls: its line fails, and no other."""

import time
from itertools import count
from typing import Any

import pytest

from cds_service.conformance import tolerance
from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_trial import broken, tried
from tests.conformance.guarded_wire import Json, Refusal

_LARGE = 200_000


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


class MixesResults(Guarded):
    """The same, without a name that gives it away."""

    current: Json

    def decide(self, request: Json) -> Json:
        self.current = request
        time.sleep(0.01)
        return super().decide(self.current)


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
        if len(body) > _LARGE // 2:
            raise Refusal(503)
        return super().read_json(body)


class SlowWithWhatIsLarge(Guarded):
    def read_json(self, body: bytes) -> Json:
        if len(body) > _LARGE // 2:
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
    MixesResults: 19,
    BreaksOnAnEntryWithoutResource: 20,
    IsNotTheSameAfterwards: 20,
    DropsWhatIsLarge: 21,
    SlowWithWhatIsLarge: 21,
}


@pytest.mark.parametrize(("defect", "number"), REQUESTS.items(), ids=[each.__name__ for each in REQUESTS])
def test_a_defect_in_reading_calls(defect: type[Guarded], number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tolerance, "_LARGE", _LARGE)  # two megabytes for each defect take longer than all the rest
    found = broken(tried(defect, "B"))
    # What differs at every call differs in every comparison
    assert set(found) == ({15, 16, 14, 18, 19, 20} & set(found) | {19} if number == 19 else {number})
