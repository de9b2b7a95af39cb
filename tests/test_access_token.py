"""The access token of a call: it goes to the server of that call and nowhere else, and is gone with the answer."""

import gc
import http.client
import json
import logging
import secrets
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.outbound.names import Names, Reach
from cds_service.outbound.session import new_session
from cds_service.settings import Settings
from cds_service.trust.key_fetch import fetch_text
from tests.attacks.outbound import HEAD, PLAIN, TLS, answers, ends, forever
from tests.attacks.outbound_server import NAME, Script, authority, serving
from tests.attacks.outbound_server import http as answer
from tests.attacks.outbound_stage import let_go
from tests.gathering import EMPTY
from tests.hook_calls import AUTHORIZATION, PATIENT_RESOURCE, call, draft
from tests.signing import Serve, jwks, token

PATH = "/cds-services/b12-order-select"


def body(base: str, access_token: str) -> str:
    given = AUTHORIZATION | {"access_token": access_token}
    return json.dumps(call(draft(text="cyanocobalamin 1 mg tablet"), fhirServer=base, fhirAuthorization=given))


def standard(stream: socket.socket, path: str) -> None:
    stream.sendall(answer(PATIENT_RESOURCE if "/Patient/" in path else EMPTY, Set_Cookie="session=1"))


def beside(script: Script) -> Script:
    """The patient as usual, and all else by the script."""
    return lambda stream, path: (standard if "/Patient/" in path else script)(stream, path)


def holders(backwards: str) -> list[str]:
    """What holds a text with this in it, read backwards: a search for the value itself would find the search."""
    plain = backwards.encode()
    return [
        f"{type(owner).__name__} {owner!r:.100}"
        for owner in gc.get_objects()
        for held in gc.get_referents(owner)
        if (isinstance(held, str) and backwards in held[::-1]) or (isinstance(held, bytes) and plain in held[::-1])
    ]


ENDINGS: dict[str, Script] = {
    "answers": standard,
    "refusals": answers(answer(b"", 401)),
    "errors": beside(answers(answer(b"", 500))),
    "redirects": beside(answers(answer(b"", 302, Location="https://evil.example/"))),
    "garbage": beside(ends(b"220 mail.example\r\n\r\n")),
    "hangs up": beside(lambda stream, _: stream.shutdown(socket.SHUT_RDWR)),
    "headers slowly": beside(forever(HEAD, b"X: x\r\n", 0.05)),
    "body slowly": beside(forever(HEAD + b"\r\n", b" ", 0.05)),
}


@pytest.mark.parametrize("script", ENDINGS.values(), ids=ENDINGS)
def test_nothing_holds_the_token_when_the_answer_is_there(script: Script) -> None:
    """Not even until Python looks for what holds itself in a circle: an idle service may not look for hours."""
    with serving(script) as server:
        base = PLAIN.replace("{port}", str(server.port))
        http = create_app(Settings(fhir_servers=(base,), deadline_ms=700)).test_client()
        backwards = secrets.token_hex(16)
        gc.collect()
        gc.disable()
        try:
            status = http.post(PATH, data=body(base, backwards[::-1])).status_code
            assert let_go()
            assert any(backwards in head[::-1] for head in server.asked)
            server.asked.clear()
            assert holders(backwards) == []
        finally:
            gc.enable()
    assert status == (412 if script is ENDINGS["refusals"] else 200)


def test_tokens_of_clients_never_cross(guarded: Serve) -> None:
    with serving(standard) as one, serving(standard) as two:
        bases = [PLAIN.replace("{port}", str(server.port)) for server in (one, two)]
        issuers = ["https://one.example", "https://two.example"]
        service = guarded(
            *({"name": i, "issuer": i, "fhir_servers": [base]} for i, base in zip(issuers, bases, strict=True))
        )

        def ask(number: int) -> int:
            which = number % 2
            headers = {"Authorization": f"Bearer {token(iss=issuers[which])}"}
            sent = body(bases[which], f"tok-{which}-{number}-")
            status: int = service.http.application.test_client().post(PATH, data=sent, headers=headers).status_code
            return status

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(16))) == {200}
        for which, server in enumerate((one, two)):
            assert len(server.asked) == 8 * 9
            assert all(f"Bearer tok-{which}-" in head for head in server.asked)
            assert not any("Cookie" in head for head in server.asked)


def test_no_password_is_taken_from_a_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(standard) as fhir, serving(answers(answer(jwks("ES384")))) as keys:
        base = PLAIN.replace("{port}", str(fhir.port))
        http = create_app(Settings(fhir_servers=(base,), allow_open_fhir=True)).test_client()
        envelope = call(draft(text="cyanocobalamin 1 mg tablet"), fhirServer=base)
        assert http.post(PATH, json=envelope).status_code == 200
        with new_session(Reach(Names(), named=None)) as session:
            fetch_text(session, f"http://127.0.0.1:{keys.port}/jwks")
        assert len(fhir.asked) == 9
        assert len(keys.asked) == 1
        assert not any("Authorization" in head for head in (*fhir.asked, *keys.asked))


def test_no_library_prints_it(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """With logs at the lowest level, and with http.client asked to show what it sends."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    handler = logging.StreamHandler()
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG)
    try:
        with serving(standard) as server:
            base = PLAIN.replace("{port}", str(server.port))
            service = create_app(Settings(fhir_servers=(base,))).test_client()
            assert service.post(PATH, data=body(base, "tok-printed")).status_code == 200
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
    printed = "".join(capfd.readouterr())
    assert '"fetched":9' in printed
    assert "tok-printed" not in printed
    assert "pat-7f3a" not in printed


def test_a_proxy_gets_neither_the_token_nor_calls_to_the_machine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    with serving(standard, tls=NAME) as server, serving(_tunnel(server.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@proxy.example:{proxy.port}")
        monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority()[0]))
        base = TLS.replace("{port}", str(server.port))
        http = create_app(
            Settings(fhir_servers=(base,)), look_up=lambda host: looked_up.append(host) or ["127.0.0.1"]
        ).test_client()
        assert http.post(PATH, data=body(base, "tok-by-proxy")).status_code == 200
        assert set(looked_up) == {"proxy.example"}  # which resolves the other name, and may be anywhere
        assert proxy.asked != []
        assert all(head.startswith(f"CONNECT {NAME}:{server.port} ") for head in proxy.asked)
        assert not any("tok-by-proxy" in head for head in proxy.asked)
        assert all("Bearer tok-by-proxy" in head and "Proxy-" not in head for head in server.asked)
        proxy.asked.clear()
        with serving(standard) as local:
            base = PLAIN.replace("{port}", str(local.port))
            http = create_app(Settings(fhir_servers=(base,))).test_client()
            assert http.post(PATH, data=body(base, "tok-local")).status_code == 200
        assert proxy.asked == []
        assert not any("Proxy-" in head for head in local.asked)


def _tunnel(port: int) -> Script:
    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    def script(stream: socket.socket, _: Any) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=copy, args=(server, stream), daemon=True)
            back.start()
            copy(stream, server)
            back.join(5)

    return script


def test_slow_servers_do_not_use_up_the_threads() -> None:
    """More reads than there are threads, each from a server that would take six seconds; then one that answers."""
    with serving(forever(HEAD, b"X: x\r\n", 0.1)) as slow, serving(standard) as quick:
        bases = [PLAIN.replace("{port}", str(server.port)) for server in (slow, quick)]
        app = create_app(Settings(fhir_servers=tuple(bases), deadline_ms=1500))
        with ThreadPoolExecutor(8) as callers:
            sent = [callers.submit(app.test_client().post, PATH, data=body(bases[0], "t")) for _ in range(8)]
            assert {each.result().status_code for each in sent} == {412}
        assert len(slow.asked) >= 64
        assert let_go()
        assert app.test_client().post(PATH, data=body(bases[1], "t")).status_code == 200
