"""rediss://: encrypted, with a certificate that is checked, and one of our own where Redis asks for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cds_service.redis_url import read_redis_url
from cds_service.trust.redis_state import RedisState, warnings
from cds_service.trust.shared_state import SharedStateError, Standing
from tests.redis_servers import own_server
from tests.running import free_port


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate that vouches for itself and 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "redis.crt", folder / "redis.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    """host:port of a Redis that asks who is there for a certificate, as Redis does unless it is told otherwise."""
    certificate, key = (str(each) for each in make_certificate(tmp_path))
    port = free_port()
    options = ["--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", key]
    with own_server(tmp_path, *options, "--tls-ca-cert-file", certificate, started=False) as server:
        try:
            server.start()
        except AssertionError:
            pytest.skip("this redis-server was built without TLS")
        yield f"127.0.0.1:{port}"


def standing(url: str) -> Standing:
    state = RedisState(read_redis_url(url))
    try:
        return state.admit("c", 10, 1.8e9, ("i", "j"), 1.8e9 + 330)
    finally:
        state.close()


def test_who_is_on_the_other_side_is_checked_by_both(place: str, tmp_path: Path) -> None:
    own = f"ssl_certfile={tmp_path}/redis.crt&ssl_keyfile={tmp_path}/redis.key"
    trusted = f"rediss://{place}/0?ssl_ca_certs={tmp_path}/redis.crt&{own}"
    assert standing(trusted) == Standing()
    assert list(warnings(trusted)) == []
    with pytest.raises(SharedStateError, match="ConnectionError: SSLCertVerificationError"):
        standing(f"rediss://{place}/0?{own}")
    with pytest.raises(SharedStateError, match="ConnectionError: SSLCertVerificationError"):
        standing(trusted.replace("127.0.0.1", "localhost"))  # the certificate is for another name
    with pytest.raises(SharedStateError):
        standing(f"rediss://{place}/0?ssl_ca_certs={tmp_path}/redis.crt")
    with pytest.raises(SharedStateError):
        standing(f"redis://{place}/0")
