"""A correct service is green in every group, and what a run could not try is NOT SEEN with its reason, never green."""

from pathlib import Path
from typing import Any

import pytest

from cds_service.conformance.assertion import Verdict
from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_trial import broken, by_number, tried
from tests.conformance.guarded_wire import Json


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


class Silent(Guarded):
    def decide(self, request: Json) -> Json:
        return {"cards": []}


def test_a_service_that_has_nothing_to_say_breaks_nothing() -> None:
    outcome = tried(Silent, "BGK")
    assert broken(outcome) == {}
    assert {45, 46, 48, 50, 51, 53} <= set(by_number(outcome, Verdict.NOT_SEEN))


JUNK: dict[str, tuple[int, Any]] = {
    "a list": (200, b"[]"),
    "an empty object": (200, b"{}"),
    "cards that are none": (200, b'{"cards": ["x", null, {"summary": 1, "suggestions": "y", "links": {}}]}'),
    "null": (200, b"null"),
    "a page": (500, b"<html>"),
    "bytes": (200, b"\xff\xfe"),
    "nothing": (204, b""),
    "a redirect": (302, b""),
    "another status": (418, b"{}"),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_no_answer_breaks_the_tester(junk: tuple[int, Any], tmp_path: Path) -> None:
    class Junk(Guarded):
        def respond(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
            return (200, self.discovery()) if path == "/cds-services" else junk

    outcome = tried(Junk, "ABCDEFGHIJK", guarded=True, log=tmp_path / "log")
    assert {11, 13, 16, 22} & set(broken(outcome))
    assert len(outcome.results) == 76


def test_no_discovery_breaks_the_tester() -> None:
    class NoServices(Guarded):
        def discovery(self) -> Json:
            return {"services": [None, {"id": 1}, {"id": "a", "hook": "unheard-of", "prefetch": [1]}, "x"]}

    outcome = tried(NoServices, "BGHIJK")
    assert set(broken(outcome)) <= {13}
    assert 11 in by_number(outcome, Verdict.NOT_SEEN)


def test_where_no_good_token_is_let_in_a_refusal_shows_nothing() -> None:
    class Closed(Guarded):
        issuer = "https://somebody-else.example"

    outcome = tried(Closed, "I", guarded=True)
    assert 65 in broken(outcome)
    unseen = by_number(outcome, Verdict.NOT_SEEN)
    assert {64, 66, 67, 68, 69} <= set(unseen)
    assert all("no good token" in unseen[number] for number in (64, 66, 67, 68, 69))
