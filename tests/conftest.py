"""What holds for every test: records go to a folder that is thrown away, never to the user's own."""

import atexit
import os
import shutil
import tempfile

import alembic.command  # here: a thread that migrates while another module imports Alembic meets it half-made

from tests.fetched_keys import fetched
from tests.log_lines import logging_as_before
from tests.signing import guarded

__all__ = ["alembic", "fetched", "guarded", "logging_as_before"]

_FOLDER = tempfile.mkdtemp(prefix="cobalamin-cds-test-")
# Registered before any app is made, and so called after the last of them has written what it still had to write.
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
# Here, since some modules make an app when they are collected; and in the environment rather than in a setting, so that
# it holds for every process that a test starts.
os.environ["XDG_DATA_HOME"] = _FOLDER
