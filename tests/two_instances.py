"""docker/compose.yaml as processes of this machine: its two instances, PostgreSQL, Redis and the proxy, on loopback.

Settings, Redis's options, the clients file and the secrets are those of docker/. Changed is what containers would give:
names of hosts are loopback addresses here, and ports are free ones. Skips without PostgreSQL, Redis or nginx.
"""

import http.client
import json
import os
import runpy
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import jwt

from tests.databases import postgresql
from tests.manifests import FOLDER, environment_file, read
from tests.nginx import NAME, Proxy, proxying
from tests.redis_servers import Server, own_server
from tests.running import Running, free_port, running

_SECONDS_TO_END = 40


@dataclass
class TwoInstances:
    """What compose.yaml starts. instances: two of them, each with one worker. database: its URL."""

    instances: list[Running]
    proxy: Proxy
    database: str
    redis: Server
    _key: bytes
    _settings: dict[str, str]
    _held: ExitStack

    def token(self, path: str) -> str:
        """A good one of the example EHR, for one call of this path."""
        now = int(time.time())
        claims = {"iss": "https://ehr.example", "aud": f"{self.proxy.base}{path}", "iat": now, "exp": now + 300}
        return jwt.encode(claims | {"jti": str(uuid4())}, self._key, "ES384", {"kid": "example-ehr"})

    def post(self, path: str, body: Any, bearer: str | None = None) -> tuple[int, Any]:
        """Status and JSON, by way of the proxy. bearer: a token, if not a new one."""
        headers = {"Content_Type": "application/json", "Authorization": f"Bearer {bearer or self.token(path)}"}
        status, _, answer = self.proxy.ask("POST", path, json.dumps(body).encode(), **headers)
        return status, json.loads(answer)

    def post_to(self, number: int, path: str, body: Any, bearer: str | None = None) -> tuple[int, Any]:
        """The same to one instance, as the proxy would hand it on."""
        connection = http.client.HTTPConnection("127.0.0.1", self.instances[number].port, timeout=30)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer or self.token(path)}"}
            headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-Host": NAME}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def stop(self, number: int) -> int:
        """SIGTERM, as a container gets it; the exit status of what has finished what it was doing."""
        process = self.instances[number].process
        process.send_signal(signal.SIGTERM)
        return process.wait(_SECONDS_TO_END)

    def kill(self, number: int) -> None:
        """As a machine that is gone: the process and all of its workers."""
        process = self.instances[number].process
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_SECONDS_TO_END)

    def start(self, number: int) -> None:
        """Anew, at the same address; returns when it answers."""
        port = self.instances[number].port
        self.instances[number] = self._held.enter_context(running(1, port=port, **self._settings))


@contextmanager
def two_instances(folder: Path, count: int = 2, of_client: str = "") -> Iterator[TwoInstances]:
    """All of it until the end of the block. folder: an empty one, for its files. count: another number of instances.
    of_client: what the clients file says of the example EHR besides."""
    for name in ("first_start.py", "clients.toml"):
        shutil.copy(FOLDER / name, folder)
    with (folder / "clients.toml").open("a", encoding="utf-8") as clients:
        clients.write(of_client)
    secrets = folder / "secrets"
    assert runpy.run_path(str(folder / "first_start.py"))["main"](secrets) == 0
    services = read(FOLDER / "compose.yaml")["services"]
    with ExitStack() as held:
        database = held.enter_context(postgresql())
        password = (secrets / "redis.conf").read_text("utf-8").split()[1]
        redis = held.enter_context(own_server(folder, *services["redis"]["command"][2:], password=password))
        tls = free_port()
        settings = {
            **services["cds-1"]["environment"],
            **environment_file(secrets / "service.env"),
            "CDS_PUBLIC_URL": f"https://{NAME}:{tls}",
            "CDS_CLIENTS": str(folder / "clients.toml"),
            "CDS_TRUSTED_PROXIES": "127.0.0.1",
            "CDS_DATABASE_URL": database,
        }
        of_redis = urlsplit(settings["CDS_SHARED_STATE_URL"])
        settings["CDS_SHARED_STATE_URL"] = of_redis._replace(
            netloc=f":{of_redis.password}@127.0.0.1:{redis.port}"
        ).geturl()
        ours = {name[4:].lower(): value for name, value in settings.items() if name.startswith("CDS_")}
        instances = [held.enter_context(running(1, **ours)) for _ in range(count)]
        proxy = held.enter_context(proxying(secrets, *(each.port for each in instances), tls=tls))
        key = (secrets / "example-ehr.key.pem").read_bytes()
        yield TwoInstances(instances, proxy, database, redis, key, ours, held)
