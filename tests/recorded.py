"""Recordings for tests: scenarios decided and recorded by the service's own parts, without HTTP."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.audit import Trail
from cds_service.decide import Decided, Means, decide
from cds_service.hooks.services import SERVICE_BY_ID
from cds_service.knowledge.tables import load
from cds_service.knowledge.wording import load_wording
from cds_service.outbound.names import Names
from cds_service.patient_data.fhir_servers import FhirServers
from cds_service.recording.recorder import Recorder
from cds_service.settings import Settings, read_settings
from cds_service.waiting import Waits
from tests.answers import TODAY, Json

KEY = bytes(range(7, 47))
_library = cache(load)
_wording = cache(load_wording)


def clock() -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


@cache
def means(settings: Settings = Settings()) -> Means:  # noqa: B008  # it is frozen
    library = _library(settings.region, settings.unavailable)
    return Means(library, _wording(), FhirServers(settings, Names(), Waits()), ThreadPoolExecutor(4), clock)


def decided(request: Json, chosen: Means) -> Decided:
    service = SERVICE_BY_ID[f"b12-{request['hook']}"]
    return decide(service, json.dumps(request).encode(), "https://cds.example", chosen, Trail(""))


def of_scenario(folder: Path) -> tuple[Json, Means]:
    """The request, and what the scenario is decided with."""
    path = folder / "settings.json"
    own = json.loads(path.read_text("utf-8")) if path.exists() else {}
    settings = read_settings({f"CDS_{name.upper()}": value for name, value in own.items()})
    return json.loads((folder / "request.json").read_text("utf-8")), means(settings)


def record(folder: Path, calls: Iterable[tuple[Json, Means]], key: bytes = KEY, **more: Any) -> Counter[str]:
    """Have the calls recorded in a folder; what became of them."""
    kept: Counter[str] = Counter()
    recorder = Recorder(folder, key, means(), lambda outcome: kept.update((str(outcome),)), **more)
    for request, chosen in calls:
        recorder.note(decided(request, chosen), chosen.library)
    recorder.close(60)
    return kept


def lines_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.ndjson")))


def in_one_file(folder: Path, scenarios: Sequence[Path]) -> Path:
    """A file of their recorded lines, in their order; none of them is decided otherwise for being in disguise."""
    assert record(folder, map(of_scenario, scenarios)) == {"same": len(scenarios)}
    path = folder / "all"
    path.write_bytes(lines_in(folder))
    return path
