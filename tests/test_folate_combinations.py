"""Folic acid beside other orders, through all rules and the choice of cards (derivations 2, 7.2, 9.2 row 22)."""

from dataclasses import replace

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.outcomes import (
    Action,
    Advice,
    ChangeOrder,
    CreateOrder,
    Decision,
    DeleteOrder,
    OrderTest,
    Refer,
)
from cds_service.clinical.topics import Indicator, Topic
from cds_service.knowledge.tables import load
from tests.case_language import read

KNOWLEDGE = load().knowledge
FIVE = "folic acid 5 mg oral daily"
LOW = "B12 110 pg/mL, 7 days ago"
BETWEEN = "B12 250 pg/mL, 7 days ago"
SIGNS = "sign: paraesthesia, 5 days ago"
NO_SIGNS = "no sign: paraesthesia, 5 days ago"
E1, E2, E3 = (
    "takes: methotrexate, since 100 days",
    "diagnosis: pregnant, 60 days ago",
    "takes: phenytoin, since 900 days",
)


def decide(
    order: str, *given: str, select_all: bool = True, ordered: frozenset[LabTest | Referral] = frozenset()
) -> Decision:
    """All drafts selected, unless only the first one is."""
    situation = read(list(given))
    orders = situation.orders(order)
    if select_all:
        orders = tuple(replace(each, selected=True) for each in orders)
    return evaluate(orders, situation.snapshot(), situation.knowledge(KNOWLEDGE), ordered)


def topics(decision: Decision) -> list[tuple[Topic, Indicator]]:
    return [(advice.rule.topic, advice.indicator) for advice in decision.advice]


def actions(advice: Advice) -> list[Action]:
    return [action for suggestion in advice.suggestions for action in suggestion.actions]


def created(advice: Advice) -> list[tuple[Ingredient, Route, str | None]]:
    proposals = [action.proposal for action in actions(advice) if isinstance(action, CreateOrder)]
    return [(each.form, each.route, each.regimen) for each in proposals]


def test_folic_acid_alone_in_leber_disease_with_deficiency_and_signs() -> None:
    """2.8: critical; hydroxocobalamin on alternate days is created and the folic acid left."""
    decision = decide(FIVE, LOW, SIGNS, "diagnosis: Leber hereditary optic neuropathy, 900 days ago", "region us")
    assert topics(decision) == [(Topic.FOLATE_B12_DEF, Indicator.CRITICAL)]
    first = decision.advice[0].suggestions[0]
    proposed = (Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR, "loading_neurological")
    assert created(decision.advice[0])[0] == proposed
    assert not any(isinstance(action, DeleteOrder | ChangeOrder) for action in first.actions)


@pytest.mark.parametrize("selected", [True, False])
def test_folic_acid_and_cyanocobalamin_in_one_bundle_with_renal_impairment(selected: bool) -> None:
    """2.8: T-CYANO-RENAL only, no folate card; and no card at all where the cobalamin is only in the basket."""
    decision = decide(
        FIVE, "also drafted: cyanocobalamin 1000 ug IM every 2 d", LOW, SIGNS,
        "eGFR 32 mL/min/1.73m2, 10 days ago", select_all=selected,
    )  # fmt: skip
    if not selected:
        assert decision.advice == ()
        return
    assert topics(decision) == [(Topic.CYANO_RENAL, Indicator.WARNING)]
    change = actions(decision.advice[0])[0]
    assert isinstance(change, ChangeOrder)
    assert (change.index, change.proposal.form, change.proposal.regimen) == (1, Ingredient.HYDROXOCOBALAMIN, None)


@pytest.mark.parametrize("selected", [True, False])
def test_a_cobalamin_with_a_critical_unit_error_covers_nothing(selected: bool) -> None:
    """1.4; the corrected draft covers, so that no second cobalamin is created beside it."""
    decision = decide(FIVE, "also drafted: hydroxocobalamin 1000 mg IM every 2 d", LOW, SIGNS, select_all=selected)
    if not selected:
        assert topics(decision) == [(Topic.FOLATE_B12_DEF, Indicator.CRITICAL)]
        return
    assert topics(decision) == [
        (Topic.UNIT_ERROR, Indicator.CRITICAL),
        (Topic.FOLATE_B12_DEF, Indicator.CRITICAL),
    ]
    unit, folate = decision.advice
    assert [type(action) for action in actions(unit)] == [ChangeOrder]
    assert folate.settled_by is Topic.UNIT_ERROR
    assert [type(action) for action in actions(folate)] == [Refer, Refer]


def test_a_cobalamin_draft_that_is_too_weak_is_put_right_instead_of_adding_another() -> None:
    decision = decide(FIVE, "also drafted: hydroxocobalamin 1000 ug IM every 6 mo", LOW, SIGNS)
    assert topics(decision) == [
        (Topic.FOLATE_B12_DEF, Indicator.CRITICAL),
        (Topic.REGIMEN_NEURO, Indicator.WARNING),
    ]
    folate, regimen = decision.advice
    dosing = [action for action in actions(folate) if not isinstance(action, OrderTest | Refer)]
    assert [action.index if isinstance(action, ChangeOrder) else action for action in dosing] == [1]
    assert regimen.settled_by is Topic.FOLATE_B12_DEF


def test_every_correction_owed_is_on_the_carrier_and_it_says_what_it_settles() -> None:
    """2.1 step 6: two cobalamin drafts with different faults, one proposal that changes both."""
    decision = decide(
        "cyanocobalamin 1000 ug IM every 2 d", "also drafted: cyanocobalamin 1000 ug IV every 1 mo", LOW, SIGNS,
        "eGFR 32 mL/min/1.73m2, 9 days ago",
    )  # fmt: skip
    assert topics(decision) == [(Topic.ROUTE_IV, Indicator.WARNING), (Topic.CYANO_RENAL, Indicator.WARNING)]
    route, renal = decision.advice
    assert {action.index for action in actions(route) if isinstance(action, ChangeOrder)} == {0, 1}
    assert renal.settled_by is Topic.ROUTE_IV


def test_a_card_about_the_form_is_not_settled_where_the_form_stays() -> None:
    """2.8, only cyanocobalamin stocked: the regimen changes, the renal card stands and says no more than that."""
    decision = decide(
        "cyanocobalamin 1000 ug IM weekly", LOW, SIGNS, "eGFR 35 mL/min/1.73m2, 10 days ago",
        "not stocked: hydroxocobalamin", "not stocked: mecobalamin",
    )  # fmt: skip
    assert topics(decision) == [(Topic.REGIMEN_NEURO, Indicator.WARNING), (Topic.CYANO_RENAL, Indicator.WARNING)]
    assert decision.advice[1].settled_by is None
    assert [type(action) for action in actions(decision.advice[1])] == [OrderTest]


def test_two_drafts_with_one_fault_share_one_card_that_names_both() -> None:
    decision = decide(FIVE, "also drafted: folic acid 1 mg oral daily", LOW, NO_SIGNS)
    assert topics(decision) == [(Topic.FOLATE_B12_DEF, Indicator.CRITICAL)]
    advice = decision.advice[0]
    assert advice.orders == ("MedicationRequest/draft", "MedicationRequest/draft-2")
    hold = advice.suggestions[1]
    assert {action.index for action in hold.actions if isinstance(action, DeleteOrder)} == {0, 1}


@pytest.mark.parametrize(
    ("given", "test"),
    [
        ((), LabTest.B12),
        ((BETWEEN, "eGFR 60 mL/min/1.73m2, 7 days ago"), LabTest.MMA),
        ((BETWEEN, "eGFR 59 mL/min/1.73m2, 7 days ago"), LabTest.HOLOTRANSCOBALAMIN),
        ((BETWEEN,), LabTest.HOLOTRANSCOBALAMIN),
        ((BETWEEN, "diagnosis: nitrous oxide exposure, 30 days ago"), LabTest.MMA),
        (("B12 >300 pg/mL, 7 days ago", "eGFR 90 mL/min/1.73m2, 7 days ago"), LabTest.B12),
        (("diagnosis: deficiency of other specified B group vitamins, 30 days ago",), LabTest.B12),
        (("B12 400 pg/mL, 7 days ago", "MMA 400 nmol/L, 7 days ago", "eGFR 90 mL/min/1.73m2, 7 days ago"),
         LabTest.HOLOTRANSCOBALAMIN),
        (("unconfirmed diagnosis: pernicious anaemia, 30 days ago", E2), LabTest.HOLOTRANSCOBALAMIN),
    ],
)  # fmt: skip
def test_the_test_that_settles_it_is_offered_unless_it_is_among_the_drafts(
    given: tuple[str, ...], test: LabTest
) -> None:
    decision = decide(FIVE, *given)
    assert topics(decision)[0][0] is Topic.FOLATE_B12_UNKNOWN
    assert actions(decision.advice[0]) == [OrderTest(test)]
    silenced = decide(FIVE, *given, ordered=frozenset({test}))
    assert topics(silenced) == topics(decision)
    assert actions(silenced.advice[0]) == []


def test_suspected_with_signs_starts_cobalamin_with_the_test_on_each_option() -> None:
    decision = decide(FIVE, BETWEEN, SIGNS)
    assert topics(decision) == [(Topic.FOLATE_B12_UNKNOWN, Indicator.WARNING)]
    for suggestion in decision.advice[0].suggestions:
        assert OrderTest(LabTest.HOLOTRANSCOBALAMIN) in suggestion.actions
        assert any(isinstance(action, CreateOrder) for action in suggestion.actions)
    asked = decide(FIVE, BETWEEN, SIGNS, ordered=frozenset({LabTest.HOLOTRANSCOBALAMIN})).advice[0]
    assert not any(isinstance(action, OrderTest) for action in actions(asked))


@pytest.mark.parametrize("signs", [SIGNS, NO_SIGNS, "region uk"])
@pytest.mark.parametrize("status", [LOW, BETWEEN, "diagnosis: pernicious anaemia, 900 days ago", "region uk"])
@pytest.mark.parametrize("standing", ["region uk", E1, E2, E3])
def test_holding_folic_acid_is_never_first_and_never_offered_with_a_standing_indication(
    standing: str, status: str, signs: str
) -> None:
    for advice in decide(FIVE, status, signs, standing).advice:
        held = [any(isinstance(a, DeleteOrder) for a in suggestion.actions) for suggestion in advice.suggestions]
        assert not any(held[:1])
        assert not any(
            suggestion.recommended for suggestion, hold in zip(advice.suggestions, held, strict=True) if hold
        )
        assert not any(isinstance(action, ChangeOrder) for action in actions(advice))
        if standing in (E1, E2, E3):
            assert not any(held)


def test_without_a_standing_indication_holding_is_the_second_option() -> None:
    found = decide(FIVE, LOW, NO_SIGNS).advice[0].suggestions
    assert [[type(action) for action in each.actions] for each in found] == [[CreateOrder], [CreateOrder, DeleteOrder]]


def test_a_product_with_more_than_folate_is_never_deleted() -> None:
    decision = decide("folic acid 5 mg + another medicine oral daily", LOW, NO_SIGNS)
    assert topics(decision) == [(Topic.FOLATE_B12_DEF, Indicator.CRITICAL)]
    assert [type(action) for action in actions(decision.advice[0])] == [CreateOrder]


def test_status_of_the_nerves_not_known_offers_both_regimens_and_recommends_neither() -> None:
    options = decide(FIVE, LOW).advice[0].suggestions
    regimens = [
        action.proposal.regimen for each in options for action in each.actions if isinstance(action, CreateOrder)
    ]
    assert regimens == ["loading_neurological", "loading_non_neurological"]
    assert not any(option.recommended for option in options)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("child of 14",), "offer.not_adult"),
        (("age not known",), "offer.not_adult"),
        (("allergy: hydroxocobalamin, severe",), "offer.no_form_left"),
    ],
)
def test_where_no_cobalamin_can_be_proposed_the_card_says_why(given: tuple[str, ...], says: str) -> None:
    advice = decide(FIVE, LOW, SIGNS, *given).advice[0]
    assert (advice.rule.topic, advice.indicator) == (Topic.FOLATE_B12_DEF, Indicator.CRITICAL)
    assert says in [saying.key for saying in advice.paragraphs]
    assert not any(isinstance(action, CreateOrder | DeleteOrder) for action in actions(advice))


def test_no_regimen_of_ours_in_an_inherited_defect_and_no_word_about_stock() -> None:
    defect = "diagnosis: transcobalamin II deficiency, 900 days ago"
    advice = decide(FIVE, defect, "eGFR 30 mL/min/1.73m2, 9 days ago").advice[0]
    keys = {saying.key for saying in advice.paragraphs}
    assert keys & {"paragraph.inherited_defect", "offer.only_cyanocobalamin"} == {"paragraph.inherited_defect"}
    assert created(advice) == []


def test_a_gap_that_the_folate_card_names_is_not_named_again() -> None:
    decision = decide(FIVE, "not told: Observation (laboratory) refused")
    assert topics(decision) == [(Topic.FOLATE_B12_UNKNOWN, Indicator.WARNING)]
    two = decide(FIVE, "not told: Observation (laboratory) refused", "not told: Condition refused")
    assert topics(two) == [(Topic.FOLATE_B12_UNKNOWN, Indicator.WARNING), (Topic.DATA, Indicator.INFO)]
    assert two.advice[1].missing == ("Condition: refused by the server",)


def test_the_trace_of_a_multivitamin_names_the_folate_not_the_cobalamin() -> None:
    advice = decide("cyanocobalamin 5 ug + folic acid 800 ug + another vitamin oral daily", LOW).advice[0]
    assert advice.say.values["drug"] == "Folic acid 800 micrograms a day"


def test_what_falls_out_is_named_in_the_third_card_and_gaps_stay_gaps() -> None:
    """2.1 step 5 and 2.4: form, schedule, unit, folate and the list of gaps compete for three places."""
    decision = decide(
        FIVE, "also drafted: cyanocobalamin 7500 ug IM every 6 mo", "takes: hydroxocobalamin 1000 ug IM every 6 mo, "
        "since 900 days", LOW, "eGFR 32 mL/min/1.73m2, 10 days ago", "not told: Procedure refused",
    )  # fmt: skip
    assert [topic for topic, _ in topics(decision)] == [Topic.FOLATE_B12_DEF, Topic.CYANO_RENAL, Topic.UNDERDOSE]
    third = decision.advice[2]
    assert [saying.key for saying in third.also] == ["duplicate_cobalamin.active", "dose_unit_error.unusual"]
    assert {"T-UNIT-ERROR", "T-UNDERDOSE"} <= set(third.trace_rules)
    without_schedule = decide(
        FIVE, "also drafted: cyanocobalamin 7500 ug IM every 1 mo, starting in 8 days", "not told: Procedure refused",
        "diagnosis: pernicious anaemia, 900 days ago", "B12 400 pg/mL, 9 days ago", "eGFR 32 mL/min/1.73m2, 9 days ago",
    )  # fmt: skip
    folate, _, third = without_schedule.advice
    assert folate.missing == ("Procedure: refused by the server",)
    assert (third.rule.topic, third.missing, third.also) == (Topic.UNIT_ERROR, (), ())


def test_an_info_never_hides_a_warning() -> None:
    """2.4 lets T-REGIMEN-NEURO silence T-ROUTE-IV; where it only informs, the warning is the card."""
    decision = decide("hydroxocobalamin 1000 ug IV once", LOW, SIGNS)
    assert topics(decision) == [(Topic.ROUTE_IV, Indicator.WARNING)]
    assert "T-REGIMEN-NEURO" in decision.advice[0].trace_rules


def test_a_regimen_proposal_at_info_stands_in_the_form_card_with_its_referrals() -> None:
    decision = decide("cyanocobalamin", LOW, SIGNS, "eGFR 32 mL/min/1.73m2, 10 days ago")
    assert topics(decision) == [(Topic.CYANO_RENAL, Indicator.WARNING)]
    assert Refer(Referral.NEUROLOGY) in actions(decision.advice[0])


@pytest.mark.parametrize("order", [FIVE, "cyanocobalamin 1000 mg IM once"])
def test_nothing_is_said_of_a_patient_who_has_died(order: str) -> None:
    situation = read([LOW, SIGNS])
    snapshot = situation.snapshot()
    dead = replace(snapshot, person=replace(snapshot.person, deceased=True))
    assert evaluate(situation.orders(order), snapshot, KNOWLEDGE).advice
    assert evaluate(situation.orders(order), dead, KNOWLEDGE) == Decision()
