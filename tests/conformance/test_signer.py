"""The tokens, read by an independent verifier: good ones pass, each forgery is refused for its own fault."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from cds_service.conformance.forged import Forgery, foreign_jku, forgeries, unknown_tenant
from cds_service.conformance.signer import KeyFileError, Signer, key_set, keys_for, keys_from, new_key

ISSUER = "https://ehr.example"
ENDPOINT = "https://cds.example/cds-services/a"
OTHER = "https://cds.example/cds-services/b"
KEYS = (new_key("ES384"), new_key("RS384"))
SIGNER = Signer(ISSUER, KEYS, jku="https://ehr.example/jwks.json", tenant="north")


def verified(token: str, audience: str = ENDPOINT) -> dict[str, Any]:
    """The claims, by PyJWT and the published key set alone. jwt.PyJWTError where a service must refuse."""
    keys = {key["kid"]: jwt.PyJWK(key) for key in json.loads(key_set(KEYS))["keys"]}
    kid = jwt.get_unverified_header(token).get("kid")
    if kid not in keys:
        raise jwt.InvalidKeyError
    claims: dict[str, Any] = jwt.decode(
        token,
        keys[kid],
        algorithms=["ES384", "RS384"],
        audience=audience,
        issuer=ISSUER,
        leeway=30,
        options={"require": ["iss", "aud", "exp", "iat", "jti"]},
    )
    if claims["exp"] - claims["iat"] > 3600:
        raise jwt.InvalidTokenError
    return claims


def test_a_good_token_says_what_the_specification_asks_for() -> None:
    for key in KEYS:
        token = SIGNER.token(ENDPOINT, key)
        header = jwt.get_unverified_header(token)
        assert header == {"alg": key.algorithm, "typ": "JWT", "kid": key.kid, "jku": "https://ehr.example/jwks.json"}
        claims = verified(token)
        assert (claims["iss"], claims["aud"], claims["tenant"]) == (ISSUER, ENDPOINT, "north")
        assert claims["exp"] - claims["iat"] == 300
    assert verified(SIGNER.token([OTHER, ENDPOINT]))["aud"] == [OTHER, ENDPOINT]
    assert verified(SIGNER.token(ENDPOINT))["jti"] != verified(SIGNER.token(ENDPOINT))["jti"]


FORGERIES = tuple(forgeries(SIGNER, ENDPOINT, OTHER))


@pytest.mark.parametrize("forged", FORGERIES, ids=lambda forged: forged.fault)
def test_each_forgery_is_refused(forged: Forgery) -> None:
    with pytest.raises(jwt.PyJWTError):
        verified(forged.token)


def test_each_forgery_is_wrong_in_its_own_way() -> None:
    faults = [forged.fault for forged in FORGERIES]
    assert len(set(faults)) == len(faults)
    assert len({forged.token for forged in FORGERIES}) == len(faults)
    wanted = ("alg none", "HS256", "public key as secret", "right kid", "unknown kid", "expired", "from now", "another")
    assert [word for word in (*wanted, "unknown iss", "array", "lifetime") if word not in " ".join(faults)] == []


def test_a_public_key_as_secret_is_the_real_attack() -> None:
    """A verifier that takes the algorithm from the token and hands it the public key is taken in."""
    import hashlib
    import hmac

    forged = next(each for each in FORGERIES if each.fault == "HS384 with the public key as secret (ES384 key)")
    text, _, signature = forged.token.rpartition(".")
    made = hmac.new(KEYS[0].public_pem(), text.encode(), hashlib.sha384).digest()
    assert jwt.utils.base64url_encode(made).decode() == signature


def test_a_foreign_key_set_would_verify_the_token_that_names_it() -> None:
    thief = new_key("ES384")
    token = foreign_jku(SIGNER, ENDPOINT, "http://127.0.0.1:1/jwks.json", thief).token
    assert jwt.get_unverified_header(token)["jku"] == "http://127.0.0.1:1/jwks.json"
    assert jwt.decode(token, thief.private.public_key(), algorithms=["ES384"], audience=ENDPOINT)["iss"] == ISSUER
    with pytest.raises(jwt.PyJWTError):
        verified(token)


def test_an_unknown_tenant_is_signed_like_any_other() -> None:
    assert verified(unknown_tenant(SIGNER, ENDPOINT).token)["tenant"] == "no-such-hospital"


def test_keys_are_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made, again = keys_for(path), keys_for(path)
    assert key_set(made) == key_set(again)
    assert path.stat().st_mode & 0o077 == 0
    assert [key.algorithm for key in again] == ["ES384", "RS384"]
    assert b'"d"' not in key_set(again)
    assert jwt.decode(Signer(ISSUER, again).token("x"), made[0].private.public_key(), ["ES384"], audience="x")


def test_a_pem_is_a_key_too(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    for key in KEYS:
        form = serialization.PrivateFormat.PKCS8
        path.write_bytes(key.private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        (read,) = keys_from(path)
        assert (read.algorithm, read.kid) == (key.algorithm, key.kid)


def test_a_file_without_a_private_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    public = json.dumps(KEYS[0].public_jwk())
    p256 = '{"kty":"oct","k":"AAAA"}'
    for text in ("", "{}", "[]", "hello", public, p256, KEYS[1].public_pem().decode(), '{"keys": [{}]}'):
        path.write_text(text, "utf-8")
        with pytest.raises(KeyFileError):
            keys_from(path)
