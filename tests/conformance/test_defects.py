"""Each defect of a little service is seen on its own line, and on no other. One defect at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cds_service.conformance.assertion import Verdict
from cds_service.conformance.profile import PROFILES
from cds_service.conformance.run import Outcome, run
from cds_service.conformance.subject import Subject
from cds_service.conformance.trial import Options
from tests.conformance.little_service import Defect, Json, little_service

JUDGED = frozenset("ACDEF")


def tried(defect: Defect | None = None, profile: str = "cds-hooks-2.0", letters: frozenset[str] = JUDGED) -> Outcome:
    with little_service(defect) as url:
        return run(Subject(url), PROFILES[profile], Options(), letters, lambda *_: None)


def broken(outcome: Outcome) -> dict[int, str]:
    """The lines that are not green: FAIL and WARN by number."""
    return {
        result.assertion.number: result.finding.verdict.value
        for result in outcome.results
        if result.finding.verdict in {Verdict.FAIL, Verdict.WARN}
    }


def test_a_correct_service_passes_every_line() -> None:
    outcome = tried()
    assert [r for r in outcome.results if r.finding.verdict is not Verdict.PASS] == []
    assert [r.assertion.number for r in outcome.results] == [*range(1, 11), *range(22, 45)]


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    defect: Defect
    fails: tuple[int, ...] = ()
    warns: tuple[int, ...] = ()
    profile: str = "cds-hooks-2.0"


def service(change: Callable[[Json], Any]) -> Defect:
    """The first entry of discovery, changed."""

    def discovery(document: Json) -> Json:
        change(document["services"][0])
        return document

    return Defect(discovery=discovery)


def cards(change: Callable[[Json], Any]) -> Defect:
    """Every card, changed."""

    def answer(request: Json, document: Json) -> Json:
        for card in document["cards"]:
            change(card)
        return document

    return Defect(answer=answer)


def actions(kind: str, change: Callable[[Json], Any]) -> Defect:
    """Every action of a kind, changed."""

    def each(card: Json) -> None:
        for suggestion in card["suggestions"]:
            for action in suggestion["actions"]:
                if action["type"] == kind:
                    change(action)

    return cards(each)


def answers(change: Callable[[Json], Any]) -> Defect:
    def answer(request: Json, document: Json) -> Any:
        change(document)
        return document

    return Defect(answer=answer)


def _prefetch(template: Any) -> Defect:
    return service(lambda entry: entry["prefetch"].update(more=template))


def _doubled(document: Json) -> Json:
    document["services"].append(document["services"][0])
    return document


def _mark_up(request: Json, document: Json) -> Json:
    for card in document["cards"]:
        entries = request["context"].get("draftOrders", {}).get("entry", [])
        card["detail"] = "Ordered: " + " ".join(
            e["resource"].get("medicationCodeableConcept", {}).get("text", "") for e in entries
        )
    return document


def _critical(request: Json, document: Json) -> Json:
    if not document["cards"]:
        card = {"summary": "Beware.", "indicator": "critical", "source": {"label": "Little guideline"}}
        document["cards"].append(card)
    return document


def _never_settled(request: Json, document: Json) -> Json:
    for entry in request["context"].get("draftOrders", {}).get("entry", []):
        if "hydroxocobalamin" in entry["resource"].get("medicationCodeableConcept", {}).get("text", ""):
            source = {"label": "x", "topic": {"system": "https://guideline.example/topics", "code": "B12"}}
            document["cards"].append({"summary": "Again.", "indicator": "info", "source": source})
    return document


def _displays(request: Json, document: Json) -> Json:
    for card in document["cards"]:
        card["overrideReasons"][0]["display"] = request["hook"]
    return document


def _twins(request: Json, document: Json) -> Json:
    document["cards"] = [*document["cards"], *document["cards"]]
    return document


def _rounded(action: Json) -> None:
    extension = action["resource"]["extension"][0]
    extension["valueDecimal"] = float(extension["valueDecimal"].text)


def _long_afterwards(request: Json, document: Json) -> Json:
    """Only where a suggestion has been taken: hydroxocobalamin, with the dose of what it replaced."""
    entries = request["context"].get("draftOrders", {}).get("entry", [])
    for order in (entry["resource"] for entry in entries if "dosageInstruction" in entry["resource"]):
        if order["medicationCodeableConcept"]["text"] == "hydroxocobalamin":
            document["cards"].append({"summary": _LONG, "indicator": "info", "source": {"label": "x"}})
    return document


def _mildly_critical(card: Json) -> None:
    topic = {"system": "https://cobalamin-cds.org/fhir/CodeSystem/topic", "code": "MonitoringDue"}
    card["indicator"], card["source"]["topic"] = "critical", topic


def _for_crd(request: Json, document: Json, named: str = "") -> Json:
    """The order that each card changes is listed, and the list of system actions is there."""
    for card in document["cards"]:
        updated = [s["actions"][0].get("resource", {}).get("id") for s in card["suggestions"]]
        about = [f"MedicationRequest/{named or updated[0]}"]
        card["extension"] = {"davinci-crd.associated-resource": about}
    return document | ({"systemActions": []} if request["hook"] == "order-sign" else {})


def _for_crd_wrongly(request: Json, document: Json) -> Json:
    return _for_crd(request, document, "another")


def _drop(*names: str) -> Callable[[Json], None]:
    def change(holder: Json) -> None:
        for name in names:
            holder.pop(name, None)

    return change


def _set(**members: Any) -> Callable[[Json], None]:
    return lambda holder: holder.update(members)


def _resource(**members: Any) -> Callable[[Json], None]:
    return lambda action: action["resource"].update(members)


def _first(name: str, change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda card: change(card[name][0])


_LONG = "x" * 140

CASES = (
    Case("discovery is an error", Defect(status=lambda path, s: 500 if path == "/cds-services" else s), (1,)),
    Case("discovery is HTML", Defect(discovery=lambda _: b"<html></html>"), (1,)),
    Case("discovery is redirected", Defect(status=lambda path, s: 308 if path == "/cds-services" else s), (1,)),
    Case("services is an object", Defect(discovery=lambda _: {"services": {"a": 1}}), (2,)),
    Case("services is missing", Defect(discovery=lambda _: {"other": 1}), (2,)),
    Case("no description", service(_drop("description")), (3,)),
    Case("description is a number", service(_set(description=1)), (3,)),
    Case("no title", service(_drop("title")), (), (3,)),
    Case("null in discovery", service(_set(more=None)), (4,)),
    Case("empty extension member", service(_set(extension={"org.example": {"a": []}})), (4,)),
    Case("an entry twice", Defect(discovery=_doubled), (5,)),
    Case("drafts as a token", _prefetch("Medication/{{context.draftOrders}}"), (6,)),
    Case("a path as a token", _prefetch("Encounter/{{context.draftOrders.entry.id}}"), (6,)),
    Case("a path as a token, 3.0", _prefetch("Encounter/{{context.some.path}}"), (), (10,), "cds-hooks-3.0"),
    Case("an old token", _prefetch("Patient/{{Patient.id}}"), (6,)),
    Case("a brace too few", _prefetch("Patient/{{context.patientId}"), (6,)),
    Case("a template that is no text", _prefetch(5), (6,)),
    Case("the user as a token", _prefetch("Practitioner/{{userPractitionerId}}")),
    Case("the user as a token, 1.0", _prefetch("Practitioner/{{userPractitionerId}}"), (6, 39), (), "cds-hooks-1.0"),
    Case("_include", _prefetch("Condition?patient={{context.patientId}}&_include=Condition:x"), (), (7,)),
    Case("a chain", _prefetch("Condition?patient.name=x"), (), (7,)),
    Case("a modifier", _prefetch("Condition?patient={{context.patientId}}&code:not=1"), (), (7,)),
    Case("a date prefix", _prefetch("Condition?patient={{context.patientId}}&date=ne2020-01-01"), (), (7,)),
    Case("an absolute template", _prefetch("/Condition?patient={{context.patientId}}"), (), (7,)),
    Case("a parameter twice", _prefetch("Condition?patient={{context.patientId}}&date=ge2020&date=le2021"), (), (7,)),
    Case("every Observation", _prefetch("Observation?patient={{context.patientId}}&_count=9"), (), (8,)),
    Case("a listed id is 404", Defect(status=lambda p, s: 404 if p.endswith("order-sign") else s), (9, 22)),
    Case("a listed id is redirected", Defect(status=lambda p, s: 307 if p.endswith("order-sign") else s), (9, 22)),
    Case("an unknown id is 200", Defect(status=lambda _, s: 200 if s == 404 else s), (9,)),
    Case("an unknown id is 400", Defect(status=lambda _, s: 400 if s == 404 else s), (), (9,)),
    Case("an odd version", service(_set(version="STU2")), (10,)),
    Case("an odd hookVersion", service(_set(hookVersion="9.9")), (10,)),
    Case("an extension that is a text", service(_set(extension="x")), (10,)),
    Case("an extension without a domain", service(_set(extension={"note": {"a": 1}})), (), (10,)),
    Case("no version for 3.0", Defect(), (), (10,), "cds-hooks-3.0"),
    Case("no cards", answers(_drop("cards")), (22,)),
    Case("cards is null", answers(_set(cards=None)), (22, 24)),
    Case("an answer that is a list", Defect(answer=lambda _, document: [document]), (22,)),
    Case("an answer that is no JSON", Defect(answer=lambda *_: b'{"cards": [], "a": NaN}'), (22,)),
    Case("an error", Defect(status=lambda p, s: 500 if p.endswith("order-sign") else s), (22,)),
    Case("nothing but 204", Defect(status=lambda p, s: 204 if p.endswith("order-sign") else s), (22,)),
    Case("412 with everything", Defect(status=lambda p, s: 412 if p.endswith("order-sign") else s), (), (22,)),
    Case("systemActions is an object", answers(_set(systemActions={"a": 1})), (23,)),
    Case("systemActions is empty", answers(_set(systemActions=[])), (23,)),
    Case("systemActions is missing for CRD", Defect(), (23,), (34, 39), "crd"),
    Case("a system action without a type", answers(_set(systemActions=[{"description": "x"}])), (36,)),
    Case("detail is empty", cards(_set(detail="")), (24,)),
    Case("null in a card", cards(_set(extension={"org.example": None})), (24,)),
    Case("summary of 140", cards(_set(summary=_LONG)), (25,)),
    Case("no summary", cards(_drop("summary")), (25,)),
    Case("a long summary after a suggestion", Defect(answer=_long_afterwards), (25,)),
    Case("indicator hard-stop", cards(_set(indicator="hard-stop")), (26,)),
    Case("no source", cards(_drop("source")), (27,)),
    Case("no label of the source", cards(lambda card: card["source"].pop("label")), (27,)),
    Case("a relative source", cards(lambda card: card["source"].update(url="/rules")), (27,)),
    Case("a topic without system", cards(lambda card: card["source"]["topic"].pop("system")), (27,)),
    Case("cards twice", Defect(answer=_twins), (28,)),
    Case("a uuid that is none", cards(_set(uuid="card-1")), (), (28,)),
    Case("a uuid that is none of 3.0", cards(_set(uuid="card-1")), (28,), (10,), "cds-hooks-3.0"),
    Case("mark-up of the record in detail", Defect(answer=_mark_up), (29,)),
    Case("a script in a link", cards(_set(detail="cyanocobalamin [x](javascript:alert(1))")), (29,)),
    Case("HTML in detail", cards(_set(detail="<b>cyanocobalamin</b>")), (), (29,)),
    Case("detail is an object", cards(_set(detail={"a": 1})), (29,)),
    Case("no selectionBehavior", cards(_drop("selectionBehavior")), (30,)),
    Case("selectionBehavior all", cards(_set(selectionBehavior="all")), (30,)),
    Case("any is none of 1.0", cards(_set(selectionBehavior="any")), (30, 39), (), "cds-hooks-1.0"),
    Case("at-most-one is none of Epic", Defect(), (30,), (), "epic"),
    Case("two are recommended", cards(lambda c: [s.update(isRecommended=True) for s in c["suggestions"]]), (31,)),
    Case("a reason without display", cards(_first("overrideReasons", _drop("display"))), (32,)),
    Case("a code with two displays", Defect(answer=_displays), (32,)),
    Case("harmless is critical", Defect(answer=_critical), (), (33,)),
    Case("critical of a mild topic", cards(_mildly_critical), (), (33,)),
    Case("the orders are listed for CRD", Defect(answer=_for_crd), (), (39,), "crd"),
    Case("another order is listed for CRD", Defect(answer=_for_crd_wrongly), (), (34, 39), "crd"),
    Case("which order?", cards(_set(summary="A vitamin.", detail="Another form is preferred.")), (), (34,)),
    Case("a suggestion without label", cards(_first("suggestions", _drop("label"))), (35,)),
    Case("a suggestion without uuid", cards(_first("suggestions", _drop("uuid"))), (), (35,)),
    Case("a type in capitals", actions("delete", _set(type="DELETE")), (36,)),
    Case("an action without description", actions("update", _drop("description")), (36,)),
    Case("no actions in the list", cards(_first("suggestions", _set(actions=[]))), (24, 36)),
    Case("a resource as text", actions("create", _set(resource="{}")), (37,)),
    Case("no resource type", actions("create", lambda action: action["resource"].pop("resourceType")), (37,)),
    Case("another patient", actions("create", _resource(subject={"reference": "Patient/other"})), (37,)),
    Case("no subject", actions("create", lambda action: action["resource"].pop("subject")), (37,)),
    Case("no FHIR", actions("create", _resource(dosageInstruction={"text": "x"})), (37,)),
    Case("not a draft", actions("create", _resource(status="active")), (), (37,)),
    Case("a code of its own", actions("create", _resource(medicationCodeableConcept={"text": "b12"})), (), (37,)),
    Case("an update of nothing", actions("update", _resource(id="other")), (38,), (40,)),
    Case("an update in part", actions("update", lambda action: action["resource"].pop("extension")), (38,)),
    Case("another requester", actions("update", _resource(requester={"reference": "Practitioner/x"})), (38,)),
    Case("another priority", actions("update", _resource(extension=[{"url": "u", "valueCode": "x"}])), (), (38,)),
    Case("a decimal without its nought", actions("update", _rounded), (), (38,)),
    Case("a delete of nothing", actions("delete", _set(resourceId="MedicationRequest/other")), (39,), (40,)),
    Case("a delete of what?", actions("delete", _drop("resourceId")), (39,), (40,)),
    Case("the old delete", actions("delete", lambda a: a.update(resource=a.pop("resourceId"))), (), (39,)),
    Case("not settled", Defect(answer=_never_settled), (), (40,)),
    Case("not for 2.0", cards(_first("suggestions", _set(actionSelectionBehavior="any"))), (41,)),
    Case("a link of no type", cards(_first("links", _set(type="web"))), (42,)),
    Case("a relative link", cards(_first("links", _set(url="app/launch"))), (42,)),
    Case("a link without label", cards(_first("links", _drop("label"))), (42,)),
    Case("context of a plain link", cards(_first("links", _set(appContext="x"))), (43,)),
    Case("autoLaunchable", cards(_first("links", _set(autoLaunchable=True))), (), (44,)),
)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_defect_is_seen_on_its_own_line(case: Case) -> None:
    outcome = tried(case.defect, case.profile)
    expected = dict.fromkeys(case.warns, "WARN") | dict.fromkeys(case.fails, "FAIL")
    assert broken(outcome) == expected
    assert outcome.failed == bool(case.fails)
