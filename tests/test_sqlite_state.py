"""The file that the workers of one service share: whose it is, when it goes, and what is in it."""

from pathlib import Path

import pytest

from cds_service.trust.shared_state import SharedStateError, Standing
from cds_service.trust.sqlite_state import STATE_FILE, SqliteState

NOW = 1_800_000_000.0
FIRST, REPEATED = Standing(), Standing(repeated=True)


def admit(state: SqliteState, jti: str = "j", now: float = NOW) -> Standing:
    return state.admit("c", 1000, now, ("i", jti), now + 330)


def test_a_token_is_kept_until_nobody_could_use_it_and_no_longer() -> None:
    state = SqliteState()
    admit(state)
    assert [admit(state, now=NOW + 329), admit(state, now=NOW + 330)] == [REPEATED, FIRST]
    assert admit(state, "other", now=NOW + 800) == FIRST
    (left,) = state._database.execute("SELECT count(*) FROM used").fetchone()
    assert left == 1


def test_a_clock_that_was_put_back_does_not_shut_anybody_out() -> None:
    state = SqliteState()
    assert [state.admit("c", 1, NOW, None, 0), state.admit("c", 1, NOW - 3600, None, 0)] == [FIRST, FIRST]


def test_a_memory_that_cannot_be_used_lets_nobody_in(tmp_path: Path) -> None:
    state = SqliteState(STATE_FILE.made_in(tmp_path))
    state.close()
    with pytest.raises(SharedStateError):
        admit(state)
    with pytest.raises(SharedStateError):
        STATE_FILE.made_in(tmp_path / "nowhere")


def test_a_memory_that_was_swept_away_lets_nobody_in_and_ends_nothing(tmp_path: Path) -> None:
    """A worker that starts anew finds no folder: an error there would end the whole service."""
    state = SqliteState(tmp_path / "swept" / "shared.sqlite")
    for ask in (lambda: admit(state), state.check):
        with pytest.raises(SharedStateError):
            ask()
