"""The faults, and what a client must see of each. Knows what is done to the stage, not how it is looked at."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.faults.fault import Act, Fault
from tests.faults.stage import Stage, fill, make_room

_RECORDS_AWAY: Final = {"hook": (200,), "feedback": (503,), "/readyz": (503,), "/healthz": (200,)}
_DOOR_AWAY: Final = {"hook": (503,), "feedback": (503,), "/readyz": (503,), "/healthz": (200,)}
_ALL_WELL: Final = {"hook": (200,), "feedback": (200,), "/readyz": (200,), "/healthz": (200,)}
_NOBODY: Final = {"hook": (0,), "feedback": (0,), "/readyz": (0,), "/healthz": (0,)}
_STRANGERS: Final = {"hook": (401,), "feedback": (401,), "/readyz": (200,), "/healthz": (200,)}
_EHR_FAILS: Final = {"hook": (200,), "fetched": (200,), "no patient": (412,), "feedback": (200,), "/readyz": (200,)}
_EHR_SLOW: Final = _EHR_FAILS | {"no patient": (200,)}

SERVERS: Final = ("postgres", "redis")
FILES: Final = ("disks",)
CLOCK: Final = ("clock",)


def _postgres(act: str, *arguments: object) -> Act:
    return lambda stage: getattr(stage.postgres, act)(*arguments)


def _redis(*command: object) -> Act:
    def act(stage: Stage) -> None:
        assert stage.redis is not None
        stage.redis.ask(*command)

    return act


def _redis_gone(stage: Stage) -> None:
    assert stage.redis is not None
    stage.redis.kill()


def _redis_back(stage: Stage) -> None:
    assert stage.redis is not None
    stage.redis.start()


def _redis_signal(number: signal.Signals) -> Act:
    def act(stage: Stage) -> None:
        assert stage.redis is not None
        assert stage.redis.process is not None
        stage.redis.process.send_signal(number)

    return act


def _becomes(mode: str) -> Act:
    return lambda stage: stage.ehr.become(mode)


def _kill_a_worker(stage: Stage) -> None:
    os.kill(stage.service.workers[0], signal.SIGKILL)


def _nothing(_stage: Stage) -> None:
    return


def _clock(seconds: float) -> Act:
    return lambda stage: stage.clock.write_text(str(seconds))


def _disk(act: Callable[[Path], None], name: str) -> Act:
    return lambda stage: act(stage.disks[name])


_WELL: Final = _becomes("well")
_EHR: Final = {
    "answers each read after one second": ("slow", _EHR_SLOW, 3.5),
    "takes the call and never answers": ("silent", _EHR_FAILS, 4.5),
    "refuses the connection": ("refusing", _EHR_FAILS, 1.5),
    "resets the connection": ("resetting", _EHR_FAILS, 1.5),
    "answers what is no HTTP": ("garbage", _EHR_FAILS, 1.5),
    "answers with a web page": ("page", _EHR_FAILS, 1.5),
    "answers with 500": ("failing", _EHR_FAILS, 1.5),
    "answers with 100 MB": ("large", _EHR_FAILS, 4.5),
    "answers one byte at a time": ("trickling", _EHR_FAILS, 4.5),
}

FAULTS: Final = (
    Fault("PostgreSQL is stopped", SERVERS, _postgres("stop"), _postgres("start"), _RECORDS_AWAY, 4.0, 10.0),
    Fault("PostgreSQL hangs", SERVERS, _postgres("hold"), _postgres("let_go"), _RECORDS_AWAY, 12.0, 10.0),
    Fault(
        "PostgreSQL takes no writes (it follows another server)",
        SERVERS,
        _postgres("read_only", True),
        _postgres("read_only", False),
        _RECORDS_AWAY,
        2.0,
        5.0,
    ),
    Fault(
        "Redis is stopped, and has kept nothing when it is back",
        SERVERS,
        _redis_gone,
        _redis_back,
        _DOOR_AWAY,
        2.0,
        5.0,
        loses="the memory of used tokens: each could be used again until it expires (at most 5 minutes)",
    ),
    Fault(
        "Redis hangs",
        SERVERS,
        _redis_signal(signal.SIGSTOP),
        _redis_signal(signal.SIGCONT),
        _DOOR_AWAY,
        4.0,
        5.0,
    ),
    Fault(
        "Redis has no room",
        SERVERS,
        _redis("CONFIG", "SET", "maxmemory", 1),
        _redis("CONFIG", "SET", "maxmemory", 0),
        _DOOR_AWAY,
        2.0,
        5.0,
    ),
    *(
        Fault(f"The FHIR server {words}", SERVERS, _becomes(mode), _WELL, sees, within, 5.0)
        for words, (mode, sees, within) in _EHR.items()
    ),
    Fault(
        "A worker is killed",
        SERVERS,
        _kill_a_worker,
        _nothing,
        dict.fromkeys(_ALL_WELL, (0, 200)),
        4.0,
        10.0,
        loses="calls at hand in that worker get no answer; cards shown in the last moments are in no figure",
        restarts=True,
    ),
    Fault(
        "The service is killed, and started anew",
        SERVERS,
        Stage.kill,
        Stage.start,
        _NOBODY,
        1.0,
        10.0,
        loses="calls at hand get no answer; cards shown in the last moments are in no figure",
        restarts=True,
    ),
    Fault(
        "The disk of the records is full (SQLite)",
        FILES,
        _disk(fill, "records"),
        _disk(make_room, "records"),
        _RECORDS_AWAY,
        7.0,
        5.0,
    ),
    Fault(
        "The disk for temporary files is full",
        FILES,
        _disk(fill, "temporary"),
        _disk(make_room, "temporary"),
        _DOOR_AWAY,
        4.0,
        5.0,
    ),
    Fault(
        "The disk of the log is full",
        FILES,
        _disk(fill, "log"),
        _disk(make_room, "log"),
        _ALL_WELL,
        2.0,
        2.0,
        loses="lines of the log, and the next line says how many",
    ),
    Fault("The clock jumps an hour ahead", CLOCK, _clock(3600), _clock(0), _STRANGERS, 2.0, 2.0),
    Fault("The clock jumps an hour back", CLOCK, _clock(-3600), _clock(0), _STRANGERS, 2.0, 2.0),
    Fault("The clock is 20 seconds off", CLOCK, _clock(20), _clock(0), _ALL_WELL, 2.0, 2.0),
)
