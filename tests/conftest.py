"""What holds for every test: records and temporary files go to a folder of its own, which is thrown away."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import alembic.command  # here: a thread that migrates while another module imports Alembic meets it half-made
import pytest

from tests.databases import database, url
from tests.fetched_keys import fetched
from tests.figure_cards import figures_http, records
from tests.log_lines import logging_as_before
from tests.signing import guarded

__all__ = ["alembic", "database", "fetched", "figures_http", "guarded", "logging_as_before", "records", "url"]

_MOST_PROCESSES = 4
# Where other processes are started and the clock is looked at, a busy machine can be late: such a test counts as failed
# if it fails twice. The summary names each that was tried again (RERUN). All others have one try.
_OTHER_PROCESSES = tuple(
    f"tests/{name}"
    for name in (
        *("browser/", "conformance/", "test_attacks_served", "test_calls_apart", "test_crash", "test_faults"),
        *("test_feedback", "test_fuzz_sockets", "test_key_", "test_limits", "test_live_", "test_log_writer"),
        *("test_metrics", "test_nginx", "test_pages_for_teams", "test_privacy", "test_readiness", "test_redis"),
        *("test_replay", "test_rolling", "test_serve", "test_shown_cards", "test_traces", "test_two_instances"),
        *("test_verbs", "test_waiting"),
    )
)

# A short name: a browser puts a socket below it, whose path may have 107 characters
_FOLDER = tempfile.mkdtemp(prefix="cds-")
# Registered before any app is made, and so called after the last of them has written what it still had to write.
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
# What the tests try is what is shipped, in this process (pyproject.toml, `pythonpath`) and in each that it starts
_SHIPPED_WITHOUT = Path(__file__).parent / "shipped_without"
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_SHIPPED_WITHOUT), os.environ.get("PYTHONPATH"))))
# Here, since some modules make an app when they are collected; and in the environment rather than in a setting, so that
# it holds for every process that a test starts.
os.environ["XDG_DATA_HOME"] = _FOLDER
# And so that servers that a test kills leave nothing behind
os.environ["TMPDIR"] = _FOLDER
tempfile.tempdir = None


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """All tests are shared out to the processors and one more, since they wait for a third of their time, a file to
    each; single files run here, without that detour. Not to more than some, since many tests start servers and look at
    the clock."""
    everything = [str(Path(config.rootpath, path)) for path in config.getini("testpaths")]
    asked_for = [str(Path(config.invocation_params.dir, arg)) for arg in config.args]
    return min(_MOST_PROCESSES, (os.cpu_count() or 1) + 1) if asked_for == everything else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers first, then what else waits for other processes: of what comes last, one file would run alone at the end
    (and xdist is told not to begin with the files of many tests, which are quick: pyproject.toml)."""
    for item in items:
        if item.nodeid.startswith(_OTHER_PROCESSES):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    found = (place for place, name in enumerate(_OTHER_PROCESSES) if item.nodeid.startswith(name))
    return next(found, len(_OTHER_PROCESSES))
