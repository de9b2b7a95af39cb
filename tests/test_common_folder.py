"""The folder of one service: for its user alone, and gone with it."""

import stat

from cds_service.common_folder import common_folder


def test_it_is_for_its_user_alone_and_ends_with_the_service() -> None:
    with common_folder(guarded=True, counted=True) as common:
        assert common.counts is not None
        assert stat.S_IMODE(common.counts.stat().st_mode) == 0o700
        assert common.is_there
        assert common.tokens is not None
        common.tokens.unlink()
        assert not common.is_there
    assert not common.counts.exists()


def test_what_is_not_wanted_is_not_made() -> None:
    with common_folder(guarded=False, counted=False) as common:
        assert (common.tokens, common.key_sets, common.counts) == (None, None, None)
