"""What must come in, since a check that refuses too much is wrong too: every algorithm, every edge, odd but right."""

from dataclasses import replace

from tests.attacks.attack import PATH, Good
from tests.attacks.forging import In, Text, call, signed, written
from tests.attacks.victims import ALGORITHMS, ODD_KIDS, OPEN, SHARED, WIDE
from tests.signing import BASE, SERVICE

_DISCOVERY, _FEEDBACK = "/cds-services", f"{PATH}/feedback"
_TWICE = signed(iss=OPEN)


def _good(name: str, may: str, *tokens: Text) -> Good:
    return Good(name, may, tuple(call(token) for token in tokens))


_AT_THE_EDGE = (
    _good("29 seconds over", "be late by less than the leeway", signed(exp=In(-29), iat=In(-200))),
    _good("30 seconds early", "be early by the leeway", signed(iat=In(30))),
    _good("five minutes, early", "live five minutes from then", signed(iat=In(30), exp=In(330))),
    _good("five minutes, over", "be at the end of five minutes", signed(iat=In(-329), exp=In(-29))),
    _good("nbf 30 seconds early", "be early by the leeway", signed(nbf=In(30))),
    _good("fractions", "count in fractions of a second", signed(iat=In(-0.5), exp=In(299.5))),
    _good("no life left", "end as it begins", signed(exp=In(0))),
)
GOOD = (
    *(_good(f"alg {alg}", "sign with what its entry lists", signed(alg, iss=WIDE)) for alg in ALGORITHMS),
    _good("recommended", "sign with ES384 and RS384 without saying so", signed("ES384"), signed("RS384")),
    _good("aud a list", "name the endpoint in a list", signed(aud=[SERVICE])),
    _good("aud of several", "name it among others", signed(aud=["https://elsewhere.example", SERVICE])),
    _good("aud by agreement", "name what its entry lists", signed(aud="sand_man")),
    _good("further claims", "say more", signed(sub="somebody", nbf=In(0), tenant="any", scope=["a"], azp=None)),
    _good("further header", "say more in the header", signed(header={"cty": "json", "x5t": "x", "zip": "DEF"})),
    _good("written otherwise", "write its JSON with blanks", written(claims=' "x" : 1.5e3 \n')),
    _good(
        "odd jti", "call its tokens as it likes", *(signed(jti=jti) for jti in ("ñ", "n\u0303", "a ", " a", "x" * 4000))
    ),
    _good("odd kids", "call its keys as it likes", *(signed(kid, alg="ES384", signed_by="ES384") for kid in ODD_KIDS)),
    _good(
        "tenants",
        "share an issuer with others",
        *(signed(iss=SHARED, tenant=tenant) for tenant in ("n1", "n2", "s")),
    ),
    _good("same jti, other issuer", "use a jti that another has used", signed(jti="j"), signed(jti="j", iss=WIDE)),
    _good("repeats by agreement", "repeat tokens if its entry says so", _TWICE, _TWICE),
    Good("scheme", "write the scheme in any letters", tuple(call(signed(), scheme=s) for s in ("bearer ", "BEARER  "))),
    Good("slash behind", "call and sign with a slash", (call(signed(aud=f"{SERVICE}/"), f"{PATH}/"),)),
    Good("slash called only", "call with a slash and sign without", (call(signed(), f"{PATH}/"),)),
    Good(
        "discovery",
        "sign discovery",
        (
            call(signed(aud=f"{BASE}/cds-services"), _DISCOVERY, "GET"),
            call(signed(aud=[f"{BASE}/cds-services"]), _DISCOVERY, "GET"),
        ),
    ),
    Good(
        "feedback",
        "give feedback with a token for it or for its service",
        (call(signed(aud=f"{SERVICE}/feedback"), _FEEDBACK), call(signed(), _FEEDBACK)),
    ),
    Good(
        "by way of a proxy", "be sent on by a proxy", (call(signed(), Host="10.0.0.7", X_Forwarded_Host="a.example"),)
    ),
    *(replace(good, to_the_second=True) for good in _AT_THE_EDGE),
)
