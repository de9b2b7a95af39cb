"""The clients whose tokens are attacked, and their keys: good ones, and every kind that must not open anything."""

import json
from pathlib import Path

from tests.signing import Json, clients_file, jwk, jwks

SHARED = "https://idp.example"
OPEN = "https://open.example"
WIDE = "https://wide.example"
ODD_KIDS = ("a+b/c==", "-._~", "naïve", " ", "x" * 300, "../../etc/passwd", "' OR 1=1 --")
ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")

# By the kid that names them. What is not good for signatures is passed over when the set is read.
KEYS: Json = {
    "keys": [
        *jwks("ES384", "RS384", "ES256")["keys"],
        *(jwk("ES384", kid=kid) for kid in ODD_KIDS),
        jwk("RS384", kid="RS256 only", alg="RS256"),
        jwk("ES384-one", kid="twice"),
        jwk("ES384-two", kid="twice"),
        jwk("RS384", kid="for encryption", use="enc"),
        jwk("RS384", kid="for wrapping", key_ops=["wrapKey"]),
        jwk("RS1024", kid="short"),
        jwk("RS384-e3", kid="exponent 3"),
        jwk("RS384", kid="exponent 1", e="AQ"),
        jwk("ES384", kid="off the curve", x=jwk("ES384-one")["x"]),
        jwk("ES384", kid=""),
    ]
}
CLIENTS: tuple[Json, ...] = (
    {"name": "general", "jwks_file": "general.json", "audiences": ["sand_man"]},
    {"name": "north", "issuer": SHARED, "tenants": ["n1", "n2"]},
    {"name": "south", "issuer": SHARED, "tenants": ["s"]},
    {"name": "open", "issuer": OPEN, "replay_check": False},
    {"name": "wide", "issuer": WIDE, "algorithms": list(ALGORITHMS), "jwks_file": "wide.json"},
)
KEY_FILES = {"general.json": KEYS, "wide.json": jwks(*ALGORITHMS)}


def victims(folder: Path) -> Path:
    """The clients file. The client `general` has the issuer of tests/signing.py."""

    for name, keys in KEY_FILES.items():
        (folder / name).write_text(json.dumps(keys), "utf-8")
    return clients_file(folder, *CLIENTS)
