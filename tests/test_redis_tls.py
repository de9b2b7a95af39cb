"""rediss://: encrypted, with a certificate that is checked, and one of our own where Redis asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.redis_url import read_redis_url
from cds_service.trust.redis_state import RedisState, warnings
from cds_service.trust.shared_state import SharedStateError, Standing
from tests.certificates import self_signed
from tests.redis_servers import own_server
from tests.running import free_port


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    """host:port of a Redis that asks who is there for a certificate, as Redis does unless it is told otherwise."""
    certificate, key = (str(each) for each in self_signed(tmp_path, "127.0.0.1"))
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
    own = f"ssl_certfile={tmp_path}/tls.crt&ssl_keyfile={tmp_path}/tls.key"
    trusted = f"rediss://{place}/0?ssl_ca_certs={tmp_path}/tls.crt&{own}"
    assert standing(trusted) == Standing()
    assert list(warnings(trusted)) == []
    with pytest.raises(SharedStateError, match="ConnectionError: SSLCertVerificationError"):
        standing(f"rediss://{place}/0?{own}")
    with pytest.raises(SharedStateError, match="ConnectionError: SSLCertVerificationError"):
        standing(trusted.replace("127.0.0.1", "localhost"))  # the certificate is for another name
    with pytest.raises(SharedStateError):
        standing(f"rediss://{place}/0?ssl_ca_certs={tmp_path}/tls.crt")
    with pytest.raises(SharedStateError):
        standing(f"redis://{place}/0")
