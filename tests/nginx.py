"""docker/nginx.conf at work: real nginx on free ports, with a certificate made for it. Skips without nginx."""

import http.client
import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import self_signed
from tests.running import ROOT, free_port

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
NAME = "localhost"
Answer = tuple[int, http.client.HTTPMessage, bytes]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running nginx: its two ports, the certificate to trust, and its log."""

    tls: int
    plain: int
    certificate: Path
    written: Path

    @property
    def base(self) -> str:
        return f"https://{NAME}:{self.tls}"

    @property
    def log(self) -> str:
        return self.written.read_text("utf-8")

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    def ask(self, method: str, path: str, body: bytes | None = None, *, tls: bool = True, **headers: str) -> Answer:
        """headers: names with _ for -."""
        connection: http.client.HTTPConnection
        if tls:
            connection = http.client.HTTPSConnection(NAME, self.tls, timeout=30, context=self.trusting())
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=30)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


SERVERS = ("server cds:8000 fail_timeout=1s;", "server cds:8000 backup max_fails=0;")


def configuration(folder: Path, services: Sequence[int], tls: int, plain: int, changed: Mapping[str, str]) -> str:
    """docker/nginx.conf, changed where its head says so: names, paths, ports. changed: limits that a test reaches."""
    text = (ROOT / "docker" / "nginx.conf").read_text("utf-8")
    for theirs, ours in (
        ("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl"),
        ("listen 80 ", f"listen 127.0.0.1:{plain} "),
        ("return 308 https://cds.example", f"return 308 https://{NAME}:{tls}"),
        ("server_name cds.example;", f"server_name {NAME};"),
        ("/etc/nginx/tls/tls.", f"{folder}/tls."),
        *((each, " ".join(each.replace("cds:8000", f"127.0.0.1:{port}") for port in services)) for each in SERVERS),
        *changed.items(),
    ):
        assert theirs in text, theirs
        text = text.replace(theirs, ours)
    # Bodies and answers never reach these; nginx makes the folders, which as nobody in particular it may do here only
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    return text.replace("http {\n", f"http {{\n{places}", 1)


@contextmanager
def proxying(folder: Path, *services: int, tls: int = 0, changed: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """nginx in front of these ports of this machine, until the end of the block. tls: its port, 0 for any. folder: for
    its files, with a certificate in it or not."""
    if NGINX is None:
        pytest.skip("NO PROXY TESTED: nginx is not installed (apt-get install nginx-light)")
    tls, plain = tls or free_port(), free_port()
    certificate = folder / "tls.crt"
    if not certificate.exists():
        self_signed(folder, NAME, "127.0.0.1")
    proxy = Proxy(tls, plain, certificate, folder / "nginx.log")
    (folder / "nginx.conf").write_text(configuration(folder, services, tls, plain, changed or {}))
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    command += ["-g", f"daemon off; pid {folder}/nginx.pid;"]
    with (
        proxy.written.open("ab") as log,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True) as process,
    ):
        try:
            _wait(proxy, process)
            yield proxy
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def _wait(proxy: Proxy, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + 20
    while True:
        assert process.poll() is None, proxy.log
        with suppress(OSError):
            return _touch(proxy)
        assert time.monotonic() < ends, "nginx did not answer"
        time.sleep(0.05)


def _touch(proxy: Proxy) -> None:
    proxy.ask("HEAD", "/", tls=False)


def connections_to(port: int) -> int:
    """Open connections to a port of this machine, as its listening side has them."""
    lines: list[Any] = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return sum(1 for fields in lines if fields[1].endswith(f":{port:04X}") and fields[3] == "01")
