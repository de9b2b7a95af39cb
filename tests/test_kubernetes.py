"""docker/kubernetes: right by the published schemas, in agreement with itself and with the service."""

import copy
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import kubernetes_validate
import pytest

from cds_service import serve
from cds_service.records import database
from cds_service.settings import is_loopback, read_settings
from cds_service.trust.clients_file import read_clients
from tests.manifests import (
    FOLDER,
    KUBERNETES,
    ROOT,
    environment_file,
    kubernetes,
    last_step,
    paths,
    pods,
    read,
    understood,
    unknown_settings,
)

KINDS = (*("Job", "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"),)
# The oldest that is still about and the newest that the library has
VERSIONS = ("1.30", "1.37")


def test_every_kind_is_there_and_no_file_is_forgotten() -> None:
    named = read(KUBERNETES / "kustomization.yaml")["resources"]
    assert sorted([*named, "kustomization.yaml"]) == sorted(path.name for path in KUBERNETES.glob("*.yaml"))
    assert sorted(kubernetes()) == sorted(KINDS)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_is_right_by_the_published_schema(kind: str, version: str) -> None:
    kubernetes_validate.validate(kubernetes()[kind], version, strict=True)
    wrong = copy.deepcopy(kubernetes()[kind])
    wrong["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)


def test_settings_are_those_of_the_service() -> None:
    given = environment_file(KUBERNETES / "settings.env")
    one_by_one = [each["name"] for pod in pods().values() for each in _container(pod).get("env", ())]
    assert unknown_settings([*given, *one_by_one]) == []
    assert given["CDS_CLIENTS"] == "/etc/cds/clients.toml"
    settings = read_settings(given | {"CDS_CLIENTS": str(KUBERNETES / "clients.toml")})
    assert settings.trusted_proxies
    assert read_clients(KUBERNETES / "clients.toml")
    assert not [name for name in given if name.endswith("_URL") and "@" in given[name]]


def test_the_clients_file_is_mounted_where_the_settings_say() -> None:
    pod = pods()["Deployment"]
    (mounted,) = [each for each in _container(pod)["volumeMounts"] if each["mountPath"] == "/etc/cds"]
    (volume,) = [each for each in pod["volumes"] if each["name"] == mounted["name"]]
    assert volume["configMap"]["name"] == "cobalamin-cds-clients"
    temporary = Path("/tmp")  # noqa: S108  # the one place that is written to: the root is read-only
    assert str(temporary) in {each["mountPath"] for each in _container(pod)["volumeMounts"]}


def test_what_is_referred_to_is_made_here_or_by_the_command_in_the_readme() -> None:
    made = {each["name"] for each in read(KUBERNETES / "kustomization.yaml")["configMapGenerator"]}
    by_hand = "cobalamin-cds-postgresql-ca"
    assert set(_named("configMapRef", "configMap")) == made | {by_hand}
    assert set(_named("secretRef", "secretKeyRef")) == {"cobalamin-cds-urls"}
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert f"create configmap {by_hand} --from-file=ca.crt=" in readme
    assert "create secret generic cobalamin-cds-urls" in readme
    names = [_container(pods()["Job"])["env"][0]["valueFrom"]["secretKeyRef"]["key"], "CDS_SHARED_STATE_URL"]
    assert all(f"--from-literal={name}=" in readme for name in names)
    assert unknown_settings(names) == []


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_who_vouches_for_postgresql_is_where_the_url_of_the_readme_looks(kind: str) -> None:
    """Without a file of its own the driver looks in a home that the user of the image does not have."""
    url = re.search(r"CDS_DATABASE_URL='(postgresql://[^']*)'", (FOLDER / "README.md").read_text("utf-8"))
    assert url is not None
    asked = dict(parse_qsl(urlsplit(url[1]).query))
    mounted = {each["mountPath"]: each["name"] for each in _container(pods()[kind])["volumeMounts"]}
    (volume,) = [
        each for each in pods()[kind]["volumes"] if each["name"] == mounted.get(str(Path(asked["sslrootcert"]).parent))
    ]
    assert (asked["sslmode"], volume["configMap"]) == ("verify-full", {"name": "cobalamin-cds-postgresql-ca"})


def _named(*members: str) -> list[str]:
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.extend(value[member]["name"] for member in members if member in value)
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(each)

    look(kubernetes())
    return found


def test_commands_are_verbs_of_the_program() -> None:
    service = understood(_container(pods()["Deployment"])["args"])
    assert service.verb == "serve"
    assert not is_loopback(service.host)
    assert str(service.workers) == _container(pods()["Deployment"])["resources"]["requests"]["cpu"]
    migration = understood(_container(pods()["Job"])["args"])
    assert (migration.verb, migration.migrate) == ("check", True)


def test_ports_and_probes_lead_to_the_service() -> None:
    container = _container(pods()["Deployment"])
    (port,) = container["ports"]
    assert port["containerPort"] == understood(container["args"]).port == int(last_step()["EXPOSE"])
    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert {probe["path"].partition("?")[0] for probe in probes.values()} == {"/healthz", "/readyz"} <= paths()
    # A database that is away keeps no pod from giving advice, also none that starts meanwhile
    started = ("/readyz?exclude=database", "/healthz", "/healthz")
    assert tuple(probe["path"] for probe in probes.values()) == started
    let_in = [each["port"] for rule in kubernetes()["NetworkPolicy"]["spec"]["ingress"] for each in rule["ports"]]
    asked = kubernetes()["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert asked["prometheus.io/port"] == str(port["containerPort"])
    assert asked["prometheus.io/path"] in paths()
    (served,) = kubernetes()["Service"]["spec"]["ports"]
    named = [probe["port"] for probe in probes.values()] + [served["targetPort"], *let_in]
    assert set(named) == {port["name"]}


def test_the_pods_together_have_fewer_connections_than_postgresql_gives_by_default() -> None:
    manifests = kubernetes()
    pods_at_most = manifests["HorizontalPodAutoscaler"]["spec"]["maxReplicas"]
    pods_at_most += manifests["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    workers = understood(_container(pods()["Deployment"])["args"]).workers
    assert database._POOL["max_overflow"] == 0
    most = pods_at_most * workers * database._POOL["pool_size"]
    assert most + workers * database._POOL["pool_size"] < 100 - 3  # one pod may be ending
    assert f"update {most},\n" in (KUBERNETES / "scaling.yaml").read_text("utf-8")


def test_everything_is_about_the_same_pods() -> None:
    labels = kubernetes()["Deployment"]["spec"]["template"]["metadata"]["labels"]
    chosen = [
        kubernetes()["Deployment"]["spec"]["selector"]["matchLabels"],
        kubernetes()["Service"]["spec"]["selector"],
        kubernetes()["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        pods()["Deployment"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    ]
    assert all(each == labels for each in chosen)
    migration = kubernetes()["Job"]["spec"]["template"]["metadata"]["labels"]
    assert migration != labels  # no call is sent to the pod that migrates
    kept_in = kubernetes()["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items()
    assert kept_in <= labels.items() & migration.items()
    target = kubernetes()["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert target["name"] == kubernetes()["Deployment"]["metadata"]["name"]
    assert "replicas" not in kubernetes()["Deployment"]["spec"]  # each `apply` would undo what the autoscaler chose
    fewest = kubernetes()["HorizontalPodAutoscaler"]["spec"]["minReplicas"]
    assert fewest > kubernetes()["PodDisruptionBudget"]["spec"]["maxUnavailable"]


def test_a_pod_that_ends_has_time_to_finish_what_is_running() -> None:
    pod = pods()["Deployment"]
    slept = int(_container(pod)["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > slept + serve._GRACEFUL_SECONDS


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_a_pod_has_no_rights_it_does_not_need(kind: str) -> None:
    pod = pods()[kind]
    own = _container(pod)["securityContext"]
    assert own == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (pod["automountServiceAccountToken"], pod["securityContext"]["runAsNonRoot"]) == (False, True)
    assert pod["enableServiceLinks"] is False
    user = f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    assert user == last_step()["USER"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert "memory" in _container(pod)["resources"]["limits"]


def test_the_image_is_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    (image,) = read(KUBERNETES / "kustomization.yaml")["images"]
    assert image["newTag"] == version
    assert {_container(pod)["image"] for pod in pods().values()} == {image["name"]}


def _container(pod: Any) -> Any:
    (container,) = pod["containers"]
    return container
