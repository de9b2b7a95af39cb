"""`python -m tests.image`: build docker/Dockerfile here, without a container engine, and try the service in it.

Prints the size of each layer and what was found, one line each; exit status 1 where something is not as it should be.
Needs root, buildah and debootstrap (Debian: apt-get install buildah debootstrap), and takes some four minutes.
"""

import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cds_service.examples import examples
from tests.image.building import NEEDED, Builder, Image
from tests.image.container import Container, contained
from tests.manifests import pods

Finding = tuple[str, bool]
_TOOLS = re.compile(r"(.*-)?(gcc|g\+\+|cc|c\+\+|clang|ld|as|make|pip3?)(-[0-9.]+)?")

_TESTS = ("tests", "testsuite", "test_*.py*")


def main() -> int:
    """0 where the image is built and all is as it should be."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        print(f"NO IMAGE BUILT: needs root and {' and '.join(NEEDED)}", file=sys.stderr)
        return 1
    with TemporaryDirectory(prefix="cobalamin-cds-image-") as name:
        folder = Path(name)
        builder = Builder(folder)
        builder.make_base()
        image = builder.build()
        _tell_sizes(image)
        faults = 0
        for what, right in (
            *_content(image),
            *_demo(image, folder),
            *_migration(image, folder),
            *_service(image, folder),
        ):
            print(f"{'ok   ' if right else 'FAULT'} {what}", flush=True)
            faults += not right
    return 1 if faults else 0


def _tell_sizes(image: Image) -> None:
    print("layer           sent, MB  unpacked, MB")
    for name, layer in zip(("Debian, Python", "the service"), image.layers, strict=True):
        print(f"{name:15} {layer.sent / 1e6:8.1f}  {layer.unpacked / 1e6:12.1f}", flush=True)


def _content(image: Image) -> Iterator[Finding]:
    installed = image.root / "venv"
    programs = [path.name for folder in ("usr/bin", "venv/bin") for path in (image.root / folder).iterdir()]
    yield "no compiler, linker or pip among the programs", not [name for name in programs if _TOOLS.fullmatch(name)]
    yield "no test among the packages", not [each for name in _TESTS for each in installed.rglob(name)]
    yield "no pip, and nothing that builds packages", not [*installed.rglob("site-packages/pip*/__init__.py")]
    yield "compiled once: a read-only root has no place for it", any(installed.rglob("settings.cpython-311.pyc"))
    yield "the user is a number, and not root", bool(re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", image.config["User"]))


def _demo(image: Image, folder: Path) -> Iterator[Finding]:
    log = folder / "demo"
    with contained(image, ["demo"], log) as container:
        status = container.process.wait(120)
    cards = log.read_text("utf-8")
    yield (
        f"the demo ends with 0 and prints {len(cards.splitlines())} lines",
        status == 0 and "CRITICAL" in cards.upper(),
    )


def _migration(image: Image, folder: Path) -> Iterator[Finding]:
    log = folder / "migration"
    with contained(image, pods()["Job"]["containers"][0]["args"], log) as container:
        status = container.process.wait(60)
    yield "what the migration Job runs makes the tables", status == 0 and ": up to date" in log.read_text("utf-8")


def _service(image: Image, folder: Path) -> Iterator[Finding]:
    log = folder / "service"
    with contained(image, image.config["Cmd"], log, CDS_INSECURE="1") as container:
        yield "the health check fails before the service answers", container.check_health() != 0
        yield "the health check succeeds", _until(lambda: container.check_health() == 0)
        yield "/readyz answers", container.ask("/readyz") == (200, {"status": "ready"})
        yield from (_asked(container, number) for number in (1, 11))
        yield "its user is the image's", container.status("Uid").split()[0] == image.config["User"].split(":")[0]
        yield "it has no capability, and can get none", int(container.status("CapEff"), 16) == 0
        yield "no new privileges", container.status("NoNewPrivs") == "1"
        inside = Path(f"/proc/{container.pid}/root")
        yield "its root is read-only", bool(os.statvfs(inside).f_flag & os.ST_RDONLY)
        yield "records are kept in the volume", (inside / "data" / "records.sqlite3").is_file()
        os.kill(container.pid, signal.SIGTERM)
        yield "SIGTERM ends it, as the first process of its container, with 0", container.process.wait(40) == 0


def _asked(container: Container, number: int) -> Finding:
    """A request of the demo: the first has a critical or warning card, the eleventh is a right order and has none."""
    example = examples(datetime.now(UTC).date())[number - 1]
    status, answer = container.ask(f"/cds-services/b12-{example.body['hook']}", example.body)
    cards = answer["cards"] if status == 200 and isinstance(answer, dict) else None
    found = f"{status}, {len(cards or ())} cards"
    return f"hook call, {example.title}: {found}", cards is not None and bool(cards) is (number == 1)


def _until(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 60
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.2)
    return True


if __name__ == "__main__":
    sys.exit(main())
