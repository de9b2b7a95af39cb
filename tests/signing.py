"""A client that signs: keys made for this run, tokens as right or wrong as a test wants, the clients file it is in."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask.testing import FlaskClient
from jwt.utils import base64url_encode

from cds_service import app as wiring
from cds_service.app import create_app
from cds_service.audit import AuditLog
from cds_service.settings import Settings
from tests.hook_calls import call, draft

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
BASE = "https://cds.example"
SERVICE = f"{BASE}/cds-services/b12-order-select"
ISSUER = "https://ehr.general.example"
Json = dict[str, Any]


@cache
def private(name: str) -> Any:
    """A private key by name: its kind, and what tells it from others, as in ES384-old. RS384-e3 has that exponent."""
    kind, _, more = name.partition("-")
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if kind in curves:
        return ec.generate_private_key(curves[kind])
    return rsa.generate_private_key(3 if more == "e3" else 65537, 1024 if kind == "RS1024" else 2048)


def jwk(name: str, **more: Any) -> Json:
    """The public key as it stands in a set, its kid being its name; a member that is None is left out."""
    algorithm = jwt.get_algorithm_by_name("ES384" if name.startswith("ES") else "RS384")
    plain = {"kid": name, "use": "sig", "key_ops": None}
    made = json.loads(algorithm.to_jwk(private(name).public_key())) | plain | more
    return {member: value for member, value in made.items() if value is not None}


def jwks(*names: str) -> Json:
    return {"keys": [jwk(name) for name in names]}


def token(key: str = "ES384", header: Json | None = None, signed_by: Any = None, **claims: Any) -> str:
    """A good token for order-select at NOW, but for what is given; a member that is None is left out."""
    algorithm = key[:5]
    head = {"alg": algorithm, "kid": key, "typ": "JWT"} | (header or {})
    body = {"iss": ISSUER, "aud": SERVICE, "exp": SECONDS + 300, "iat": SECONDS, "jti": str(uuid4())} | claims
    parts = [{name: value for name, value in part.items() if value is not None} for part in (head, body)]
    text = b".".join(base64url_encode(json.dumps(part).encode()) for part in parts)
    signature = jwt.get_algorithm_by_name(algorithm).sign(text, signed_by or private(key))
    return b".".join((text, base64url_encode(signature))).decode()


def clients_file(folder: Path, *clients: Json) -> Path:
    """A clients file; each client is a good one with its keys in a file, but for what is given."""
    (folder / "keys.json").write_text(json.dumps(jwks("ES384", "RS384")))
    lines = []
    for given in clients or ({},):
        entry = {"name": "general", "issuer": ISSUER, "jwks_file": "keys.json"} | given
        lines.append("[[client]]")
        # TOML reads the texts, lists, numbers and truth values of JSON
        lines += [f"{name} = {json.dumps(value)}" for name, value in entry.items() if value is not None]
    path = folder / "clients.toml"
    path.write_text("\n".join(lines))
    return path


@dataclass
class Guarded:
    """The service with a clients file, its clock standing at NOW, and its audit lines."""

    http: FlaskClient
    stream: io.StringIO = field(default_factory=io.StringIO)

    def ask(self, bearer: str | None, path: str = "/cds-services/b12-order-select", **more: Any) -> Any:
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        body = more.pop("body", None) or call(draft())
        return self.http.post(path, json=body, headers=headers | more.pop("headers", {}), **more)

    @property
    def line(self) -> Json:
        """The last audit line."""
        found: Json = json.loads(self.stream.getvalue().splitlines()[-1])
        return found


Serve = Callable[..., Guarded]


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """guarded(*clients, keys=further key sets by file name, **settings): the service for these clients."""

    def made(*clients: Json, keys: dict[str, Json] | None = None, now: datetime = NOW, **settings: Any) -> Guarded:
        for name, key_set in (keys or {}).items():
            (tmp_path / name).write_text(json.dumps(key_set))
        stream = io.StringIO()
        monkeypatch.setattr(wiring, "AuditLog", lambda *_: AuditLog(stream))
        chosen = Settings(clients=clients_file(tmp_path, *clients), **{"public_url": BASE} | settings)
        return Guarded(create_app(chosen, clock=lambda: now).test_client(), stream)

    return made
