"""One defect at a time in FHIR access: its line fails, and no other."""

import time
from typing import Any

import pytest

from cds_service.conformance import fetching
from tests.conformance.guarded_fetching import FAILED, PREFETCH
from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_trial import broken, tried
from tests.conformance.guarded_wire import Json, Refusal


class FetchesAlways(Guarded):
    def gather(self, request: Json) -> dict[str, Any]:
        access = self.access(request)
        if access is not None:
            self.fetch_all(["problems"], request["context"]["patientId"], *access)
        return super().gather(request)


class FetchesWithoutToken(Guarded):
    def access(self, request: Json) -> tuple[str, str] | None:
        found = super().access(request)
        return None if found is None else (found[0], "another")


class FetchesOneAfterTheOther(Guarded):
    patience = 1.0

    def fetch_all(self, keys: list[str], patient: str, base: str, token: str) -> dict[str, Any]:
        ends = time.monotonic() + self.patience
        return {
            key: self.fetch(f"{base}/{PREFETCH[key].replace('{{context.patientId}}', patient)}", token, ends, patient)
            for key in keys
        }


class FetchesAnotherQuery(Guarded):
    def fetch(self, url: str, token: str, ends: float, patient: str) -> Any:
        return super().fetch(url.replace("&code=2132-9,98979-8,718-7", ""), token, ends, patient)


class DoesNotFetchProblems(Guarded):
    def fetch_all(self, keys: list[str], patient: str, base: str, token: str) -> dict[str, Any]:
        return super().fetch_all([key for key in keys if key != "problems"], patient, base, token)


class AsksAgainForNull(Guarded):
    def supplied(self, value: Any, key: str, patient: str) -> Any:
        return None if value is None else super().supplied(value, key, patient)


class TakesFailureForNothing(Guarded):
    def supplied(self, value: Any, key: str, patient: str) -> Any:
        found = super().supplied(value, key, patient)
        return [] if found is FAILED else found


class AnswersWithoutPatient(Guarded):
    """Silence where the answer cannot be known: the fault that matters most."""

    def decide(self, request: Json) -> Json:
        try:
            return super().decide(request)
        except Refusal as refusal:
            if refusal.status == 412:
                return {"cards": []}
            raise


class NamesNoKey(Guarded):
    def outcome(self, refusal: Refusal) -> Json | bytes:
        return super().outcome(Refusal(refusal.status, "some data is missing" if refusal.status == 412 else ""))


class FailsWithoutProblems(Guarded):
    def decide(self, request: Json) -> Json:
        if "fhirServer" not in request and self.gather(request)["problems"] is None:
            raise Refusal(500)
        return super().decide(request)


class TakesMissingForNothing(Guarded):
    def gather(self, request: Json) -> dict[str, Any]:
        data = super().gather(request)
        return data | {key: [] for key in ("results", "problems") if data[key] is None}


class BreaksWhenRefused(Guarded):
    def gather(self, request: Json) -> dict[str, Any]:
        data = super().gather(request)
        if self.access(request) is not None and data["patient"] is FAILED:
            raise Refusal(500)
        return data


class WaitsTooLong(Guarded):
    patience = 1.8


class ReadsOnePage(Guarded):
    most_pages = 1


class ReadsEveryPage(Guarded):
    most_pages = 100_000
    patience = 1.2

    def get(self, url: str, token: str, ends: float) -> Json | None:
        return super().get(url, token, ends) if time.monotonic() < ends else None


class EchoesTheToken(Guarded):
    def headers(self, method: str, status: int, origin: str) -> dict[str, str]:
        return super().headers(method, status, origin) | {"X-Debug": self.last}

    last = "none"

    def access(self, request: Json) -> tuple[str, str] | None:
        self.last = str((request.get("fhirAuthorization") or {}).get("access_token"))
        return super().access(request)


class TrustsEveryServer(Guarded):
    def trusts(self, base: str) -> bool:
        return True


class TrustsByPrefix(Guarded):
    def trusts(self, base: str) -> bool:
        return base.startswith(self.fhir.removesuffix("/fhir"))

    def get(self, url: str, token: str, ends: float) -> Json | None:
        """As clients do that know the user part of a URL."""
        scheme, _, rest = url.partition("://")
        return super().get(f"{scheme}://{rest.rpartition('@')[2]}", token, ends)


class FollowsAway(Guarded):
    def may_follow(self, url: str) -> bool:
        return True


class TakesAnyonesData(Guarded):
    def is_mine(self, resource: Json, patient: str) -> bool:
        return resource.get("resourceType") != "Patient" or super().is_mine(resource, patient)


class TakesAnyonesPatient(Guarded):
    def is_mine(self, resource: Json, patient: str) -> bool:
        return resource.get("resourceType") == "Patient" or super().is_mine(resource, patient)


FETCHING = {
    FetchesAlways: {45, 46, 47},
    FetchesWithoutToken: {46},
    FetchesOneAfterTheOther: {46},
    FetchesAnotherQuery: {46},
    DoesNotFetchProblems: {46},
    AsksAgainForNull: {47},
    TakesFailureForNothing: {48},
    AnswersWithoutPatient: {49},
    NamesNoKey: {49},
    FailsWithoutProblems: {49},
    TakesMissingForNothing: {49},
    BreaksWhenRefused: {50, 53},
    WaitsTooLong: {50},
    ReadsOnePage: {51},
    ReadsEveryPage: {51},
    EchoesTheToken: {52},
    TrustsEveryServer: {53},
    TrustsByPrefix: {53},
    FollowsAway: {53},
    TakesAnyonesData: {54},
    TakesAnyonesPatient: {54},
}


@pytest.mark.parametrize(("defect", "numbers"), FETCHING.items(), ids=[each.__name__ for each in FETCHING])
def test_a_defect_in_fetching(defect: type[Guarded], numbers: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_MOST_PAGES", 20)  # so many are read even where the machine is busy
    assert set(broken(tried(defect, "G"))) == numbers


def test_a_slow_server_holds_up_no_call() -> None:
    assert set(broken(tried(WaitsTooLong, "K"))) == {76}
