"""Who is let in with which token. Each refusal has its own reason, which the log is told and the caller is not."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from jwt.utils import base64url_encode

from cds_service.trust.clients_file import ClientEntry
from cds_service.trust.tokens import RefusedError, verify
from tests.hook_calls import call, draft
from tests.signing import BASE, ISSUER, SECONDS, SERVICE, Serve, jwk, jwks, private, token

KEY_URL = "https://ehr.general.example/jwks.json"
Claims = dict[str, Any]


@pytest.mark.parametrize("key", ["ES384", "RS384"])
def test_the_recommended_algorithms_come_in(guarded: Serve, key: str) -> None:
    service = guarded()
    answer = service.ask(token(key))
    assert (answer.status_code, answer.get_json()) == (200, {"cards": []})
    assert service.line["client"] == "general"


GOOD: list[Claims] = [
    {"aud": [SERVICE]},
    {"aud": ["https://elsewhere.example", SERVICE]},
    {"aud": "sand_man"},
    {"exp": SECONDS - 29, "iat": SECONDS - 320},
    {"iat": SECONDS + 29},
    {"nbf": SECONDS + 29},
    {"iat": SECONDS - 0.5, "exp": SECONDS + 299.5},
    {"sub": "somebody", "nbf": SECONDS, "tenant": "any"},
]


@pytest.mark.parametrize("claims", GOOD)
def test_these_claims_come_in(guarded: Serve, claims: Claims) -> None:
    service = guarded({"audiences": ["sand_man"]})
    assert service.ask(token(**claims)).status_code == 200, service.line


def test_the_scheme_is_read_in_any_case_and_a_slash_at_the_end_is_signed_or_not(guarded: Serve) -> None:
    service = guarded()
    path = "/cds-services/b12-order-select"
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {token()}"}
        assert service.http.post(path, json=call(draft()), headers=headers).status_code == 200
    assert service.ask(token(), f"{path}/").status_code == 200
    assert service.ask(token(aud=f"{SERVICE}/"), f"{path}/").status_code == 200
    assert service.ask(token(aud=f"{SERVICE}/"), path).status_code == 401


@pytest.mark.parametrize("name", ["ES256", "ES512", "PS256", "PS384", "PS512", "RS256", "RS512"])
def test_any_asymmetric_algorithm_can_be_chosen(guarded: Serve, name: str, tmp_path: Any) -> None:
    service = guarded({"algorithms": [name], "jwks_file": "own.json"}, keys={"own.json": jwks(name)})
    assert service.ask(token(name)).status_code == 200
    assert service.ask(token("ES384")).status_code == 401


def _none() -> str:
    return f"{_encoded({'alg': 'none', 'typ': 'JWT', 'kid': 'ES384'})}.{token().split('.')[1]}."


def _encoded(part: Any) -> str:
    return base64url_encode(json.dumps(part).encode()).decode()


def _symmetric(secret: bytes) -> str:
    """HS384 over the public key: what a verifier that reads the header first falls for."""
    text = f"{_encoded({'alg': 'HS384', 'typ': 'JWT', 'kid': 'ES384'})}.{token().split('.')[1]}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA384).sign(text.encode(), secret)
    return f"{text}.{base64url_encode(signature).decode()}"


def _pem() -> bytes:
    public = private("ES384").public_key()
    return bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def _tampered() -> str:
    head, _, signature = token().split(".")
    return f"{head}.{token(aud=SERVICE).split('.')[1]}.{signature}"


REFUSED: dict[str, tuple[str | None, str]] = {
    "no token": (None, "no bearer token"),
    "no JWT": ("no-token-at-all", "token is no JWT"),
    "too long": ("e" * 9000, "token is too long"),
    "JWE": ("a-a.b-b.c-c.d-d.e-e", "token is no JWT"),
    "alg none": (_none(), "alg is none that may sign"),
    "alg None": (token(header={"alg": "None"}), "alg is none that may sign"),
    "alg missing": (token(header={"alg": None}), "alg is none that may sign"),
    "alg a list": (token(header={"alg": ["ES384"]}), "alg is none that may sign"),
    "HS384 with the PEM of the key": (_symmetric(_pem()), "alg is none that may sign"),
    "an alg that this client does not use": (token("RS256"), "alg is not one of the client's"),
    "another client's issuer": (token(iss="https://evil.example"), "iss is not a client's issuer"),
    "no issuer": (token(iss=None), "iss is not a client's issuer"),
    "issuer a list": (token(iss=[ISSUER]), "iss is not a client's issuer"),
    "issuer with a slash": (token(iss=f"{ISSUER}/"), "iss is not a client's issuer"),
    "no typ": (token(header={"typ": None}), "typ is not JWT"),
    "typ of an access token": (token(header={"typ": "at+jwt"}), "typ is not JWT"),
    "no kid": (token(header={"kid": None}), "kid is missing"),
    "empty kid": (token(header={"kid": ""}), "kid is missing"),
    "kid a number": (token(header={"kid": 7}), "token is no JWT"),
    "unknown kid": (token(header={"kid": "x"}), "kid is not in the key set"),
    "jku elsewhere": (token(header={"jku": "https://evil.example/jwks"}), "jku is not the client's jwks_url"),
    "own key": (token(header={"jwk": jwk("ES384")}), "the header brings its own key or rules"),
    "x5u": (token(header={"x5u": "https://evil.example/c"}), "the header brings its own key or rules"),
    "x5c": (token(header={"x5c": ["MIIB"]}), "the header brings its own key or rules"),
    "crit that PyJWT would understand": (
        token(header={"crit": ["b64"], "b64": True}),
        "the header brings its own key or rules",
    ),
    "crit that it does not": (token(header={"crit": ["exp"], "exp": 1}), "token is no JWT"),
    "key of another kind": (token(header={"kid": "RS384"}), "the key is not for this alg"),
    "another's signature": (token(signed_by=private("ES384-other")), "signature is not by the key"),
    "changed payload": (_tampered(), "signature is not by the key"),
    "no signature": (token().rpartition(".")[0] + ".", "signature is not by the key"),
    "no aud": (token(aud=None), "aud is missing"),
    "empty aud": (token(aud=[]), "aud is missing"),
    "aud of another service": (token(aud=f"{BASE}/cds-services/b12-order-sign"), "aud is not this endpoint"),
    "aud of discovery": (token(aud=f"{BASE}/cds-services"), "aud is not this endpoint"),
    "aud of the feedback": (token(aud=f"{SERVICE}/feedback"), "aud is not this endpoint"),
    "aud only begins right": (token(aud=f"{SERVICE}x"), "aud is not this endpoint"),
    "aud an object": (token(aud={SERVICE: 1}), "aud is not this endpoint"),
    "expired": (token(exp=SECONDS - 30, iat=SECONDS - 200), "exp is over"),
    "no exp": (token(exp=None), "exp is missing"),
    "exp a text": (token(exp=str(SECONDS + 100)), "exp is no number"),
    "exp larger than any number that can be reckoned with": (token(exp=10**400, iat=SECONDS + 0.5), "exp is no number"),
    "exp true": (token(exp=True), "exp is no number"),
    "issued in the future": (token(iat=SECONDS + 31), "iat is in the future"),
    "no iat": (token(iat=None), "iat is missing"),
    "not before a later time": (token(nbf=SECONDS + 31), "nbf is in the future"),
    "nbf a text": (token(nbf="now"), "nbf is no number"),
    "lives too long": (token(exp=SECONDS + 301), "exp is not within 300 seconds of iat"),
    "lives too long, issued long ago": (token(iat=SECONDS - 900), "exp is not within 300 seconds of iat"),
    "ends before it was issued": (token(iat=SECONDS + 20, exp=SECONDS + 10), "exp is not within 300 seconds of iat"),
    "no jti": (token(jti=None), "jti is missing"),
    "blank jti": (token(jti=" "), "jti is missing"),
    "jti a number": (token(jti=5), "jti is missing"),
}


@pytest.mark.parametrize(("bearer", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_tells_its_reason_to_the_log_and_nothing_to_the_caller(
    guarded: Serve, bearer: str | None, reason: str
) -> None:
    service = guarded()
    answer = service.ask(bearer, headers={"Origin": "https://app.example"})
    assert answer.status_code == 401
    assert answer.get_json() == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "security"}],
    }
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    line = service.line
    assert (line["problem"], line["note"], line.get("client")) == ("not-authenticated", reason, None)
    assert bearer is None or bearer not in service.stream.getvalue()


BEFORE_THE_KEY = [name for name in REFUSED if "alg" in name or "typ" in name or "jku" in name or "x5" in name]


@pytest.mark.parametrize("name", [*BEFORE_THE_KEY, "another client's issuer", "no kid", "own key"])
def test_a_bad_header_causes_no_search_for_a_key(name: str) -> None:
    """Neither cryptography nor network for what could not be let in with any key."""

    def find(*_: Any) -> Any:
        raise AssertionError

    entry = ClientEntry("general", ISSUER, jwks_url="https://ehr.general.example/jwks.json")
    bearer, reason = REFUSED[name]
    with pytest.raises(RefusedError) as refused:
        verify(f"Bearer {bearer}", {ISSUER: [entry]}, find, [SERVICE], SECONDS)
    assert refused.value.reason == reason


def test_a_token_comes_in_once(guarded: Serve) -> None:
    service = guarded({"name": "one"}, {"name": "two", "issuer": "https://two.example", "replay_check": False})
    once = token()
    assert [service.ask(once).status_code for _ in range(2)] == [200, 401]
    assert (service.line["note"], service.line["claimed"]) == ("jti was used before", "one")
    # another token with the same jti of the same issuer is a repeat, of another issuer it is not
    assert service.ask(token(jti="x")).status_code == 200
    assert service.ask(token(jti="x")).status_code == 401
    again = token(iss="https://two.example", jti="x")
    assert [service.ask(again).status_code for _ in range(2)] == [200, 200]


def test_a_token_that_was_refused_is_not_used_up(guarded: Serve) -> None:
    service = guarded()
    assert service.ask(token(jti="x", signed_by=private("ES384-other"))).status_code == 401
    assert service.ask(token(jti="x", aud="https://elsewhere.example")).status_code == 401
    assert service.ask(token(jti="x")).status_code == 200


def test_clients_of_one_issuer_are_told_apart_by_tenant(guarded: Serve) -> None:
    service = guarded({"name": "north", "tenants": ["n1", "n2"]}, {"name": "south", "tenants": ["s"]})
    for tenant, name in (("n1", "north"), ("n2", "north"), ("s", "south")):
        assert service.ask(token(tenant=tenant)).status_code == 200
        assert service.line["client"] == name
    for tenant in ("x", None, ["s"], "N1"):
        assert service.ask(token(tenant=tenant)).status_code == 401
        assert service.line["note"] == "tenant is not one of the issuer's clients"


def test_kids_with_odd_characters_are_found(guarded: Serve) -> None:
    kids = ("a+b/c==", "-._~", "naïve", " ", "x" * 300)
    keys = {"keys": [jwk("ES384", kid=kid) for kid in kids]}
    service = guarded({"jwks_file": "odd.json"}, keys={"odd.json": keys})
    assert [service.ask(token(header={"kid": kid})).status_code for kid in kids] == [200] * len(kids)


def test_a_key_is_used_for_what_its_set_says(guarded: Serve) -> None:
    keys = [
        jwk("RS384", kid="right", alg="RS384"),
        jwk("RS384", kid="wrong", alg="RS256"),
        jwk("ES384", kid="twice"),
        jwk("ES384-other", kid="twice"),
        jwk("ES384", kid="both"),
        jwk("RS384", kid="both"),
    ]
    service = guarded({"jwks_file": "own.json"}, keys={"own.json": {"keys": keys}})
    reasons = {}
    for kid, key in (("right", "RS384"), ("wrong", "RS384"), ("twice", "ES384"), ("both", "ES384"), ("both", "RS384")):
        service.ask(token(key, header={"kid": kid}))
        reasons[kid, key] = service.line.get("note", "")
    assert reasons == {
        ("right", "RS384"): "",
        ("wrong", "RS384"): "the key is not for this alg",
        ("twice", "ES384"): "kid names two keys",
        ("both", "ES384"): "",
        ("both", "RS384"): "",
    }


def test_a_payload_that_is_no_object_is_refused(guarded: Serve) -> None:
    service = guarded()
    text = f"{token().split('.')[0]}.{_encoded([1])}"
    signature = jwt.get_algorithm_by_name("ES384").sign(text.encode(), private("ES384"))
    assert service.ask(f"{text}.{base64url_encode(signature).decode()}").status_code == 401
    assert service.line["note"] == "payload is no JSON object"


def test_a_token_of_years_is_good_but_for_its_life(guarded: Serve) -> None:
    """The specification's own sample lives for years (REQ-87); the limit on life is what refuses it, in its day too."""
    service = guarded()
    years = token(iat=SECONDS - 3600 * 24 * 365, exp=SECONDS + 3600 * 24 * 365)
    assert service.ask(years).status_code == 401
    assert service.line["note"] == "exp is not within 300 seconds of iat"
