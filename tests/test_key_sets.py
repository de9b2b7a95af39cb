"""Keys behind a URL: fetched beside the calls, renewed when a client changes them, and kept when the URL fails."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cds_service.trust import key_sets, key_shelf
from cds_service.trust.key_sets import FetchedKeys, KeysAwayError
from cds_service.trust.key_shelf import KEY_SHELF, KeyShelf, Shelved
from cds_service.trust.keys import KeySetError
from tests.fetched_keys import URL, Make, text
from tests.fhir_server import Reply, serving
from tests.signing import Serve, jwks, private, token
from tests.until import until


def test_the_first_call_waits_for_the_first_fetch_and_later_ones_for_none(fetched: Make) -> None:
    asked: list[int] = []

    def fetch() -> bytes:
        asked.append(1)
        time.sleep(0.1)
        return text("ES384")

    found = fetched(fetch)
    assert [key.kid for key in found.find("ES384")] == ["ES384"]
    began = time.perf_counter()
    for _ in range(100):
        found.find("ES384")
    assert time.perf_counter() - began < 0.5
    assert len(asked) == 1


def test_an_unknown_kid_causes_a_fetch_and_many_cause_one_in_a_minute(
    fetched: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[tuple[str, ...]] = [("ES384",), ("ES384", "ES384-2"), ("ES384-2", "ES384-3")]
    asked: list[int] = []

    def fetch() -> bytes:
        asked.append(1)
        return text(*rounds[min(len(asked), 3) - 1])

    found = fetched(fetch)
    assert found.find("ES384")
    assert found.find("ES384-2")  # what is new is there at once
    for kid in ("ES384-3", "made up", "another"):
        assert not found.find(kid)
    assert len(asked) == 2
    monkeypatch.setattr(key_shelf, "MINUTE", time.monotonic() - found._shelf.look(URL).asked)  # it is over now
    assert found.find("ES384-3")
    assert len(asked) == 3
    monkeypatch.undo()
    assert not found.find("ES384")  # and the old key is gone
    assert len(asked) == 3


def test_the_first_fetch_is_not_charged_to_a_call_that_comes_before_its_thread(
    fetched: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "_A_CALL_WAITS", 0.0)
    monkeypatch.setattr(FetchedKeys, "_run", lambda _: None)  # a thread that does not come to anything
    found = fetched(lambda: text("ES384"))
    with pytest.raises(KeysAwayError):
        found.find("ES384")
    shelved = found._shelf.look(URL)
    assert shelved.begun is not None
    assert shelved.asked is None


def test_a_made_up_kid_keeps_a_new_key_out_until_the_next_regular_fetch_and_no_longer(
    fetched: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_shelf, "REFRESHED_EVERY", 0.3)
    published = ["ES384"]
    found = fetched(lambda: text(*published))
    assert not found.find("made up")
    published[:] = ["ES384-2"]
    until(lambda: found.find("ES384-2"))
    assert not found.find("ES384")  # one that was taken back goes without anybody asking


def test_what_one_worker_fetches_the_others_have(
    fetched: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_shelf, "REFRESHED_EVERY", 0.5)
    published, asked = ["ES384"], []

    def fetch() -> bytes:
        asked.append(tuple(published))
        time.sleep(0.05)
        return text(*published)

    file = KEY_SHELF.made_in(tmp_path)
    workers = [fetched(fetch, file) for _ in range(3)]
    assert all(worker.find("ES384") for worker in workers)
    published[:] = ["ES384-2"]
    with ThreadPoolExecutor(24) as calls:
        assert all(calls.map(lambda place: workers[place % 3].find("ES384-2"), range(24)))
    assert asked[:2] == [("ES384",), ("ES384-2",)]
    until(lambda: not any(worker.find("ES384") for worker in workers))
    begun, fetches = time.monotonic(), len(asked)
    time.sleep(1.2)
    assert len(asked) - fetches <= (time.monotonic() - begun) / 0.5 + 1  # regular ones too: one for all


def test_a_fetch_that_fails_leaves_the_keys(
    fetched: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(key_shelf, "REFRESHED_EVERY", 0.01)
    monkeypatch.setattr(logging.getLogger("cds_service"), "propagate", True)
    failures = [
        KeySetError("is no JWK Set"),
        KeySetError("could not be fetched"),
        KeyError("secret"),
    ]
    asked: list[int] = []

    def fetch() -> bytes:
        asked.append(1)
        if 1 < len(asked) <= 4:
            raise failures[len(asked) - 2]
        return text("ES384") if len(asked) != 5 else b'{"keys": []}'

    found = fetched(fetch)
    ends = time.monotonic() + 10
    while len(asked) < 7:
        assert time.monotonic() < ends
        assert found.find("ES384")
        time.sleep(0.005)
    assert "key set of general: jwks_url is no JWK Set; the keys stay as they were" in caplog.text
    assert "key set of general: jwks_url could not be fetched" in caplog.text
    assert "key set of general: KeyError at " in caplog.text
    assert "key set of general: jwks_url holds no key with a kid that could check a signature" in caplog.text
    assert "secret" not in caplog.text


def test_a_thread_that_failed_goes_on(fetched: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    look = KeyShelf.look

    def fails_once(shelf: KeyShelf, url: str) -> Shelved:
        looked.append(1)
        if len(looked) == 1:
            raise RuntimeError
        return look(shelf, url)

    monkeypatch.setattr(key_sets, "_RECOVERS_IN", 0.01)
    monkeypatch.setattr(KeyShelf, "look", fails_once)
    found = fetched(lambda: text("ES384"))
    until(lambda: found._keys)  # no call, which would ask for itself


# over HTTP


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
        assert len(server.asked) == 2
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


def test_a_client_whose_keys_cannot_be_had_is_told_to_come_again_and_others_come_in(guarded: Serve) -> None:
    away = {
        "jwks_file": None,
        "jwks_url": "http://127.0.0.1:1/jwks.json",
        "name": "away",
        "issuer": "https://a.example",
    }
    service = guarded({}, away)
    answer = service.ask(token(iss="https://a.example"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (service.line["note"], service.line["claimed"]) == ("the key set cannot be had now", "away")
    assert "client" not in service.line
    assert service.ask(token()).status_code == 200


def test_an_unknown_kid_is_refused_while_the_set_can_be_had_and_undecided_while_not(
    guarded: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = [Reply(jwks("ES384")), Reply(jwks("ES384")), Reply(b"", 500)]
    with serving(lambda _: replies.pop(0) if len(replies) > 1 else replies[0]) as server:
        service = guarded({"jwks_file": None, "jwks_url": f"{server.base}/jwks.json"})
        assert service.ask(token()).status_code == 200
        refused = service.ask(token("ES384-made-up"))
        assert refused.status_code == 401
        for bad in (None, token(iss="https://nobody.example"), token("ES384-made-up-too")):
            assert (service.ask(bad).status_code, service.ask(bad).data) == (401, refused.data)
        monkeypatch.setattr(key_shelf, "MINUTE", 0.2)
        time.sleep(0.2)
        assert service.ask(token("ES384-made-up")).status_code == 503
        for bad in (token(signed_by=private("ES384-thief")), token(aud="https://elsewhere.example")):
            assert (service.ask(bad).status_code, service.ask(bad).data) == (401, refused.data)
        assert service.ask(token()).status_code == 200
