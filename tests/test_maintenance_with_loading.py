"""Loading and maintenance that are signed together: every correction is owed at once (cards.md 2; 3.1, K-09, C-15)."""

from dataclasses import replace

import pytest

from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import Advice, ChangeOrder, Decision
from cds_service.clinical.topics import Indicator, Topic
from tests.applying import applied, now_ordered
from tests.case_language import Situation, read
from tests.test_cases import KNOWLEDGE

WARNING = Indicator.WARNING
LOW = ("B12 90 pg/mL, 7 days ago", "eGFR 80 mL/min/1.73m2, 10 days ago")
NONE, SIGN = "no sign: paraesthesia, 5 days ago", "diagnosis: peripheral neuropathy, 30 days ago"
SIX = "1000 ug IM 3 per wk for 2 wk x6"
ALTERNATE = "1000 ug IM every 2 d"
H, C = "hydroxocobalamin", "cyanocobalamin"
UNDERDOSE, NEURO = Topic.UNDERDOSE, Topic.REGIMEN_NEURO
MONTHLY, TWO_MONTHS, TWO_TO_THREE = "maintenance_monthly", "maintenance_neurological", "maintenance_non_neurological"
LOAD, LOAD_NEURO = "loading_non_neurological", "loading_neurological"
RUNNING = f"takes: {H} {SIX}, since 5 days"

TOO_RARE = [
    ((f"{C} {SIX} then every 2-3 mo",), (NONE, "region us"), UNDERDOSE, {0: LOAD}),
    ((f"{C} {SIX}", f"{C} 1000 ug IM every 2-3 mo"), (NONE, "region us"), UNDERDOSE, {1: MONTHLY}),
    ((f"{H} {SIX}", f"{C} 1000 ug IM every 3 mo"), (NONE,), UNDERDOSE, {1: MONTHLY}),
    ((f"{H} {SIX}", f"{C} 1000 ug IM every 3 mo, starting in 15 days"), (NONE,), UNDERDOSE, {1: MONTHLY}),
    ((f"{H} {SIX}", f"{H} 1000 ug IM every 6 mo"), (NONE,), UNDERDOSE, {1: TWO_TO_THREE}),
    ((f"{H} {SIX}", f"{H} 1000 ug IM every 12 mo"), (NONE,), UNDERDOSE, {1: TWO_TO_THREE}),
    ((f"{H} {SIX} then every 6 mo",), (NONE,), UNDERDOSE, {0: LOAD}),
    ((f"{C} 1000 ug IM every 3 mo",), (NONE, RUNNING), UNDERDOSE, {0: MONTHLY}),
    ((f"{H} 1000 ug IM every 6 mo",), (NONE, RUNNING), UNDERDOSE, {0: TWO_TO_THREE}),
    ((f"{H} {ALTERNATE}", f"{H} 1000 ug IM every 3 mo"), (SIGN,), NEURO, {1: TWO_MONTHS}),
    ((f"{H} {ALTERNATE} for 30 d then every 3 mo",), (SIGN,), NEURO, {0: LOAD_NEURO}),
    ((f"{C} {ALTERNATE}", f"{C} 1000 ug IM every 2 mo"), (SIGN, "region us"), UNDERDOSE, {1: MONTHLY}),
    ((f"{H} {SIX}", f"{H} 1000 ug IM every 3 mo"), (SIGN,), NEURO, {0: LOAD_NEURO, 1: TWO_MONTHS}),
    ((f"{H} {SIX}", f"{C} 1000 ug IM every 3 mo"), (SIGN,), NEURO, {0: LOAD_NEURO, 1: MONTHLY}),
    ((f"{H} {SIX} then every 3 mo",), (SIGN,), NEURO, {0: LOAD_NEURO}),
]
RIGHT = [
    ((f"{H} {SIX}", f"{H} 1000 ug IM every 2-3 mo"), (NONE,)),
    ((f"{H} {SIX} then every 2-3 mo",), (NONE,)),
    ((f"{C} {SIX}", f"{C} 1000 ug IM every 1 mo"), (NONE, "region us")),
    ((f"{C} {SIX} then every 1 mo",), (NONE, "region us")),
    ((f"{H} {ALTERNATE}", f"{H} 1000 ug IM every 2 mo"), (SIGN,)),
    ((f"{H} {ALTERNATE} for 30 d then every 2 mo",), (SIGN,)),
    ((f"{H} 1000 ug IM every 2-3 mo",), (NONE, RUNNING)),
    ((f"{C} 1000 ug IM every 1 mo",), (NONE, RUNNING)),
]


def _signed(texts: tuple[str, ...], given: tuple[str, ...]) -> tuple[Situation, tuple[MedicationOrder, ...]]:
    """All drafts are selected: the bundle is about to be signed."""
    situation = read([*LOW, *given, *(f"also drafted: {text}" for text in texts[1:])])
    return situation, tuple(replace(order, selected=True) for order in situation.orders(texts[0]))


def _decided(situation: Situation, orders: tuple[MedicationOrder, ...], ordered=frozenset()) -> Decision:  # type: ignore[no-untyped-def]
    return evaluate(orders, situation.snapshot(), situation.knowledge(KNOWLEDGE), ordered)


def _regimens(advice: Advice) -> dict[int, str | None]:
    actions = advice.suggestions[0].actions
    return {action.index: action.proposal.regimen for action in actions if isinstance(action, ChangeOrder)}


@pytest.mark.parametrize(("texts", "given", "topic", "regimens"), TOO_RARE)
def test_maintenance_that_is_too_rare_warns_and_one_choice_puts_all_right(
    texts: tuple[str, ...], given: tuple[str, ...], topic: Topic, regimens: dict[int, str]
) -> None:
    situation, orders = _signed(texts, given)
    (card,) = _decided(situation, orders).advice
    assert (card.rule.topic, card.indicator) == (topic, WARNING)
    assert _regimens(card) == regimens
    (choice,) = card.suggestions
    assert choice.recommended
    after = applied(orders, choice, KNOWLEDGE)
    assert _decided(situation, after, now_ordered(choice)).advice == ()


@pytest.mark.parametrize(("texts", "given"), RIGHT)
def test_what_is_right_stays_silent(texts: tuple[str, ...], given: tuple[str, ...]) -> None:
    situation, orders = _signed(texts, given)
    assert _decided(situation, orders).advice == ()


def test_an_order_for_both_says_that_the_maintenance_is_to_be_ordered_by_itself() -> None:
    """9.2 row 2: not chained. What the change leaves out is named."""
    (card,) = _decided(*_signed((f"{C} {SIX} then every 3 mo",), (NONE,))).advice
    told = {each.key: each.values for each in card.paragraphs}
    assert told["offer.loading_alone"] == {"maintenance": "every month"}


def test_a_dose_that_is_too_small_leaves_the_timing_as_drafted() -> None:
    """2.3c: a schedule that is accepted is kept, also where its dose is not."""
    for texts, place in (
        ((f"{H} {SIX}", f"{H} 100 ug IM every 3 mo"), 1),
        ((f"{H} {SIX} then 100 ug every 2 mo",), 0),
        ((f"{H} 1000 ug IM daily x7", f"{H} 100 ug IM weekly x4"), 1),
    ):
        (card,) = _decided(*_signed(texts, (NONE,))).advice
        assert card.indicator is Indicator.INFO
        assert _regimens(card) == {place: None}


def test_loading_that_is_drafted_is_not_offered_again_while_the_phase_is_unknown() -> None:
    """3.4 asks whether loading was given; beside a loading draft a second course would double it."""
    texts = (f"{H} {SIX}", f"{C} 1000 ug IM every 3 mo")
    card, *others = _decided(*_signed(texts, (NONE, "not told: MedicationRequest refused"))).advice
    assert (card.rule.topic, card.indicator, _regimens(card)) == (UNDERDOSE, WARNING, {1: MONTHLY})
    assert not others
    assert len(card.suggestions) == 1


def test_twice_yearly_for_a_dietary_cause_is_accepted_and_the_change_only_offered() -> None:
    """8.4; 9.2 row 6: where the history is unknown the card says why every 2 months."""
    given = ("diagnosis: dietary vitamin B12 deficiency, 900 days ago", f"took: {H} {SIX}, since 60 days")
    (card,) = (
        advice
        for advice in _decided(*_signed((f"{H} 1000 ug IM every 6 mo",), given)).advice
        if advice.rule.topic is UNDERDOSE
    )
    assert (card.say.key, card.indicator) == ("underdose.twice_yearly", Indicator.INFO)
    assert _regimens(card) == {0: TWO_MONTHS}
    assert not any(choice.recommended for choice in card.suggestions)
    assert "offer.interval_history_unknown" in {each.key for each in card.paragraphs}
