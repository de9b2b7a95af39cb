"""Which Redis URLs the settings take. What is wrong is said without the value."""

from pathlib import Path

import pytest

from cds_service.settings import SettingsError, read_settings

NAME = "CDS_SHARED_STATE_URL"


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.example",
        "redis://127.0.0.1:6379/",
        "redis://:secret@[::1]:6379/15",
        "rediss://cds:s%40cret%2F@redis.example:6380/2",
        f"rediss://redis.example?ssl_ca_certs={__file__}&ssl_certfile={__file__}&ssl_keyfile={__file__}",
    ],
)
def test_these_are_taken_as_they_are(url: str) -> None:
    assert read_settings({NAME: url}).shared_state_url == url


@pytest.mark.parametrize(
    "url",
    [
        "redis.example:6379",
        "http://redis.example:6379",
        "unix:///run/redis.sock",
        "redis:///0",
        "redis://:secret@/0",
        "redis://redis.example:port/0",
        "redis://redis.example:0/0",
        "redis://redis.example/zero",
        "redis://redis.example/0/1",
        "redis://redis.example/0#1",
        "redis://:sec ret@redis.example",
        "redis://[::1/0",
        "redis://redis.example?socket_timeout=1000",
        "redis://redis.example?",
        f"redis://redis.example?ssl_ca_certs={__file__}",
        "rediss://redis.example?ssl_cert_reqs=none",
        "rediss://redis.example?ssl_check_hostname=0",
        "rediss://redis.example?retry_on_timeout=1",
        f"rediss://redis.example?ssl_ca_certs={__file__}&ssl_ca_certs={__file__}",
        "rediss://redis.example?ssl_ca_certs",
        "rediss://redis.example?ssl_ca_certs=/nonexistent/ca.pem",
        "rediss://redis.example?ssl_ca_certs=%00",
        f"rediss://redis.example?ssl_ca_certs={Path(__file__).parent}",
    ],
)
def test_these_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({NAME: url})
    (fault,) = caught.value.faults
    assert fault.startswith(f"{NAME} m") or fault == f"{NAME} names in ssl_ca_certs a file that cannot be read"
    assert not any(part in fault for part in ("secret", "redis.example", "nonexistent", __file__))
