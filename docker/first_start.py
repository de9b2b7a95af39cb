"""What compose.yaml needs and the repository does not hold: passwords, a certificate and the example EHR's key.

    python docker/first_start.py
    python docker/first_start.py certificate

Makes docker/secrets, once: what is there already is never overwritten, but for the certificate where that is asked for:
it ends after a year, and goes alone. With Python and the service's own dependencies, or in its image. The
folder is for its owner only; in it all may read, since each container has a user of its own.
"""

import json
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

FOLDER = Path(__file__).parent / "secrets"
_NAMES = ("cds.example", "ehr.example", "localhost")
_DAYS = 365


def main(folder: Path = FOLDER, arguments: Sequence[str] = ()) -> int:
    """0 where it was done; 1 where the folder is there already, or none whose certificate could be renewed."""
    if list(arguments) == ["certificate"] and folder.is_dir():
        _write(folder, _certificate())
        print(f"a new certificate and its key in {folder}, for {_DAYS} days: start what uses them anew")
        return 0
    if arguments:
        print(f"there is no {folder} yet, or the words are not known: the one that is, is `certificate`")
        return 1
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        print(f"{folder} is there, and stays. `certificate` renews the certificate alone")
        print("New passwords: take it away first, and with it the volumes that were made with them, cards and feedback")
        return 1
    _write(folder, _passwords() | _certificate() | _example_ehr())
    print(f"{folder} made: passwords, a certificate for {', '.join(_NAMES)} for {_DAYS} days, the example EHR's key")
    return 0


def _write(folder: Path, contents: dict[str, str]) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content.encode())  # into the same file: a container has that one mounted
        (folder / name).chmod(0o644)


def _passwords() -> dict[str, str]:
    database, memory = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    urls = {
        "CDS_DATABASE_URL": f"postgresql://cds:{database}@postgres:5432/cds",
        "CDS_SHARED_STATE_URL": f"redis://:{memory}@redis:6379/0",
    }
    return {
        "postgres-password": database,
        "redis.conf": f"requirepass {memory}\n",
        "service.env": "".join(f"{name}={url}\n" for name, url in urls.items()),
    }


def _certificate() -> dict[str, str]:
    """It vouches for itself: for an example, and for nothing that others should trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAMES[0])])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(each) for each in _NAMES])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    return {"tls.crt": made.public_bytes(serialization.Encoding.PEM).decode(), "tls.key": _pem(key)}


def _example_ehr() -> dict[str, str]:
    """The key that the example EHR signs with, and the public half that the service knows it by."""
    key = ec.generate_private_key(ec.SECP384R1())
    public = json.loads(jwt.get_algorithm_by_name("ES384").to_jwk(key.public_key()))
    key_set = {"keys": [public | {"kid": "example-ehr", "use": "sig", "alg": "ES384"}]}
    return {"example-ehr.key.pem": _pem(key), "example-ehr.jwks.json": json.dumps(key_set, indent=2)}


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, plain).decode()


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
