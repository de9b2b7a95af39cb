"""How several records of one sign are read together (derivations 5.2, last paragraph)."""

import pytest

from cds_service.clinical.conditions import Concept
from cds_service.clinical.neurological_signs import NeurologicalRecord, neurological_record
from cds_service.clinical.snapshot import Verification
from tests.clinical.builders import THRESHOLDS, day, diagnosis, finding, snapshot

C = Concept


def read(*facts: object) -> NeurologicalRecord:
    return neurological_record(snapshot(*facts), THRESHOLDS)


@pytest.mark.parametrize("newer", [100, 800])
def test_the_newer_observation_speaks_and_the_older_one_tells_when_it_began(newer: int) -> None:
    older = finding(C.NUMBNESS, days_ago=900)
    for facts in ((finding(C.NUMBNESS, days_ago=newer), older), (older, finding(C.NUMBNESS, days_ago=newer))):
        found = read(*facts)
        (sign,) = found.compatible or found.old_observations
        assert (sign.day, sign.began) == (day(newer), day(900))
        assert bool(found.compatible) is (newer == 100)


def test_beside_an_undated_observation_a_sign_is_not_known_to_be_new() -> None:
    undated, dated = finding(C.NUMBNESS, days_ago=None), finding(C.NUMBNESS, days_ago=10)
    for facts in ((undated, dated), (dated, undated)):
        (sign,) = read(*facts).compatible
        assert (sign.day, sign.began) == (day(10), None)


def test_a_negative_of_another_sign_or_an_undated_positive_cancels_nothing() -> None:
    negative = finding(C.ATAXIA, present=False, days_ago=5)
    assert len(read(negative, finding(C.NUMBNESS, days_ago=10)).compatible) == 1
    assert len(read(finding(C.NUMBNESS, present=False), finding(C.NUMBNESS, days_ago=None)).compatible) == 1


def test_a_sign_observed_or_assessed_today_counts() -> None:
    assert len(read(finding(C.NUMBNESS, days_ago=0)).compatible) == 1
    assert len(read(finding(C.NUMBNESS, present=False, days_ago=0)).negatives) == 1


def test_a_refuted_vague_or_undated_condition_is_no_negative() -> None:
    assert read(diagnosis(C.DEMENTIA, verification=Verification.REFUTED)).negatives == ()
    assert read(diagnosis(C.NUMBNESS, verification=Verification.REFUTED, recorded=None)).negatives == ()


@pytest.mark.parametrize(("days_ago", "count"), [(10, 1), (None, 1), (800, 0)])
def test_a_vague_observation_counts_for_24_months(days_ago: int | None, count: int) -> None:
    found = read(finding(C.COGNITIVE_IMPAIRMENT, present=False), finding(C.DEMENTIA, days_ago=days_ago))
    assert len(found.vague) == count
    assert (found.compatible, found.old_observations) == ((), ())
