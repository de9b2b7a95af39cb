"""Where cyanocobalamin by mouth is one of the options, and where it never is (derivations 9.1, 9.2 rows 14 to 24)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import LabTest
from cds_service.clinical.evaluate import evaluate, evaluate_chart
from cds_service.clinical.outcomes import ChangeOrder, CreateOrder, Decision, OrderTest, Proposal
from cds_service.clinical.topics import Topic
from tests.case_language import read
from tests.test_cases import KNOWLEDGE

LOW, NONE = "B12 120 pg/mL, 7 days ago", "no sign: paraesthesia, 5 days ago"
EGFR_90, EGFR_44 = "eGFR 90 mL/min/1.73m2, 10 days ago", "eGFR 44 mL/min/1.73m2, 10 days ago"
DIET = "diagnosis: dietary vitamin B12 deficiency, 100 days ago"
MILD = (DIET, LOW, NONE)
BYPASS = "procedure: Roux-en-Y gastric bypass, 900 days ago"
RESECTION = ("procedure: ileal resection, 900 days ago", "length of ileum resected: 45 cm")
CROHN_61 = ("diagnosis: Crohn disease of the ileum, 900 days ago", "length of ileum involved: 61 cm")
LEBER = "diagnosis: Leber hereditary optic neuropathy, 900 days ago"
US = "region us"
ORAL, TIW, MONTHLY = "oral_daily", "loading_non_neurological", "maintenance_monthly"
TWO_TO_THREE, THREE = "maintenance_non_neurological", "bariatric_three_monthly"


def decide(order: str, *sentences: str) -> Decision:
    """The answer to a draft, or to "chart opened"."""
    situation = read(list(sentences))
    knowledge = situation.knowledge(KNOWLEDGE)
    if order == "chart opened":
        return evaluate_chart(situation.snapshot(), knowledge)
    return evaluate(situation.orders(order), situation.snapshot(), knowledge)


def proposals(decision: Decision) -> list[Proposal]:
    options = [suggestion for advice in decision.advice for suggestion in advice.suggestions]
    actions = (action for option in options for action in option.actions)
    return [action.proposal for action in actions if isinstance(action, ChangeOrder | CreateOrder)]


def offered(order: str, *sentences: str) -> list[str | None]:
    return [proposal.regimen for proposal in proposals(decide(order, *sentences))]


# Regimens in order, the first being the first option.
OPTIONS: list[tuple[str, str, tuple[str, ...], list[str | None]]] = [
    # row 24: dietary, mild, examined without a sign
    ("dietary, the form alone", "cyanocobalamin", (*MILD, EGFR_90), [ORAL, TIW]),
    ("dietary, vitamin B12 alone", "vitamin b12", (*MILD, EGFR_90), [ORAL, TIW]),
    ("dietary, us", "cyanocobalamin", (*MILD, EGFR_90, US), [ORAL, TIW]),
    ("a vegan with a low B12", "cyanocobalamin", ("diagnosis: vegan diet, 900 days ago", LOW, NONE, EGFR_90),
     [ORAL, TIW]),
    ("dietary, the chart opened", "chart opened", (*MILD, EGFR_90), [ORAL, TIW]),
    ("dietary, folic acid ordered", "folic acid 5 mg oral daily", (*MILD, EGFR_90), [ORAL, TIW]),
    ("dietary, an injection is named", "hydroxocobalamin", (*MILD, EGFR_90), [TIW]),
    ("dietary, by injection without timing", "cyanocobalamin IM", (*MILD, EGFR_90), [TIW]),
    ("dietary, weekly injections", "cyanocobalamin 1000 ug weekly", (*MILD, EGFR_90), [TIW]),
    ("dietary, kidneys not known", "cyanocobalamin", MILD, [ORAL, TIW]),
    ("dietary, kidneys not known, diabetes", "cyanocobalamin", (*MILD, "diagnosis: diabetes, 900 days ago"), [TIW]),
    ("dietary, eGFR 44", "cyanocobalamin", (*MILD, EGFR_44), [TIW]),
    ("dietary, eGFR 44, the chart opened", "chart opened", (*MILD, EGFR_44), [TIW]),
    ("dietary, diabetic nephropathy", "cyanocobalamin",
     (*MILD, EGFR_90, "diagnosis: diabetic kidney disease, 900 days ago"), [TIW]),
    ("dietary, Leber disease", "chart opened", (*MILD, EGFR_90, LEBER), [TIW]),
    ("dietary, tobacco amblyopia", "chart opened",
     (*MILD, EGFR_90, "diagnosis: tobacco or toxic amblyopia, 90 days ago"),
     [TIW]),
    ("dietary, cyanocobalamin not stocked", "chart opened", (*MILD, EGFR_90, "not stocked: cyanocobalamin"), [TIW]),
    ("dietary, B12 100", "cyanocobalamin", (DIET, "B12 100 pg/mL, 7 days ago", NONE, EGFR_90), [ORAL, TIW]),
    ("dietary, B12 99: severe", "cyanocobalamin", (DIET, "B12 99 pg/mL, 7 days ago", NONE, EGFR_90), [TIW]),
    ("dietary, haemoglobin 80", "cyanocobalamin", (*MILD, EGFR_90, "haemoglobin 80 g/L, 3 days ago"), [ORAL, TIW]),
    ("dietary, haemoglobin 79: severe", "cyanocobalamin", (*MILD, EGFR_90, "haemoglobin 79 g/L, 3 days ago"), [TIW]),
    ("dietary and coeliac disease", "cyanocobalamin",
     (*MILD, EGFR_90, "diagnosis: coeliac disease, 900 days ago"), [TIW]),
    ("dietary, autoimmune gastritis", "cyanocobalamin",
     (*MILD, EGFR_90, "diagnosis: autoimmune or atrophic gastritis, 900 days ago"), [TIW]),
    ("dietary, not examined", "cyanocobalamin", (DIET, LOW, EGFR_90), ["loading_neurological", TIW]),
    ("dietary, a sign", "cyanocobalamin", (DIET, LOW, EGFR_90, "sign: paraesthesia, 5 days ago"),
     ["loading_neurological"]),
    ("dietary, B12 low on tablets", "cyanocobalamin",
     (*MILD, EGFR_90, "takes: cyanocobalamin 1000 ug oral daily, since 240 days"), [TIW]),
    ("cause unknown", "cyanocobalamin", (LOW, NONE, EGFR_90), [TIW]),
    # rows 15 and 16
    ("bariatric, uk", "hydroxocobalamin", (BYPASS, EGFR_90), [THREE, ORAL]),
    ("bariatric, uk, cyanocobalamin kept", "cyanocobalamin IM", (BYPASS, EGFR_90), [MONTHLY, ORAL]),
    ("bariatric, us", "cyanocobalamin", (BYPASS, EGFR_90, US), [MONTHLY, ORAL]),
    ("bariatric, us, hydroxocobalamin kept", "hydroxocobalamin", (BYPASS, EGFR_90, US), [MONTHLY, ORAL]),
    ("bariatric of a type not stated, uk", "hydroxocobalamin",
     ("procedure: bariatric surgery, type not stated, 900 days ago", EGFR_90), [THREE, ORAL]),
    ("bariatric, eGFR 44", "hydroxocobalamin", (BYPASS, EGFR_44), [THREE]),
    ("bariatric, Leber disease", "hydroxocobalamin", (BYPASS, EGFR_90, LEBER), [THREE]),
    ("bariatric, interval too long", "cyanocobalamin 1000 ug IM every 3 mo", (BYPASS, EGFR_90), [MONTHLY, ORAL]),
    # 8.9, last row: other populations
    ("vegan, not deficient", "cyanocobalamin", ("diagnosis: vegan diet, 900 days ago", EGFR_90), [ORAL, MONTHLY]),
    ("vegan, not deficient, an injection is named", "hydroxocobalamin",
     ("diagnosis: vegan diet, 900 days ago", EGFR_90), [TWO_TO_THREE, ORAL]),
    ("metformin, not deficient, eGFR 44", "cyanocobalamin", ("takes: metformin, since 900 days", EGFR_44),
     [TWO_TO_THREE]),
    ("total gastrectomy, not deficient", "cyanocobalamin",
     ("procedure: total gastrectomy, 900 days ago", EGFR_90), [MONTHLY]),
    # row 14: never by mouth
    ("ileal resection, uk", "hydroxocobalamin", (*RESECTION, EGFR_90), [MONTHLY, TWO_TO_THREE]),
    ("ileal resection, by mouth", "cyanocobalamin 1000 ug oral daily", (*RESECTION, EGFR_90), [MONTHLY, TWO_TO_THREE]),
    ("ileal resection, the chart opened", "chart opened", (*RESECTION, EGFR_90), [MONTHLY, TWO_TO_THREE]),
    ("ileal resection, the chart opened, us", "chart opened", (*RESECTION, EGFR_90, US), [MONTHLY]),
    ("ileal resection, the chart opened, us, eGFR 44", "chart opened", (*RESECTION, EGFR_44, US),
     [MONTHLY, TWO_TO_THREE]),
    # K-09: a longer interval is not written anew, though it was accepted (8.9, length unknown)
    ("ileal resection of unknown length, every 4 months, platelets 20", "hydroxocobalamin 1000 ug IM every 4 mo",
     (RESECTION[0], EGFR_90, "platelets 20 10*9/L, 5 days ago"), [MONTHLY, TWO_TO_THREE]),
    ("ileal resection of unknown length, every 3 months, platelets 20", "hydroxocobalamin 1000 ug IM every 3 mo",
     (RESECTION[0], EGFR_90, "platelets 20 10*9/L, 5 days ago"), [None]),
    # row 17
    ("Crohn disease, 61 cm", "chart opened", (*CROHN_61, EGFR_90), [MONTHLY, ORAL]),
    ("Crohn disease, 61 cm, us", "chart opened", (*CROHN_61, EGFR_90, US), [MONTHLY, ORAL]),
    ("Crohn disease, 61 cm, eGFR 44", "chart opened", (*CROHN_61, EGFR_44), [MONTHLY]),
    ("Crohn disease, no form left", "chart opened", (*CROHN_61, EGFR_90, "allergy: hydroxocobalamin, severe"), []),
    # row 20: what is accepted by mouth and too little is raised by mouth
    ("200 a day, dietary", "cyanocobalamin 200 ug oral daily", (*MILD, EGFR_90), [ORAL]),
    ("646 a day, cause unknown", "cyanocobalamin 646 ug oral daily", (LOW, NONE, EGFR_90), [ORAL]),
    ("200 a day, pernicious anaemia possible", "cyanocobalamin 200 ug oral daily",
     (LOW, NONE, EGFR_90, "diagnosis: autoimmune or atrophic gastritis, 900 days ago"), [ORAL]),
    ("200 a day, signs in remission", "cyanocobalamin 200 ug oral daily",
     ("diagnosis: vitamin B12 deficiency, 900 days ago", "diagnosis in remission: paraesthesia, 300 days ago", EGFR_90,
      "takes: cyanocobalamin 1000 ug oral daily, since 240 days", "order renews what is taken"), [ORAL]),
    ("200 a day, B12 90, medicines refused", "cyanocobalamin 200 ug oral daily",
     ("B12 90 pg/mL, 7 days ago", NONE, EGFR_90, "not told: MedicationRequest refused"), [ORAL]),
    # 8.7, last row but two: 9.2 rows 4 to 7
    ("349 a day, maintenance in coeliac disease", "cyanocobalamin 349 ug oral daily",
     ("diagnosis: coeliac disease, 2000 days ago", "diagnosis: vitamin B12 deficiency, 900 days ago", NONE, EGFR_90,
      "takes: cyanocobalamin 1000 ug oral daily, since 240 days", "order renews what is taken"),
     ["maintenance_neurological"]),
]  # fmt: skip


@pytest.mark.parametrize(("order", "given", "expected"), [row[1:] for row in OPTIONS], ids=[row[0] for row in OPTIONS])
def test_options(order: str, given: tuple[str, ...], expected: list[str | None]) -> None:
    assert offered(order, *given) == expected


@pytest.mark.parametrize("place", range(len(OPTIONS)))
def test_by_mouth_is_always_1000_micrograms_of_cyanocobalamin(place: int) -> None:
    _, order, given, _ = OPTIONS[place]
    for proposal in proposals(decide(order, *given)):
        if proposal.regimen == ORAL:
            expected = (Ingredient.CYANOCOBALAMIN, Route.ORAL, 1000)
            assert (proposal.form, proposal.route, proposal.dose_ug) == expected
        else:
            assert proposal.route.parenteral


def test_oral_cyanocobalamin_with_renal_risk_becomes_injections_of_hydroxocobalamin() -> None:
    """9.2 row 21 and the last row of 2.8: form, route and timing change together."""
    takes = ("takes: cyanocobalamin 1000 ug oral daily, since 240 days", "order renews what is taken")
    stable = ("no sign: paraesthesia, 235 days ago", NONE, EGFR_44)
    (proposal,) = proposals(decide("cyanocobalamin 1000 ug oral daily", *takes, *stable))
    found = (proposal.form, proposal.route, proposal.regimen)
    assert found == (Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR, TWO_TO_THREE)


@pytest.mark.parametrize(("given", "dietary"), [((BYPASS, EGFR_90), False), ((*MILD, EGFR_90), True)])
def test_a_proposal_by_mouth_says_what_it_asks_of_the_patient(given: tuple[str, ...], dietary: bool) -> None:
    """R-ORAL-CYANO-SELECT: adherence. The licensed smaller doses stand beside a dietary cause only."""
    said = {saying.key for advice in decide("cyanocobalamin", *given).advice for saying in advice.paragraphs}
    assert "by_mouth.option" in said
    assert ("by_mouth.dietary" in said) == dietary


def test_without_a_proposal_by_mouth_nothing_is_said_of_it() -> None:
    said = {s.key for advice in decide("hydroxocobalamin", *RESECTION, EGFR_90).advice for s in advice.paragraphs}
    assert not {key for key in said if key.startswith("by_mouth.")}


@pytest.mark.parametrize(
    ("given", "tests"),
    [
        (CROHN_61, {LabTest.B12}),
        ((*CROHN_61, "B12 410 pg/mL, 7 days ago"), set()),
        ((*CROHN_61, "B12 250 pg/mL, 7 days ago", EGFR_90), {LabTest.MMA}),
        ((*CROHN_61, "B12 250 pg/mL, 7 days ago", EGFR_44), {LabTest.HOLOTRANSCOBALAMIN}),
        (RESECTION, {LabTest.B12}),
    ],
)
def test_the_sample_that_tells_more_rides_on_the_proposal(given: tuple[str, ...], tests: set[LabTest]) -> None:
    card = decide("chart opened", *given).advice[0]
    assert card.rule.topic in (Topic.CROHN, Topic.ILEAL_PROPH)
    assert card.suggestions
    for suggestion in card.suggestions:
        assert {action.test for action in suggestion.actions if isinstance(action, OrderTest)} == tests


def test_the_yearly_test_is_an_order_of_its_own() -> None:
    (card,) = decide("chart opened", CROHN_61[0]).advice
    assert card.rule.topic is Topic.CROHN
    assert [suggestion.actions for suggestion in card.suggestions] == [(OrderTest(LabTest.B12),)]


NEVER = (
    EGFR_44,
    "diagnosis: chronic kidney disease stage 3b, 4, 5 or end-stage, 100 days ago",
    "diagnosis: dialysis, 100 days ago",
    "diagnosis: diabetic kidney disease, 900 days ago",
    LEBER,
    "diagnosis: tobacco or toxic amblyopia, 90 days ago",
    "diagnosis: inherited cobalamin defect, 900 days ago",
    "diagnosis: transcobalamin II deficiency, 900 days ago",
    "diagnosis: methylmalonic acidaemia, type not stated, 900 days ago",
    "allergy: cyanocobalamin, severe",
    "not stocked: cyanocobalamin",
)
FACTS = (
    DIET, LOW, NONE, BYPASS, *RESECTION, *CROHN_61, US, "sign: paraesthesia, 5 days ago", "B12 410 pg/mL, 7 days ago",
    "B12 250 pg/mL, 7 days ago", "takes: cyanocobalamin 1000 ug oral daily, since 240 days",
    "order renews what is taken",
    "diagnosis: pernicious anaemia, 900 days ago", "diagnosis: coeliac disease, 900 days ago",
    "takes: hydroxocobalamin 1000 ug IM every 3 mo, since 300 days", "not told: MedicationRequest refused",
    "took: hydroxocobalamin 1000 ug IM every 3 mo for 12 mo, since 1400 days", "takes: metformin, since 900 days",
    "diagnosis: vegan diet, 900 days ago", "also drafted: folic acid 5 mg oral daily",
)  # fmt: skip
ORDERS = (
    "chart opened", "cyanocobalamin", "hydroxocobalamin", "vitamin b12", "cyanocobalamin 1000 ug oral daily",
    "cyanocobalamin 200 ug oral daily", "cyanocobalamin 500 ug nasal weekly", "cyanocobalamin 1000 ug IM every 3 mo",
    "folic acid 5 mg oral daily", "hydroxocobalamin 1000 ug IM weekly",
)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ORDERS), st.sampled_from(NEVER), st.lists(st.sampled_from(FACTS), max_size=7, unique=True))
def test_never_cyanocobalamin_by_mouth_with_what_stands_against_it(order: str, against: str, facts: list[str]) -> None:
    """9.1, "oral": not with renal risk, Leber disease or an inherited defect, and not what is barred or not stocked."""
    for proposal in proposals(decide(order, *facts, against)):
        assert (proposal.form, proposal.route) != (Ingredient.CYANOCOBALAMIN, Route.ORAL)


def test_more_by_mouth_where_injections_may_have_to_come_first_is_not_recommended() -> None:
    """C-09: the card says that confirmed pernicious anaemia starts with injections, and its button says the same."""
    gastritis = "diagnosis: autoimmune or atrophic gastritis, 7 days ago"
    card = decide("cyanocobalamin 100 ug oral daily", LOW, NONE, gastritis).advice[0]
    assert card.say.key == "route_oral_pernicious_anaemia.possible"
    assert [each.say.values["condition"] for each in card.suggestions] == ["If pernicious anaemia is not confirmed:"]
    assert not any(each.recommended for each in card.suggestions)
    plain = decide("cyanocobalamin 100 ug oral daily", LOW, NONE).advice[0]
    assert [each.recommended for each in plain.suggestions] == [True]
    assert [each.say.values["condition"] for each in plain.suggestions] == [""]
