"""docker/compose.yaml: two instances that agree with the service, hardened, pinned, and without a secret in it."""

import re
import ssl
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cds_service.settings import read_settings
from cds_service.trust.clients_file import read_clients
from tests.manifests import FOLDER, ROOT, environment_file, read, unknown_settings

COMPOSE = read(FOLDER / "compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("cds-1", "cds-2")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """docker/ as it is after first_start.py, elsewhere."""
    folder = tmp_path_factory.mktemp("docker")
    for name in ("first_start.py", "clients.toml"):
        (folder / name).write_bytes((FOLDER / name).read_bytes())
    subprocess.run([sys.executable, str(folder / "first_start.py")], check=True, stdout=subprocess.DEVNULL)
    return folder / "secrets"


def test_what_it_is_made_of() -> None:
    assert set(SERVICES) == {*OURS, "proxy", "postgres", "redis", "ehr", "hapi"}
    one, two = ({name: each for name, each in SERVICES[name].items() if name != "networks"} for name in OURS)
    assert one == two


@pytest.mark.parametrize("name", SERVICES)
def test_each_has_no_rights_it_does_not_need_and_a_pinned_image(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"max-size", "max-file"} == set(service["logging"]["options"])  # else the disk is full one day
    assert re.fullmatch(r"[a-z/-]+:v?[0-9]+\.[0-9]+[0-9.]*(-[a-z0-9]+)?", service["image"])
    if name != "hapi":  # its image has no shell and no client: `ehr` looks at it
        checked = name in OURS or "healthcheck" in service
        assert checked
    for network in service["networks"]:
        assert network in COMPOSE["networks"]
    for needed in service.get("depends_on", ()):
        assert needed in SERVICES


def test_the_image_is_of_this_version_and_checks_its_own_health() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert SERVICES["cds-1"]["image"] == f"cobalamin-cds:{version}"
    built = SERVICES["cds-1"]["build"]
    assert (FOLDER / built["context"] / built["dockerfile"]).resolve() == FOLDER / "Dockerfile"
    assert "HEALTHCHECK" in (FOLDER / "Dockerfile").read_text("utf-8")


def test_no_secret_is_in_the_repository_and_each_that_is_mounted_is_made(secrets: Path) -> None:
    made = {path.name for path in secrets.iterdir()}
    for service in SERVICES.values():
        assert not [value for value in service.get("environment", {}).values() if re.search(r"://[^/]*@", str(value))]
        for source in [*service.get("env_file", ()), *(each.split(":")[0] for each in service.get("volumes", ()))]:
            if "secrets/" in source:
                assert Path(source).name in made
            elif source.startswith("./"):
                assert (FOLDER / source).is_file()
            else:
                assert source in COMPOSE["volumes"]
    assert "docker/secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_secrets_are_for_their_owner_new_each_time_and_never_overwritten(secrets: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    program = secrets.parent / "first_start.py"
    before = (secrets / "service.env").read_bytes()
    again = subprocess.run([sys.executable, str(program)], check=False, stdout=subprocess.PIPE)
    assert again.returncode == 1
    assert (secrets / "service.env").read_bytes() == before
    (tmp_path / "first_start.py").write_bytes(program.read_bytes())
    subprocess.run([sys.executable, str(tmp_path / "first_start.py")], check=True, stdout=subprocess.DEVNULL)
    for name in ("service.env", "redis.conf", "postgres-password", "tls.key", "example-ehr.key.pem"):
        assert (tmp_path / "secrets" / name).read_bytes() != (secrets / name).read_bytes()


def test_the_certificate_is_renewed_alone(tmp_path: Path) -> None:
    """It ends after a year, and the records must not go with it."""
    program = tmp_path / "first_start.py"
    program.write_bytes((FOLDER / program.name).read_bytes())

    def does(*words: str) -> int:
        return subprocess.run([sys.executable, program, *words], check=False, stdout=subprocess.DEVNULL).returncode

    def held() -> dict[str, tuple[int, bytes]]:
        return {each.name: (each.stat().st_ino, each.read_bytes()) for each in (tmp_path / "secrets").iterdir()}

    assert [does("certificate"), does()] == [1, 0]
    before = held()
    assert [does("certificates"), held() == before, does("certificate")] == [1, True, 0]
    changed = {name for name, (_, content) in held().items() if content != before[name][1]}
    assert changed == {"tls.crt", "tls.key"}
    assert {name: each[0] for name, each in held().items()} == {name: each[0] for name, each in before.items()}
    with pytest.raises(ssl.SSLError, match="MISMATCH"):  # that the line below would find it
        _loaded(tmp_path, before["tls.key"][1])
    _loaded(tmp_path, held()["tls.key"][1])


def _loaded(folder: Path, key: bytes) -> None:
    file = folder / "key.pem"
    file.write_bytes(key)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(folder / "secrets" / "tls.crt", file)


def test_settings_are_those_of_the_service(secrets: Path) -> None:
    given = SERVICES["cds-1"]["environment"] | environment_file(secrets / "service.env")
    assert unknown_settings(list(given)) == []
    settings = read_settings(given | {"CDS_CLIENTS": str(secrets.parent / "clients.toml")})
    assert settings.database_url is not None
    password = (secrets / "postgres-password").read_text("utf-8")
    assert settings.database_url == f"postgresql+psycopg://cds:{password}@postgres:5432/cds"
    assert settings.shared_state_url is not None
    assert settings.shared_state_url.removeprefix("redis://:").split("@")[0] in (secrets / "redis.conf").read_text()
    (client,) = read_clients(secrets.parent / "clients.toml")
    assert len(client.keys) == 1
    mounted = {each.split(":")[1] for each in SERVICES["cds-1"]["volumes"]}
    assert {given["CDS_CLIENTS"], given["REQUESTS_CA_BUNDLE"]} <= mounted
    assert "/etc/cds/secrets/example-ehr.jwks.json" in mounted


def test_addresses_and_names_agree() -> None:
    def front(name: str) -> Any:
        return SERVICES[name]["networks"]["front"]

    assert SERVICES["cds-1"]["environment"]["CDS_TRUSTED_PROXIES"] == front("proxy")["ipv4_address"]
    assert all(front(name)["aliases"] == ["cds"] for name in OURS)
    assert "server cds:8000 " in (FOLDER / "nginx.conf").read_text("utf-8")
    assert "server_name cds.example;" in (FOLDER / "nginx.conf").read_text("utf-8")
    (client,) = tomllib.loads((FOLDER / "clients.toml").read_text("utf-8"))["client"]
    server = f"https://{front('ehr')['aliases'][0]}/fhir"
    assert client["fhir_servers"] == [server, f"{front('ehr')['ipv4_address']}/32"]
    assert SERVICES["hapi"]["environment"]["hapi.fhir.server_address"] == server
    assert "proxy_pass http://hapi:8080;" in (FOLDER / "ehr.conf").read_text("utf-8")
    addresses = [front(name)["ipv4_address"] for name in (*OURS, "proxy", "ehr")]
    assert len(set(addresses)) == 4
    assert all(COMPOSE["networks"][name]["internal"] for name in ("back", "ehr"))
