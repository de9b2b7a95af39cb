"""What holds for every test: records go to a folder that is thrown away, never to the user's own."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator

import pytest

from tests.signing import guarded

__all__ = ["guarded"]


@pytest.fixture(scope="session", autouse=True)
def user_data_directory() -> Iterator[None]:
    """In the environment rather than in a setting, so that it holds for every process that a test starts."""
    folder = tempfile.mkdtemp(prefix="cobalamin-cds-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the last app has written what waits
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", folder)
        yield
