"""The checks of a token, each taken out or moved by one, and the scenes that must notice."""

from tests.attacks.mutants import Mutant, edit, guards

_TOKENS, _KEYS, _JWS = "cds_service.trust.tokens", "cds_service.trust.keys", "cds_service.trust.jws"
_DOOR, _MEMORY = "cds_service.trust.door", "cds_service.trust.sqlite_state"

# What is loaded anew, so that it uses the changed module
FRESH = ("cds_service.trust", "cds_service.app")


def jwt_checks() -> list[Mutant]:
    return [
        *guards(_TOKENS, raises={"RefusedError"}),
        *guards(_DOOR, raises={"RefusedError"}),
        *guards(_JWS, raises={"ValueError"}, returns={"None"}),
        *guards(_KEYS, returns={"None"}),
        *guards(_MEMORY, returns={"Standing(repeated=True)"}),
        *_loosened(),
        *_of_keys(),
        *_tightened(),
    ]


def _loosened() -> list[Mutant]:
    life = "0 <= expires - issued <= LONGEST_LIFE"
    number = "not isinstance(value, int | float)"
    return [
        edit(_TOKENS, "LEEWAY: Final = 30", "LEEWAY: Final = 31", "30 seconds over", "31 seconds early"),
        edit(_TOKENS, "LONGEST_LIFE: Final = 300", "LONGEST_LIFE: Final = 301", "lives for 301 seconds"),
        edit(_TOKENS, "return jti, expires + LEEWAY", "return jti, expires", "replay in the leeway"),
        edit(_TOKENS, "_LONGEST_TOKEN: Final = 8000", "_LONGEST_TOKEN: Final = 80000", "large token"),
        edit(_TOKENS, "now >= expires + LEEWAY", "now > expires + LEEWAY", "30 seconds over"),
        edit(_TOKENS, life, "expires - issued <= LONGEST_LIFE", "ends before it begins"),
        edit(_TOKENS, life, "0 <= expires - now <= LONGEST_LIFE", "made long ago"),
        edit(_TOKENS, 'jti.strip() == ""', 'jti == ""', "blank jti"),
        edit(_TOKENS, f"isinstance(value, bool) or {number}", number, "nbf true"),
        edit(_TOKENS, "entry.jwks_url is None or ", "", "jku null"),
        edit(_TOKENS, "if algorithm not in entry.algorithms", "if algorithm not in ALGORITHMS", "weaker alg"),
        edit(_TOKENS, " and tenant in entry.tenants", "", "unknown tenant", "tenant's letters"),
        edit(_TOKENS, "one in audiences or", "any(a.startswith(one) for a in audiences) or", "host only"),
        edit(_TOKENS, "one in audiences or", "any(one.startswith(a) for a in audiences) or", "begins right"),
        edit(_TOKENS, "one in audiences or", "one.lower() in audiences or", "capital host"),
        edit(_TOKENS, 'text.strip(" ")', "text.strip()", "no-break blank"),
        edit(_TOKENS, 'header.get("typ") != "JWT"', 'header.get("typ") not in ("JWT", "jwt")', "jwt in small letters"),
        edit(_TOKENS, '"b64", ', "", "b64 false"),
        edit(_TOKENS, '"crit", ', "", "crit of exp", "empty crit"),
        edit(_TOKENS, '"jwk", ', "", "own key"),
        edit(_TOKENS, '"x5c", ', "", "x5c"),
        edit(_TOKENS, ', "x5u"', "", "x5u"),
        edit(_JWS, "object_pairs_hook=_unique, ", "", "iss twice", "alg twice", "repeated inside"),
        edit(_JWS, ", parse_constant=_refuse", "", "nbf NaN"),
        edit(_DOOR, "(entry.issuer, found.jti)", "(entry.name, found.jti)", "jti of another tenant"),
        edit(_DOOR, "token, found.until)", "token, now)", "replay"),
        edit(
            _DOOR,
            "base_url(environ, self._settings, believed=False)",
            '"http://" + environ["HTTP_HOST"]',
            "forged loopback Host",
        ),
        edit(_DOOR, '{"", slash}', '{"", "/"}', "aud with a slash"),
        edit(_DOOR, 'if "HTTP_AUTHORIZATION" in environ else', "if False else", "service's token at discovery"),
    ]


def _of_keys() -> list[Mutant]:
    return [
        edit(_KEYS, "self.kind == ALGORITHMS[algorithm] and ", "", "wrong curve", "RSA key for ECDSA"),
        edit(_KEYS, " and self.algorithm in {None, algorithm}", "", "key for another alg"),
        edit(_KEYS, 'jwk.use not in {None, "sig"} or ', "", "encryption key"),
        edit(_KEYS, 'or (jwk.key_ops is not None and "verify" not in jwk.key_ops)', "", "wrapping key"),
        edit(_KEYS, "key.key_size in _RSA_BITS and ", "", "short RSA key"),
        edit(_KEYS, " and key.public_numbers().e in _RSA_EXPONENTS", "", "RSA exponent 3"),
    ]


def _tightened() -> list[Mutant]:
    """What would shut good clients out."""
    life = "0 <= expires - issued <= LONGEST_LIFE"
    return [
        edit(_TOKENS, "LEEWAY: Final = 30", "LEEWAY: Final = 29", "29 seconds over", "30 seconds early"),
        edit(_TOKENS, "LONGEST_LIFE: Final = 300", "LONGEST_LIFE: Final = 299", "recommended"),
        edit(_TOKENS, "issued > now + LEEWAY", "issued >= now + LEEWAY", "30 seconds early"),
        edit(_TOKENS, '_seconds(claims, "nbf") > now', '_seconds(claims, "nbf") >= now', "nbf 30 seconds early"),
        edit(_TOKENS, life, "0 < expires - issued <= LONGEST_LIFE", "no life left"),
        edit(_TOKENS, life, "0 <= expires - issued < LONGEST_LIFE", "five minutes, over"),
        edit(_TOKENS, "scheme.lower()", "scheme", "scheme"),
        edit(_TOKENS, " or one in entry.audiences", "", "aud by agreement"),
        edit(_TOKENS, "not entry.tenants or ", "", "recommended"),
        edit(_DOOR, "if entry.replay_check else None", "", "repeats by agreement"),
        edit(_DOOR, "(entry.issuer, found.jti)", '("", found.jti)', "same jti, other issuer"),
        edit(_DOOR, '{"", slash}', '{""}', "slash behind"),
        edit(_DOOR, '{"", slash}', "{slash}", "slash called only"),
    ]
