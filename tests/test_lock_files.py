"""The lock files: fresh, whole, the same as what is installed, and pip refuses a file that is not in them."""

import re
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.supply_chain.lock import DEV, OPTIONS, SERVICE, Pin, pins, project

LOCKS = {"service": SERVICE, "dev": DEV}
# What a lock must serve: markers are read as each of these would
SYSTEMS = (("linux", "Linux", "posix"), ("win32", "Windows", "nt"), ("darwin", "Darwin", "posix"))
ENVIRONMENTS = [
    dict(default_environment())
    | {"sys_platform": system, "platform_system": name, "os_name": os_name}
    | {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0", "platform_machine": machine}
    for system, name, os_name in SYSTEMS
    for machine in ("x86_64", "aarch64", "AMD64", "arm64")
    for minor in (11, 12, 13, 14)
]


def test_what_the_tests_start_is_without_what_the_service_is_shipped_without() -> None:
    stubs = {each.stem for each in Path(__file__).with_name("shipped_without").glob("*.py")}
    locked = {name.replace("-", "_") for name in pins(DEV)} - {name.replace("-", "_") for name in pins(SERVICE)}
    assert stubs != set()
    assert stubs <= locked
    assert stubs & set(sys.modules) == set()  # in this process, which has loaded the service
    program = f"import jsonschema, sys; print({stubs!r} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def _asked_for(kind: str) -> list[Requirement]:
    service, dev, build = project()
    return [Requirement(each) for each in [*service, *build, *(dev if kind == "dev" else [])]]


@pytest.mark.parametrize("kind", LOCKS)
def test_what_the_project_asks_for_is_locked(kind: str) -> None:
    found = pins(LOCKS[kind])
    stale = [
        str(asked)
        for asked in _asked_for(kind)
        if (pin := found.get(canonicalize_name(asked.name))) is None or not asked.specifier.contains(pin.version)
    ]
    assert stale == [], "run: make lock"


@pytest.mark.parametrize("kind", LOCKS)
def test_every_pin_has_hashes_and_pip_is_told_to_heed_them(kind: str) -> None:
    text = LOCKS[kind].read_text("utf-8")
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", text)) == text.count("--hash") > 0
    assert all(pin.hashes for pin in pins(LOCKS[kind]).values())
    assert [line for line in text.splitlines() if line.startswith("--")] == list(OPTIONS)


def test_the_two_locks_agree() -> None:
    service, dev = pins(SERVICE), pins(DEV)
    assert service.keys() <= dev.keys()
    assert [
        name for name, pin in service.items() if (pin.version, pin.hashes) != (dev[name].version, dev[name].hashes)
    ] == []


@pytest.mark.parametrize(
    "line", ["flask==3.1.3\n", "flask\n", "--index-url https://example.org\n", "flask @ https://example.org/f.whl\n"]
)
def test_a_line_that_pins_nothing_is_no_lock(line: str, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(SERVICE.read_text("utf-8") + line, "utf-8")
    with pytest.raises(ValueError, match=r"requirements\.lock"):
        pins(lock)


def _here(kind: str) -> dict[str, Pin]:
    """Pins that this machine installs. Skips outside an environment that was made from the lock."""
    found = {
        name: pin
        for name, pin in pins(LOCKS[kind]).items()
        if pin.requirement.marker is None or pin.requirement.marker.evaluate()
    }
    for name in found:
        try:
            version(name)
        except PackageNotFoundError:
            pytest.skip(f"this environment was not made from {LOCKS[kind].name}: {name} is not installed")
    return found


def test_what_is_installed_is_what_is_locked() -> None:
    assert {name: version(name) for name in _here("dev")} == {name: pin.version for name, pin in _here("dev").items()}


@pytest.mark.parametrize("kind", LOCKS)
def test_nothing_is_locked_that_nobody_asks_for(kind: str) -> None:
    """From pyproject.toml by way of what each package says it needs, on every platform and Python of the lock."""
    installed, locked = _here(kind), pins(LOCKS[kind])
    reached: set[tuple[str, str]] = set()
    open_ends = [(canonicalize_name(each.name), extra) for each in _asked_for(kind) for extra in ("", *each.extras)]
    while open_ends:
        name, extra = open_ends.pop()
        if (name, extra) in reached:
            continue
        reached.add((name, extra))
        if name in installed:  # the others are of another system; what they need has no further needs here
            open_ends += _needs(name, extra)
    assert sorted(locked.keys() ^ {name for name, _ in reached}) == []


def _needs(name: str, extra: str) -> list[tuple[str, str]]:
    return [
        (canonicalize_name(needed.name), each)
        for needed in map(Requirement, distribution(name).requires or ())
        if needed.marker is None or any(needed.marker.evaluate(where | {"extra": extra}) for where in ENVIRONMENTS)
        for each in ("", *needed.extras)
    ]


def _wheel(folder: Path, name: str, version: str) -> None:
    """A wheel that pip would install: right in everything but its content."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tampered.py", "print('not the file that was locked')\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def _pip(lock: Path, files: Path) -> subprocess.CompletedProcess[str]:
    """pip as in the README, from a folder instead of an index; nothing is installed."""
    command = ["-m", "pip", "--isolated", "install", "--dry-run", "--ignore-installed", "--no-deps", "--no-index"]
    return subprocess.run(
        [sys.executable, *command, "--find-links", str(files), "-r", str(lock)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_with_another_content_is_refused(tmp_path: Path) -> None:
    pin = pins(SERVICE)["alembic"]  # the first of the lock
    _wheel(tmp_path, "alembic", pin.version)
    refused = _pip(SERVICE, tmp_path)
    assert refused.returncode != 0
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr
    free = tmp_path / "free.txt"
    free.write_text(f"alembic=={pin.version}\n", "utf-8")
    assert _pip(free, tmp_path).returncode == 0  # it was the lock that refused, and nothing else


def test_a_line_without_a_hash_is_refused_and_nothing_is_built(tmp_path: Path) -> None:
    """By the two options at the head of each lock, whatever the command line says."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("\n".join(OPTIONS) + "\nlittle==1.0\n", "utf-8")
    (tmp_path / "little-1.0.tar.gz").write_bytes(b"")
    assert "No matching distribution" in _pip(lock, tmp_path).stderr
    _wheel(tmp_path, "little", "1.0")
    assert "Hashes are required in --require-hashes mode" in _pip(lock, tmp_path).stderr
