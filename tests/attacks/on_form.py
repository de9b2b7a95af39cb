"""Attacks on the form: what is no token, more than one, a token written in another way, JSON that two readers read
differently."""

from tests.attacks.attack import PATH, Call, because
from tests.attacks.forging import Text, bearer, call, changed, sealed, signed, text, written
from tests.signing import ISSUER, SERVICE

_HEADER = '{"alg":"ES384","kid":"ES384","typ":"JWT"}'


def _of(header: str | bytes, payload: str | bytes) -> Text:
    return lambda _: sealed(header, payload, "ES384", "ES384")


def _last_bits(token: str) -> str:
    """Another last character for the same bytes: 256 bytes leave four bits of it to nobody."""
    return token[:-1] + chr(ord(token[-1]) + 1)


def _without(part: int) -> Text:
    def empty(token: str) -> str:
        parts = token.split(".")
        parts[part] = ""
        return ".".join(parts)

    return changed(signed(), empty)


NO_TOKEN = because(
    "no bearer token",
    ("no header", "calls without a token", Call(())),
    ("no header at feedback", "gives feedback without a token", Call((), f"{PATH}/feedback")),
    ("empty header", "sends an empty Authorization", text("")),
    ("scheme only", "names the scheme and brings no token", text("Bearer ")),
    ("Basic", "sends a good token as if it were a password", call(signed(), scheme="Basic ")),
    ("no scheme", "sends a good token without its scheme", call(signed(), scheme="")),
    ("tab", "parts scheme and token by a tab", call(signed(), scheme="Bearer\t")),
    ("good behind bad header", "hides a good header behind a bad one", Call((lambda _: "Basic x", bearer(signed())))),
    ("in the URL", "puts the token where proxies log it", Call((), f"{PATH}?access_token=a.b.c")),
    ("in another header", "calls the header X-Authorization", Call((), headers=(("X-Authorization", "Bearer a.b.c"),))),
)
TOO_LONG = because(
    "token is too long",
    ("large token", "sends a signed token of more than 8000 characters", call(signed(x="x" * 5700))),
    ("large aud", "hides the right address among five hundred", call(signed(aud=["x" * 8] * 480 + [SERVICE]))),
    ("no token, but long", "sends as many letters as a header may have", text("Bearer " + "e" * 8100)),
)
NO_JWT = because(
    "token is no JWT",
    ("any text", "sends what is no token", text("Bearer no-token-at-all")),
    ("two parts", "leaves out the signature and its dot", call(changed(signed(), lambda t: t.rpartition(".")[0]))),
    ("four parts", "adds a part", call(changed(signed(), lambda t: f"{t}.e30"))),
    ("JWE", "sends an encrypted token", text("Bearer a-a.b-b.c-c.d-d.e-e")),
    ("no header part", "leaves out the header, and the alg with it", call(_without(0))),
    ("detached payload", "leaves out the payload", call(_without(1))),
    ("padding", "pads the signature: the same token, spelt anew", call(changed(signed("RS384"), lambda t: f"{t}=="))),
    ("bits left over", "changes bits of the signature that no byte has", call(changed(signed("RS384"), _last_bits))),
    ("other alphabet", "begins with a + of the other base64", call(changed(signed(), lambda t: f"+{t[1:]}"))),
    ("blank inside", "breaks the token with a blank", call(changed(signed(), lambda t: t.replace(".", ". ", 1)))),
    ("no-break blank", "ends with what is no blank in HTTP", call(changed(signed(), lambda t: f"{t}\xa0"))),
    ("letters outside ASCII", "begins with another letter", call(changed(signed(), lambda t: f"é{t}"))),
    ("comma", "puts another text behind a comma", call(changed(signed(), lambda t: f"{t},x"))),
    ("two headers", "sends two good tokens in two headers", Call((bearer(signed()), bearer(signed())))),
    ("good and bad header", "hides a bad header behind a good one", Call((bearer(signed()), lambda _: "Bearer x"))),
)
HEADER = because(
    "header is no strict JSON object",
    ("header a list", "signs a header that is no object", call(written('["ES384"]'))),
    ("alg twice", "names two algorithms", call(written('{"alg":"none","alg":"ES384","kid":"ES384","typ":"JWT"}'))),
    ("kid twice", "names two keys", call(written('{"kid":"evil","alg":"ES384","kid":"ES384","typ":"JWT"}'))),
    ("header in UTF-16", "writes in a code that some readers guess", call(_of(_HEADER.encode("utf-16"), "{}"))),
)
PAYLOAD = because(
    "payload is no strict JSON object",
    ("payload a list", "signs a payload that is no object", call(_of(_HEADER, "[1]"))),
    ("nested token", "signs a token that holds a token", call(lambda now: _of(_HEADER, signed()(now))(now))),
    ("iss twice", "names the issuer twice, the right one last", call(written(claims=f'"iss":"x","iss":"{ISSUER}"'))),
    ("iss by an escape", "names it again, spelt with an escape", call(written(claims=f'"\\u0069ss":"{ISSUER}"'))),
    ("repeated inside", "repeats a name where nobody reads", call(written(claims='"x":{"a":1,"a":2}'))),
    ("nbf NaN", "gives a time that is neither before nor after another", call(written(claims='"nbf":NaN'))),
    ("exp Infinity", "lets the token live for ever", call(_of(_HEADER, '{"exp":Infinity}'))),
    ("long number", "writes a number of 4500 digits", call(written(claims=f'"nbf":{"9" * 4500}'))),
    ("deep nesting", "nests lists until a reader gives up", call(written(claims=f'"x":{"[" * 2300}{"]" * 2300}'))),
    ("text behind", "adds an object behind the object", call(_of(_HEADER, "{} {}"))),
    ("no UTF-8", "writes bytes that are no text", call(_of(_HEADER, b'{"iss":"\xff"}'))),
)
ON_FORM = (*NO_TOKEN, *TOO_LONG, *NO_JWT, *HEADER, *PAYLOAD)
