"""How the little guarded service asks who calls: by PyJWT and the key set of one client."""

import json
from typing import Any

import jwt

from tests.conformance.guarded_wire import OPENER, Json, Refusal


class Tokens:
    """jwks_url: where the client's keys are; without it nobody is asked."""

    issuer = "https://ehr.example"
    tenants = frozenset({"north"})
    most_fetches = 2
    algorithms = ("ES384", "RS384")

    def __init__(self, jwks_url: str) -> None:
        self.jwks_url = jwks_url
        self.keys: dict[str, Any] = {}
        self.fetches = 0
        self.used: set[str] = set()

    def authenticate(self, headers: Any, url: str) -> None:
        if not self.jwks_url:
            return
        scheme, _, token = (headers.get("Authorization") or "").partition(" ")
        if scheme != "Bearer":
            raise Refusal(401)
        try:
            claims = self.verified(token, url)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            raise Refusal(401) from None
        self.check_repetition(claims["jti"])
        self.check_tenant(claims.get("tenant"))

    def verified(self, token: str, url: str) -> Json:
        header = jwt.get_unverified_header(token)
        self.check_jku(header.get("jku"))
        claims: Json = jwt.decode(
            token,
            self.key(header["kid"]),
            algorithms=list(self.algorithms),
            audience=url,
            issuer=self.issuer,
            leeway=30,
            options={"require": ["iss", "aud", "exp", "iat", "jti"]},
        )
        self.check_lifetime(claims)
        return claims

    def check_jku(self, jku: str | None) -> None:
        if jku not in {None, self.jwks_url}:
            raise Refusal(401)

    def key(self, kid: str) -> Any:
        if kid not in self.keys and self.fetches < self.most_fetches:
            self.fetches += 1
            self.keys = self.key_set(self.jwks_url)
        return self.keys[kid]

    def key_set(self, url: str) -> dict[str, Any]:
        with OPENER.open(url, timeout=2) as answer:
            return {key["kid"]: jwt.PyJWK(key).key for key in json.load(answer)["keys"]}

    def check_lifetime(self, claims: Json) -> None:
        if claims["exp"] - claims["iat"] > 3600:
            raise Refusal(401)

    def check_repetition(self, jti: str) -> None:
        if jti in self.used:
            raise Refusal(401)
        self.used.add(jti)

    def check_tenant(self, tenant: str | None) -> None:
        if tenant not in self.tenants:
            raise Refusal(401)
