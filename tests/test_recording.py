"""Requests are recorded beside the calls: nobody can be known from them, and no failure reaches a call."""

import json
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.app import RECORDER, create_app
from cds_service.clinical.snapshot import Availability
from cds_service.recording import recorder as recording
from cds_service.recording.line import Line, read
from cds_service.recording.recorder import Recorder
from cds_service.settings import Settings
from fhir_mappings.disguise.person import Disguise
from tests.answers import TODAY, Json
from tests.as_fhir import hook_call
from tests.as_fhir_codes import NotInFhir
from tests.case_language import read as case_of
from tests.fhir_server import Reply, serving
from tests.hook_calls import AUTHORIZATION, PATIENT, PATIENT_RESOURCE, bundle, call, draft
from tests.log_lines import lines as log_lines
from tests.privacy.marks import Marks
from tests.privacy.watched import Watched, marked, path_of, watch
from tests.recorded import KEY, clock, decided, lines_in, means, of_scenario, record
from tests.scenarios import FOLDERS
from tests.test_cases import FILES

__all__ = ["watch"]
B12 = draft(text="cyanocobalamin 1 mg injection")
RENAL = next(folder for folder in FOLDERS if folder.name == "cyanocobalamin-renal")


def recorded(folder: Path) -> list[Line]:
    return [read(line) for line in lines_in(folder).splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (found := tmp_path / "recordings").mkdir(mode=0o700)
    return found


@pytest.fixture
def key(tmp_path: Path) -> Path:
    (found := tmp_path / "site.key").write_bytes(KEY)
    found.chmod(0o600)
    return found


def test_every_scenario_is_recorded_and_decided_as_before(folder: Path) -> None:
    assert record(folder, map(of_scenario, FOLDERS)) == {"same": len(FOLDERS)}
    found = recorded(folder)
    assert len(found) == len(FOLDERS)
    assert not any(line.altered for line in found)
    assert {line.region.value for line in found} == {"uk", "us"}
    assert any(line.unavailable for line in found)
    assert len({card.topic for line in found for card in line.answer.cards}) > 35


def test_cases_of_the_rules_are_decided_as_before_but_for_months_and_five_digits(folder: Path) -> None:
    """Many stand on a boundary: a month is shorter elsewhere in the year, and 10 001 is 10 000 in four digits."""
    calls = []
    for case in [case for stem in FILES for case in FILES[stem]["case"]][::20]:
        situation = case_of(case.get("given", []))
        with suppress(NotInFhir):
            request = hook_call(situation, case["order"])
            chosen = Settings(region=situation.region, unavailable=frozenset(situation.unavailable))
            calls.append((request, means(chosen)))
    kept = record(folder, calls)
    assert kept.keys() <= {"same", "altered"}
    assert kept["altered"] <= 3
    assert kept["same"] > 100


def test_no_mark_of_a_request_is_in_its_record(folder: Path) -> None:
    """As tests/privacy marks them: names, ids, addresses, notes, dates of birth, times, odd numbers and members."""
    marks, calls = Marks(), []
    for number in range(120):
        request, mark = marked(number)
        marks.add_all(mark.words)
        calls.append((request, means()))
    kept = record(folder, calls)
    assert kept.keys() <= {"same", "altered"}
    assert kept["same"] > 100, "of a chart where nothing is to be read nothing is recorded"
    assert marks.found_in(lines_in(folder)) == []


def test_ids_of_a_record_fit_together_and_are_the_same_in_the_next(folder: Path) -> None:
    request, chosen = of_scenario(RENAL)
    record(folder, [(request, chosen)] * 2)
    first, second = recorded(folder)
    assert first.id != second.id
    second.id = first.id
    assert msgspec.json.encode(first) == msgspec.json.encode(second)
    told = json.loads(bytes(first.request))
    patient = told["context"]["patientId"]
    disguise = Disguise(KEY, request["context"]["patientId"], TODAY)
    assert patient == disguise.id(request["context"]["patientId"]) != request["context"]["patientId"]
    resources = [each["resource"] for part in told["prefetch"].values() for each in part["entry"]]
    about = {each["subject"]["reference"] for each in resources if "subject" in each}
    assert about == {f"Patient/{patient}"}
    assert told["context"].keys() <= {"patientId", "draftOrders", "selections"}
    assert told.keys() == {"hook", "hookInstance", "context", "prefetch"}
    assert first.today == disguise.moved_today != TODAY


def test_what_was_fetched_is_in_the_record_and_what_failed_as_it_failed(folder: Path) -> None:
    medication = {"resourceType": "Medication", "id": "m9", "code": {"text": "Hydroxocobalamin of Ms Smithers"}}
    order = draft("o1", status="active", medicationReference={"reference": "Medication/m9"}, authoredOn="2026-10-01")
    del order["medicationCodeableConcept"]
    told = {"Patient": PATIENT_RESOURCE, "Medication": medication, "MedicationRequest": bundle(order)}

    def answer(path: str) -> Reply:
        kind = path.partition("?")[0].partition("/")[0]
        if kind in told:
            return Reply(told[kind])
        return Reply(status={"Condition": 403, "Procedure": 500}.get(kind, 404))

    with serving(answer) as server:
        request = call(B12, fhirServer=server.base, fhirAuthorization=AUTHORIZATION, prefetch={"results": bundle()})
        chosen = means(Settings(fhir_servers=(server.base,)))
        before = decided(request, chosen)
        assert record(folder, [(request, chosen)]) == {"same": 1}
        asked = len(server.asked)
    (line,) = recorded(folder)
    again = json.loads(bytes(line.request))
    assert asked > 0
    for gone in (server.base.encode(), b"tok-abc123", b"fhirServer", b"Smithers"):
        assert gone not in bytes(line.request)
    assert again["prefetch"]["conditions"]["issue"][0]["code"] == "forbidden"
    assert again["prefetch"]["procedures"]["issue"][0]["code"] == "exception"
    assert [each["resource"]["resourceType"] for each in again["prefetch"]["patient"]["entry"]] == [
        "Patient",
        "Medication",
    ]
    assert before.basis is not None
    states = {kind.name: state for kind, state in before.basis.gathered.availability.items()}
    after = decided(again, means()).basis
    assert after is not None
    assert {kind.name: state for kind, state in after.gathered.availability.items()} == states
    assert {Availability.REFUSED, Availability.FAILED, Availability.COMPLETE} <= set(states.values())


def test_only_what_a_rule_reads_is_in_the_record(folder: Path) -> None:
    other = {"code": {"coding": [{"system": "http://loinc.org", "code": "718-9"}]}, "valueString": "Smithers"}
    about = {"subject": {"reference": f"Patient/{PATIENT}"}, "status": "final"}
    foreign = {"subject": {"reference": "Patient/another"}, "status": "final", "effectiveDateTime": "2026-11-01"}
    b12 = {"code": {"coding": [{"system": "http://loinc.org", "code": "2132-9"}]}}
    results = bundle(
        {"resourceType": "Observation", "id": "x", **about, **other},
        {"resourceType": "Observation", "id": "y", **foreign, **b12},
    )
    drafts = (B12, draft("d2", "amoxicillin 500 mg"), {"resourceType": "NutritionOrder", "id": "n"})
    record(folder, [(call(*drafts, prefetch={"patient": PATIENT_RESOURCE, "results": results}), means())])
    told = json.loads(bytes(recorded(folder)[0].request))
    assert told["prefetch"]["results"]["entry"] == []
    assert "link" in told["prefetch"]["results"], "that all of it was about somebody else makes the list incomplete"
    assert len(told["context"]["draftOrders"]["entry"]) == 1


def test_who_is_over_ninety_is_recorded_as_ninety_and_that_is_told_where_it_matters(folder: Path) -> None:
    request, chosen = of_scenario(next(each for each in FOLDERS if each.name == "cyanocobalamin-creatinine"))
    request["prefetch"]["patient"]["birthDate"] = "1921-02-03"
    kept = record(folder, [(request, chosen)])
    (line,) = recorded(folder)
    patient = json.loads(bytes(line.request))["prefetch"]["patient"]["entry"][0]["resource"]
    assert (line.today - date.fromisoformat(patient["birthDate"])) < timedelta(days=91 * 365.25)
    assert kept.total() == 1


def test_a_request_that_is_decided_otherwise_in_disguise_says_so(folder: Path) -> None:
    """Of a result beyond four digits, the digits that matter to a number of ours may be lost."""
    request, chosen = of_scenario(RENAL)
    (egfr,) = [
        each["resource"] for each in request["prefetch"]["results"]["entry"] if "valueQuantity" in each["resource"]
    ]
    egfr["valueQuantity"]["value"] = 49.99999
    assert record(folder, [(request, chosen)]) == {"altered": 1}
    assert [line.altered for line in recorded(folder)] == [True]


def test_calls_over_http_are_recorded_after_the_answer_and_only_those_that_are_decided(folder: Path, key: Path) -> None:
    app = create_app(Settings(record_dir=folder, record_key=key), clock=clock)
    client, request = app.test_client(), of_scenario(RENAL)[0]
    for body in (request, call(draft(), prefetch={"patient": PATIENT_RESOURCE}), {}, request):
        client.post("/cds-services/b12-order-select", json=body)
    app.extensions[RECORDER].close(60)
    assert len(recorded(folder)) == 2
    assert 'cobalamin_cds_recorded_total{outcome="same"} 2.0' in client.get("/metrics").text
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {0o600}
    assert not any(str(day) in path.name for path in folder.iterdir() for day in (2026, 1120))


def test_where_nothing_is_asked_for_nothing_is_recorded() -> None:
    assert create_app(Settings()).extensions[RECORDER] is None


def test_a_key_that_is_gone_stops_no_advice(folder: Path, key: Path, caplog: pytest.LogCaptureFixture) -> None:
    key.chmod(0o644)
    assert create_app(Settings(record_dir=folder, record_key=key)).extensions[RECORDER] is None
    assert "nothing is recorded: CDS_RECORD_KEY_FILE names a file that others" in caplog.text


def test_when_too_many_wait_the_newest_are_dropped_counted_and_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    request, chosen = of_scenario(RENAL)
    assert record(folder, [(request, chosen)] * 3, most_bytes=0) == {"dropped": 3}
    told = "a call is in no recording, since too many wait to be recorded"
    assert [each.getMessage() for each in caplog.records] == [f"{told} (1 times)", f"{told} (2 times)"], (
        "at once, and at the end what came since; in between once a minute"
    )
    assert record(folder, [(request, chosen)] * 3, most_bytes=20_000)["dropped"] < 3


def test_a_failure_of_our_own_is_counted_and_tells_no_patient(
    watch: Any, folder: Path, key: Path, monkeypatch: Any
) -> None:
    def fails(*_: Any) -> Any:
        raise ValueError(json.dumps(request))

    request, mark = marked(3, "cyanocobalamin-renal")
    monkeypatch.setattr(recording, "recorded_request", fails)
    watched: Watched = watch(Settings(log_level="debug", record_dir=folder, record_key=key))
    assert watched.post(path_of(request), request, mark) == (200, [])
    watched.app.extensions[RECORDER].close(60)
    assert 'recorded_total{outcome="failed"} 1.0' in watched.app.test_client().get("/metrics").text
    said = [line for line in log_lines(watched.said) if line["logger"] == "cds_service.recording"]
    assert [line["message"].partition(":")[0] for line in said] == ["a request could not be recorded (1 times)"]
    assert watched.hits() == []


def test_a_recorder_that_is_closed_takes_nothing_more(folder: Path) -> None:
    kept: Counter[str] = Counter()
    recorder = Recorder(folder, KEY, means(), lambda outcome: kept.update((str(outcome),)))
    recorder.close()
    request, chosen = of_scenario(RENAL)
    recorder.note(decided(request, chosen), chosen.library)
    assert kept == {"dropped": 1}


def _odd_calls() -> Iterator[Json]:
    for text in ("Ms Smithers", "cyanocobalamin", ["a"], 7, None, {}):
        for name in (
            "status",
            "intent",
            "subject",
            "authoredOn",
            "dosageInstruction",
            "note",
            "contained",
            "extension",
        ):
            yield call(B12 | {name: text}, prefetch={"patient": PATIENT_RESOURCE})


def test_odd_drafts_are_as_odd_in_disguise(folder: Path) -> None:
    """A word where an object belongs, and the like: what cannot be read may not become readable."""
    refused = 0
    calls = []
    for request in _odd_calls():
        try:
            decided(request, means())
        except Exception:  # noqa: BLE001 - 400: a draft of another patient
            refused += 1
        else:
            calls.append((request, means()))
    kept = record(folder, calls)
    assert kept == {"same": len(calls)}
    assert len(calls) > 30
    assert b"Smithers" not in lines_in(folder)
