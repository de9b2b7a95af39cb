"""Every failure has one status, one stable code and an OperationOutcome that shows no value."""

import pytest

from cds_service.hooks.problems import Fault, Problem, to_operation_outcome
from cds_service.log_lines import describe

_STATUSES = {400, 401, 403, 404, 405, 408, 412, 413, 414, 415, 429, 431, 500, 503}
# https://hl7.org/fhir/R4/valueset-issue-type.html, those used here
_ISSUE_TYPES = {
    *{"structure", "invalid", "not-found", "not-supported", "required", "conflict", "too-long", "exception"},
    *{"security", "throttled", "timeout", "transient"},
}


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_has_a_status_an_issue_type_and_two_texts(fault: Fault) -> None:
    assert fault.status in _STATUSES
    assert fault.issue in _ISSUE_TYPES
    assert (fault.for_client == "") == (fault is Fault.NOT_AUTHENTICATED)  # decision 25: no detail
    assert fault.for_log != ""


def test_codes_are_unique() -> None:
    assert len({fault.code for fault in Fault}) == len(list(Fault))


def test_an_outcome_names_path_rule_and_keys() -> None:
    outcome = to_operation_outcome(Problem(Fault.BAD_REQUEST, path="context.patientId", rule="is required"))
    (issue,) = outcome["issue"]
    assert issue["severity"] == "error"
    assert issue["code"] == "invalid"
    assert issue["diagnostics"] == "context.patientId: is required"
    assert issue["expression"] == ["context.patientId"]
    assert to_operation_outcome(Problem(Fault.DATA_MISSING, keys=("patient",)))["issue"][0]["diagnostics"] == (
        "prefetch key: patient"
    )


@pytest.mark.parametrize("fault", Fault)
def test_no_member_of_an_outcome_is_empty(fault: Fault) -> None:
    def check(node: object) -> None:
        assert node not in (None, "", [], {})
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            check(child)

    check(to_operation_outcome(Problem(fault)))


def test_the_description_of_an_exception_leaves_its_message_out() -> None:
    try:
        {}["Mrs Smith"]
    except KeyError as error:
        said = describe(error)
    assert "Smith" not in said
    assert said.startswith("KeyError at ")
    assert "test_problems.py" in said
