"""The bill of materials and the audit: what each calls a fault, and that no answer is not a good answer."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.supply_chain.audit import NotAuditedError, audit, source_at_hand, weaknesses
from tests.supply_chain.lock import INDEX, SERVICE, Pin, pins

pytest.importorskip("cyclonedx", reason="this environment was not made from requirements-dev.lock: no cyclonedx")
from tests.supply_chain.sbom import faults, schema_faults

Change = Callable[[dict[str, Any]], object]


def test_ci_makes_the_bill_and_asks_for_known_weaknesses() -> None:
    """The audit without failing for its answer: a weakness that became known overnight is no fault of a commit."""
    told = (Path(__file__).parents[1] / ".ci" / "run").read_text("utf-8").splitlines()
    (made,) = (line for line in told if "-m tests.supply_chain.sbom" in line)
    (asked,) = (line for line in told if "-m tests.supply_chain.audit" in line)
    assert made.startswith("clean ")
    assert made.endswith('"$work/service/bin/python"')
    assert asked.startswith("clean timeout ")
    assert asked.partition("||")[2].lstrip().startswith('echo "WARNING')


def _locked() -> dict[str, Pin]:
    return {
        name: pin
        for name, pin in pins(SERVICE).items()
        if pin.requirement.marker is None or pin.requirement.marker.evaluate()
    }


def _component(pin: Pin) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": digest} for digest in pin.hashes]
    return {
        "type": "library",
        "name": pin.name,
        "version": pin.version,
        "purl": f"pkg:pypi/{pin.name}@{pin.version}",
        "licenses": [{"license": {"id": "MIT"}}],
        "externalReferences": [{"type": "distribution", "url": f"{INDEX}/{pin.name}/", "hashes": hashes}],
    }


def _bill() -> dict[str, Any]:
    """As it should be. The real one is made in CI (.ci/run), of the service alone, and judged by the same function."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "cobalamin-cds", "version": "0.1.0"}},
        "components": [_component(pin) for pin in _locked().values()],
    }


def _first(bill: dict[str, Any]) -> dict[str, Any]:
    return next(each for each in bill["components"] if each["name"] == "alembic")


def test_a_whole_bill_has_no_fault() -> None:
    assert list(faults(_bill(), _locked())) == []


def test_what_a_virtual_environment_comes_with_needs_no_lock_and_anything_else_does() -> None:
    bill = _bill()
    bill["components"] += [{"type": "library", "name": "pip"}, {"type": "library", "name": "pytest"}]
    assert list(faults(bill, _locked())) == ["pytest: in no lock"]


FAULTS: dict[str, tuple[Change, str]] = {
    "a component is missing": (
        lambda bill: bill["components"].remove(_first(bill)),
        "alembic: locked, and not in the bill",
    ),
    "another version": (lambda bill: _first(bill).update(version="0.1"), "alembic: another version than the lock's"),
    "no package URL": (lambda bill: _first(bill).pop("purl"), "alembic: no package URL"),
    "no hashes": (lambda bill: _first(bill).pop("externalReferences"), "alembic: not the hashes of the lock"),
    "no licence": (lambda bill: _first(bill).pop("licenses"), "alembic: licence to be looked at: none stated"),
    "a licence nobody looked at": (
        lambda bill: _first(bill).update(licenses=[{"license": {"id": "AGPL-3.0-only"}}]),
        "alembic: licence to be looked at: AGPL-3.0-only",
    ),
    "no own version": (
        lambda bill: bill["metadata"]["component"].pop("version"),
        "the service itself is not named with its version",
    ),
}


@pytest.mark.parametrize(("change", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named(change: Change, fault: str) -> None:
    bill = _bill()
    change(bill)
    assert list(faults(bill, _locked())) == [fault]


def test_a_bill_that_breaks_the_schema_is_refused() -> None:
    few = _bill() | {"components": []}  # the schema takes seconds for all of them
    assert list(schema_faults(json.dumps(few))) == []
    found = list(schema_faults(json.dumps(few | {"version": "one"})))
    assert [fault.partition(":")[0] for fault in found] == ["not CycloneDX"]


def _report(*dependencies: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(dependencies), "fixes": []}


WEAK = {"name": "old", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
SOUND = {"name": "new", "version": "2.0", "vulns": []}
PASSED_OVER = {"name": "unknown", "skip_reason": "not found"}


def test_a_weakness_is_named_with_its_remedy() -> None:
    assert weaknesses(_report(SOUND, WEAK, PASSED_OVER)) == ["old 1.0: CVE-1, mended in 1.1"]
    assert weaknesses(_report(SOUND)) == []


def test_a_package_that_was_passed_over_is_not_sound() -> None:
    """pip-audit ends well and says `No known vulnerabilities found` where the index knows nothing of a version."""
    with pytest.raises(NotAuditedError, match="passed over: unknown"):
        weaknesses(_report(SOUND, PASSED_OVER))


def test_a_source_that_does_not_know_the_oldest_weakness_is_not_believed() -> None:
    answers = {"pypi": _report({"name": "requests", "version": "2.19.0", "vulns": []}), "osv": _report(WEAK)}

    def ask(_requirements: Iterable[str], source: str) -> dict[str, Any]:
        return answers[source]

    assert source_at_hand(ask) == "osv"
    answers["osv"] = _report(PASSED_OVER)
    with pytest.raises(NotAuditedError, match=r"pypi: knows nothing of requests==2\.19\.0; osv: passed over"):
        source_at_hand(ask)


def test_a_run_that_brings_no_report_is_not_a_good_one() -> None:
    with pytest.raises(NotAuditedError, match="no such source"):
        audit([], "no such source")
