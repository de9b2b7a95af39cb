"""What the orders of one basket make of each other: stops, starts, courses in parts, folic acid beside cobalamin."""

from dataclasses import replace

import pytest

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import CreateOrder, Decision
from cds_service.clinical.topics import Indicator, Topic
from cds_service.knowledge.tables import load
from tests.applying import applied
from tests.case_language import read
from tests.clinical.builders import day
from tests.clinical.orders import statement

KNOWLEDGE = load().knowledge
INFO, WARNING, CRITICAL = Indicator.INFO, Indicator.WARNING, Indicator.CRITICAL
TWO_MONTHLY = "hydroxocobalamin 1000 ug IM every 2 mo"
MONTHLY = "cyanocobalamin 1000 ug IM monthly"
TAKES = f"takes: {TWO_MONTHLY}, since 400 days"
PA = "diagnosis: pernicious anaemia, 950 days ago"
STOPS = f"also stopped, what is taken: {TWO_MONTHLY}"
FIVE = "folic acid 5 mg oral daily"


def decide(order: str, *given: str) -> Decision:
    """Every order of the basket is signed: none is only its surroundings."""
    situation = read(list(given))
    return evaluate(_signed(order, *given), situation.snapshot(), situation.knowledge(KNOWLEDGE))


def _signed(order: str, *given: str) -> tuple[MedicationOrder, ...]:
    return tuple(replace(each, selected=True) for each in read(list(given)).orders(order))


def cards(decision: Decision) -> list[tuple[Topic, Indicator]]:
    return [(advice.rule.topic, advice.indicator) for advice in decision.advice]


def created(decision: Decision) -> list[tuple[Ingredient, str | None]]:
    suggestions = [suggestion for advice in decision.advice for suggestion in advice.suggestions]
    actions = [action for suggestion in suggestions for action in suggestion.actions]
    return [(a.proposal.form, a.proposal.regimen) for a in actions if isinstance(a, CreateOrder)]


def test_folic_acid_started_and_the_cobalamin_stopped_in_one_basket() -> None:
    """The cover ends with the stop; what is offered goes on with the treatment, and loads nobody again."""
    decision = decide(FIVE, TAKES, STOPS, PA)
    assert cards(decision) == [(Topic.FOLATE_B12_DEF, CRITICAL), (Topic.STOP, WARNING)]
    assert set(created(decision)) == {(Ingredient.HYDROXOCOBALAMIN, "maintenance_neurological")}
    assert decision.advice[1].settled_by is Topic.FOLATE_B12_DEF


def test_without_the_stop_the_same_folic_acid_is_covered() -> None:
    assert (Topic.FOLATE_B12_DEF, CRITICAL) not in cards(decide(FIVE, "takes: " + TWO_MONTHLY + ", since 300 days", PA))


def test_a_held_cobalamin_is_not_ordered_a_second_time_beside_folic_acid() -> None:
    decision = decide(FIVE, TAKES, f"also put on hold, what is taken: {TWO_MONTHLY}", PA)
    assert (Topic.FOLATE_B12_DEF, WARNING) in cards(decision)
    assert created(decision) == []


def test_weekly_injections_are_not_replaced_by_rarer_ones_beside_folic_acid() -> None:
    weekly = "hydroxocobalamin 1000 ug IM weekly"
    decision = decide(FIVE, f"takes: {weekly}, since 400 days", f"also stopped, what is taken: {weekly}", PA)
    assert cards(decision) == [(Topic.FOLATE_B12_DEF, CRITICAL), (Topic.STOP, WARNING)]
    assert created(decision) == []


def test_a_switch_of_form_is_silent_but_for_the_new_order() -> None:
    cyano = "cyanocobalamin 1000 ug IM monthly"
    decision = decide(TWO_MONTHLY, f"takes: {cyano}, since 900 days", f"also stopped, what is taken: {cyano}", PA)
    assert cards(decision) == []


def test_two_stops_share_one_card_that_names_both() -> None:
    given = (TAKES, "takes: cyanocobalamin 1000 ug IM monthly, since 300 days", PA)
    both = ("order is stopped", "order is what is taken", "also stopped: cyanocobalamin 1000 ug IM monthly")
    (card,) = decide(TWO_MONTHLY, *given[:1], *given[2:], *both).advice
    assert card.rule.topic is Topic.STOP
    assert card.orders == ("MedicationRequest/record-1", "MedicationRequest/draft-2")


@pytest.mark.parametrize(
    "order", [TWO_MONTHLY, "cyanocobalamin 1000 ug oral daily", "cyanocobalamin 1000 ug IM monthly"]
)
@pytest.mark.parametrize("region", ["uk", "us"])
@pytest.mark.parametrize("kidneys", ["eGFR 35 mL/min/1.73m2, 10 days ago", "eGFR 90 mL/min/1.73m2, 10 days ago"])
def test_an_applied_suggestion_silences_the_stop(order: str, region: str, kidneys: str) -> None:
    given = (f"takes: {order}, since 400 days", "order is what is taken", "order is stopped: drug level too high")
    situation = read([*given, PA, f"region {region}", kidneys])
    orders = situation.orders(order)
    knowledge = situation.knowledge(KNOWLEDGE)
    (card,) = evaluate(orders, situation.snapshot(), knowledge).advice
    assert (card.rule.topic, card.indicator) == (Topic.STOP, WARNING)
    (suggestion,) = card.suggestions
    assert suggestion.say.values["condition"] == "Only if the vitamin B12 order is stopped all the same:"
    assert not suggestion.recommended
    after = evaluate(applied(orders, suggestion, knowledge), situation.snapshot(), knowledge)
    assert not {topic for topic, _ in cards(after)} & {Topic.STOP, Topic.DUP, Topic.CYANO_RENAL}


def test_maintenance_after_a_finished_loading_course_is_recommended_without_reserve() -> None:
    course = "hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6"
    (card,) = decide(course, f"takes: {course}, since 15 days", "order is what is taken", "order is stopped", PA).advice
    assert card.say.key == "discontinuation.maintenance_due"
    assert [each.say.values["condition"] for each in card.suggestions] == [""]
    assert card.suggestions[0].recommended


@pytest.mark.parametrize("folic", [FIVE, "folic acid 400 ug oral daily"])
def test_folic_acid_beside_a_stop_offers_a_new_cobalamin_for_that_case_alone(folic: str) -> None:
    decision = decide(folic, TAKES, STOPS, PA)
    added = [each for card in decision.advice for each in card.suggestions if each.say.key.startswith("suggestion.add")]
    assert added
    assert all(each.say.values["condition"].startswith("Only if") and not each.recommended for each in added)


def test_nobody_is_told_to_treat_a_patient_who_has_died() -> None:
    situation = read([TAKES, "order is what is taken", "order is stopped", PA])
    dead = replace(situation.snapshot(), person=replace(situation.snapshot().person, deceased=True))
    assert evaluate(situation.orders(TWO_MONTHLY), dead, KNOWLEDGE) == Decision()


def test_two_injected_drafts_share_one_card_that_names_both() -> None:
    decision = decide(
        TWO_MONTHLY, "also drafted: cyanocobalamin 1000 ug IM monthly", f"took: {TWO_MONTHLY}, since 70 days"
    )
    card = next(advice for advice in decision.advice if advice.rule.topic is Topic.DUP)
    assert card.orders == ("MedicationRequest/draft", "MedicationRequest/draft-2")
    texts = [saying.key for saying in card.paragraphs]
    assert len(texts) == len(set(texts)), "one text for both drafts"


@pytest.mark.parametrize("sign", ["sign: paraesthesia, 5 days ago", "no sign: paraesthesia, 5 days ago"])
def test_a_running_week_of_loading_excuses_nothing_where_there_are_signs(sign: str) -> None:
    """8.1: weekly and monthly drafts while the daily week runs: with signs too early, without them the course."""
    given = ("takes: cyanocobalamin 1000 ug IM daily x7, since 3 days", "B12 90 pg/mL, 10 days ago", sign)
    drafted = ("cyanocobalamin 1000 ug IM weekly x4", "also drafted: cyanocobalamin 1000 ug IM monthly")
    found = cards(decide(*drafted, *given, "eGFR 90 mL/min/1.73m2, 10 days ago"))
    expected = [(Topic.REGIMEN_NEURO, WARNING)] if sign.startswith("sign") else []
    assert [card for card in found if card[0] in (Topic.REGIMEN_NEURO, Topic.REGIMEN_NONEURO, Topic.DUP)] == expected


@pytest.mark.parametrize(("recorded", "indicator"), [(399, INFO), (400, INFO), (401, WARNING), (None, INFO)])
def test_an_allergy_explains_a_stop_where_it_was_recorded_since_the_order_began(
    recorded: int | None, indicator: Indicator
) -> None:
    situation = read([TAKES, "order is what is taken", "order is stopped", PA, "allergy: hydroxocobalamin, mild"])
    (allergy,) = situation.allergies
    situation.allergies = [replace(allergy, recorded=None if recorded is None else day(recorded))]
    decision = evaluate(situation.orders(TWO_MONTHLY), situation.snapshot(), KNOWLEDGE)
    assert cards(decision) == [(Topic.STOP, indicator)]


@pytest.mark.parametrize(("form", "goes_on"), [("hydroxocobalamin", False), ("cyanocobalamin", True)])
def test_a_statement_of_the_stopped_medicine_is_no_other_treatment(form: str, goes_on: bool) -> None:
    situation = read([TAKES, "order is what is taken", "order is stopped", PA])
    situation.facts.append(statement(f"{form} 1000 ug IM monthly", authored=day(90)))
    decision = evaluate(situation.orders(TWO_MONTHLY), situation.snapshot(), KNOWLEDGE)
    assert (cards(decision) == []) is goes_on
