"""axe-core, from npm by its lock file: fetched once into a folder that git ignores, never part of the service."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
_SOURCE: Final = _HERE / "node_modules" / "axe-core" / "axe.min.js"
_SECONDS: Final = 120
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")


class NoAxeError(Exception):
    """axe-core cannot be had here. The message is for a person."""


@cache
def axe_source() -> str:
    """The script. NoAxeError. npm holds what it fetches against the digest in package-lock.json."""
    if not _is_locked_version():
        npm = shutil.which("npm")
        if npm is None:
            raise NoAxeError("NO PAGE CHECKED WITH AXE: npm is not installed, and axe-core is not in node_modules")
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            done = subprocess.run(command, cwd=_HERE, capture_output=True, check=False, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            raise NoAxeError(f"NO PAGE CHECKED WITH AXE: npm did not end in {_SECONDS} seconds") from None
        if done.returncode != 0 or not _is_locked_version():
            raise NoAxeError(f"NO PAGE CHECKED WITH AXE: npm ci ended with status {done.returncode}")
    return _SOURCE.read_text("utf-8")


def _is_locked_version() -> bool:
    """npm writes what it has installed beside it, in the words of the lock."""
    written = _HERE / "node_modules" / ".package-lock.json"
    return _SOURCE.is_file() and written.is_file() and _entry(written) == _entry(_HERE / "package-lock.json")


def _entry(lock: Path) -> str:
    """Version and digest of axe-core, as the file has them."""
    lines = lock.read_text("utf-8").split('"node_modules/axe-core"')[-1].splitlines()
    return "".join(line.strip() for line in lines if '"version"' in line or '"integrity"' in line)


def violations(page: Any) -> list[str]:
    """One line for each thing that axe-core is sure of, with everything open: what is closed is hidden from it too."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.evaluate(axe_source())
    options = {"runOnly": {"type": "tag", "values": list(TAGS)}, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"axe {each['id']}: {node['html'][:160]}: {node['failureSummary'].splitlines()[-1].strip()}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
