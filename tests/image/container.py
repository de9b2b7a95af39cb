"""A container without a container engine: the image's files read-only, its own processes and network, no rights.

What `docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges` gives, by util-linux: mount,
process and network namespaces, a chroot, the image's user. No limits of memory and no seccomp filter. Needs root.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.image.building import Image

# $1 the root of the image, $2 its user, and then the command in it
_START = """
set -e
root=$1 user=$2; shift 2
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/tmp"
mount -t tmpfs -o uid="${user%:*}",gid="${user#*:}",mode=700,size=64m tmpfs "$root/data"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,ro,bind "$root"
ip link set lo up
exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+sys_chroot,+setuid,+setgid \
  chroot --userspec="$user" --groups= "$root" "$@"
"""


@dataclass(frozen=True, slots=True)
class Container:
    """A command that runs in the image. pid: of its first process, as this machine numbers it."""

    image: Image
    process: "subprocess.Popen[bytes]"
    pid: int

    def check_health(self) -> int:
        """The exit status of the image's HEALTHCHECK, in the container."""
        command = self.image.config["Healthcheck"]["Test"][1:]
        inside = ["nsenter", "--target", str(self.pid), "--net", "chroot", f"--userspec={self.image.config['User']}"]
        return subprocess.run(
            [*inside, str(self.image.root), *_environment(self.image, {}), *command],
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode

    def ask(self, path: str, body: object = None) -> tuple[int, object]:
        """Status and JSON, from within the container's network; POST where there is a body."""
        command = ["nsenter", "--target", str(self.pid), "--net", "curl", "--silent", "--write-out", "\n%{http_code}"]
        if body is not None:
            command += ["--header", "Content-Type: application/json", "--data-binary", "@-"]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:8000{path}"],
            input=json.dumps(body).encode(),
            capture_output=True,
            check=True,
        )
        answer, _, status = done.stdout.rpartition(b"\n")
        return int(status), json.loads(answer)

    def status(self, name: str) -> str:
        """A line of /proc/PID/status of its first process: Uid, CapEff, NoNewPrivs and the like."""
        lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines())
        return lines[name].strip()


@contextmanager
def contained(image: Image, arguments: Sequence[str], log: Path, **settings: str) -> Iterator[Container]:
    """The image's entry point with these arguments, until the end of the block. settings: its environment."""
    started = [*_environment(image, settings), *image.config["Entrypoint"], *arguments]
    command = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "sh", "-c", _START, "sh"]
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [*command, str(image.root), image.config["User"], *started], stdout=said, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield Container(image, process, _first(process))
        finally:
            process.kill()


def _first(process: "subprocess.Popen[bytes]") -> int:
    """unshare's only child, which becomes the command."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        with suppress(OSError, ValueError):
            return int(children.read_text("ascii"))
        time.sleep(0.02)
    raise AssertionError("the container did not start")


def _environment(image: Image, settings: dict[str, str]) -> list[str]:
    return ["env", "-i", *image.config["Env"], *(f"{name}={value}" for name, value in settings.items())]
