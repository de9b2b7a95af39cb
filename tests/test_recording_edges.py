"""Recording at its edges: calls without a pause, numbers and ids without bounds, two hospitals with one id."""

import json
from collections import Counter
from pathlib import Path
from threading import Event

import pytest

from cds_service.recording.recorder import Recorder
from tests.hook_calls import PATIENT_RESOURCE, call
from tests.recorded import KEY, decided, lines_in, means, of_scenario, record
from tests.test_recording import B12, RENAL, folder, recorded
from tests.until import until

__all__ = ["folder"]


def test_between_calls_that_wait_there_is_no_pause(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One pause for each line would be the most lines in a second, however idle the machine is."""
    kept: Counter[str] = Counter()
    recorder = Recorder(folder, KEY, means(), lambda outcome: kept.update((str(outcome),)))
    pauses, go = [], Event()

    def wait(_event: Event, seconds: float | None = None) -> bool:
        pauses.append(seconds)
        return go.wait(30)

    request, chosen = of_scenario(RENAL)
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "_ending", type("Ending", (Event,), {"wait": wait})())
        for _ in range(5):
            recorder.note(decided(request, chosen), chosen.library)
        go.set()
        until(lambda: kept["same"] == 5)
        assert len(pauses) == 1
    recorder.close()


def test_a_number_beyond_all_bounds_and_an_id_of_marks_are_recorded_too(folder: Path) -> None:
    calls = []
    for value in ("1e999999999", "1234E567890", 10**300):
        request, chosen = of_scenario(RENAL)
        for each in request["prefetch"]["results"]["entry"]:
            each["resource"].get("valueQuantity", {})["value"] = value
        calls.append((request, chosen))
    patient = {"patient": PATIENT_RESOURCE}
    calls += [(call(B12 | {"id": "#" * 2000}, prefetch=patient), means())]
    assert record(folder, calls) == {"same": len(calls)}
    assert b"67890" not in lines_in(folder)


def test_patients_of_two_clients_are_two_though_their_ids_are_one(folder: Path) -> None:
    request, chosen = of_scenario(RENAL)
    recorder = Recorder(folder, KEY, means(), lambda _: None)
    for client in ("north", "south"):
        recorder.note(decided(request, chosen), chosen.library, client)
    recorder.close(60)
    first, second = (json.loads(bytes(line.request))["context"]["patientId"] for line in recorded(folder))
    assert first != second
