"""Packages from npm by a lock file: fetched once into a folder that git ignores, never part of the service."""

import fcntl
import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

_SECONDS: Final = 120


class NoPackagesError(Exception):
    """The packages cannot be had here. The message is for a person."""


@cache
def node_modules(folder: Path) -> Path:
    """Where the packages of this folder's package-lock.json are. NoPackagesError.

    npm holds what it fetches against the digests in the lock.
    """
    with (folder / "package-lock.json").open("rb") as lock:  # tests run in several processes, and one fetches
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_as_locked(folder):
            _fetch(folder)
    return folder / "node_modules"


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoPackagesError(f"npm is not installed, and the packages of {folder.name} are not there or not as locked")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise NoPackagesError(f"npm did not end in {_SECONDS} seconds") from None
    if done.returncode != 0 or not _is_as_locked(folder):
        raise NoPackagesError(f"npm ci ended with status {done.returncode}")


def _is_as_locked(folder: Path) -> bool:
    """npm writes what it has installed beside it, in the words of the lock."""
    written = folder / "node_modules" / ".package-lock.json"
    return written.is_file() and _packages(written) == _packages(folder / "package-lock.json")


def _packages(lock: Path) -> dict[str, tuple[str, str]]:
    """Path of each package -> version and digest. What is optional need not be there."""
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    needed = {path: each for path, each in packages.items() if path != "" and not each.get("optional")}
    return {path: (each["version"], each["integrity"]) for path, each in needed.items()}
