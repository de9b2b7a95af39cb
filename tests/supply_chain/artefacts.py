"""Wheel and source distribution, made without a network by the setuptools of the lock. Knows uv and pyproject.toml.

`python -m tests.supply_chain.artefacts` writes both to dist/, as CI does, and tries that they are the same service.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.supply_chain.lock import ROOT

_UV: Final = Path(sysconfig.get_path("scripts")) / "uv"
# Copied first: setuptools would put into a wheel whatever an earlier one has left in build/
_FILES: Final = (
    *("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "NOTICE"),
    *("CHANGELOG.md", "SECURITY.md", "requirements.lock"),
)
PACKAGES: Final = ("cds_service", "fhir_mappings")


@dataclass(frozen=True, slots=True)
class Artefacts:
    wheel: Path
    sdist: Path


def build(folder: Path) -> Artefacts:
    """Both, from this checkout as it lies there. CalledProcessError where setuptools does not make them."""
    tree = folder / "tree"
    tree.mkdir()
    for name in _FILES:
        shutil.copy2(ROOT / name, tree)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    _uv(tree, folder / "dist", "--wheel", "--sdist")
    (wheel,), (sdist,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    return Artefacts(wheel, sdist)


def wheel_of(sdist: Path, folder: Path) -> Path:
    """The wheel that comes of a source distribution."""
    _uv(sdist, folder / "again", "--wheel")
    (wheel,) = (folder / "again").glob("*.whl")
    return wheel


def content(artefact: Path) -> dict[str, bytes]:
    """Every file of a wheel or a source distribution, by its path in there."""
    if artefact.suffix == ".whl":
        with zipfile.ZipFile(artefact) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
    with tarfile.open(artefact) as sdist:
        opened = ((member.name.partition("/")[2], sdist.extractfile(member)) for member in sdist.getmembers())
        return {name: file.read() for name, file in opened if file is not None}


def _uv(source: Path, target: Path, *kinds: str) -> None:
    command = [
        *(str(_UV), "build", "--quiet", "--offline", "--no-config", "--no-cache", "--no-build-isolation"),
        *("--python", sys.executable, "--out-dir", str(target), *kinds, str(source)),
    ]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        done.check_returncode()


def main() -> int:
    """1 where the source distribution makes another service than the wheel."""
    target = ROOT / "dist"
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        folder = Path(name)
        made = build(folder)
        if content(wheel_of(made.sdist, folder)) != content(made.wheel):
            print(f"{made.sdist.name} and {made.wheel.name} are not the same service", file=sys.stderr)
            return 1
        target.mkdir(exist_ok=True)
        for old in (*target.glob("cobalamin_cds-*.whl"), *target.glob("cobalamin_cds-*.tar.gz")):
            old.unlink()
        for each in (made.wheel, made.sdist):
            shutil.copy2(each, target)
            print(f"dist/{each.name}: {each.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
