"""Two real services, as on two hosts, with one Redis between them: while it is there, and while it is not."""

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.hook_calls import call, draft
from tests.redis_servers import own_server
from tests.running import Running, running
from tests.signing import BASE, clients_file, token

BODY = json.dumps(call(draft()))
PASSWORD = "a-secret-word"
PATH = "/cds-services/b12-order-select"


def good(**claims: Any) -> str:
    now = int(time.time())
    return token(**{"iat": now, "exp": now + 300} | claims)


def ask(service: Running, bearer: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    try:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
        connection.request("POST", PATH, BODY, headers)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status == 503) <= (answer.headers["Retry-After"] == "5")
        return answer.status
    finally:
        connection.close()


def until(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_two_services_remember_together_and_wait_for_redis_together(tmp_path: Path) -> None:
    path = clients_file(
        tmp_path, {}, {"name": "limited", "issuer": "https://limited.example", "requests_per_minute": 5}
    )
    said = tmp_path / "said"
    with own_server(tmp_path, started=False, password=PASSWORD) as redis:
        chosen = {"clients": str(path), "shared_state_url": redis.url, "public_url": BASE, "log_level": "info"}
        with running(1, said, **chosen) as one, running(2, said, **chosen) as other:

            def readiness() -> set[int]:
                return {service.get("/readyz")[0] for service in (one, other)}

            # Redis is not there yet: both have started, and nobody comes in
            start = "(ConnectionError: ConnectionRefusedError): calls are refused with 503 until it can"
            assert said.read_text("utf-8").count(start) == 2
            early = good()
            assert [ask(one, early), ask(other, early), readiness()] == [503, 503, {503}]

            redis.start()
            until(lambda: readiness() == {200})
            assert [ask(one, early), ask(other, early)] == [200, 401]
            tokens = [good() for _ in range(6)]
            assert [ask((one, other)[number % 2], each) for number, each in enumerate(tokens)] == [200] * 6
            assert [ask((other, one)[number % 2], each) for number, each in enumerate(tokens)] == [401] * 6
            limited = [good(iss="https://limited.example") for _ in range(8)]
            often = [ask((one, other)[number % 2], each) for number, each in enumerate(limited)]
            assert often == [200] * 5 + [429] * 3

            redis.kill()
            late = good()
            assert [ask(one, late), ask(other, late), readiness()] == [503, 503, {503}]
            assert [service.get("/healthz")[0] for service in (one, other)] == [200, 200]
            redis.start()
            until(lambda: readiness() == {200})
            assert [ask(other, late), ask(one, late)] == [200, 401]
    text = said.read_text("utf-8")
    assert '"note":"the shared state cannot be used (ConnectionError' in text
    assert not any(part in text for part in (PASSWORD, f"127.0.0.1:{redis.port}", "Traceback", "eyJ", "internal"))
