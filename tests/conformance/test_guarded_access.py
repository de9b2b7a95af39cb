"""One defect at a time in FHIR access and in who is let in: its line fails, and no other."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest

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
    AnswersWithoutPatient: {54},
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
def test_a_defect_in_fetching(defect: type[Guarded], numbers: set[int]) -> None:
    assert set(broken(tried(defect, "G"))) == numbers


def test_a_slow_server_holds_up_no_call() -> None:
    assert set(broken(tried(WaitsTooLong, "K"))) == {76}


class AsksNobody(Guarded):
    def authenticate(self, headers: Any, url: str) -> None:
        return


class SaysWhatIsWrong(Guarded):
    def outcome(self, refusal: Refusal) -> Json | bytes:
        return {"error": "bad signature"} if refusal.status == 401 else super().outcome(refusal)


class TakesNone(Guarded):
    def verified(self, token: str, url: str) -> Json:
        if jwt.get_unverified_header(token)["alg"].lower() == "none":
            return dict(jwt.decode(token, options={"verify_signature": False}))
        return super().verified(token, url)


class TakesThePublicKeyAsSecret(Guarded):
    """Believes the token's own algorithm, and has one key for all of them."""

    def verified(self, token: str, url: str) -> Json:
        import hashlib
        import hmac

        from cryptography.hazmat.primitives import serialization

        header = jwt.get_unverified_header(token)
        if header["alg"] == "HS384":
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            secret = self.key(header["kid"]).public_bytes(serialization.Encoding.PEM, form)
            text, _, signature = token.rpartition(".")
            made = jwt.utils.base64url_encode(hmac.new(secret, text.encode(), hashlib.sha384).digest()).decode()
            if made == signature:
                return dict(jwt.decode(token, options={"verify_signature": False}))
        return super().verified(token, url)


class KnowsOneAlgorithm(Guarded):
    algorithms = ("ES384",)


def _unchecked(*options: str) -> type[Guarded]:
    """A service that leaves out some of PyJWT's checks."""

    class Careless(Guarded):
        def verified(self, token: str, url: str) -> Json:
            header = jwt.get_unverified_header(token)
            self.check_jku(header.get("jku"))
            verify = dict.fromkeys(options, False)
            claims: Json = jwt.decode(
                token,
                self.key(header["kid"]),
                algorithms=list(self.algorithms),
                audience=None if "verify_aud" in verify else url,
                issuer=None if "verify_iss" in verify else self.issuer,
                leeway=30,
                options={"require": ["iss", "aud", "exp", "iat", "jti"]} | verify,  # type: ignore[typeddict-item]
            )
            if "verify_exp" not in verify:
                self.check_lifetime(claims)
            return claims

    Careless.__name__ = f"Without_{'_'.join(options)}"
    return Careless


class TakesTokensTwice(Guarded):
    def check_repetition(self, jti: str) -> None:
        return


class TakesAnyTenant(Guarded):
    def check_tenant(self, tenant: str | None) -> None:
        return


class TakesLongLives(Guarded):
    def check_lifetime(self, claims: Json) -> None:
        return


class KnowsTextsOnly(Guarded):
    def verified(self, token: str, url: str) -> Json:
        claims = super().verified(token, url)
        if not isinstance(claims["aud"], str):
            raise Refusal(401)
        return claims


class FetchesForeignKeys(Guarded):
    def check_jku(self, jku: str | None) -> None:
        if jku is not None and jku != self.jwks_url:
            self.key_set(jku)
        super().check_jku(jku)


class BelievesForeignKeys(Guarded):
    def check_jku(self, jku: str | None) -> None:
        if jku is not None and jku != self.jwks_url:
            self.keys |= self.key_set(jku)


class NeverLooksAgain(Guarded):
    most_fetches = 1


class LooksEachTime(Guarded):
    most_fetches = 1000


class GuardsCallsOnly(Guarded):
    def authenticate(self, headers: Any, url: str) -> None:
        if not url.endswith("/feedback"):
            super().authenticate(headers, url)


class LogsItsCallers(Guarded):
    def write_log(self, headers: Any, path: str) -> None:
        if self.log is not None:
            self.log.write_text(str(headers))


TOKENS: dict[type[Guarded], set[int]] = {
    AsksNobody: {63, 64, 66, 68, 69},
    SaysWhatIsWrong: {63},
    TakesNone: {62, 63, 64},
    TakesThePublicKeyAsSecret: {64},
    KnowsOneAlgorithm: {65},
    _unchecked("verify_aud"): {66},
    _unchecked("verify_iss"): {66},
    _unchecked("verify_exp"): {66},
    _unchecked("verify_iat"): {66},
    _unchecked("verify_nbf"): {66},
    TakesTokensTwice: {66},
    TakesAnyTenant: {66},
    TakesLongLives: {66},
    KnowsTextsOnly: {67},
    FetchesForeignKeys: {68},
    BelievesForeignKeys: {68},
    NeverLooksAgain: {69},
    LooksEachTime: {69},
    GuardsCallsOnly: {62},
    LogsItsCallers: {71},
}


@pytest.mark.parametrize(("defect", "numbers"), TOKENS.items(), ids=[each.__name__ for each in TOKENS])
def test_a_defect_in_who_is_let_in(defect: type[Guarded], numbers: set[int], tmp_path: Path) -> None:
    assert set(broken(tried(defect, "HI", guarded=True, log=tmp_path / "log"))) == numbers
