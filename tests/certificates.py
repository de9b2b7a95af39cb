"""Certificates for as long as a test lasts. Knows X.509 and PEM; who shows them to whom is known elsewhere."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def builder(name: str, key: Any, issuer: str | None = None) -> x509.CertificateBuilder:
    """Of a certificate that is good from yesterday to the day after tomorrow, by its own name or an issuer's."""
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        _named(issuer or name),
        _named(name),
        key.public_key(),
        x509.random_serial_number(),
        now - timedelta(days=1),
        now + timedelta(days=2),
    )


def hosts(*names: str) -> x509.SubjectAlternativeName:
    """Names and addresses that a certificate is for."""
    return x509.SubjectAlternativeName(
        [x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
    )


def self_signed(folder: Path, *names: str) -> tuple[Path, Path]:
    """tls.crt, which vouches for itself and is for these hosts, and tls.key."""
    key = new_key()
    made = (
        builder("test", key)
        .add_extension(hosts(*names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "tls.crt", folder / "tls.key"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(pem(key))
    return files


def pem(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
