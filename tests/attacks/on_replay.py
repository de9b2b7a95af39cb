"""Attacks with a token that was good once: whoever overheard it, or a client whose software uses it again."""

from jwt import get_algorithm_by_name

from tests.attacks.attack import PATH, Attack, Call
from tests.attacks.forging import In, call, resigned, signed
from tests.attacks.victims import SHARED
from tests.signing import BASE, SERVICE, private

_DISCOVERY, _FEEDBACK, _SIGN = "/cds-services", f"{PATH}/feedback", "/cds-services/b12-order-sign"
_ALL = [f"{BASE}{_DISCOVERY}", SERVICE, f"{BASE}{_SIGN}"]


def _again(name: str, does: str, before: Call, then: Call) -> Attack:
    return Attack(name, does, "jti was used before", then, (before,))


def _twice(name: str, does: str, first: Call) -> Attack:
    return _again(name, does, first, first)


_OVERHEARD, _AT_SLASH, _SIGNED, _FED = (signed() for _ in range(4))
_EVERYWHERE, _BOTH = signed(aud=_ALL), signed(aud=_ALL)

ON_REPLAY = (
    _twice("replay", "sends an overheard token again", call(signed())),
    _twice(
        "replay in the leeway",
        "sends it again when it is over, and still taken",
        call(signed(exp=In(-10), iat=In(-90))),
    ),
    _twice("replay of RS384", "sends it again where it is an RSA token", call(signed("RS384"))),
    _again(
        "replay, other scheme", "sends it again under `bearer`", call(_OVERHEARD), call(_OVERHEARD, scheme="bearer ")
    ),
    _again(
        "replay at the slash",
        "sends it again to the address with a slash",
        call(_AT_SLASH),
        call(_AT_SLASH, f"{PATH}/"),
    ),
    _again(
        "signed anew",
        "has the same text under another signature",
        call(_SIGNED),
        call(resigned(_SIGNED, lambda text: bytes(get_algorithm_by_name("ES384").sign(text, private("ES384"))))),
    ),
    _again("same jti", "has another token with the same jti", call(signed(jti="same")), call(signed(jti="same", x=1))),
    _again("same jti, other key", "signs it with another key", call(signed(jti="k")), call(signed("RS384", jti="k"))),
    _again(
        "jti of another tenant",
        "repeats what another hospital of the issuer has used",
        call(signed(iss=SHARED, tenant="n1", jti="t")),
        call(signed(iss=SHARED, tenant="s", jti="t")),
    ),
    _again(
        "used at discovery",
        "uses for a service what was used at discovery",
        call(_EVERYWHERE, _DISCOVERY, "GET"),
        call(_EVERYWHERE),
    ),
    _again("used at another service", "uses it at each service that it names", call(_BOTH), call(_BOTH, _SIGN)),
    _again("used for feedback", "calls with what brought feedback", call(_FED, _FEEDBACK), call(_FED)),
)
