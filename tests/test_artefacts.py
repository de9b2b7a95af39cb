"""What is released is the service, whole, and nothing else; its version is stated in pyproject.toml alone."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from cds_service.knowledge.tables import load
from cds_service.release import installed_version
from tests.supply_chain.artefacts import PACKAGES, Artefacts, build, content, wheel_of
from tests.supply_chain.lock import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
INFO = f"cobalamin_cds-{VERSION}.dist-info/"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Artefacts:
    return build(tmp_path_factory.mktemp("release"))


def _of_the_packages() -> dict[str, bytes]:
    """All that lies in them, but for what tells developers about the files beside it."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    return {
        str(path.relative_to(ROOT)): path.read_bytes()
        for path in found
        if "__pycache__" not in path.parts and path.name != "README.md"
    }


def test_the_wheel_holds_every_file_of_the_service_and_nothing_else(made: Artefacts) -> None:
    found = content(made.wheel)
    about = {name for name in found if name.startswith(INFO)}
    assert {name.removeprefix(INFO) for name in about} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt", "licenses/LICENSE", "licenses/NOTICE")
    }
    assert {name: data for name, data in found.items() if name not in about} == _of_the_packages()
    kinds = {Path(name).suffix for name in found if name not in about}
    assert {".py", ".toml", ".json", ".csv", ".html", ".css", ".svg"} <= kinds


def test_no_test_is_released(made: Artefacts) -> None:
    for artefact in (made.wheel, made.sdist):
        assert [name for name in content(artefact) if re.search(r"(^|/)(tests?/|test_|conftest\.)", name)] == []


@pytest.mark.long  # .ci/run makes them so
def test_the_source_distribution_makes_the_same_wheel(made: Artefacts, tmp_path: Path) -> None:
    assert content(wheel_of(made.sdist, tmp_path)) == content(made.wheel)


@pytest.mark.long  # .ci/run tries it in an environment of its own
def test_it_runs_from_the_wheel_alone(made: Artefacts, tmp_path: Path) -> None:
    """In an empty folder."""
    with zipfile.ZipFile(made.wheel) as wheel:
        wheel.extractall(tmp_path / "installed")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); import cds_service, fhir_mappings;"
        "print(cds_service.__file__, fhir_mappings.__file__, file=sys.stderr);"
        "from cds_service.__main__ import main; sys.exit(main(['check', '--json']))"
    )
    (tmp_path / "empty").mkdir()
    command = [sys.executable, "-I", "-c", program]
    done = subprocess.run(command, cwd=tmp_path / "empty", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(str(tmp_path / "installed")) == 2
    assert load().knowledge.version in done.stdout


def test_the_version_is_that_of_pyproject() -> None:
    assert installed_version() == VERSION
    assert load().knowledge.version.startswith(f"{VERSION}+")


def test_no_line_of_the_service_states_a_version_of_its_own() -> None:
    stated = re.compile(rf"(?<![\w.]){re.escape(VERSION)}(?![\w.])".encode())
    # What it says to whoever asks when it was released; held against pyproject.toml below
    told = {"cds_service/knowledge/source_attributes.toml"}
    # The version of a hook of CDS Hooks
    told |= {"cds_service/conformance/discovery.py"}
    assert {name for name, data in _of_the_packages().items() if stated.search(data)} <= told


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("CHANGELOG.md", r"\A# Changelog\n\n## (\S+), (?:unreleased|\d{4}-\d\d-\d\d)\n"),
        ("cds_service/knowledge/source_attributes.toml", r'\nanswer = "(\d+\.\d+\.\d+), '),
        ("docker/compose.yaml", r"image: cobalamin-cds:(\S+)"),
        ("docker/kubernetes/kustomization.yaml", r"newTag: (\S+)"),
        ("docker/README.md", r"(?<= )cobalamin-cds:(\S+)"),
    ],
)
def test_what_names_a_release_for_people_and_tools_names_this_one(name: str, pattern: str) -> None:
    assert {*re.findall(pattern, (ROOT / name).read_text("utf-8"))} == {VERSION}
