"""Keys behind a URL: fetched beside the calls, renewed when a client changes them, and kept when the URL fails."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from threading import Barrier, Event, Semaphore, Thread
from typing import Any

import pytest
import requests

from cds_service.outbound.names import Names, Reach
from cds_service.outbound.session import new_session
from cds_service.trust import key_sets
from cds_service.trust.key_sets import FetchedKeys, fetch_keys
from cds_service.trust.keys import LARGEST_SET, KeySetError, PublicKey, read_keys
from tests.fhir_server import FakeServer, Reply, serving
from tests.signing import Serve, jwk, jwks, token

Fetch = Callable[[], Any]


def keys(*names: str) -> tuple[PublicKey, ...]:
    return read_keys(json.dumps(jwks(*names)).encode())


@pytest.fixture
def fetched() -> Iterator[Callable[[Fetch], FetchedKeys]]:
    made: list[FetchedKeys] = []

    def make(fetch: Fetch) -> FetchedKeys:
        made.append(FetchedKeys("general", fetch, Semaphore(1)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_the_first_call_waits_for_the_first_fetch_and_later_ones_for_none(fetched: Any) -> None:
    asked: list[float] = []

    def fetch() -> Any:
        asked.append(time.monotonic())
        time.sleep(0.1)
        return keys("ES384")

    found = fetched(fetch)
    assert [key.kid for key in found.find("ES384")] == ["ES384"]
    began = time.perf_counter()
    for _ in range(100):
        found.find("ES384")
    assert time.perf_counter() - began < 0.5
    assert len(asked) == 1


def test_an_unknown_kid_causes_a_fetch_and_many_cause_two_in_a_minute(
    fetched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[tuple[str, ...]] = [("ES384",), ("ES384",), ("ES384", "ES384-2"), ("ES384-2", "ES384-3")]
    asked: list[int] = []

    def fetch() -> Any:
        asked.append(1)
        return keys(*rounds[min(len(asked), 4) - 1])

    found = fetched(fetch)
    assert found.find("ES384")
    assert not found.find("made up")
    assert found.find("ES384-2")  # what is really new is there at once
    for kid in ("ES384-3", "made up", "another"):
        assert not found.find(kid)
    assert len(asked) == 3
    monkeypatch.setattr(key_sets, "_MINUTE", 0.0)
    assert found.find("ES384-3")
    assert not found.find("ES384")  # and the old key is gone


def test_a_fetch_that_fails_leaves_the_keys(
    fetched: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(key_sets, "_REFRESHED_EVERY", 0.01)
    monkeypatch.setattr(key_sets, "_RETRIED_AFTER", 0.01)
    monkeypatch.setattr(logging.getLogger("cds_service"), "propagate", True)
    failures = [
        KeySetError("is no JWK Set"),
        requests.ConnectionError("https://ehr.example/secret"),
        KeyError("secret"),
    ]
    asked: list[int] = []

    def fetch() -> Any:
        asked.append(1)
        if 1 < len(asked) <= 4:
            raise failures[len(asked) - 2]
        return keys("ES384")

    found = fetched(fetch)
    while len(asked) < 6:
        assert found.find("ES384")
        time.sleep(0.005)
    assert "key set of general: it is no JWK Set; the keys stay as they were" in caplog.text
    assert "key set of general: it could not be fetched" in caplog.text
    assert "key set of general: KeyError at " in caplog.text
    assert "secret" not in caplog.text


def test_a_call_waits_a_limited_time_and_only_so_many_wait(fetched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sets, "_A_CALL_WAITS", 1.0)
    stuck = Event()

    def fetch() -> Any:
        stuck.wait(5)
        return keys("ES384")

    found = fetched(fetch)
    waited: list[float] = []
    together = Barrier(4)

    def find() -> None:
        together.wait()
        began = time.perf_counter()
        assert not found.find("ES384")
        waited.append(time.perf_counter() - began)

    calls = [Thread(target=find) for _ in range(4)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    stuck.set()
    assert sum(each > 0.9 for each in waited) == 1
    assert max(waited) < 4


# over HTTP


def fetch(server: FakeServer, path: str = "keys") -> Any:
    return fetch_keys(new_session(Reach(Names(), named=None)), f"{server.base}/{path}")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(b"", 500), "was answered with status 500"),
        (Reply(b"", 302, {"Location": "/fhir/elsewhere"}), "was answered with status 302"),
        (Reply(b"<html>"), "is no JWK Set"),
        (Reply({"keys": [jwk("ES384", d="AAAA")]}), "shows a private or symmetric key"),
        (Reply(b" " * (LARGEST_SET + 1)), "is larger than a JWK Set may be"),
    ],
)
def test_an_answer_that_is_no_key_set_is_named(reply: Reply, said: str) -> None:
    with serving(lambda _: reply) as server, pytest.raises(KeySetError, match=said):
        fetch(server)
    assert len(server.asked) == 1


def test_an_answer_that_trickles_ends_the_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sets, "_FETCH_LASTS", 1.0)
    body = json.dumps(jwks("ES384"))
    with serving(lambda _: Reply(body.encode(), trickle=0.05)) as server, pytest.raises(KeySetError, match="too long"):
        fetch(server)


def test_keys_are_fetched_once_and_renewed_when_the_client_signs_with_a_new_one(guarded: Serve) -> None:
    published = ["ES384"]
    with serving(lambda _: Reply(jwks(*published))) as server:
        url = f"{server.base}/jwks.json"
        own = {"jwks_file": None, "jwks_url": url}
        service = guarded(own, {**own, "name": "two", "issuer": "https://two.example"})
        assert [service.ask(token()).status_code for _ in range(5)] == [200] * 5
        assert service.ask(token(iss="https://two.example")).status_code == 200
        assert len(server.asked) == 1
        published.append("ES384-new")
        assert service.ask(token("ES384-new")).status_code == 200
        assert service.ask(token()).status_code == 200
        assert len(server.asked) == 2
        for _ in range(5):
            assert service.ask(token("ES384-unknown")).status_code == 401
        assert len(server.asked) == 3
        assert service.line["note"] == "kid is not in the key set"


def test_a_jku_is_compared_and_never_fetched(guarded: Serve) -> None:
    with serving(lambda _: Reply(jwks("ES384"))) as server, serving(lambda _: Reply(jwks("ES384-evil"))) as evil:
        url = f"{server.base}/jwks.json"
        service = guarded({"jwks_file": None, "jwks_url": url})
        assert service.ask(token(header={"jku": url})).status_code == 200
        for jku in (f"{evil.base}/jwks.json", f"{url}#x", url.upper(), None):
            bad = token("ES384-evil", header={"jku": jku or f"{url}/"})
            assert service.ask(bad).status_code == 401
            assert service.line["note"] == "jku is not the client's jwks_url"
        assert evil.asked == []


def test_a_client_whose_keys_cannot_be_had_is_refused_and_others_come_in(guarded: Serve) -> None:
    away = {
        "jwks_file": None,
        "jwks_url": "http://127.0.0.1:1/jwks.json",
        "name": "away",
        "issuer": "https://a.example",
    }
    service = guarded({}, away)
    assert service.ask(token(iss="https://a.example")).status_code == 401
    assert service.line["note"] == "kid is not in the key set"
    assert service.ask(token()).status_code == 200
