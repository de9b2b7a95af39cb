"""Attacks on algorithm, key and signature: by somebody without a key, or with one that is not good for this."""

import hashlib
import json
from collections.abc import Callable

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import HMACAlgorithm

from tests.attacks.attack import because
from tests.attacks.forging import NULL, Text, call, changed, resigned, signed
from tests.signing import jwk, private

EVIL = "https://evil.example/jwks.json"
_ES384_ORDER_BYTES = 48


def _alg(value: object) -> Text:
    return signed(header={"alg": value})


def _header(**header: object) -> Text:
    return signed(header=header)


def _hmac(bits: int, secret: Callable[[], bytes]) -> Text:
    """Signed with what everybody may know of the good key: who asks the header how to verify falls for it."""
    digest = {256: HMACAlgorithm.SHA256, 384: HMACAlgorithm.SHA384, 512: HMACAlgorithm.SHA512}[bits]
    return resigned(_alg(f"HS{bits}"), lambda text: HMACAlgorithm(digest).sign(text, secret()))


def _pem() -> bytes:
    public = private("ES384").public_key()
    return bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def _jwk() -> bytes:
    return json.dumps(jwk("ES384")).encode()


def _der(text: bytes) -> bytes:
    return bytes(private("ES384").sign(text, ec.ECDSA(hashes.SHA384())))


def _sign(algorithm: str, key: str, text: bytes) -> bytes:
    return bytes(jwt.get_algorithm_by_name(algorithm).sign(text, private(key)))


def _padded(text: bytes) -> bytes:
    """The digest as PKCS 1 pads it: a signature wherever the exponent is 1."""
    info = bytes.fromhex("3041300d060960864801650304020205000430") + hashlib.sha384(text).digest()
    return b"\0\1" + b"\xff" * (256 - 3 - len(info)) + b"\0" + info


def _without_signature(token: str) -> str:
    return token.rpartition(".")[0] + "."


ALG = because(
    "alg is none that may sign",
    ("alg none", "says that no signature is needed", call(changed(_alg("none"), _without_signature))),
    ("alg None", "says so with a capital letter", call(_alg("None"))),
    ("alg nOnE", "says so in mixed letters", call(_alg("nOnE"))),
    ("alg missing", "names no algorithm", call(_alg(None))),
    ("alg empty", "names an empty algorithm", call(_alg(""))),
    ("alg a list", "names a list of algorithms", call(_alg(["ES384"]))),
    ("alg in small letters", "spells a good algorithm otherwise", call(_alg("es384"))),
    ("alg with a blank", "adds a blank to a good algorithm", call(_alg("ES384 "))),
    ("HS256 with the PEM", "takes the public key for a shared secret", call(_hmac(256, _pem))),
    ("HS384 with the PEM", "takes the public key for a shared secret", call(_hmac(384, _pem))),
    ("HS512 with the JWK", "takes the key's entry in the set for it", call(_hmac(512, _jwk))),
    ("HS256 with nothing", "takes an empty text for it", call(_hmac(256, lambda: b""))),
    ("EdDSA", "names an algorithm that the service does not know", call(_alg("EdDSA"))),
    ("ES256K", "names the curve of a currency", call(_alg("ES256K"))),
)
NOT_THE_CLIENTS = because(
    "alg is not one of the client's",
    ("weaker alg", "signs with a good key and an algorithm that the client does not use", call(signed("ES256"))),
    ("other RSA alg", "signs with RS256 where RS384 is agreed", call(signed("RS384", alg="RS256"))),
    ("PSS for PKCS 1", "signs with PS384 where RS384 is agreed", call(signed("RS384", alg="PS384"))),
)
TYP = because(
    "typ is not JWT",
    ("no typ", "leaves out what kind of token this is", call(_header(typ=None))),
    ("access token", "uses an access token of the same issuer", call(_header(typ="at+jwt"))),
    ("jwt in small letters", "spells it otherwise than the specification", call(_header(typ="jwt"))),
    ("typ a list", "gives a list of kinds", call(_header(typ=["JWT"]))),
)
NO_KID = because(
    "kid is missing",
    ("no kid", "names no key", call(_header(kid=None))),
    ("empty kid", "names a key with an empty name", call(_header(kid=""))),
    ("kid a number", "names a key by its place", call(_header(kid=0))),
    ("kid a list", "names several keys", call(_header(kid=["ES384"]))),
)
JKU = because(
    "jku is not the client's jwks_url",
    ("jku elsewhere", "says where its own keys are", call(_header(jku=EVIL))),
    ("jku of a file", "names the file of keys", call(_header(jku="general.json"))),
    ("jku inside", "has the service ask an address inside", call(_header(jku="http://169.254.169.254/latest"))),
    ("jku null", "says that the keys are nowhere", call(signed(header={"jku": NULL}))),
)
OWN = because(
    "the header brings its own key or rules",
    ("own key", "puts its own key into the header", call(_header(jwk=jwk("ES384")))),
    ("x5u", "says where its certificate is", call(_header(x5u="https://evil.example/c"))),
    ("x5c", "puts its own certificate into the header", call(_header(x5c=["MIIB"]))),
    ("crit of b64", "asks for a rule of RFC 7797", call(_header(crit=["b64"], b64=True))),
    ("crit of exp", "asks for a rule that nobody knows", call(_header(crit=["exp"], exp=1))),
    ("empty crit", "asks for no rule, in a list", call(_header(crit=[]))),
    ("b64 false", "says that the payload is no base64", call(_header(b64=False))),
)
KID = because(
    "kid is not in the key set",
    ("unknown kid", "names a key that the client does not have", call(_header(kid="x"))),
    ("kid in small letters", "spells a kid otherwise", call(_header(kid="es384"))),
    ("kid with a blank", "adds a blank to a kid", call(_header(kid="ES384 "))),
    ("kid as a path", "names a file as the key", call(_header(kid="../../dev/null"))),
    ("kid as SQL", "asks a database for the key", call(_header(kid="x' UNION SELECT 'key"))),
    ("kid as a command", "asks a shell for the key", call(_header(kid="|cat /etc/passwd"))),
    ("long kid", "names a key by 4000 letters", call(_header(kid="x" * 4000))),
    ("another client's kid", "names a key of another client", call(_header(kid="ES512"))),
    (
        "encryption key",
        "signs with a key that is for encryption",
        call(signed("for encryption", alg="RS384", signed_by="RS384")),
    ),
    (
        "wrapping key",
        "signs with a key that is for wrapping keys",
        call(signed("for wrapping", alg="RS384", signed_by="RS384")),
    ),
    ("short RSA key", "signs with an RSA key of 1024 bits", call(signed("short", alg="RS384", signed_by="RS1024"))),
    (
        "RSA exponent 3",
        "signs with a key whose signatures others could forge",
        call(signed("exponent 3", alg="RS384", signed_by="RS384-e3")),
    ),
    (
        "RSA exponent 1",
        "forges for a key that changes nothing",
        call(resigned(signed("exponent 1", alg="RS384", signed_by="RS384"), _padded)),
    ),
    ("off the curve", "uses a key that is no point of its curve", call(_header(kid="off the curve"))),
)
UNFIT = because(
    "the key is not for this alg",
    ("RSA key for ECDSA", "names a key of another kind", call(_header(kid="RS384"))),
    ("EC key for RSA", "names a key of another kind", call(signed("ES384", header={"alg": "RS384"}))),
    ("wrong curve", "signs ES384 with a key of P-256", call(signed("ES256", alg="ES384"))),
    (
        "key for another alg",
        "signs RS384 with a key that is for RS256",
        call(signed("RS256 only", alg="RS384", signed_by="RS384")),
    ),
)
TWICE = because(
    "kid names two keys",
    (
        "one of two",
        "names two keys at once and signs with the first",
        call(signed("twice", alg="ES384", signed_by="ES384-one")),
    ),
    (
        "other of two",
        "names two keys at once and signs with the second",
        call(signed("twice", alg="ES384", signed_by="ES384-two")),
    ),
)
SIGNATURE = because(
    "signature is not by the key",
    ("another's key", "signs with a key of its own under a good kid", call(signed(signed_by="ES384-evil"))),
    ("another RSA key", "signs with a key of its own under a good kid", call(signed("RS384", signed_by="RS384-evil"))),
    (
        "changed payload",
        "puts a signature under another text",
        call(resigned(signed(), lambda _: _sign("ES384", "ES384", b"x"))),
    ),
    ("no signature", "leaves the signature empty", call(changed(signed(), _without_signature))),
    (
        "zero r and s",
        "sends the signature of two zeros",
        call(resigned(signed(), lambda _: bytes(2 * _ES384_ORDER_BYTES))),
    ),
    (
        "zero r",
        "sends a signature with r of zero",
        call(
            resigned(
                signed(), lambda text: bytes(_ES384_ORDER_BYTES) + _sign("ES384", "ES384", text)[_ES384_ORDER_BYTES:]
            )
        ),
    ),
    ("DER", "writes a good ECDSA signature in another form", call(resigned(signed(), _der))),
    (
        "zeros in front",
        "makes a good signature longer",
        call(resigned(signed(), lambda text: b"\0" + _sign("ES384", "ES384", text))),
    ),
    (
        "cut short",
        "cuts the last byte of an RSA signature",
        call(resigned(signed("RS384"), lambda text: _sign("RS384", "RS384", text)[:-1])),
    ),
    (
        "other hash",
        "signs with the right key and another hash",
        call(resigned(signed("RS384"), lambda text: _sign("RS256", "RS384", text))),
    ),
    (
        "other scheme",
        "signs RSA-PSS and says PKCS 1",
        call(resigned(signed("RS384"), lambda text: _sign("PS384", "RS384", text))),
    ),
    ("zero RSA signature", "sends a signature of zeros", call(resigned(signed("RS384"), lambda _: bytes(256)))),
)
ON_KEYS = (*ALG, *NOT_THE_CLIENTS, *TYP, *NO_KID, *JKU, *OWN, *KID, *UNFIT, *TWICE, *SIGNATURE)
