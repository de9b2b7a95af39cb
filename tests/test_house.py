"""The house rules as tests: lint, types, the import contract, file sizes, fresh tables, nothing half-done."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from cds_service.knowledge.tables import load
from cds_service.readme_tables import rewritten

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
COMMANDS = {
    "ruff check": [sys.executable, "-m", "ruff", "check", "--no-cache", "."],
    "ruff format": [sys.executable, "-m", "ruff", "format", "--no-cache", "--check", "."],
    "mypy --strict": [sys.executable, "-m", "mypy", "--no-error-summary"],
    "import contract": [str(SCRIPTS / "lint-imports"), "--no-cache"],
}
PACKAGES = ("cds_service", "fhir_mappings", "tests")


def _python_files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_tools_find_nothing(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_no_file_is_over_300_lines() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in _python_files()}
    assert {name: size for name, size in sizes.items() if size > 300} == {}


def test_every_module_says_what_it_is() -> None:
    silent = [p for p in _python_files() if p.name != "__init__.py" and not p.read_text("utf-8").startswith('"""')]
    assert silent == []


def test_the_core_imports_without_third_party_packages() -> None:
    """clinical and knowledge run with the standard library alone (architecture.md)."""
    program = (
        "import sys; sys.path.insert(0, '.');"
        "import cds_service.knowledge.tables as t, cds_service.knowledge.wording as w; t.load(); w.load_wording();"
        "import cds_service.clinical.evaluate"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_core_reads_no_clock() -> None:
    words = ("datetime.now", "date.today", "time.time(", "utcnow")
    core = [*(ROOT / "cds_service" / "clinical").rglob("*.py"), *(ROOT / "cds_service" / "knowledge").rglob("*.py")]
    assert [path for path in core if any(word in path.read_text("utf-8") for word in words)] == []


def test_nothing_is_half_done() -> None:
    words = ("NotImplemented" + "Error", "TO" + "DO", "FIX" + "ME", "X" + "XX")
    assert [p for p in _python_files() if any(word in p.read_text("utf-8") for word in words)] == []


def test_the_tables_of_the_readme_are_fresh() -> None:
    for page in ("README.md", "docs/integrators.md", "docs/onboarding.md"):
        text = (ROOT / page).read_text("utf-8")
        assert rewritten(text, load()) == text, "run: cobalamin-cds docs"


def test_ci_runs_the_commands_of_the_readme() -> None:
    readme, script = (ROOT / "README.md").read_text("utf-8"), (ROOT / ".ci" / "run").read_text("utf-8")
    for marker in ("<!-- test command -->", "<!-- run command -->"):
        assert marker in readme
        assert marker in script


def test_what_is_installed_by_our_own_hand_comes_from_a_lock() -> None:
    """README, CI and the image: pip reads a lock, or installs this folder with nothing fetched."""
    for name in ("README.md", ".ci/run", "docker/Dockerfile"):
        text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
        for words in re.findall(r"pip install ([^&\n`]*)", text):
            assert re.search(r"-r requirements(-dev)?\.lock", words) or {"--no-deps", "--no-build-isolation"} <= {
                *words.split()
            }, f"{name}: pip install {words}"
