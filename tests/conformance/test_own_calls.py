"""A person's own hook calls: what of their answers counts, as nobody knows whether the calls are whole."""

import pytest

from cds_service.conformance.assertion import Finding, Verdict
from cds_service.conformance.profile import PROFILES
from cds_service.conformance.run import run
from cds_service.conformance.subject import Subject
from cds_service.conformance.trial import Options
from tests.conformance.little_service import Defect, Json, little_service
from tests.conformance.test_defects import JUDGED


def _with_own(status: int, own: Json, defect: Defect | None = None) -> dict[int, Finding]:
    """The findings on one call of the person's own to patient-view, answered with this status."""
    hook = own["hook"]
    chosen = defect or Defect(status=lambda path, s: status if path.endswith(hook) else s)
    with little_service(chosen) as url:
        options = Options(own=(("own.json", own),))
        outcome = run(Subject(url), PROFILES["cds-hooks-2.0"], options, JUDGED, lambda *_: None)
    return {result.assertion.number: result.finding for result in outcome.results}


CHART = {"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "x", "userId": "Practitioner/p"}}


@pytest.mark.parametrize(("status", "told"), [(200, False), (412, False), (400, True), (500, True)])
def test_ones_own_call_may_lack_data(status: int, told: bool) -> None:
    found = _with_own(status, CHART)[22]
    assert any("own.json" in fault for fault in found.faults) == told


def test_a_refusal_of_ones_own_call_alone_is_a_warning() -> None:
    def refused(request: Json, document: Json) -> Json:
        if request["context"]["patientId"] == "x":
            raise ValueError
        return document

    found = _with_own(200, CHART, Defect(answer=refused))[22]
    assert (found.verdict, found.said) == (Verdict.WARN, "little-patient-view, own.json: refused with HTTP 400")


def test_ones_own_call_may_show_a_product() -> None:
    own = CHART | {"hook": "order-sign", "extension": {"davinci-crd.version": "2.0"}}

    def of_crd(request: Json, document: Json) -> Json:
        return document | ({"systemActions": []} if "extension" in request else {})

    assert _with_own(200, own, Defect(answer=of_crd))[23].verdict is Verdict.PASS
