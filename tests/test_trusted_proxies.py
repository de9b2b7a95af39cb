"""Whose forwarded headers are believed, what they decide, and that a call without TLS is refused (REQ-6)."""

import json
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.hooks.own_url import base_url
from cds_service.settings import Settings, SettingsError, read_settings
from tests.hook_calls import call, draft
from tests.signing import Serve, token

SELECT = "/cds-services/b12-order-select"
PROXY, STRANGER, WORKSTATION = "10.2.0.7", "10.9.0.9", "198.51.100.23"
PUBLIC = "https://cds.example/b12"
TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cds.example"}


def settings(proxies: str = "10.2.0.0/28", **more: str) -> Settings:
    return read_settings({"CDS_TRUSTED_PROXIES": proxies, "CDS_LOG_LEVEL": "error"} | more)


def service(**more: str) -> FlaskClient:
    return _made(tuple(more.items())).test_client()


@cache
def _made(chosen: tuple[tuple[str, str], ...]) -> Flask:
    return create_app(settings(**dict(chosen)))


def ask(client: FlaskClient, peer: str, method: str = "POST", path: str = SELECT, **headers: Any) -> Any:
    """headers: names with _ for -; a list is that header, sent several times."""
    listed = [(name.replace("_", "-"), each) for name, value in headers.items() for each in _several(value)]
    body = {"json": call(draft())} if method == "POST" else {}
    return client.open(path, method=method, headers=listed, environ_base={"REMOTE_ADDR": peer}, **body)


def _several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def refused(answer: Any) -> bool:
    if answer.status_code != 403:
        return False
    issue = answer.get_json()["issue"][0]
    assert issue["details"]["coding"][0]["code"] == "not-encrypted"
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return True


# which calls come in


@pytest.mark.parametrize(
    ("peer", "headers", "comes_in"),
    [
        (PROXY, {"X_Forwarded_Proto": "https"}, True),
        (PROXY, {"X_Forwarded_Proto": "HTTPS"}, True),
        (f"::ffff:{PROXY}", {"X_Forwarded_Proto": "https"}, True),
        (PROXY, {"X_Forwarded_Proto": "http"}, False),
        (PROXY, {}, False),
        # A client's own value stands before the one that the proxy has set
        (PROXY, {"X_Forwarded_Proto": "https, http"}, False),
        (PROXY, {"X_Forwarded_Proto": ["https", "http"]}, False),
        (PROXY, {"X_Forwarded_Proto": "http, https"}, True),
        (PROXY, {"X_Forwarded_Proto": "https,"}, False),
        # What the proxy may not know, and hands on
        (PROXY, {"Forwarded": "proto=https;host=cds.example"}, False),
        (PROXY, {"X_Forwarded_Ssl": "on", "X_Forwarded_Scheme": "https", "X_Forwarded_Protocol": "ssl"}, False),
        (STRANGER, {}, False),
        (STRANGER, {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "cds.example"}, False),
        (STRANGER, {"X_Forwarded_Proto": "https", "X_Forwarded_For": PROXY}, False),
        ("10.2.0.16", {"X_Forwarded_Proto": "https"}, False),  # one beyond the network
        ("", {"X_Forwarded_Proto": "https"}, False),
        ("unix:", {"X_Forwarded_Proto": "https"}, False),
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
    ],
)
def test_only_what_came_by_tls_comes_in(peer: str, headers: dict[str, Any], comes_in: bool) -> None:
    answer = ask(service(), peer, **headers)
    assert (answer.status_code == 200, refused(answer)) == (comes_in, not comes_in)


def test_this_machine_comes_in_only_by_tls_where_it_is_the_proxy() -> None:
    client = service(proxies="127.0.0.1")
    assert refused(ask(client, "127.0.0.1"))
    assert ask(client, "127.0.0.1", X_Forwarded_Proto="https").status_code == 200


def test_without_the_setting_nothing_is_looked_at() -> None:
    client = create_app(Settings(log_level="error")).test_client()
    assert ask(client, STRANGER).status_code == 200
    assert ask(client, STRANGER, X_Forwarded_Proto="http").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("peer", [PROXY, STRANGER])
def test_a_get_is_redirected_to_the_public_url(method: str, peer: str) -> None:
    client = service(CDS_PUBLIC_URL=PUBLIC)
    for path in ("/cds-services", "/rules/T-CYANO-RENAL?format=json&x=%20", "/rules//x", "/a%0D%0Ab%22"):
        answer = ask(client, peer, method, path)
        assert (answer.status_code, answer.data) == (308, b"")
        assert answer.headers["Location"] == PUBLIC + path
    for odd in ("@evil.example", ".evil.example", "//evil.example", ""):  # as a raw socket may send them
        answer = client.open("/", method=method, environ_overrides={"REMOTE_ADDR": peer, "PATH_INFO": odd})
        assert answer.headers["Location"].startswith(f"{PUBLIC}/")
    assert refused(ask(client, peer, "POST"))
    assert refused(ask(client, peer, "PUT"))


def test_a_get_is_refused_where_no_public_url_is_known() -> None:
    for client in (service(), service(CDS_PUBLIC_URL="http://localhost:8000")):
        assert refused(ask(client, STRANGER, "GET", "/rules"))
        head = ask(client, STRANGER, "HEAD", "/rules")
        assert (head.status_code, head.data) == (403, b"")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_answered_however_they_come(path: str) -> None:
    client = service(CDS_PUBLIC_URL=PUBLIC)
    for peer in (PROXY, STRANGER, "127.0.0.1"):
        assert ask(client, peer, "GET", path).status_code == 200
    for path_like in (f"{path}/", f"/cds-services/..{path}", f"{path};x"):
        assert ask(client, STRANGER, "GET", path_like).status_code == 308


@pytest.mark.parametrize(
    ("peer", "headers", "given"),
    [
        (STRANGER, {}, True),  # Prometheus, as far as anybody here can know
        (f"::ffff:{STRANGER}", {}, True),
        ("127.0.0.1", {}, True),
        (PROXY, {}, True),  # on the machine of the proxy
        ("8.8.8.8", {}, False),
        ("::ffff:8.8.8.8", {}, False),
        ("2001:4860:4860::8888", {}, False),
        (PROXY, {"X_Forwarded_Proto": "https"}, False),  # whatever the proxy is told to hand on
        (PROXY, {"X_Forwarded_Proto": "http"}, False),
        # By way of a proxy that nobody has listed
        (STRANGER, {"X_Forwarded_Proto": "https"}, False),
        (STRANGER, {"X_Forwarded_For": WORKSTATION}, False),
        (STRANGER, {"X_Forwarded_Host": ""}, False),
        (STRANGER, {"Forwarded": "for=unknown"}, False),
        ("127.0.0.1", {"X_Forwarded_Port": "443"}, False),
        # Nobody knows who it is
        ("", {}, False),
        ("unix:", {}, False),
        ("10.9.0", {}, False),
    ],
)
def test_the_counts_are_for_who_asks_from_inside(peer: str, headers: dict[str, str], given: bool) -> None:
    answer = ask(service(CDS_PUBLIC_URL=PUBLIC), peer, "GET", "/metrics", **headers)
    assert (answer.status_code, answer.mimetype) == ((200, "text/plain") if given else (404, "application/json"))


def test_without_a_proxy_the_counts_are_for_who_asks_from_inside() -> None:
    client = create_app(Settings(log_level="error")).test_client()
    asked = [ask(client, peer, "GET", "/metrics").status_code for peer in (STRANGER, "8.8.8.8", "")]
    assert asked == [200, 404, 404]
    for header in ("X_Forwarded_Proto", "X_Forwarded_For", "Forwarded"):
        assert ask(client, "127.0.0.1", "GET", "/metrics", **{header: "x"}).status_code == 404


# what is believed of a call that comes in


@pytest.mark.parametrize(
    ("peer", "headers", "base"),
    [
        (PROXY, TLS, "https://cds.example"),
        (PROXY, TLS | {"X-Forwarded-Host": "cds.example:8443"}, "https://cds.example:8443"),
        (PROXY, TLS | {"X-Forwarded-Host": "evil.example, cds.example"}, "https://cds.example"),
        (PROXY, TLS | {"X-Forwarded-Host": "cds.example/evil", "Host": "cds.example"}, "http://127.0.0.1:8000"),
        (PROXY, TLS | {"X-Forwarded-Host": "cds.example, ", "Host": "cds.example"}, "http://127.0.0.1:8000"),
        (PROXY, {"X-Forwarded-Proto": "https", "Host": "evil.example"}, "http://127.0.0.1:8000"),
        (PROXY, {"X-Forwarded-Proto": "https", "Host": "localhost:8443"}, "https://localhost:8443"),
        ("127.0.0.1", TLS | {"Host": "localhost:8000"}, "http://localhost:8000"),
        ("127.0.0.1", TLS | {"Host": "evil.example"}, "http://127.0.0.1:8000"),
    ],
)
def test_the_base_of_own_urls_is_what_a_trusted_proxy_says(peer: str, headers: dict[str, str], base: str) -> None:
    seen = []
    chosen = settings()
    app = create_app(chosen)

    def look(environ: Any, start: Any) -> Any:
        seen.append((base_url(environ, chosen), base_url(environ, chosen, believed=False)))
        start("200 OK", [])
        return ()

    app.wsgi_app._inner._inner = look  # type: ignore[attr-defined]
    environ = {"REMOTE_ADDR": peer, "SERVER_PORT": "8000"}
    app.test_client().get("/rules", headers=headers, environ_overrides=environ)
    assert seen == [(base, base)]


def test_a_token_made_out_for_the_url_that_the_proxy_vouches_for_comes_in(guarded: Serve) -> None:
    client = guarded(public_url=None, trusted_proxies=settings().trusted_proxies)
    good = token(aud=f"https://cds.example{SELECT}")
    by_proxy = {"environ_base": {"REMOTE_ADDR": PROXY}}
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cds.example", "Host": "cds.example"}
    assert client.ask(good, headers=forged, environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 401
    assert client.ask(good, headers=TLS | {"X-Forwarded-Host": "other.example"}, **by_proxy).status_code == 401
    assert client.ask(good, headers=TLS | {"X-Forwarded-Proto": "http"}, **by_proxy).status_code == 403
    assert client.ask(good, headers=TLS, **by_proxy).status_code == 200


def test_the_public_url_stands_above_what_a_proxy_says(guarded: Serve) -> None:
    client = guarded(trusted_proxies=settings().trusted_proxies)
    told = {"headers": TLS | {"X-Forwarded-Host": "other.example"}, "environ_base": {"REMOTE_ADDR": PROXY}}
    assert client.ask(token(aud=f"https://other.example{SELECT}"), **told).status_code == 401
    assert client.ask(token(), **told).status_code == 200


# what is written down


def test_the_log_says_why_and_no_address(guarded: Serve) -> None:
    client = guarded(trusted_proxies=settings().trusted_proxies)
    for peer, headers, note in (
        (PROXY, {"X-Forwarded-For": WORKSTATION}, "the proxy does not say that the call came by TLS"),
        (WORKSTATION, {}, "the call goes round the proxy"),
    ):
        assert refused(client.ask(token(), headers=headers, environ_base={"REMOTE_ADDR": peer}))
        assert (client.line["status"], client.line["problem"]) == (403, "not-encrypted")
        assert client.line["note"] == note
    good = TLS | {"X-Forwarded-For": WORKSTATION}
    assert client.ask(token(), headers=good, environ_base={"REMOTE_ADDR": PROXY}).status_code == 200
    assert WORKSTATION not in client.stream.getvalue()
    assert PROXY not in client.stream.getvalue()


def test_the_rehearsal_of_a_start_needs_no_tls_and_is_no_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    from cds_service.knowledge.tables import load
    from cds_service.serve import _rehearse

    _rehearse(settings(proxies="127.0.0.1", CDS_LOG_LEVEL="info"), load)
    assert capsys.readouterr().err == ""


def test_a_preflight_is_answered_so_that_a_script_reads_the_refusal() -> None:
    asking = {"Origin": "https://app.example", "Access_Control_Request_Method": "POST"}
    assert ask(service(), STRANGER, "OPTIONS", **asking).status_code == 204
    assert json.loads(ask(service(), STRANGER, Origin="https://app.example").text)["resourceType"] == "OperationOutcome"


# who may be listed


@pytest.mark.parametrize(
    "everybody",
    [
        "0.0.0.0/1 128.0.0.0/1",
        "::/1 8000::/1",
        "128.0.0.0/2, 192.0.2.7, 0.0.0.0/2 64.0.0.0/2 192.0.0.0/2",
        " ".join(f"{first}.0.0.0/8" for first in range(256)),
        "0.0.0.0/1",
        "2000::/3",  # all that is given out of IPv6
        "::/8",  # callers by IPv4, on a socket for both versions
        "::ffff:0:0/96",
        "::ffff:0.0.0.0/97 ::ffff:128.0.0.0/97",
        "::ffff:0.0.0.0/97 128.0.0.0/1",
    ],
)
def test_a_list_of_everybody_is_refused_in_however_many_parts(everybody: str) -> None:
    with pytest.raises(SettingsError, match="CDS_TRUSTED_PROXIES must not be wider than any private network"):
        settings(everybody)


@pytest.mark.parametrize(
    "proxies", ["10.0.0.0/8 172.16.0.0/12 192.168.0.0/16", "fc00::/8 fd00::/8", "::ffff:10.2.0.0/124 ::1"]
)
def test_the_widest_private_networks_may_be_listed(proxies: str) -> None:
    assert len(settings(proxies).trusted_proxies) == len(proxies.split())
