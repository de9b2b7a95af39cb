"""What stands in docker/: the Dockerfile's lines and the YAML files, as tests read them. Knows the service's words."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from cds_service.app import create_app
from cds_service.command_line import command_line
from cds_service.settings import _READERS, Settings
from tests.running import ROOT

FOLDER = ROOT / "docker"
KUBERNETES = FOLDER / "kubernetes"
Yaml = dict[str, Any]


def read(path: Path) -> Yaml:
    """The one document of a YAML file."""
    found = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(found, dict), path
    return found


def dockerfile() -> list[tuple[str, str]]:
    """Instruction and the rest of its line, continued lines joined; comments left out."""
    text = re.sub(r"^#.*\n", "", (FOLDER / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(words[0], words[2]) for line in lines if (words := line.partition(" "))[0]]


def last_step() -> dict[str, str]:
    """The instructions of the image that runs; of those that stand there twice, the last."""
    found: dict[str, str] = {}
    for instruction, rest in dockerfile():
        found = {} if instruction == "FROM" else found | {instruction: rest}
    return found


def kubernetes() -> dict[str, Yaml]:
    """Kind to manifest, for all that kustomization.yaml names."""
    found = [read(KUBERNETES / name) for name in read(KUBERNETES / "kustomization.yaml")["resources"]]
    return {manifest["kind"]: manifest for manifest in found}


def pods() -> dict[str, Yaml]:
    """Kind to the specification of its pods."""
    return {kind: kubernetes()[kind]["spec"]["template"]["spec"] for kind in ("Deployment", "Job")}


def environment_file(path: Path) -> dict[str, str]:
    """NAME=value lines, as Docker and Kustomize read them."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def unknown_settings(names: Iterator[str] | list[str]) -> list[str]:
    """Those of our names that the service would refuse to start with."""
    return [name for name in names if name.startswith("CDS_") and name not in _READERS]


def understood(arguments: list[str]) -> Any:
    """The command line as the program reads it. SystemExit for what it does not know."""
    return command_line(arguments).parse_args(arguments)


def paths() -> set[str]:
    """Every path that is answered to GET."""
    rules = create_app(Settings()).url_map.iter_rules()
    return {rule.rule for rule in rules if "GET" in (rule.methods or ())}


def listed(text: str) -> list[str]:
    """The exec form of a Dockerfile's command."""
    found = json.loads(text)
    assert isinstance(found, list)
    return found
