"""The environment is read whole, or the start is refused with every fault named and no value shown."""

from ipaddress import ip_network

import pytest

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.policy import Region
from cds_service.settings import Settings, SettingsError, is_loopback, read_settings


def faults(**environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    return caught.value.faults


def test_nothing_set_gives_the_defaults() -> None:
    assert read_settings({"PATH": "/bin"}) == Settings()


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read_settings({"CDS_CLIENTS": " ", "CDS_REGION": ""}) == Settings()


def test_every_setting_is_read() -> None:
    settings = read_settings(
        {
            "CDS_PUBLIC_URL": "https://cds.example/b12/",
            "CDS_UNAVAILABLE": "Mecobalamin, cyanocobalamin",
            "CDS_REGION": "US",
            "CDS_ALLOW_OPEN_FHIR": "1",
            "CDS_FHIR_SERVERS": "https://a.example/fhir/, http://127.0.0.1:8103/r4",
            "CDS_DEADLINE_MS": "1500",
            "CDS_MAX_BODY_MB": "2",
            "CDS_CORS_ORIGINS": "https://one.example http://localhost:3000",
            "CDS_INSECURE": "1",
            "CDS_LOG_LEVEL": "WARNING",
            "CDS_DATABASE_URL": "postgres://cds:secret@db.example:5432/b12?sslmode=require",
            "CDS_SHARED_STATE_URL": "rediss://cds:secret@redis.example:6380/2",
            "CDS_STORE_COMMENTS": "1",
            "CDS_OTEL_ENDPOINT": "https://collector.example/otlp/",
            "CDS_TRUSTED_PROXIES": "127.0.0.1, 10.2.0.0/28 2001:db8::/64",
        }
    )
    assert settings == Settings(
        public_url="https://cds.example/b12",
        unavailable=frozenset({Ingredient.MECOBALAMIN, Ingredient.CYANOCOBALAMIN}),
        region=Region.US,
        allow_open_fhir=True,
        fhir_servers=("https://a.example/fhir", "http://127.0.0.1:8103/r4"),
        deadline_ms=1500,
        max_body=2 * 1024 * 1024,
        cors_origins=("https://one.example", "http://localhost:3000"),
        insecure=True,
        log_level="warning",
        database_url="postgresql+psycopg://cds:secret@db.example:5432/b12?sslmode=require",
        shared_state_url="rediss://cds:secret@redis.example:6380/2",
        store_comments=True,
        otel_endpoint="https://collector.example/otlp",
        trusted_proxies=(ip_network("127.0.0.1"), ip_network("10.2.0.0/28"), ip_network("2001:db8::/64")),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CDS_PUBLIC_URL", "cds.example"),
        ("CDS_PUBLIC_URL", "http://cds.example"),
        ("CDS_PUBLIC_URL", "https://user:secret@cds.example"),
        ("CDS_PUBLIC_URL", "https://cds.example:x"),
        ("CDS_PUBLIC_URL", "https://cds.example/cds-services/"),
        ("CDS_UNAVAILABLE", "aspirin"),
        ("CDS_REGION", "mars"),
        ("CDS_ALLOW_OPEN_FHIR", "yes"),
        ("CDS_FHIR_SERVERS", "http://ehr.example/fhir"),
        ("CDS_FHIR_SERVERS", "https://ehr.example/fhir?x=1"),
        ("CDS_DEADLINE_MS", "-5"),
        ("CDS_DEADLINE_MS", "3.5"),
        ("CDS_MAX_BODY_MB", "-1"),
        ("CDS_CORS_ORIGINS", "https://one.example/path"),
        ("CDS_CORS_ORIGINS", "* https://one.example"),
        ("CDS_INSECURE", "true"),
        ("CDS_LOG_LEVEL", "loud"),
        ("CDS_THRESHOLDS", "/nonexistent/thresholds.toml"),
        ("CDS_SIGN_OFF", "/nonexistent/sign-off.toml"),
        ("CDS_CLIENTS", "/nonexistent/clients.toml"),
        ("CDS_STORE_COMMENTS", "yes"),
        ("CDS_OTEL_ENDPOINT", "collector:4318"),
        ("CDS_OTEL_ENDPOINT", "http://collector.example:4318"),
        ("CDS_OTEL_ENDPOINT", "https://token@collector.example"),
        ("CDS_TRUSTED_PROXIES", "*"),
        ("CDS_TRUSTED_PROXIES", "proxy.example"),
        ("CDS_TRUSTED_PROXIES", "10.2.0.1/28"),
        ("CDS_TRUSTED_PROXIES", "127.0.0.1, 10.2.0.300"),
        ("CDS_TRUSTED_PROXIES", "127.0.0.1:8443"),
        ("CDS_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("CDS_TRUSTED_PROXIES", "127.0.0.1, ::/0"),
        ("CDS_DATABASE_URL", "records.sqlite3"),
        ("CDS_DATABASE_URL", "mysql://cds:secret@db.example/b12"),
        ("CDS_DATABASE_URL", "postgresql://cds:secret@db.example:port/b12"),
        ("CDS_DATABASE_URL", "sqlite:///:memory:"),
        ("CDS_DATABASE_URL", "sqlite:///file:x?mode=memory&uri=true"),
        ("CDS_DATABASE_URL", "sqlite:////nonexistent/records.sqlite3"),
        ("CDS_DATABASE_URL", "sqlite:////etc/hosts/records.sqlite3"),
    ],
)
def test_a_bad_value_is_named_and_not_shown(name: str, value: str) -> None:
    (fault,) = faults(**{name: value})
    assert fault.startswith(f"{name} ")
    assert value not in fault


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CDS_CLIENT", "is not a setting"),
        ("CDS_clients", "is not a setting"),
    ],
)
def test_a_setting_that_nobody_reads_stops_the_start(name: str, said: str) -> None:
    assert faults(**{name: "1"}) == (f"{name} {said}",)


def test_all_faults_are_named_at_once() -> None:
    assert len(faults(CDS_REGION="mars", CDS_REGIN="uk", CDS_CLIENTS="clients.toml", CDS_DEADLINE_MS="soon")) == 4


def test_a_readable_thresholds_file_is_kept_as_a_path(tmp_path: object) -> None:
    assert read_settings({"CDS_THRESHOLDS": __file__}).thresholds is not None
    assert read_settings({"CDS_SIGN_OFF": __file__}).sign_off is not None
    assert read_settings({"CDS_CLIENTS": __file__}).clients is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_these_hosts_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example", ""])  # noqa: S104
def test_these_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)
