"""A correct service is green in every group, and what a run could not try is NOT SEEN with its reason, never green."""

from pathlib import Path

from cds_service.conformance.assertion import Verdict
from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_trial import broken, by_number, tried


def test_a_correct_service_is_green(tmp_path: Path) -> None:
    outcome = tried(Guarded, "BGHIJK", guarded=True, log=tmp_path / "log")
    assert broken(outcome) == {}
    assert by_number(outcome, Verdict.NOT_SEEN) == {70: "the URL is plain http"}
    assert len(by_number(outcome, Verdict.PASS)) == 42


def test_without_an_issuer_nothing_is_said_of_tokens(tmp_path: Path) -> None:
    outcome = tried(Guarded, "GHI")
    assert broken(outcome) == {}
    unseen = by_number(outcome, Verdict.NOT_SEEN)
    assert set(unseen) == {62, *range(63, 72)}
    assert all("--issuer" in unseen[number] for number in range(62, 70))
    assert "--log" in unseen[71]


def test_a_service_that_never_fetches_is_not_green_for_it() -> None:
    outcome = tried(Guarded, "GK", trusted=False)
    assert broken(outcome) == {}
    unseen = by_number(outcome, Verdict.NOT_SEEN)
    assert set(unseen) == {45, 46, 47, 50, 51, 53, 76}
    assert all("--fhir-port" in said and "CDS_FHIR_SERVERS" in said for said in unseen.values())


def test_a_service_without_feedback_is_allowed() -> None:
    class NoFeedback(Guarded):
        def respond(self, method, path, headers, body):  # type: ignore[no-untyped-def]
            return (404, b"{}") if path.endswith("/feedback") else super().respond(method, path, headers, body)

    outcome = tried(NoFeedback, "H")
    assert set(by_number(outcome, Verdict.NOT_SEEN)) == set(range(55, 63))


def test_where_no_good_token_is_let_in_a_refusal_shows_nothing() -> None:
    class Closed(Guarded):
        issuer = "https://somebody-else.example"

    outcome = tried(Closed, "I", guarded=True)
    assert 65 in broken(outcome)
    unseen = by_number(outcome, Verdict.NOT_SEEN)
    assert {64, 66, 67, 68, 69} <= set(unseen)
    assert all("no good token" in unseen[number] for number in (64, 66, 67, 68, 69))
