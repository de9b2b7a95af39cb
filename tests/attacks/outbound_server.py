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
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
def authority() -> tuple[Path, Any, Any]:
    """The file of the certificate that signs the others, with certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    made = _builder(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        made.add_extension(own, critical=False).add_extension(_SIGNS, critical=True).sign(key, hashes.SHA256())
    )
    folder = Path(tempfile.mkdtemp(prefix="cobalamin-cds-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "authority.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path, certificate, key


@cache
def _context(name: str) -> ssl.SSLContext:
    file, certificate, signer = authority()
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    made = _builder(subject, certificate.subject, key).add_extension(names, critical=False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    signed = made.sign(key if name == "nobody" else signer, hashes.SHA256())
    path = file.parent / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _builder(subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
    )
