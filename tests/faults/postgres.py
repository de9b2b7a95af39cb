"""A PostgreSQL server of one's own, to be stopped, held and started again. Knows its programs and processes.

PostgreSQL does not run as root: root starts it as the user `postgres`.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text

from tests.running import free_port

_OPTIONS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_wal_size=32MB", "min_wal_size=32MB")


def programs() -> Path | None:
    """The folder with `initdb` and the others, of the newest version that is installed; None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: int(found.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else folders[-1] if folders else None


@dataclass
class Cluster:
    """Its data are below `folder`, which its user owns."""

    folder: Path
    port: int
    user: str | None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, program: str, *arguments: str) -> None:
        found = programs()
        assert found is not None
        command = [str(found / program), "-D", str(self.data), *arguments]
        subprocess.run(
            command, user=self.user, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def start(self) -> None:
        options = " ".join(f"-c {each}" for each in (*_OPTIONS, f"port={self.port}"))
        self.run("pg_ctl", "start", "--wait", "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """At once, as when the machine goes down; it finds its way back when it starts."""
        self.run("pg_ctl", "stop", "--mode", "immediate", "--wait")

    def hold(self) -> None:
        """Connections stay open, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def let_go(self) -> None:
        self._signal(signal.SIGCONT)

    def read_only(self, switched: bool) -> None:
        """As a server that has become a follower of another one."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if switched else 'off'}"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()

    def _signal(self, number: signal.Signals) -> None:
        parent = int((self.data / "postmaster.pid").read_text("ascii").split()[0])
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
        for pid in (parent, *map(int, children)):
            os.kill(pid, number)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running one with an empty database, in a folder that its user can come to, unlike those of the tests."""
    user = "postgres" if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="faults-", dir="/tmp") as folder:
        if user is not None:
            shutil.chown(folder, user)
        made = Cluster(Path(folder), free_port(), user)
        made.run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
        made.start()
        try:
            yield made
        finally:
            made.let_go()
            made.run("pg_ctl", "stop", "--mode", "immediate")
