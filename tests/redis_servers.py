"""Redis for tests: the server of the machine, with a key prefix of the test's own, and servers made for one test."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.running import free_port

URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


@contextmanager
def own_prefix() -> Iterator[str]:
    """A prefix for keys on the server at URL, which are deleted at the end. Skips where no server answers."""
    prefix = f"{{test-{uuid4().hex}}}"
    with Redis.from_url(URL, socket_connect_timeout=2, retry=None) as admin:
        try:
            admin.ping()
        except RedisError:
            pytest.skip("no Redis server answers at TEST_REDIS_URL")
        yield prefix
        if left := keys_of(admin, prefix):
            admin.delete(*left)


def keys_of(server: "Redis", prefix: str) -> list[bytes]:
    return list(server.scan_iter(f"{prefix}*", count=1000))


@dataclass
class Server:
    """A redis-server of the test's own: options as on its command line. Not running until `start`."""

    folder: Path
    options: tuple[str, ...] = ()
    password: str | None = None
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        user = "" if self.password is None else f":{self.password}@"
        return f"redis://{user}127.0.0.1:{self.port}/0"

    @property
    def admin(self) -> "Redis":
        return Redis(port=self.port, password=self.password, socket_timeout=5, retry=None)

    def start(self) -> None:
        command = [str(shutil.which("redis-server")), "--port", str(self.port), "--save", "", "--appendonly", "no"]
        command += ["--bind", "127.0.0.1", "--dir", str(self.folder), *self.options]
        command += [] if self.password is None else ["--requirepass", self.password]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        ends = time.monotonic() + 20
        while True:
            with suppress(RedisError), self.admin as admin:
                admin.ping()
                return
            assert self.process.poll() is None, "redis-server did not start"
            assert time.monotonic() < ends, "redis-server did not answer"
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None

    def ask(self, *command: Any) -> Any:
        with self.admin as admin:
            return admin.execute_command(*command)


@contextmanager
def own_server(folder: Path, *options: str, started: bool = True, password: str | None = None) -> Iterator[Server]:
    """Skips where there is no redis-server."""
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server here")
    server = Server(folder, options, password)
    try:
        if started:
            server.start()
        yield server
    finally:
        server.kill()
