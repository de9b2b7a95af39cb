"""What a proposal of loading brings along where no card speaks of it: potassium (9.4) and the skin (9.2 row 19)."""

import pytest

from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.evaluate import evaluate_chart
from cds_service.clinical.outcomes import Advice, ChangeOrder, CreateOrder, Decision, OrderTest, Refer, Suggestion
from cds_service.clinical.topics import Topic
from tests.case_language import read
from tests.test_form_combinations import KNOWLEDGE, card, cards, decide, paragraphs

LOW_B12 = "B12 90 pg/mL, 7 days ago"
NO_SIGN = "no sign: paraesthesia, 5 days ago"
SIGN = "sign: paraesthesia, 5 days ago"
SEVERE = "haemoglobin 60 g/L, 2 days ago"
VERY_LOW = "potassium 2.9 mmol/L, 2 days ago"
CHART = "chart opened"
TABLETS = "cyanocobalamin 1000 ug oral daily"
PA = "diagnosis: pernicious anaemia, 30 days ago"
DIETARY = "diagnosis: dietary vitamin B12 deficiency, 900 days ago"
RELAPSE = ("takes: hydroxocobalamin 1000 ug IM every 3 mo, since 900 days", "worse: paraesthesia, 5 days ago")


def answer(order: str, *given: str) -> Decision:
    """Of a draft, or of a chart that is opened."""
    if order != CHART:
        return decide(order, *given)
    situation = read(list(given))
    return evaluate_chart(situation.snapshot(), situation.knowledge(KNOWLEDGE), frozenset(situation.ordered))


def doses(suggestion: Suggestion) -> bool:
    return any(isinstance(action, ChangeOrder | CreateOrder) for action in suggestion.actions)


def ordered_by(advice: Advice) -> list[set[LabTest]]:
    return [{a.test for a in each.actions if isinstance(a, OrderTest)} for each in advice.suggestions]


PROPOSED = [
    pytest.param(CHART, (LOW_B12, NO_SIGN), Topic.REGIMEN_NONEURO, id="chart, examined"),
    pytest.param(CHART, (LOW_B12, SIGN), Topic.REGIMEN_NEURO, id="chart, signs"),
    pytest.param(CHART, (LOW_B12,), Topic.DATA, id="chart, not examined"),
    pytest.param("folic acid 5 mg oral daily", (LOW_B12, NO_SIGN), Topic.FOLATE_B12_DEF, id="folic acid"),
    pytest.param(TABLETS, (LOW_B12, SIGN), Topic.ROUTE_ORAL_NEURO, id="tablets, signs"),
    pytest.param(TABLETS, (LOW_B12, NO_SIGN, PA), Topic.ROUTE_ORAL_PA, id="tablets, pernicious anaemia"),
    pytest.param(TABLETS, (LOW_B12, NO_SIGN), Topic.ROUTE_ORAL_MALABS, id="tablets, severe"),
    pytest.param("hydroxocobalamin 1000 ug IM every 3 mo", RELAPSE, Topic.RECUR, id="relapse"),
]


@pytest.mark.parametrize(("order", "given", "topic"), PROPOSED)
@pytest.mark.parametrize(
    ("results", "key"),
    [
        ((SEVERE, VERY_LOW), "very_low"),
        ((SEVERE, "potassium 3.0 mmol/L, 2 days ago"), "low"),
        ((SEVERE, "potassium 3.5 mmol/L, 7 days ago"), "repeat"),
        ((SEVERE, "potassium 3.5 mmol/L, 8 days ago"), "severe"),
        ((SEVERE,), "severe"),
    ],
)
def test_the_card_that_proposes_loading_speaks_of_potassium(
    order: str, given: tuple[str, ...], topic: Topic, results: tuple[str, ...], key: str
) -> None:
    decision = answer(order, *given, *results)
    advice = card(decision, topic)
    assert Topic.POTASSIUM not in [each.rule.topic for each in decision.advice]
    assert {"hypokalaemia.proposed", f"hypokalaemia.{key}"} <= paragraphs(advice)
    wanted = {LabTest.POTASSIUM, LabTest.CBC}
    assert advice.suggestions
    assert all(wanted <= tests for tests in ordered_by(advice)), "whichever option is chosen"
    assert {"T-K", "SG-06"} <= set(advice.trace_rules)
    assert "SG-06" in advice.recommendations
    assert any(found.name == "haemoglobin" for found in advice.found)


@pytest.mark.parametrize(("order", "given", "topic"), PROPOSED)
def test_without_anaemia_and_with_potassium_in_range_nothing_is_said(
    order: str, given: tuple[str, ...], topic: Topic
) -> None:
    results = ("haemoglobin 139 g/L, 2 days ago", "potassium 4.2 mmol/L, 2 days ago")
    for advice in answer(order, *given, *results).advice:
        assert not any(key.startswith("hypokalaemia.") for key in paragraphs(advice))


@pytest.mark.parametrize(("order", "given", "topic"), [each for each in PROPOSED if each.id != "tablets, severe"])
def test_no_blood_count_is_a_gap_of_the_card_that_proposes(order: str, given: tuple[str, ...], topic: Topic) -> None:
    decision = answer(order, *given)
    named = [name for advice in decision.advice for name in advice.missing]
    assert named.count("full blood count and potassium not on record (last 30 and 7 days)") == 1


def test_tablets_that_stay_tablets_bring_nothing_along() -> None:
    given = (LOW_B12.replace("90", "150"), NO_SIGN, DIETARY, "potassium 3.2 mmol/L, 2 days ago")
    for advice in decide("cyanocobalamin 250 ug oral daily", *given).advice:
        assert "hypokalaemia.proposed" not in paragraphs(advice)


def test_a_course_that_is_drafted_is_spoken_of_once() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM weekly", LOW_B12, SIGN, SEVERE, VERY_LOW)
    assert Topic.POTASSIUM in [each.rule.topic for each in decision.advice]
    for advice in decision.advice:
        assert "hypokalaemia.proposed" not in paragraphs(advice)


def test_potassium_among_the_orders_answers_what_is_missing_and_not_what_is_low() -> None:
    for results, said in (((SEVERE,), False), ((SEVERE, VERY_LOW), True)):
        (advice,) = answer(CHART, LOW_B12, NO_SIGN, "ordered: potassium", *results).advice
        assert ("hypokalaemia.proposed" in paragraphs(advice)) is said
        assert all(LabTest.POTASSIUM not in tests for tests in ordered_by(advice))


@pytest.mark.parametrize(
    ("result", "key"),
    [
        ("platelets 9.9 10*9/L, 2 days ago", "thrombocytopenia.proposed_very_low"),
        ("platelets 10 10*9/L, 2 days ago", "thrombocytopenia.proposed_low"),
        ("platelets 24.9 10*9/L, 90 days ago", "thrombocytopenia.proposed_low"),
        ("INR 4.1 {INR}, 2 days ago", "anticoagulation.proposed_inr"),
        ("diagnosis: bleeding disorder, 900 days ago", "anticoagulation.proposed_disorder"),
        ("resolved diagnosis: hereditary bleeding disorder, 900 days ago", "anticoagulation.recorded_as_over"),
    ],
)
@pytest.mark.parametrize("order", [CHART, "folic acid 5 mg oral daily", TABLETS])
def test_the_skin_is_proposed_with_its_reason_and_haematology(order: str, result: str, key: str) -> None:
    decision = answer(order, LOW_B12, NO_SIGN, PA, result)
    (advice,) = [each for each in decision.advice if any(map(doses, each.suggestions))]
    assert key in paragraphs(advice)
    assert ("thrombocytopenia.old" in paragraphs(advice)) is ("90 days" in result)
    for suggestion in advice.suggestions:
        assert Refer(Referral.HAEMATOLOGY) in suggestion.actions
        assert not any(
            isinstance(a, CreateOrder) and a.proposal.route.name != "SUBCUTANEOUS" for a in suggestion.actions
        )


@pytest.mark.parametrize("result", ["platelets 25 10*9/L, 2 days ago", "INR 4.0 {INR}, 2 days ago"])
def test_at_the_limit_the_muscle_is_proposed_and_no_reason_is_given(result: str) -> None:
    (advice,) = answer(CHART, LOW_B12, NO_SIGN, result).advice
    assert not any("proposed_" in key for key in paragraphs(advice))


def test_where_the_card_of_the_draft_says_it_the_proposal_does_not() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM weekly", LOW_B12, SIGN, "platelets 9 10*9/L, 2 days ago")
    assert [topic for topic, _ in cards(decision)] == [Topic.PLT, Topic.REGIMEN_NEURO]
    for advice in decision.advice:
        assert not any("proposed_" in key for key in paragraphs(advice))
