"""Relapse and a longer interval through the whole evaluation: which intervals are offered, and what rides on them."""

from dataclasses import replace

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import Referral
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.outcomes import ChangeOrder, Decision, Refer, Suggestion
from cds_service.clinical.topics import Indicator, Topic
from tests.case_language import read
from tests.test_cases import KNOWLEDGE
from tests.test_regimen_combinations import cards, proposals, regimens
from tests.test_regimen_combinations import decide as decided

INFO, WARNING = Indicator.INFO, Indicator.WARNING
WORSE = "worse: paraesthesia, 5 days ago"
PERSISTS = "diagnosis: paraesthesia, 1401 days ago"
HISTORY = "resolved diagnosis: paraesthesia, 1401 days ago"
URGENT = {Referral.NEUROLOGY, Referral.HAEMATOLOGY}
STEPPED = "took: hydroxocobalamin 1000 ug IM every 2 mo for 700 d, since 1400 days"
EGFR_44 = "eGFR 44 mL/min/1.73m2, 10 days ago"
LOW, EGFR_90 = "B12 120 pg/mL, 7 days ago", "eGFR 90 mL/min/1.73m2, 9 days ago"
RESECTED = "procedure: ileal resection, 2000 days ago"
ALTERNATE, MONTHLY = "loading_neurological", "maintenance_monthly"
TWO_TO_FOUR, TWO = "relapse_two_to_four_weekly", "relapse_two_weekly"


def decide(order: str, *given: str) -> Decision:
    """The draft renews or changes the first record, so that it stands beside no second order."""
    return decided(order, *given, "order renews what is taken")


def held(interval: str, form: str = "hydroxocobalamin", days: int = 1400) -> str:
    return f"takes: {form} 1000 ug IM {interval}, since {days} days"


def referrals(suggestion: Suggestion) -> set[Referral]:
    return {action.referral for action in suggestion.actions if isinstance(action, Refer)}


@pytest.mark.parametrize(
    ("interval", "given", "expected"),
    [
        ("every 3 mo", (), [ALTERNATE, MONTHLY, TWO_TO_FOUR]),
        ("every 36 d", (), [ALTERNATE, MONTHLY, TWO_TO_FOUR]),
        ("every 35 d", (), [ALTERNATE, TWO]),
        ("every 1 mo", (), [ALTERNATE, TWO]),
        ("every 28 d", (), [ALTERNATE, TWO]),
        ("every 2-4 wk", (STEPPED,), [ALTERNATE, TWO]),
        ("every 16 d", (STEPPED,), [ALTERNATE, TWO]),
        ("every 15 d", (STEPPED,), [ALTERNATE]),
        ("every 2 wk", (STEPPED,), [ALTERNATE]),
    ],
)
@pytest.mark.parametrize("draft", ["{}", "bare"])
def test_only_intervals_shorter_than_the_current_one_are_offered(
    interval: str, given: tuple[str, ...], expected: list[str], draft: str
) -> None:
    order = "hydroxocobalamin" if draft == "bare" else f"hydroxocobalamin 1000 ug IM {interval}"
    decision = decide(order, held(interval, days=600 if given else 1400), WORSE, *given)
    assert regimens(decision) == expected
    assert cards(decision)[0] == (Topic.RECUR, WARNING)
    suggestions = decision.advice[0].suggestions
    assert [referrals(each) for each in suggestions] == [URGENT, *([set()] * (len(expected) - 1))]
    assert not any(each.recommended for each in suggestions)


def test_the_option_for_a_new_or_worsening_deficit_says_so() -> None:
    suggestions = decide("hydroxocobalamin", held("every 3 mo"), WORSE).advice[0].suggestions
    assert [each.say.values["condition"] for each in suggestions] == ["For a new or worsening deficit:", "", ""]


def test_persistent_signs_are_offered_a_shorter_interval_and_no_alternate_days() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM every 2 mo", held("every 2 mo"), PERSISTS)
    assert cards(decision) == [(Topic.RECUR, INFO)]
    assert regimens(decision) == [MONTHLY, TWO_TO_FOUR]
    assert not any(referrals(each) or each.recommended for each in decision.advice[0].suggestions)


@pytest.mark.parametrize("order", ["cyanocobalamin 1000 ug IM every 1 mo", "cyanocobalamin 1000 ug IM"])
def test_relapse_on_monthly_cyanocobalamin_with_eGFR_44(order: str) -> None:  # noqa: N802
    """2.8: one proposal on T-RECUR, all hydroxocobalamin; monthly is no increase."""
    decision = decide(order, held("every 1 mo", "cyanocobalamin"), WORSE, EGFR_44)
    assert cards(decision) == [(Topic.RECUR, WARNING), (Topic.CYANO_RENAL, WARNING)]
    assert [(each.form, each.regimen) for each in proposals(decision)] == [
        (Ingredient.HYDROXOCOBALAMIN, ALTERNATE),
        (Ingredient.HYDROXOCOBALAMIN, TWO),
    ]
    assert decision.advice[1].settled_by is Topic.RECUR


def test_only_cyanocobalamin_in_stock_keeps_the_options_within_its_ceiling() -> None:
    given = (held("every 3 mo"), WORSE, "not stocked: hydroxocobalamin", "not stocked: mecobalamin")
    options = proposals(decide("hydroxocobalamin 1000 ug IM every 3 mo", *given))
    assert {each.form for each in options} == {Ingredient.CYANOCOBALAMIN}
    assert [each.regimen for each in options] == [ALTERNATE, MONTHLY, TWO_TO_FOUR]


def test_low_platelets_give_every_option_the_subcutaneous_route() -> None:
    decision = decide("hydroxocobalamin", held("every 3 mo"), WORSE, "platelets 9 10*9/L, 5 days ago")
    assert {each.route for each in proposals(decision)} == {Route.SUBCUTANEOUS}


def test_a_draft_by_mouth_in_relapse_gets_the_same_intervals_from_the_route_card() -> None:
    decision = decide(
        "cyanocobalamin 1000 ug oral daily", held("every 3 mo"), WORSE, "eGFR 90 mL/min/1.73m2, 9 days ago"
    )
    assert cards(decision) == [(Topic.ROUTE_ORAL_NEURO, WARNING)]
    assert regimens(decision) == [ALTERNATE, MONTHLY, TWO_TO_FOUR]
    assert all(referrals(each) == URGENT for each in decision.advice[0].suggestions)


@pytest.mark.parametrize(
    "order", [f"hydroxocobalamin {each}" for each in ("1000 ug IM every 2 d for 20 d", "100 ug IM every 2 d")]
)
def test_alternate_days_that_end_early_or_are_small_are_put_right_as_alternate_days(order: str) -> None:
    decision = decide(order, held("every 3 mo"), WORSE)
    assert regimens(decision) == [ALTERNATE]
    assert not decision.advice[0].suggestions[0].recommended


def test_another_possible_cause_asks_for_no_urgent_referral() -> None:
    signs = ("diagnosis: diabetic neuropathy, 1500 days ago", "diagnosis: paraesthesia, 215 days ago")
    decision = decide("hydroxocobalamin", held("every 2 mo"), *signs)
    assert cards(decision) == [(Topic.RECUR, INFO)]
    assert regimens(decision) == [ALTERNATE, MONTHLY, TWO_TO_FOUR]
    assert not any(referrals(each) for each in decision.advice[0].suggestions)


def test_a_referral_that_rides_on_every_option_is_not_asked_for_twice() -> None:
    situation = read([held("every 3 mo"), WORSE, EGFR_90, "also drafted: cyanocobalamin 1000 ug oral daily"])
    orders = situation.orders("hydroxocobalamin 1000 ug IM every 3 mo")
    both = tuple(replace(order, selected=True) for order in orders)
    first = evaluate(both, situation.snapshot(), situation.knowledge(KNOWLEDGE)).advice[0].suggestions[0]
    assert sum(isinstance(action, Refer) for action in first.actions) == len(URGENT)


def test_since_when_the_interval_is_held_may_be_unknown() -> None:
    situation = read([held("every 1 mo"), "no sign: paraesthesia, 1395 days ago"])
    situation.facts[0] = replace(situation.facts[0], starts=None, authored=None)
    orders = situation.orders("hydroxocobalamin 1000 ug IM every 2 mo")
    (advice, *_) = evaluate(orders, situation.snapshot(), situation.knowledge(KNOWLEDGE)).advice
    assert (advice.say.key, advice.indicator) == ("titration_on_labs.held_unknown", INFO)
    assert "since when the current interval has been held" in advice.missing


def test_a_step_up_and_alternate_days_are_right_orders() -> None:
    for order in ("hydroxocobalamin 1000 ug IM every 1 mo", "hydroxocobalamin 1000 ug IM every 2 d"):
        assert cards(decide(order, held("every 3 mo"), WORSE)) == []


def test_relapse_says_what_the_other_schedule_cards_would() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM every 4 mo", held("every 3 mo"), WORSE, HISTORY)
    assert cards(decision) == [(Topic.RECUR, WARNING)]
    assert {"T-REGIMEN-NEURO", "R-MAINT-NEURO"} <= set(decision.advice[0].trace_rules)


def test_persistent_signs_do_not_hide_a_longer_interval() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM every 2 mo", held("every 40 d"), PERSISTS)
    assert cards(decision) == [(Topic.TITRATE, WARNING)]
    assert regimens(decision) == [MONTHLY, TWO_TO_FOUR]


@pytest.mark.parametrize(
    ("interval", "drafted", "expected"),
    [
        ("every 70 d", "every 84 d", "maintenance_neurological"),
        ("every 2 mo", "every 3 mo", "maintenance_neurological"),
        ("every 8 wk", "every 3 mo", "maintenance_neurological"),
        ("every 6 wk", "every 2 mo", MONTHLY),
        ("every 1 mo", "every 2 mo", MONTHLY),
        ("every 3 wk", "every 1 mo", TWO),
    ],
)
def test_the_nearest_regimen_that_is_not_longer_keeps_the_interval(interval: str, drafted: str, expected: str) -> None:
    given = (held(interval), "no sign: paraesthesia, 1395 days ago", "B12 900 pg/mL, 5 days ago")
    decision = decide(f"hydroxocobalamin 1000 ug IM {drafted}", *given)
    assert cards(decision) == [(Topic.TITRATE, INFO)]
    assert regimens(decision) == [expected]
    assert not decision.advice[0].suggestions[0].recommended


def test_a_form_that_changes_does_not_lengthen_the_interval_either() -> None:
    decision = decide("cyanocobalamin 1000 ug IM every 1 mo", held("every 2 wk", "cyanocobalamin"), HISTORY, EGFR_44)
    assert [(each.form, each.regimen) for each in proposals(decision)] == [(Ingredient.HYDROXOCOBALAMIN, TWO)]


@pytest.mark.parametrize(
    ("given", "monthly"),
    [
        ((held("every 2 mo", days=80), "took: hydroxocobalamin 1000 ug IM every 2 d for 30 d, since 120 days",
          "diagnosis: paraesthesia, 130 days ago"), True),
        ((held("every 3 mo"), "procedure: Roux-en-Y gastric bypass, 2000 days ago",
          "diagnosis: paraesthesia, 1400 days ago"), True),
        ((held("every 3 mo"), "procedure: Roux-en-Y gastric bypass, 2000 days ago"), False),
        ((held("every 3 mo"), RESECTED, "length of ileum resected: 20.1 cm", LOW), True),
        ((held("every 3 mo"), RESECTED, "length of ileum resected: 20 cm", LOW), False),
        ((held("every 1 mo"), RESECTED, "length of ileum resected: 45 cm", LOW), False),
        ((held("every 3 mo"),), False),
    ],
)  # fmt: skip
def test_monthly_stands_beside_the_usual_maintenance_where_row_8_has_it(given: tuple[str, ...], monthly: bool) -> None:
    pernicious = "diagnosis: pernicious anaemia, 2190 days ago"
    decision = decide("hydroxocobalamin", pernicious, *given)
    found = regimens(decision)
    assert (len(found) == 2 and found[1] == MONTHLY) is monthly
    if monthly:
        assert "R-MAINT-MONTHLY" in decision.advice[0].trace_rules


# --- what an option, or another form, says of itself


def conditions(order: str, *given: str) -> list[tuple[str | None, str]]:
    found = []
    for suggestion in decide(order, *given).advice[0].suggestions:
        change = next(action for action in suggestion.actions if isinstance(action, ChangeOrder))
        found.append((change.proposal.regimen, suggestion.say.values["condition"]))
    return found


SIGNS, NO_SIGNS = "If any neurological sign:", "If examined and no sign found:"


def test_maintenance_beside_loading_says_that_loading_was_given() -> None:
    refused = "not told: MedicationRequest refused"
    assert conditions("hydroxocobalamin", "B12 120 pg/mL, 7 days ago", refused) == [
        (ALTERNATE, SIGNS),
        ("loading_non_neurological", NO_SIGNS),
        ("maintenance_neurological", "If loading was already given, and no sign was found on examination:"),
    ]
    (_, maintenance) = conditions("hydroxocobalamin", "sign: paraesthesia, 5 days ago", refused)
    assert maintenance == ("maintenance_neurological", "If loading was already given:")


def test_tablets_beside_loading_are_no_maintenance() -> None:
    dietary = ("diagnosis: dietary vitamin B12 deficiency, 30 days ago", "no sign: paraesthesia, 5 days ago")
    found = dict(conditions("cyanocobalamin", LOW, EGFR_90, *dietary))
    assert found == {"oral_daily": "", "loading_non_neurological": ""}


def test_after_a_lapse_maintenance_says_that_no_new_loading_is_needed() -> None:
    ended = "took: hydroxocobalamin 1000 ug IM every 3 mo for 787 d, since 1000 days"
    found = conditions("hydroxocobalamin 1000 ug IM every 3 mo", "diagnosis: pernicious anaemia, 2190 days ago", ended)
    assert found[-1][1] == "If no new loading course is needed, and no sign was found on examination:"


@pytest.mark.parametrize(
    ("order", "given", "reason"),
    [
        ("cyanocobalamin 1000 ug oral daily", ("sign: paraesthesia, 5 days ago",), "for_injection"),
        ("hydroxocobalamin 1000 ug IM weekly", ("not stocked: hydroxocobalamin",), "not_in_stock"),
        ("vitamin b12 1000 ug IM weekly", ("sign: paraesthesia, 5 days ago",), "not_stated"),
        ("hydroxocobalamin 200 ug oral daily", ("no sign: paraesthesia, 5 days ago",), "by_mouth"),
        ("hydroxocobalamin 1000 ug IM weekly", ("sign: paraesthesia, 5 days ago",), None),
        ("cyanocobalamin 1000 ug IM weekly", ("sign: paraesthesia, 5 days ago", EGFR_44), None),
    ],
)
def test_another_form_than_the_one_drafted_is_explained_where_no_card_is_about_it(
    order: str, given: tuple[str, ...], reason: str | None
) -> None:
    decision = decide(order, LOW, *([] if EGFR_44 in given else [EGFR_90]), *given)
    said = {saying.key for advice in decision.advice for saying in advice.paragraphs}
    assert {key for key in said if key.startswith("offer.form_")} == ({f"offer.form_{reason}"} if reason else set())


# --- a loading course that goes on (C-21)

RUNS_ON = "takes: hydroxocobalamin 1000 ug IM every 2 d, since {} days"


@pytest.mark.parametrize(
    ("days", "more", "due"), [(21, (), False), (22, (), True), (22, ("better: ataxia, 2 days ago",), False)]
)
def test_a_card_on_loading_that_has_run_for_more_than_21_days_asks_for_a_review(
    days: int, more: tuple[str, ...], due: bool
) -> None:
    given = (LOW, f"diagnosis: ataxia, {days - 1} days ago", RUNS_ON.format(days), *more)
    (advice, *_) = decide("hydroxocobalamin 1000 ug IM every 10 d", *given).advice
    said = {saying.key for saying in advice.paragraphs}
    assert ("regimen_neurological.review_due" in said) is due
    assert ("R-LOAD-NEURO-DURATION" in advice.trace_rules) is due


@pytest.mark.parametrize(
    ("order", "given"),
    [
        ("hydroxocobalamin 1000 ug IM every 2 mo", (LOW, "diagnosis: ataxia, 50 days ago", RUNS_ON.format(40))),
        ("hydroxocobalamin 1000 ug IM once", (LOW, "sign: paraesthesia, 5 days ago")),
    ],
)
def test_where_the_question_is_open_the_one_option_is_not_recommended(order: str, given: tuple[str, ...]) -> None:
    (suggestion,) = decide(order, *given).advice[0].suggestions
    assert not suggestion.recommended
