"""The service whose memory is in a Redis: what a caller and a probe are told when it cannot be asked."""

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.redis_servers import URL, own_prefix
from tests.signing import NOW, Serve, token

AWAY = "redis://:secret@127.0.0.1:1/0"  # nothing listens there


def test_nobody_is_admitted_without_the_check(guarded: Serve) -> None:
    service = guarded(shared_state_url=AWAY)
    answer = service.ask(token())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["issue"][0]["details"]["coding"][0]["code"] == "not-ready"
    note = "the shared state cannot be used (ConnectionError: ConnectionRefusedError)"
    assert (service.line["problem"], service.line["note"]) == ("not-ready", note)
    assert "client" not in service.line
    for path in ("/readyz", "/readyz?exclude=database"):
        ready = service.http.get(path)
        assert (ready.status_code, ready.headers["Retry-After"]) == (503, "5")
    assert [service.http.get(path).status_code for path in ("/healthz", "/cds-services", "/rules")] == [200] * 3
    for said in (answer.text, ready.text, service.stream.getvalue()):
        assert not any(part in said for part in ("secret", "127.0.0.1"))


def test_a_token_that_is_not_good_is_not_remembered(guarded: Serve) -> None:
    """It is refused for what it is, though Redis is away: nothing was asked."""
    assert guarded(shared_state_url=AWAY).ask(token(exp=1)).status_code == 401


def test_without_clients_the_redis_that_is_configured_is_looked_at_all_the_same() -> None:
    def ready(url: str | None) -> int:
        return create_app(Settings(shared_state_url=url), clock=lambda: NOW).test_client().get("/readyz").status_code

    assert [ready(None), ready(AWAY)] == [200, 503]
    with own_prefix():  # skips where no server answers
        assert ready(URL) == 200
