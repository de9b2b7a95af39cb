"""First seen is decided once, whichever process and thread asks; a minute is counted over all of them."""

import stat
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from cds_service.trust.shared_state import SharedState, SharedStateError, Standing, make_shared_file, shared_file

NOW = 1_800_000_000.0
FIRST, REPEATED = Standing(), Standing(repeated=True)


def admit(state: SharedState, jti: str = "j", *, issuer: str = "i", now: float = NOW, limit: int = 1000) -> Standing:
    return state.admit("c", limit, now, (issuer, jti), now + 330)


def test_a_token_is_first_seen_once() -> None:
    state = SharedState()
    assert [admit(state), admit(state), admit(state, "k"), admit(state, issuer="h")] == [FIRST, REPEATED, FIRST, FIRST]


def test_issuer_and_id_are_not_run_together() -> None:
    state = SharedState()
    assert [admit(state, "c", issuer="ab"), admit(state, "bc", issuer="a")] == [FIRST, FIRST]


def test_a_token_is_remembered_until_nobody_could_use_it() -> None:
    state = SharedState()
    admit(state)
    assert [admit(state, now=NOW + 329), admit(state, now=NOW + 330)] == [REPEATED, FIRST]
    assert admit(state, "other", now=NOW + 800) == FIRST
    (left,) = state._database.execute("SELECT count(*) FROM used").fetchone()
    assert left == 1


def test_a_minute_begins_with_a_call() -> None:
    state = SharedState()
    counted = [state.admit("c", 2, NOW + second, None, 0) for second in (0, 30, 59, 59.5, 60, 61, 62)]
    assert counted == [FIRST, FIRST, Standing(wait=1), Standing(wait=1), FIRST, FIRST, Standing(wait=58)]
    assert state.admit("d", 2, NOW, None, 0) == FIRST


def test_a_call_that_must_wait_has_not_used_its_token() -> None:
    state = SharedState()
    assert [admit(state, "a", limit=1), admit(state, "b", limit=1)] == [FIRST, Standing(wait=60)]
    assert admit(state, "b", limit=1, now=NOW + 60) == FIRST


def test_a_repeated_token_is_not_counted_as_a_call() -> None:
    state = SharedState()
    assert [admit(state, jti, limit=2) for jti in ("a", "a", "a", "b", "c")] == [
        FIRST,
        REPEATED,
        REPEATED,
        FIRST,
        Standing(wait=60),
    ]


def test_a_clock_that_was_put_back_does_not_shut_anybody_out() -> None:
    state = SharedState()
    assert [state.admit("c", 1, NOW, None, 0), state.admit("c", 1, NOW - 3600, None, 0)] == [FIRST, FIRST]


def _offer(file: Path) -> list[bool]:
    """What one process is told about the same hundred tokens, asked for by four threads."""
    state = SharedState(file)
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(lambda number: not admit(state, str(number)).repeated, range(100)))


def test_of_several_processes_one_is_first(tmp_path: Path) -> None:
    file = make_shared_file(tmp_path)
    with get_context("spawn").Pool(2) as processes:
        told = processes.map(_offer, [file, file])
    assert [sum(each) for each in zip(*told, strict=True)] == [1] * 100


def test_calls_of_several_processes_are_counted_together(tmp_path: Path) -> None:
    file = make_shared_file(tmp_path)
    states = [SharedState(file), SharedState(file)]
    told = [states[number % 2].admit("c", 5, NOW, None, 0) for number in range(7)]
    assert told == [FIRST] * 5 + [Standing(wait=60)] * 2


def test_a_memory_that_cannot_be_used_lets_nobody_in(tmp_path: Path) -> None:
    state = SharedState(make_shared_file(tmp_path))
    state.close()
    with pytest.raises(SharedStateError):
        admit(state)
    with pytest.raises(SharedStateError):
        make_shared_file(tmp_path / "nowhere")


def test_a_memory_that_was_swept_away_lets_nobody_in_and_ends_nothing(tmp_path: Path) -> None:
    """A worker that starts anew finds no folder: an error there would end the whole service."""
    state = SharedState(tmp_path / "swept" / "shared.sqlite")
    for ask in (lambda: admit(state), state.check):
        with pytest.raises(SharedStateError):
            ask()


def test_the_file_of_a_service_is_for_its_user_alone_and_ends_with_it() -> None:
    with shared_file() as file:
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert file.exists()
    assert not file.parent.exists()
