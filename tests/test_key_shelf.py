"""The shelf of key sets: one fetches for all, an unknown kid counts once a minute, and nobody blocks it by dying."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Barrier, Thread

import pytest

from cds_service import app as wiring
from cds_service.app import create_app
from cds_service.common_folder import Common
from cds_service.settings import Settings
from cds_service.trust.key_sets import FixedKeys
from cds_service.trust.key_shelf import KEY_SHELF, KeyShelf, Shelved
from cds_service.trust.shared_state import SharedStateError
from tests.fetched_keys import text
from tests.signing import BASE, clients_file

URL = "https://ehr.example/jwks.json"
OTHER = "https://other.example/jwks.json"


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[KeyShelf, KeyShelf]]:
    """The shelf as two workers see it."""
    file = KEY_SHELF.made_in(tmp_path)
    one, two = KeyShelf(file, 0), KeyShelf(file, 0)
    yield one, two
    one.close()
    two.close()


def test_what_one_worker_fetches_all_have(workers: tuple[KeyShelf, KeyShelf]) -> None:
    one, two = workers
    assert one.look(URL) == Shelved()
    assert one.claim(URL, 100, asked=False)
    assert not two.claim(URL, 100.1, asked=False)
    assert not two.claim(URL, 100.1, asked=True)
    assert two.look(URL).under_way(100.1)
    assert two.claim(OTHER, 100.1, asked=False)  # each set for itself
    one.put(URL, 100, 101, b"keys")
    assert two.read(URL) == (100, b"keys")
    assert two.look(URL) == Shelved(version=100, tried=101, fetched=101)


def test_the_next_fetch_is_due_a_minute_after_the_last(workers: tuple[KeyShelf, KeyShelf]) -> None:
    one, two = workers
    assert one.claim(URL, 100, asked=False)
    one.put(URL, 100, 101, b"keys")
    assert not two.claim(URL, 160.9, asked=False)
    assert two.claim(URL, 161, asked=False)
    two.put(URL, 161, 162, b"keys")
    assert one.look(URL).version == 100  # the same text: nobody reads it anew


def test_an_unknown_kid_causes_a_fetch_once_a_minute_whoever_asks(workers: tuple[KeyShelf, KeyShelf]) -> None:
    one, two = workers
    one.claim(URL, 100, asked=False)
    one.put(URL, 100, 101, b"keys")
    fetches = []
    for tenth in range(1020, 3020):  # from 102 s on, for 200 s
        now = tenth / 10
        worker = (one, two)[tenth % 2]
        if worker.claim(URL, now, asked=True):
            fetches.append(now)
            worker.put(URL, now, now + 0.01, b"keys")
    assert fetches == [102, 162, 222, 282]


def test_a_fetch_that_fails_is_tried_again_soon_and_ever_more_rarely(workers: tuple[KeyShelf, KeyShelf]) -> None:
    one, _ = workers
    now, tried = 100.0, []
    for _ in range(7):
        assert one.claim(URL, now, asked=False)
        one.put(URL, now, now, None)
        now, before = one.look(URL).due(), now
        assert not one.claim(URL, now - 0.01, asked=False)
        tried.append(now - before)
    assert tried == [5, 10, 20, 40, 60, 60, 60]
    assert one.read(URL) is None
    assert one.claim(URL, now, asked=False)
    one.put(URL, now, now, b"keys")
    assert one.look(URL).failures == 0
    assert one.claim(URL, now + 60, asked=False)
    one.put(URL, now + 60, now + 61, None)
    assert (one.read(URL), one.look(URL).fetched) == ((now, b"keys"), now)  # kept when the fetch fails
    assert one.look(URL).failures == 1


def test_a_worker_that_dies_with_a_claim_blocks_nobody(workers: tuple[KeyShelf, KeyShelf]) -> None:
    one, two = workers
    assert one.claim(URL, 100, asked=True)
    assert not two.claim(URL, 107.9, asked=True)
    assert two.claim(URL, 108, asked=True)  # that of the dead was never finished and does not count
    two.put(URL, 108, 109, b"new keys")
    one.put(URL, 100, 110, b"old keys")  # it was only asleep
    assert one.read(URL) == (108, b"new keys")
    assert one.look(URL) == Shelved(version=108, tried=109, asked=108, fetched=109)
    assert not one.claim(URL, 167, asked=True)
    # but that a dead one fetched because it was time gives unknown kids no second fetch
    assert two.claim(URL, 169, asked=True)
    two.put(URL, 169, 170, None)
    assert one.claim(URL, 175, asked=False)
    assert not two.claim(URL, 183, asked=True)
    assert two.claim(URL, 183, asked=False)


def test_of_many_at_once_one_gets_the_claim(tmp_path: Path) -> None:
    file = KEY_SHELF.made_in(tmp_path)
    with ExitStack() as opened:
        shelves = [KeyShelf(file, 0) for _ in range(4)]
        for shelf in shelves:
            opened.callback(shelf.close)
        for attempt in range(20):
            together, won = Barrier(8), []

            def claim(shelf: KeyShelf, now: float, together: Barrier = together, won: list[float] = won) -> None:
                together.wait()
                if shelf.claim(f"{URL}/{now}", now, asked=True):
                    won.append(now)

            callers = [Thread(target=claim, args=(shelves[place % 4], float(attempt))) for place in range(8)]
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join()
            assert len(won) == 1


def test_a_set_that_nobody_has_tried_for_long_is_forgotten(tmp_path: Path) -> None:
    """A client that comes back into the file after days does not bring its old keys."""
    file = KEY_SHELF.made_in(tmp_path)
    one = KeyShelf(file, 100)
    one.claim(URL, 100, asked=False)
    one.put(URL, 100, 100, b"keys")
    later = KeyShelf(file, 699)
    assert later.read(URL) == (100, b"keys")
    much_later = KeyShelf(file, 700)
    assert much_later.read(URL) is None
    for shelf in (one, later, much_later):
        shelf.close()


def test_the_set_of_a_client_that_was_taken_out_is_forgotten(workers: tuple[KeyShelf, KeyShelf]) -> None:
    """So the client does not bring a stolen key when it is back a minute later, and its key server away."""
    before, anew = workers
    for url in (URL, OTHER):
        before.claim(url, 100, asked=False)
        before.put(url, 100, 101, b"keys")
    assert before.claim(URL, 161, asked=False)
    anew.keep_only({OTHER})
    before.put(URL, 161, 162, b"stolen key")  # by a worker that is about to end
    assert (anew.look(URL), anew.read(URL)) == (Shelved(), None)
    assert anew.read(OTHER) == (100, b"keys")


def test_an_app_forgets_the_sets_that_its_clients_file_does_not_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "FetchedKeys", lambda *_: FixedKeys(()))  # whose thread would outlive the test
    common, now = Common(key_sets=KEY_SHELF.made_in(tmp_path)), time.monotonic()
    with closing(KeyShelf(common.key_sets, now)) as shelf:
        for url in (URL, OTHER):
            shelf.claim(url, now, asked=False)
            shelf.put(url, now, now, text("ES384"))
        clients = clients_file(tmp_path, {"jwks_file": None, "jwks_url": URL})
        create_app(Settings(clients=clients, public_url=BASE, log_level="error"), common=common)
        assert (shelf.read(URL), shelf.read(OTHER)) == ((now, text("ES384")), None)


def test_without_its_file_a_worker_fetches_its_own(tmp_path: Path) -> None:
    file = KEY_SHELF.made_in(tmp_path)
    shelf = KeyShelf(file, 0)
    shelf.claim(URL, 100, asked=False)
    shelf._database.execute("DROP TABLE sets")  # as good as any damage
    assert shelf.look(URL) == Shelved()
    assert shelf.claim(URL, 101, asked=True)
    shelf.put(URL, 101, 102, b"keys")
    assert shelf.read(URL) == (101, b"keys")
    shelf.close()
    for missing in (None, tmp_path / "swept" / "away"):
        own = KeyShelf(missing, 0)
        assert own.claim(URL, 100, asked=False)
        own.close()
    with pytest.raises(SharedStateError, match="shelf"):
        KEY_SHELF.made_in(tmp_path / "nowhere")
