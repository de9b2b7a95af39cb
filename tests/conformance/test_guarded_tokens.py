"""One defect at a time in who is let in: its line fails, and no other."""

from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_trial import broken, tried
from tests.conformance.guarded_wire import Json, Refusal


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
