"""The lock files: every dependency with one version and the hashes of all its files. Knows pyproject.toml and uv.

`make lock` after a change in pyproject.toml: versions that are locked stay as they are. With `--upgrade` (`make
upgrade`) everything moves to its newest version.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
SERVICE: Final = ROOT / "requirements.lock"
DEV: Final = ROOT / "requirements-dev.lock"
INDEX: Final = "https://pypi.org/simple"
# The pip that reads the file is told so by the file: no file without its hash, and nothing that must be built first,
# because a build fetches tools of its own that no lock names
OPTIONS: Final = ("--require-hashes", "--only-binary :all:")
_HEADER: Final = "# Made by `make lock` from pyproject.toml. Install with: pip install -r {name}\n{options}\n"
_PIN: Final = re.compile(r"^(?P<requirement>\w[^\\\n]*==[^\\\n]*) \\\n(?P<hashes>(?: +--hash=[^\n]*\n)+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})(?= |\n)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked dependency. name: canonical. requirement: `name==version`, with a marker where it is not for all."""

    name: str
    version: str
    requirement: Requirement
    hashes: tuple[str, ...]


def pins(path: Path) -> dict[str, Pin]:
    """By name. ValueError where a line is neither option, comment nor a pin with its hashes."""
    text = path.read_text("utf-8")
    found: dict[str, Pin] = {}
    for match in _PIN.finditer(text):
        requirement = Requirement(match["requirement"])
        (pin,) = requirement.specifier
        name = canonicalize_name(requirement.name)
        if name in found:
            raise ValueError(f"{path.name}: {name} twice")
        found[name] = Pin(name, pin.version, requirement, tuple(_HASH.findall(match["hashes"])))
    left = [line for line in _PIN.sub("", text).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if tuple(left) != OPTIONS:
        raise ValueError(f"{path.name}: {sorted(set(left).symmetric_difference(OPTIONS))[:3]}")
    return found


def project() -> tuple[list[str], list[str], list[str]]:
    """The requirements of pyproject.toml: of the service, of its extras (the tests need them all), of the build."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return (
        found["project"]["dependencies"],
        [each for extra in found["project"]["optional-dependencies"].values() for each in extra],
        found["build-system"]["requires"],
    )


def _make(target: Path, *options: str) -> None:
    """uv resolves for every platform and every Python from 3.11 on; no setting of this machine is heard."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SSL_CERT_FILE") if name in os.environ}
    command = [
        *(str(Path(sysconfig.get_path("scripts")) / "uv"), "pip", "compile", "--quiet", "--no-config"),
        *("--default-index", INDEX, "--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--only-binary", ":all:", "--no-header", "--annotation-style", "line"),
        *("pyproject.toml", "-", "-o", target.name, *options),
    ]
    build = "\n".join(project()[2])
    subprocess.run(command, cwd=ROOT, env=kept, input=build, text=True, check=True)
    header = _HEADER.format(name=target.name, options="\n".join(OPTIONS))
    target.write_text(header + target.read_text("utf-8"), "utf-8")


def main(arguments: list[str]) -> None:
    """Both files; what they have in common has one version."""
    _make(SERVICE, *arguments)
    _make(DEV, "--all-extras", "-c", SERVICE.name, *arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
