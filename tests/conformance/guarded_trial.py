"""One run of the tester against one guarded service, with everything the tester can bring along."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from cds_service.conformance.assertion import Verdict
from cds_service.conformance.bench import Equipment, set_up
from cds_service.conformance.profile import PROFILES
from cds_service.conformance.run import Outcome, run
from cds_service.conformance.signer import keys_for
from cds_service.conformance.subject import Subject
from cds_service.conformance.trial import Options
from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_wire import running

ISSUER = "https://ehr.example"
MAKE = Callable[..., Guarded]


@cache
def key_file() -> Path:
    """Private keys for all tests of one process: to make RSA keys takes longer than most of these tests."""
    path = Path(mkdtemp(prefix="conformance-")) / "keys.json"
    keys_for(path)
    return path


def tried(make: MAKE, letters: str, *, guarded: bool = False, trusted: bool = True, log: Path | None = None) -> Outcome:
    """guarded: with authentication. trusted: the service knows the tester's FHIR server. letters: the groups."""
    with ExitStack() as running_now:
        # Port 0 is not for a person, who must tell the service; here the service is made when the port is known
        own = Equipment(ISSUER, key=key_file(), jwks_port=0, tenant="north", log=log)
        given = own if guarded else Equipment(log=log)
        bench = running_now.enter_context(set_up(given))
        server = bench.key_server
        service = make(bench.fhir.base if trusted else "", server.url if server is not None else "", log)
        url = running_now.enter_context(running(service))
        subject = Subject(url, token_for=bench.token_for if guarded else None)
        options = Options(bench=bench, repeats=5, timed=5, budget=1.5)
        return run(subject, PROFILES["cds-hooks-2.0"], options, frozenset(letters), lambda *_: None)


def by_number(outcome: Outcome, *verdicts: Verdict) -> dict[int, str]:
    """What was said of each assertion that ended so."""
    return {
        result.assertion.number: result.finding.said for result in outcome.results if result.finding.verdict in verdicts
    }


def broken(outcome: Outcome) -> dict[int, str]:
    """The lines that are not green."""
    return by_number(outcome, Verdict.FAIL, Verdict.WARN)
