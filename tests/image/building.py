"""docker/Dockerfile, built where there is no container engine: by buildah, each step in a chroot, on a plain Debian.

The base image of the Dockerfile is in a registry, which such a machine does not reach: Debian's own Python 3.11, put
together by debootstrap, stands in for it. Everything is in one folder, and nothing is left outside of it. Needs root.
"""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.running import ROOT

NEEDED = ("buildah", "debootstrap")
_BASE = "localhost/debian-python3.11"
_IMAGE = "localhost/cobalamin-cds"
_PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
_MIRROR = "http://deb.debian.org/debian"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Layer:
    """Bytes, as sent (gzip) and as unpacked."""

    sent: int
    unpacked: int


@dataclass(frozen=True, slots=True)
class Image:
    """root: its files, as a container would see them. config: entry point, user, environment and the like. layers: of
    the base, and then what docker/Dockerfile adds to it."""

    root: Path
    config: dict[str, Any]
    layers: tuple[Layer, ...]


class Builder:
    """buildah with its store in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "tmp").mkdir(parents=True)
        store = folder / "storage.conf"
        store.write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/storage"\n')
        own = {"CONTAINERS_STORAGE_CONF": str(store), "BUILDAH_ISOLATION": "chroot", "TMPDIR": str(folder / "tmp")}
        self._environment = os.environ | own

    def _buildah(self, *arguments: str) -> str:
        command = ["buildah", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.strip()

    def make_base(self) -> None:
        """Debian 12 with its own Python 3.11, as an image to build on."""
        debian = self._folder / "debian"
        command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(debian), _MIRROR]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        for kept in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(debian / kept)
        container = self._buildah("from", "scratch")
        self._buildah("copy", "--quiet", container, str(debian), "/")
        self._buildah("config", "--env", f"PATH={_PATH}", container)
        self._buildah("commit", "--quiet", "--rm", container, _BASE)
        shutil.rmtree(debian)

    def build(self) -> Image:
        """The image of docker/Dockerfile on that base; certificates of this machine, to reach the package index."""
        self._buildah(
            *("build", "--quiet", "--format", "docker", "--network", "host"),
            *("--build-arg", f"BASE={_BASE}", "--volume", "/etc/ssl/certs:/etc/ssl/certs:ro"),
            *("--file", "docker/Dockerfile", "--tag", _IMAGE, "."),
        )
        inspected = json.loads(self._buildah("inspect", "--type", "image", _IMAGE))
        root = self._buildah("mount", self._buildah("from", _IMAGE))
        return Image(Path(root), inspected["Docker"]["config"], tuple(self._layers()))

    def _layers(self) -> Iterator[Layer]:
        written = self._folder / "oci"
        self._buildah("push", "--quiet", _IMAGE, f"oci:{written}")
        blobs = written / "blobs" / "sha256"
        (index,) = json.loads((written / "index.json").read_text("utf-8"))["manifests"]
        manifest = json.loads(_blob(blobs, index).read_text("utf-8"))
        for layer in manifest["layers"]:
            with gzip.open(_blob(blobs, layer)) as unpacked:
                yield Layer(layer["size"], sum(map(len, iter(lambda: unpacked.read(2**20), b""))))


def _blob(blobs: Path, described: dict[str, Any]) -> Path:
    return blobs / described["digest"].removeprefix("sha256:")
