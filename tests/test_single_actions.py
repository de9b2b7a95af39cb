"""Epic: one action a suggestion and any number of them chosen, and nothing that an option said is lost."""

from collections import Counter

import pytest

from cds_service.hooks.clients import DEFAULT, PROFILES, Profile
from tests.answers import Json
from tests.as_fhir import hook_call
from tests.by_profile import Answered, answered, caller, cards, proposed, suggested
from tests.case_language import read

EPIC = PROFILES["epic"]
PAIRS = [
    pytest.param(mine, theirs, id=mine.name)
    for mine, theirs in zip(answered(EPIC), answered(DEFAULT), strict=True)
    if any("suggestions" in card for card in mine.answer["cards"])
]
EVERY_SCENARIO = pytest.mark.parametrize(("mine", "theirs"), PAIRS)


def test_each_suggestion_holds_one_action_and_its_words_are_the_description() -> None:
    """Epic shows the description and no label."""
    for _, _, suggestion in suggested(EPIC):
        (action,) = suggestion["actions"]
        assert action["description"] == suggestion["label"]


def test_the_same_action_is_offered_once_a_card() -> None:
    for each, card in cards(EPIC):
        found = Counter(proposed(s["actions"][0]) for s in card.get("suggestions", ()))
        assert not found or max(found.values()) == 1, each.name


@EVERY_SCENARIO
def test_the_words_of_every_option_are_still_read(mine: Answered, theirs: Answered) -> None:
    """The condition, the order and the tests of an option: in the part that does it, and as a whole in the detail."""
    for card, other in zip(mine.answer["cards"], theirs.answer["cards"], strict=True):
        parts = {proposed(s["actions"][0]): s for s in card.get("suggestions", ())}
        for option in other.get("suggestions", ()):
            if _doses(option):
                assert option["label"] in card["detail"].replace("\\", "")
            for action in option["actions"]:
                label = parts[proposed(action)]["label"]
                assert _said(action) in label
                condition = option["label"].partition(": ")[0] + ":" if ": " in option["label"] else ""
                assert condition.startswith("Remove") or not _is_dosing(action) or condition in label


def _said(action: Json) -> str:
    """What the action does, as its description in the default profile has it, without the verb."""
    text = action["description"]
    for verb in ("Change the order to ", "Add ", "Order ", "Ask for "):
        text = text.removeprefix(verb)
    return "" if action["type"] == "delete" else text


def _is_dosing(action: Json) -> bool:
    return action["type"] != "delete" and action["resource"]["resourceType"] == "MedicationRequest"


def _doses(option: Json) -> bool:
    return any(_is_dosing(action) for action in option["actions"])


@EVERY_SCENARIO
def test_alternatives_say_that_only_one_is_to_be_chosen(mine: Answered, theirs: Answered) -> None:
    """With `any`, two doses of one drug could both be ordered."""
    for card in mine.answer["cards"]:
        dosing = [s for s in card.get("suggestions", ()) if _doses(s)]
        targets = Counter(s["actions"][0]["resource"].get("id", "added") for s in dosing)
        for suggestion in dosing:
            many = targets[suggestion["actions"][0]["resource"].get("id", "added")]
            said = f"One of {many}, choose only one." in suggestion["label"]
            assert said is (many > 1), suggestion["label"]
            assert many == 1 or "of which only one is to be chosen" in card["detail"]


@EVERY_SCENARIO
def test_recommended_parts_belong_to_one_option(mine: Answered, theirs: Answered) -> None:
    """Epic ticks them beforehand: those of the one option or none, never one of several, and never an order with a
    dose, which Epic may leave as it was or give a dose of its own."""
    for card, other in zip(mine.answer["cards"], theirs.answer["cards"], strict=True):
        ticked = {proposed(s["actions"][0]) for s in card.get("suggestions", ()) if "isRecommended" in s}
        options = [o for o in other.get("suggestions", ()) if o.get("isRecommended")]
        told = [action for option in options for action in option["actions"]]
        assert ticked == {proposed(action) for action in told if not _has_a_dose(action)}
        assert len(options) <= 1


def _has_a_dose(action: Json) -> bool:
    return action.get("resource", {}).get("resourceType") == "MedicationRequest"


def _label_of(name: str, start: str) -> str:
    (label,) = [s["label"] for each, _, s in suggested(EPIC) if each.name == name and s["label"].startswith(start)]
    return str(label)


def test_a_draft_is_removed_only_together_with_the_referral() -> None:
    label = _label_of("child-leber-tablet", "Remove")
    expected = "Remove the draft of Cyanocobalamin, only together with: Order urgent paediatrics advice"
    assert label == expected


def test_folic_acid_is_held_only_together_with_the_vitamin_b12() -> None:
    label = _label_of("folic-acid-untreated-deficiency", "Remove")
    held, _, beside = label.partition(", only together with: ")
    assert held == "Remove the draft of Folic acid; order it again when vitamin B12 has started"
    assert beside.startswith("Add Hydroxocobalamin 1000 micrograms by intramuscular injection on alternate days")


def test_a_referral_of_the_first_option_says_when() -> None:
    """Urgent advice is right wherever the condition holds, also for who has changed the draft by hand."""
    label = _label_of("relapse-three-monthly", "For a new or worsening deficit: Order urgent neurology advice")
    assert label == "For a new or worsening deficit: Order urgent neurology advice"


def test_what_must_hold_for_a_removal_stands_first() -> None:
    label = _label_of("stop-cobalamin-start-folic-acid", "Only if the vitamin B12 order is stopped all the same: Rem")
    start, _, beside = label.partition(", only together with: ")
    assert start.endswith("same: Remove the draft of Folic acid; order it again when vitamin B12 has started")
    assert beside.startswith("Add Hydroxocobalamin 1000 micrograms by intramuscular injection")


def test_who_takes_an_order_over_is_told_to_check_it() -> None:
    """Neither that a draft was changed nor that dose and times came along can be seen from here."""
    for _, card in cards(EPIC):
        dosing = any(_is_dosing(action) for s in card.get("suggestions", ()) for action in s["actions"])
        assert ("After choosing, check each order" in card["detail"]) is dosing


def test_a_referral_of_every_option_says_nothing_of_them() -> None:
    """The potassium of severe anaemia is asked for with either course."""
    assert _label_of("oral-in-severe-deficiency", "Order potassium") == "Order potassium"


def _suggested(profile: Profile, order: str, *given: str) -> list[Json]:
    """The suggestions for these orders, all selected."""
    request = hook_call(read(list(given)), order)
    request["context"]["selections"] = []
    return [s for card in caller(profile).ask(request)["cards"] for s in card.get("suggestions", ())]


TWO_OF_ONE_DRUG = (
    "cyanocobalamin 1000 ug IM every 2 d",
    "also drafted: cyanocobalamin 1000 ug IV every 1 mo",
    "B12 110 pg/mL, 7 days ago",
    "sign: paraesthesia, 5 days ago",
    "eGFR 32 mL/min/1.73m2, 9 days ago",
)


def test_two_drafts_of_one_drug_that_are_changed_are_told_apart() -> None:
    found = _suggested(EPIC, *TWO_OF_ONE_DRUG)
    vein, muscle = (s["label"] for s in found)
    start = "Change the order of Cyanocobalamin 1000 micrograms "
    assert vein.startswith(f"{start}intravenously every month to Hydroxocobalamin ")
    assert muscle.startswith(f"{start}by intramuscular injection on alternate days to Hydroxocobalamin ")
    assert [s for s in found if "isRecommended" in s] == [], "a change that Epic may not make is not ticked"
    (option,) = _suggested(DEFAULT, *TWO_OF_ONE_DRUG)
    assert [action["description"] for action in option["actions"]] == [vein, muscle]


def test_a_change_that_every_option_holds_has_no_condition_and_no_alternative() -> None:
    """One draft in three ways, the other in one way only: the latter is offered once."""
    found = _suggested(EPIC, "cyanocobalamin 1000 ug IM every 3 mo", "also drafted: hydroxocobalamin")
    found = [suggestion for suggestion in found if _doses(suggestion)]
    interval, *choices = (s["label"] for s in found)
    assert interval.endswith("every 3 months to Cyanocobalamin 1000 micrograms by intramuscular injection every month")
    assert interval.startswith("Change the order of ")
    starts = [label.removeprefix("One of 3, choose only one. ").partition(":")[0] for label in choices]
    assert starts == [
        "If any neurological sign",
        "If examined and no sign found",
        "If loading was already given, and no sign was found on examination",
    ]
    assert len({s["uuid"] for s in found}) == 4
