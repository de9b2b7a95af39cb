"""A server that does to its caller whatever a script says, byte by byte. Knows sockets, TLS, and no FHIR."""

import atexit
import json
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificates import builder, hosts, new_key, pem

# What is done with a caller: the connection, and the path that he asked for
Script = Callable[[socket.socket, str], None]
NAME = "ehr.example"
_USES = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "encipher_only",
        "decipher_only",
    ),
    False,
)
_SIGNS = x509.KeyUsage(key_cert_sign=True, crl_sign=True, **_USES)


@dataclass
class Server:
    """asked: the heads of the requests, each as text."""

    port: int
    asked: list[str] = field(default_factory=list)
    connections: int = 0


def http(body: Any = b"", status: int = 200, **headers: str) -> bytes:
    """A whole answer. Underscores in the names of headers are hyphens."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/fhir+json", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@contextmanager
def serving(script: Script, *, tls: str | None = None, silent: bool = False) -> Iterator[Server]:
    """tls: the name in its certificate. silent: it takes connections and never reads, a TLS handshake neither."""
    context = None if tls is None else _context(tls)
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])
    stop = threading.Event()
    held: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):
            stream = connection if context is None else context.wrap_socket(connection, server_side=True)
            held.append(stream)
            stream.settimeout(10)
            while head := _head(stream):
                server.asked.append(head)
                script(stream, head.split(" ")[1])

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            if silent:
                held.append(connection)
            else:
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        stop.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in held:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        thread.join()


def _head(stream: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = stream.recv(65_536)
        if piece == b"":
            return ""
        head += piece
        if head.startswith(b"\x16"):
            return "TLS begins"
    return head.decode("latin-1")


@cache
def authority() -> tuple[Path, Any]:
    """The file of the certificate that signs the others, with its key."""
    key = new_key()
    made = builder("tests", key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        made.add_extension(own, critical=False).add_extension(_SIGNS, critical=True).sign(key, hashes.SHA256())
    )
    folder = Path(tempfile.mkdtemp(prefix="cobalamin-cds-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "authority.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path, key


@cache
def _context(name: str) -> ssl.SSLContext:
    file, signer = authority()
    key = new_key()
    made = builder(name, key, "tests").add_extension(hosts(name), critical=False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    signed = made.sign(key if name == "nobody" else signer, hashes.SHA256())
    path = file.parent / f"{name}.pem"
    path.write_bytes(pem(key) + signed.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
