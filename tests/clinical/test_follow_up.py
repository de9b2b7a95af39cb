"""Several things due at once (derivations 10.2, last lines): their order, their number, one line for blood counts."""

import pytest

from cds_service.clinical.errands import LabTest
from cds_service.clinical.evaluate import evaluate_chart
from cds_service.clinical.follow_up import items_due
from cds_service.clinical.orders import NO_ORDER
from cds_service.clinical.outcomes import OrderTest, Recommend
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.review import Review
from cds_service.clinical.treatment_follow_up import haemoglobin_has_not_risen
from cds_service.knowledge.rules import monitoring_due
from cds_service.knowledge.tables import load
from tests.case_language import read

KNOWLEDGE = load().knowledge
INJECTIONS = "takes: hydroxocobalamin 1000 ug IM every 2 mo, since {} days"


def review(*given: str) -> Review:
    situation = read(list(given))
    patient = PatientReview(situation.snapshot(), (), situation.knowledge(KNOWLEDGE), frozenset(situation.ordered))
    return Review(NO_ORDER, patient)


def ids(*given: str) -> list[str]:
    return [item.id for item in items_due(review(*given))]


def card(*given: str) -> Recommend:
    found = monitoring_due.evaluate(review(*given))
    assert isinstance(found, Recommend)
    return found


SEVERE_WITH_SIGNS = (
    "B12 90 pg/mL, 12 days ago",
    "haemoglobin 70 g/L, 11 days ago",
    "sign: paraesthesia, 9 days ago",
    "takes: hydroxocobalamin 1000 ug IM every 2 d, since 7 days",
)


def test_potassium_comes_before_the_response_and_the_response_before_the_count() -> None:
    assert ids(*SEVERE_WITH_SIGNS) == ["M7", "M1", "M8"]


def test_the_most_overdue_comes_first() -> None:
    given = ("diagnosis: pernicious anaemia, 900 days ago", "takes: cyanocobalamin 1000 ug oral daily, since 600 days")
    found = items_due(review(*given, "haemoglobin 120 g/L, 360 days ago"))
    assert [item.id for item in found] == ["M4", "M3"]
    assert found[0].day < found[1].day


def test_at_most_four_lines() -> None:
    given = [
        *SEVERE_WITH_SIGNS,
        "procedure: Roux-en-Y gastric bypass, 500 days ago",
        "takes: metformin 1000 mg oral daily, since 900 days",
    ]
    found = card(*given)
    lines = [found.say, *(p for p in found.paragraphs if p.key.removeprefix("monitoring_due.").startswith("m"))]
    assert len(lines) <= monitoring_due.MOST_LINES


def test_blood_counts_of_anaemia_and_of_treatment_are_one_line() -> None:
    """Severe anaemia at the start, 80 days ago: the second count gives way to the review at 3 months."""
    given = ("B12 90 pg/mL, 84 days ago", "haemoglobin 70 g/L, 83 days ago", INJECTIONS.format(80))
    assert ids(*given) == ["M2"]
    given = ("B12 90 pg/mL, 60 days ago", "haemoglobin 70 g/L, 59 days ago", INJECTIONS.format(56))
    assert ids(*given) == ["M8"]


def test_a_course_before_a_long_lapse_is_another_course() -> None:
    """10.1, t0: more than 365 days without cover begin a new course."""
    old = "took: hydroxocobalamin 1000 ug IM every 2 mo for 100 d, since {} days"
    now = INJECTIONS.format(80)
    # Covered until 193 days after its start: 365 days later is the last day that still belongs to it.
    assert review(old.format(638), now).patient.treatment.course_began == read([old.format(638)]).facts[0].starts
    assert review(old.format(639), now).patient.treatment.course_began == read([now]).facts[0].starts


@pytest.mark.parametrize(("now", "clause"), [("84", True), ("85", False)])
def test_iron_is_named_where_haemoglobin_has_not_risen_by_10(now: str, clause: bool) -> None:
    given = (
        "B12 90 pg/mL, 204 days ago",
        "haemoglobin 75 g/L, 203 days ago",
        INJECTIONS.format(200),
        f"haemoglobin {now} g/L, 100 days ago",
    )
    assert haemoglobin_has_not_risen(review(*given)) is clause
    assert ("monitoring_due.iron" in {p.key for p in card(*given).paragraphs}) is clause


def test_on_injections_no_b12_is_ordered_and_the_trough_is_explained() -> None:
    """M5, C-02."""
    found = card(INJECTIONS.format(100))
    assert found.tests == (LabTest.CBC,)
    assert "monitoring_due.injections" in {p.key for p in found.paragraphs}


@pytest.mark.parametrize(("value", "shown"), [("9.9", False), ("10", True)])
def test_homocysteine_is_shown_with_its_limits_and_never_ordered(value: str, shown: bool) -> None:
    """C-04."""
    found = card(INJECTIONS.format(100), f"homocysteine {value} umol/L, 10 days ago")
    assert ("monitoring_due.homocysteine" in {p.key for p in found.paragraphs}) is shown
    assert LabTest.HOMOCYSTEINE not in found.tests


def test_the_card_offers_all_its_tests_as_one_suggestion() -> None:
    decision = evaluate_chart(read(["procedure: Roux-en-Y gastric bypass, 80 days ago"]).snapshot(), KNOWLEDGE)
    (suggestion,) = decision.advice[0].suggestions
    wanted = (LabTest.B12, LabTest.VITAMIN_D, LabTest.CALCIUM)
    assert suggestion.actions == tuple(OrderTest(test) for test in wanted)
