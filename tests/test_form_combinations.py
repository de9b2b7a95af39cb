"""Worked combinations of derivations 2.8 and 2.4 that turn on the form of vitamin B12, through the whole evaluation."""

from collections.abc import Iterator
from itertools import product

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import LabTest
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.forms import barred_forms
from cds_service.clinical.outcomes import Advice, ChangeOrder, CreateOrder, Decision, OrderTest, Proposal, Recommend
from cds_service.clinical.topics import Indicator, Topic
from cds_service.knowledge.tables import load
from tests.case_language import read

KNOWLEDGE = load().knowledge
MONTHLY = "cyanocobalamin 1000 ug IM every 1 mo"
ONLY_CYANOCOBALAMIN = ["not stocked: hydroxocobalamin", "not stocked: mecobalamin"]
EGFR_35 = "eGFR 35 mL/min/1.73m2, 10 days ago"
EGFR_44 = "eGFR 44 mL/min/1.73m2, 10 days ago"
EGFR_80 = "eGFR 80 mL/min/1.73m2, 10 days ago"
RENEWS = "order renews all that is taken"
NEPHROPATHY = "diagnosis: diabetic kidney disease, 400 days ago"
STAGE_4 = "diagnosis: chronic kidney disease stage 3b, 4, 5 or end-stage, 400 days ago"
RISING = ["creatinine 2.6 mg/dL, 24 hours ago", "creatinine 2.1 mg/dL, 48 hours ago"]
SIGNS = ["B12 110 pg/mL, 7 days ago", "sign: paraesthesia, 5 days ago"]
# Deficient, loaded and stable for years; examined before treatment and since, and never a neurological sign.
STABLE = [
    "B12 110 pg/mL, 1600 days ago",
    "no sign: peripheral neuropathy, 1600 days ago",
    "no sign: peripheral neuropathy, 20 days ago",
    "took: cyanocobalamin 1000 ug IM 3 per wk for 2 wk x6, since 1590 days",
    "takes: cyanocobalamin 1000 ug oral daily, since 1500 days",
]
STABLE_INJECTED = [*STABLE[:-1], "takes: cyanocobalamin 1000 ug IM every 1 mo, since 1500 days"]


def decide(order: str, *given: str) -> Decision:
    situation = read(list(given))
    return evaluate(situation.orders(order), situation.snapshot(), situation.knowledge(KNOWLEDGE))


def cards(decision: Decision) -> list[tuple[Topic, Indicator]]:
    return [(advice.rule.topic, advice.indicator) for advice in decision.advice]


def card(decision: Decision, topic: Topic) -> Advice:
    return next(advice for advice in decision.advice if advice.rule.topic is topic)


def proposals(decision: Decision) -> list[Proposal]:
    return list(_proposals(decision))


def _proposals(decision: Decision) -> Iterator[Proposal]:
    for advice in decision.advice:
        for suggestion in advice.suggestions:
            for action in suggestion.actions:
                if isinstance(action, ChangeOrder | CreateOrder):
                    yield action.proposal


def ordered_tests(decision: Decision) -> set[LabTest]:
    actions = [action for advice in decision.advice for s in advice.suggestions for action in s.actions]
    return {action.test for action in actions if isinstance(action, OrderTest)}


def paragraphs(advice: Advice) -> set[str]:
    return {saying.key for saying in advice.paragraphs}


WARNING, INFO, CRITICAL = Indicator.WARNING, Indicator.INFO, Indicator.CRITICAL


def test_only_cyanocobalamin_stocked_and_a_right_course_keeps_the_warning_with_a_test_and_no_drug() -> None:
    decision = decide("cyanocobalamin 1000 ug IM every 2 d", EGFR_35, *SIGNS, *ONLY_CYANOCOBALAMIN)
    assert cards(decision) == [(Topic.CYANO_RENAL, WARNING)]
    assert decision.advice[0].say.key == "cyanocobalamin_renal.only_form"
    assert "R-CYANO-ONLY-MONITOR" in decision.advice[0].trace_rules
    assert proposals(decision) == []
    assert ordered_tests(decision) == {LabTest.CREATININE_EGFR}


def test_only_cyanocobalamin_stocked_and_weekly_loading_gets_alternate_days_of_cyanocobalamin() -> None:
    decision = decide("cyanocobalamin 1000 ug IM weekly", EGFR_35, *SIGNS, *ONLY_CYANOCOBALAMIN)
    assert cards(decision) == [(Topic.REGIMEN_NEURO, WARNING), (Topic.CYANO_RENAL, WARNING)]
    (proposal,) = proposals(decision)
    assert (proposal.form, proposal.route) == (Ingredient.CYANOCOBALAMIN, Route.INTRAMUSCULAR)
    assert proposal.regimen == "loading_neurological"
    assert LabTest.CREATININE_EGFR in ordered_tests(decision)


def test_kidney_injury_on_stage_4_with_diabetic_nephropathy_is_one_card() -> None:
    decision = decide(MONTHLY, *RISING, STAGE_4, NEPHROPATHY, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.AKI, WARNING)]
    only = decision.advice[0]
    assert "cyanocobalamin_diabetic_nephropathy.found" in paragraphs(only)
    assert {"T-AKI", "T-CYANO-DN"} <= set(only.trace_rules)
    (proposal,) = proposals(decision)
    assert proposal.form is Ingredient.HYDROXOCOBALAMIN
    assert proposal.route is Route.INTRAMUSCULAR
    assert proposal.dose_ug == 1000
    assert proposal.regimen is None, "the drafted monthly timing is accepted, and kept"


def test_oral_cyanocobalamin_with_renal_risk_becomes_injections_by_the_maintenance_row() -> None:
    decision = decide("cyanocobalamin 1000 ug oral daily", EGFR_44, *STABLE)
    assert cards(decision) == [(Topic.CYANO_RENAL, WARNING)]
    (proposal,) = proposals(decision)
    assert proposal == Proposal(
        Ingredient.HYDROXOCOBALAMIN,
        Route.INTRAMUSCULAR,
        KNOWLEDGE.thresholds.standard_dose_ug,
        "maintenance_non_neurological",
    )


def test_a_unit_error_with_renal_risk_carries_both_corrections() -> None:
    decision = decide("cyanocobalamin 1000 mg IM every 1 mo", EGFR_35, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.UNIT_ERROR, CRITICAL), (Topic.CYANO_RENAL, WARNING)]
    assert card(decision, Topic.CYANO_RENAL).settled_by is Topic.UNIT_ERROR
    assert card(decision, Topic.CYANO_RENAL).suggestions == ()
    (proposal,) = proposals(decision)
    assert (proposal.form, proposal.dose_ug, proposal.regimen) == (Ingredient.HYDROXOCOBALAMIN, 1000, None)


def test_folic_acid_with_cyanocobalamin_and_renal_risk_raises_no_folate_card() -> None:
    decision = decide(
        "cyanocobalamin 1000 ug IM every 2 d", EGFR_35, *SIGNS, "also drafted: folic acid 5 mg oral daily"
    )
    assert cards(decision) == [(Topic.CYANO_RENAL, WARNING)]
    (proposal,) = proposals(decision)
    assert (proposal.form, proposal.regimen) == (Ingredient.HYDROXOCOBALAMIN, None)


def test_renal_risk_takes_in_diabetic_nephropathy_and_keeps_both_in_the_trace() -> None:
    decision = decide(MONTHLY, EGFR_44, NEPHROPATHY, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.CYANO_RENAL, WARNING)]
    assert "cyanocobalamin_diabetic_nephropathy.found" in paragraphs(decision.advice[0])
    assert {"T-CYANO-RENAL", "T-CYANO-DN", "R-DN-CYANO"} <= set(decision.advice[0].trace_rules)


def test_diabetic_nephropathy_takes_in_the_unknown_number_and_its_test() -> None:
    decision = decide(MONTHLY, NEPHROPATHY, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.CYANO_DN, WARNING)]
    only = decision.advice[0]
    assert "renal_function_unknown.at_risk" in paragraphs(only)
    assert "T-RENAL-UNKNOWN" in only.trace_rules
    assert ordered_tests(decision) == {LabTest.CREATININE_EGFR}
    assert "eGFR" in only.missing


def test_an_unknown_number_alone_offers_a_test_and_no_drug() -> None:
    decision = decide(MONTHLY, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.RENAL_UNKNOWN, INFO)]
    assert proposals(decision) == []
    assert ordered_tests(decision) == {LabTest.CREATININE_EGFR}


def test_the_intravenous_route_and_the_form_are_corrected_together() -> None:
    decision = decide("cyanocobalamin 1000 ug IV every 1 mo", EGFR_35, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.ROUTE_IV, WARNING), (Topic.CYANO_RENAL, WARNING)]
    (proposal,) = proposals(decision)
    assert (proposal.form, proposal.route) == (Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR)


def test_the_card_about_the_vein_names_the_route_that_it_offers() -> None:
    decision = decide("hydroxocobalamin 1000 ug IV every 2 mo", EGFR_80, "platelets 20 10*9/L, 5 days ago")
    (proposal,) = proposals(decision)
    assert proposal.route is Route.SUBCUTANEOUS
    assert card(decision, Topic.ROUTE_IV).say.values["route"] == "subcutaneous"


def test_form_not_stated_is_information_and_names_the_form() -> None:
    decision = decide("vitamin b12 1000 ug IM every 1 mo", EGFR_35, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.CYANO_RENAL, INFO)]
    assert "paragraph.form_not_stated" in paragraphs(decision.advice[0])
    assert [proposal.form for proposal in proposals(decision)] == [Ingredient.HYDROXOCOBALAMIN]


@pytest.mark.parametrize(
    ("person", "order"),
    [
        ("man of 40", "cyanokit 5 g IV once"),
        ("man of 40", "hydroxocobalamin 5 g IV once"),
        ("child of 1", "hydroxocobalamin 700 mg IV once"),
        ("child of 1", "hydroxocobalamin 500 mg IV once"),
    ],
)
def test_the_cyanide_antidote_is_never_questioned(person: str, order: str) -> None:
    """1.2 row 3; the weight of 10 kg makes 0.70 g (70 mg/kg) and 0.50 g (50 mg/kg) an antidote dose."""
    assert decide(order, person, "body weight 10 kg, 1 days ago", EGFR_35) == Decision()


def test_just_below_fifty_milligrams_a_kilogram_is_asked_about() -> None:
    decision = decide("hydroxocobalamin 499 mg IV once", "child of 1", "body weight 10 kg, 1 days ago")
    assert (Topic.UNIT_ERROR, WARNING) in cards(decision)
    assert proposals(decision) == []


def test_a_corrected_order_is_silent() -> None:
    assert cards(decide("hydroxocobalamin 1000 ug IM every 1 mo", EGFR_35, NEPHROPATHY, *STABLE_INJECTED, RENEWS)) == []


_ORDERS = (
    MONTHLY,
    "cyanocobalamin",
    "cyanocobalamin 250 ug IM every 1 mo",
    "cyanocobalamin 1000 ug oral daily",
    "cyanocobalamin 500 ug nasal weekly",
    "cyanocobalamin 1000 mg IM weekly",
    "cyanocobalamin 1000 ug IV every 1 mo",
    "vitamin b12 1000 ug IM every 1 mo",
)
_KIDNEYS = ([], [EGFR_35], [EGFR_80], [STAGE_4], [*RISING], ["diagnosis: diabetes, 900 days ago"])
_NEPHROPATHIES = ([], [NEPHROPATHY])
_STOCKS = (
    [],
    ["not stocked: hydroxocobalamin"],
    ONLY_CYANOCOBALAMIN,
    ["allergy: hydroxocobalamin, severe"],
    ["allergy: vitamin B12 (RxNorm 11248), severe"],
    ["diagnosis: Leber hereditary optic neuropathy, 900 days ago"],
    ["diagnosis: inherited cobalamin defect, 900 days ago"],
    ["region us"],
)
_HISTORIES = ([], SIGNS, STABLE_INJECTED)
_F1 = frozenset({Topic.CYANO_LEBER, Topic.CYANO_IEM, Topic.AKI, Topic.CYANO_RENAL, Topic.CYANO_DN, Topic.RENAL_UNKNOWN})


@pytest.mark.slow
@pytest.mark.parametrize("order", _ORDERS)
def test_whatever_the_combination(order: str) -> None:
    """At most one F1 card; an info hides no warning; no form that is barred, out of stock or a risk is proposed."""
    for parts in product(_KIDNEYS, _NEPHROPATHIES, _STOCKS, _HISTORIES):
        given = [sentence for part in parts for sentence in part]
        decision = decide(order, *given)
        fired = [v.outcome.indicator for v in decision.verdicts if v.rule.topic in _F1 and _fires(v.outcome)]
        if (Topic.ALLERGY, CRITICAL) in cards(decision):  # 2.4: it leaves no form card below critical
            fired = [indicator for indicator in fired if indicator is CRITICAL]
        shown = [advice.indicator for advice in decision.advice if advice.rule.topic in _F1]
        assert len(shown) == min(len(fired), 1) or len(decision.advice) == 3, given
        if shown:
            assert shown == [max(fired)], given
        situation = read(given)
        closed = barred_forms(situation.snapshot()) | situation.unavailable
        forms = {proposal.form for proposal in proposals(decision)}
        assert closed.isdisjoint(forms), given
        risk = any(v.rule.topic in _F1 - {Topic.RENAL_UNKNOWN} and _fires(v.outcome) for v in decision.verdicts)
        others = {Ingredient.HYDROXOCOBALAMIN, Ingredient.MECOBALAMIN} - closed
        if risk and others:
            assert Ingredient.CYANOCOBALAMIN not in forms, given
        carriers = [advice for advice in decision.advice if _proposes(advice)]
        assert len(carriers) <= 1, given


def _fires(outcome: object) -> bool:
    return isinstance(outcome, Recommend)


def _proposes(advice: Advice) -> bool:
    actions = [action for suggestion in advice.suggestions for action in suggestion.actions]
    return any(isinstance(action, ChangeOrder | CreateOrder) for action in actions)
