"""TLS at the proxy: docker/nginx.conf under real nginx in front of a real `serve` (REQ-6). Skips without nginx."""

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.hook_calls import call, draft
from tests.loopback import on_loopback
from tests.nginx import NAME, Proxy, connections_to, proxying
from tests.running import ROOT, Running, free_port, running
from tests.signing import clients_file, token
from tests.until import until

SELECT = "/cds-services/b12-order-select"
BODY = json.dumps(call(draft())).encode()
MARK = "MARKED-7c1e"
FORGED = {
    "X_Forwarded_Proto": "http",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_For": "192.0.2.66",
    "X_Forwarded_Port": "1",
    "X_Forwarded_Prefix": "/evil",
    "X_Forwarded_Server": "evil.example",
    "X_Real_IP": "192.0.2.66",
    "Forwarded": "for=192.0.2.66;proto=http;host=evil.example",
}


@dataclass(frozen=True, slots=True)
class Place:
    proxy: Proxy
    service: Running

    def token(self, base: str | None = None, path: str = SELECT) -> str:
        now = int(time.time())
        return token(aud=f"{base or self.proxy.base}{path}", iat=now, exp=now + 300)

    def post(self, bearer: str, body: bytes = BODY, **headers: str) -> Any:
        sent = {"Content_Type": "application/json", "Authorization": f"Bearer {bearer}"} | headers
        return self.proxy.ask("POST", SELECT, body, **sent)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("proxied")
    tls = free_port()
    settings = {
        "clients": str(clients_file(folder)),
        "public_url": f"https://{NAME}:{tls}",
        "trusted_proxies": "127.0.0.1",
    }
    with running(1, **settings) as service, proxying(folder, service.port, tls=tls) as proxy:
        yield Place(proxy, service)


def outcome(body: bytes) -> str:
    found = json.loads(body)
    assert found["resourceType"] == "OperationOutcome"
    return str(found["issue"][0]["code"])


# who comes in


def test_a_good_token_comes_in_by_tls(place: Place) -> None:
    status, headers, body = place.post(place.token())
    assert (status, body) == (200, b'{"cards":[]}')
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Server"] == "nginx"
    for name in ("X-Content-Type-Options", "Cache-Control", "Content-Security-Policy"):
        assert len(headers.get_all(name, [])) == 1
    assert place.post("not-a-token")[0] == 401
    assert place.post("x" * 8192)[0] == 401  # as long as a token may be: refused by the service, not for its length
    assert place.post(place.token(), b"[1]" + b" " * 2_000_000)[0] == 400  # a long body is taken in, and handed on


def test_plain_http_is_redirected_and_nothing_is_taken_in(place: Place) -> None:
    for method in ("GET", "HEAD"):
        status, headers, _ = place.proxy.ask(method, "/rules?format=json", tls=False)
        assert (status, headers["Location"]) == (308, f"{place.proxy.base}/rules?format=json")
    bearer = {"Authorization": f"Bearer {place.token()}", "Content_Type": "application/json"}
    for method in ("POST", "PUT", "OPTIONS"):
        status, headers, body = place.proxy.ask(method, SELECT, BODY, tls=False, **bearer)
        assert (status, headers["Content-Type"], outcome(body)) == (403, "application/json", "security")
    for path in ("/healthz", "/readyz"):
        assert place.proxy.ask("GET", path, tls=False)[0] == place.proxy.ask("GET", path)[0] == 200


def test_round_the_proxy_nobody_comes_in(place: Place) -> None:
    """From the address of the proxy itself, which must say that there was TLS."""
    assert place.service.post(SELECT, call(draft())) == 403
    odd = b"GET /rules HTTP/1.0\r\nHost: x\r\nX_Forwarded_Proto: https\r\n\r\n"
    with socket.create_connection(("127.0.0.1", place.service.port), timeout=10) as direct:
        direct.sendall(odd)  # WSGI knows no difference between _ and -
        assert direct.makefile("rb").readline().split()[1] == b"308"
    assert place.service.get("/healthz")[0] == 200


def test_what_a_caller_says_of_its_way_has_no_effect(place: Place) -> None:
    assert place.post(place.token(), **FORGED)[0] == 200
    assert place.post(place.token("https://evil.example"), **FORGED, Host="evil.example")[0] == 401


def test_only_what_the_proxy_itself_says_is_sent_on(tmp_path: Path) -> None:
    with showing() as (port, seen), proxying(tmp_path, port) as proxy:
        for headers in ({}, FORGED, FORGED | {"Host": "evil.example"}):
            proxy.ask("GET", "/cds-services", **headers)
            proxy.ask("GET", "/healthz", tls=False, **headers)
    assert len(seen) == 6
    for place, sent in enumerate(seen):
        said = {name: value for name, value in sent if name.lower().startswith(("x-", "forwarded", "host"))}
        scheme = "http" if place % 2 else "https"
        assert said == {"Host": NAME, "X-Forwarded-Host": NAME, "X-Forwarded-Proto": scheme}
        assert len({name for name, _ in sent}) == len(sent)


def test_the_counts_stay_inside_however_they_are_asked_for(tmp_path: Path) -> None:
    with showing() as (port, seen), proxying(tmp_path, port) as proxy:
        for path in (
            "/metrics",
            "/metrics/",
            "//metrics",
            "//metrics//x",
            "/%6detrics/",
            "/x/../metrics/",
            "/metrics/?x",
        ):
            status, _, body = proxy.ask("GET", path)
            assert (status, outcome(body)) == (404, "not-found"), path
        assert seen == []


@contextmanager
def showing() -> Iterator[tuple[int, list[list[tuple[str, str]]]]]:
    """A server in the place of the service, and the headers that it is sent."""
    seen: list[list[tuple[str, str]]] = []

    class Shows(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server looks for
            seen.append(self.headers.items())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shows)
    with on_loopback(server):
        yield server.server_port, seen


# slow callers


def half_sent(proxy: Proxy, held: ExitStack, head: str = "Content-Length: 100000\r\n\r\n{") -> ssl.SSLSocket:
    """A call that stops in the middle."""
    plain = held.enter_context(socket.create_connection(("127.0.0.1", proxy.tls), timeout=20))
    slow = held.enter_context(proxy.trusting().wrap_socket(plain, server_hostname=NAME))
    slow.sendall(f"POST {SELECT} HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/json\r\n{head}".encode())
    return slow


def test_slow_callers_do_not_reach_the_service(place: Place) -> None:
    """Thirty calls half sent, with a good token each: more than the service has threads. It sees none of them."""
    with ExitStack() as held:
        for number in range(30):
            bearer = f"Authorization: Bearer {place.token()}\r\n"
            half_sent(place.proxy, held, bearer + ("Content-Length: 100000\r\n\r\n{" if number % 3 else ""))
        seen = 0
        for _ in range(20):
            seen = max(seen, connections_to(place.service.port))
            time.sleep(0.05)
        assert seen <= 3  # those of earlier tests, which nginx keeps open
        assert place.post(place.token())[0] == 200


def test_slow_callers_are_given_up_and_one_address_holds_a_part_of_the_connections(tmp_path: Path) -> None:
    changed = {
        "client_body_timeout 10s": "client_body_timeout 5s",
        "client_header_timeout 10s": "client_header_timeout 5s",
        "limit_conn callers 512": "limit_conn callers 4",
    }
    with proxying(tmp_path, free_port(), changed=changed) as proxy, ExitStack() as held:
        slow = [half_sent(proxy, held) for _ in range(4)]

        def refused() -> bool:  # once nginx has read the four: each is counted when its headers have arrived
            status, headers, body = proxy.ask("POST", SELECT, b"{}")
            return (status, headers["Content-Type"], outcome(body)) == (429, "application/json", "throttled")

        until(refused, seconds=4)
        for each in (*slow, half_sent(proxy, held, "X-Half:")):
            with suppress(ConnectionError):  # a reset is as good an end
                assert each.recv(1) == b""
        assert proxy.ask("POST", SELECT, b"{}")[0] == 503


# what nginx answers itself, and what it writes down


def test_its_own_answers_are_outcomes_and_its_log_holds_nothing_of_a_caller(tmp_path: Path) -> None:
    marked = {
        "Referer": f"https://{MARK}.example/",
        "User_Agent": MARK,
        "Authorization": f"Bearer {MARK}",
        "Cookie": MARK,
    }
    with proxying(tmp_path, free_port()) as proxy:  # nothing listens there
        large = b"x" * (16 * 2**20 + 1)
        answers = [
            proxy.ask("POST", f"/cds-services/{MARK}?patient={MARK}", MARK.encode(), **marked),
            proxy.ask("POST", f"/{MARK}", large, **marked),
            proxy.ask("GET", f"/{MARK}", **marked | {"X_Long": MARK * 1000}),
            proxy.ask("TRACE", f"/{MARK}", **marked),
            proxy.ask("POST", f"/{MARK}?{MARK}", MARK.encode(), tls=False, **marked),
            _plain_to_tls(proxy),
        ]
        proxy.ask("GET", f"/{MARK}?{MARK}", tls=False, **marked)
    assert [status for status, _, _ in answers] == [503, 413, 400, 400, 403, 400]
    found = [outcome(body) for _, _, body in answers]
    assert found == ["transient", "too-long", "structure", "structure", "security", "structure"]
    for _, headers, _ in answers[:-1]:
        assert headers["Content-Type"] == "application/json"
        assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    lines = [json.loads(line) for line in proxy.log.splitlines()]
    assert {line["status"] for line in lines} == {308, 503, 413, 400, 403}
    assert MARK not in proxy.log
    assert "127.0.0.1" not in proxy.log.replace("127.0.0.1:", "")  # the address of the service alone, as upstream
    assert "cds-services" not in proxy.log


def _plain_to_tls(proxy: Proxy) -> Any:
    with socket.create_connection(("127.0.0.1", proxy.tls), timeout=10) as plain:
        plain.sendall(f"GET /{MARK} HTTP/1.1\r\nHost: {MARK}\r\nConnection: close\r\n\r\n".encode())
        text = plain.makefile("rb").read()
    head, _, body = text.partition(b"\r\n\r\n")
    return int(head.split()[1]), {}, body


def test_the_log_names_a_call_as_the_service_does(place: Place) -> None:
    asked = str(uuid4())
    assert place.post(place.token(), X_Request_Id=asked)[0] == 200
    until(lambda: not asked not in place.proxy.log)
    (line,) = [json.loads(each) for each in place.proxy.log.splitlines() if asked in each]
    assert (line["status"], line["upstream"], line["tls"]) == (200, "200", "TLSv1.3")


# TLS itself


def test_a_name_that_is_not_in_the_certificate_is_not_believed(place: Place) -> None:
    with (
        socket.create_connection(("127.0.0.1", place.proxy.tls), timeout=10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        place.proxy.trusting().wrap_socket(plain, server_hostname="cds.example")


def test_the_tester_comes_through_and_sees_tls(place: Place) -> None:
    """Assertion 70, which tries the old versions too. It believes the certificate as an operator would have it do."""
    command = [sys.executable, "-m", "cds_service", "conformance", place.proxy.base, "--group", "A,I", "--json"]
    env = {"PATH": "/usr/bin:/bin", "REQUESTS_CA_BUNDLE": str(place.proxy.certificate)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[:3000]
    results = {each["number"]: each for each in json.loads(done.stdout)["assertions"]}
    assert (results[70]["verdict"], results[70]["said"]) == ("PASS", "TLSv1_2, TLSv1_3")
